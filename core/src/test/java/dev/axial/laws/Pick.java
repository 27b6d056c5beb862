package dev.axial.laws;

import static dev.axial.Axial.*;
import static dev.axial.laws.Sample.*;

import dev.axial.*;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * A way to select from an array with the axes a=3, b=7 or c=5, a=3, b=7: every kind of selector,
 * with its operands where it is a value.
 */
record Pick(
    String name,
    List<Axis> axes,
    List<Sample> operands,
    Function<List<NamedArray>, Selection[]> selection) {
  static final Axis A = axis("a", 3);
  static final Axis B = axis("b", 7);
  static final Axis C = axis("c", 5);
  private static final Axis N = axis("n", 4);
  private static final Axis M = axis("m", 3);

  private static Pick of(
      String name, Function<List<NamedArray>, Selection[]> s, Sample... operands) {
    return new Pick(name, List.of(A, B), List.of(operands), s);
  }

  private static Pick fixed(String name, Selection... s) {
    return of(name, x -> s);
  }

  private static Pick deep(
      String name, Function<List<NamedArray>, Selection[]> s, Sample... operands) {
    return new Pick(name, List.of(C, A, B), List.of(operands), s);
  }

  /** From an array with the axes a and n, with index arrays along n. */
  private static Pick crossed(
      String name, Function<List<NamedArray>, Selection[]> s, Sample... operands) {
    return new Pick(name, List.of(A, N), List.of(operands), s);
  }

  private static Selection[] all(Selection... s) {
    return s;
  }

  /** Whether some selector is an index array with axes of its own. */
  boolean many() {
    return name.contains("indices") || name.contains("list") || name.contains("mask");
  }

  /** Whether a position may be selected more than once. */
  boolean repeats() {
    return name.contains("indices") || name.contains("repeated");
  }

  static List<Pick> all() {
    Axis n = N;
    Axis m = M;
    return List.of(
        fixed("at", B.at(2)),
        fixed("at negative", A.at(-1)),
        fixed("at name", at("b", 3), at("a", 0)),
        fixed("range", B.range(1, 5)),
        fixed("range name", range("b", -6, -1)),
        fixed("range step", B.range(1, 7, 3)),
        fixed("range back", B.range(6, 0, -2)),
        fixed("range reversed", range("a", 2, -4, -1)),
        fixed("range empty", B.range(3, 3)),
        fixed("from", B.from(5)),
        fixed("to", B.to(-2)),
        fixed("all", A.all(), B.all()),
        fixed("window", B.ds(2, 3)),
        fixed("window clamped", ds("b", 6, 3)),
        of("window value", x -> all(B.ds(x.get(0), 3)), index(-9, 9)),
        of(
            "window two-values",
            x -> all(ds("b", x.get(0), 2), A.ds(x.get(1), 2)),
            index(-9, 9),
            index(-4, 4)),
        fixed("list", B.at(0, 2, 5)),
        fixed("list repeated", B.at(-1, 3, 3)),
        fixed("list name", at("a", 2, 0)),
        of("at value", x -> all(B.at(x.get(0))), index(-9, 9)),
        of("at value int64", x -> all(at("b", x.get(0))), Sample.of(DType.INT64, integers(0, 7))),
        of("at two-values", x -> all(A.at(x.get(0)), B.at(x.get(1))), index(-4, 4), index(-9, 9)),
        of("indices", x -> all(B.at(x.get(0))), index(0, 7, n)),
        of("indices outside", x -> all(B.at(x.get(0))), index(-9, 9, n)),
        of("indices same-name", x -> all(B.at(x.get(0))), index(-9, 9, B.resize(4))),
        of("indices aligned", x -> all(B.at(x.get(0))), index(0, 7, A)),
        of("indices aligned-and-new", x -> all(B.at(x.get(0))), index(0, 7, A, n)),
        of("indices rank-two", x -> all(B.at(x.get(0))), index(-8, 8, n, m)),
        of("indices empty", x -> all(B.at(x.get(0))), index(0, 7, n.resize(0))),
        of(
            "indices paired",
            x -> all(A.at(x.get(0)), B.at(x.get(1))),
            index(-4, 4, n),
            index(-9, 9, n)),
        of(
            "indices product",
            x -> all(A.at(x.get(0)), B.at(x.get(1))),
            index(0, 3, n),
            index(0, 7, m)),
        of("mask", x -> all(B.where(x.get(0), 4)), bool(B)),
        of("mask name", x -> all(where("a", x.get(0), 2), B.from(3)), bool(A)),
        fixed("position", ELLIPSIS, pos(1)),
        fixed("position range", pos(0), posRange(1, 4)),
        of("position indices", x -> all(ELLIPSIS, pos(x.get(0))), index(0, 7, n)),
        fixed("at range", A.at(1), B.range(0, 7, 2)),
        of("range value", x -> all(A.range(2, -4, -1), B.at(x.get(0))), index(-9, 9)),
        of("window list", x -> all(A.at(2, 0), B.ds(x.get(0), 2)), index(-9, 9)),
        crossed(
            "indices crossed",
            x -> all(A.at(x.get(0)), N.at(x.get(1))),
            index(0, 3, N),
            index(0, 4, M)),
        crossed(
            "indices crossed-back",
            x -> all(N.at(x.get(1)), A.at(x.get(0))),
            index(-4, 4, N),
            index(-5, 5, M)),
        crossed(
            "indices exchanged",
            x -> all(A.at(x.get(0)), N.at(x.get(1))),
            index(0, 3, N),
            index(0, 4, A)),
        crossed(
            "indices crossed-window",
            x -> all(A.at(x.get(0)), N.ds(x.get(1), 2)),
            index(0, 3, M),
            index(-5, 5)),
        deep("deep at", x -> all(A.at(1))),
        deep(
            "deep window indices",
            x -> all(C.ds(x.get(0), 2), B.at(x.get(1))),
            index(-7, 7),
            index(-9, 9, n)),
        deep(
            "deep outer indices",
            x -> all(C.at(x.get(0)), B.at(x.get(1))),
            index(0, 5, n),
            index(0, 7, n)),
        deep(
            "deep mask value",
            x -> all(C.where(x.get(0), 3), A.at(x.get(1)), B.to(2)),
            bool(C),
            index(-4, 4)),
        deep("deep indices aligned", x -> all(B.at(x.get(0))), index(-9, 9, C, A)));
  }

  Sample source(DType t) {
    return Sample.of(
        t,
        t.isFloating() ? between(-2, 2) : integers(0, t == DType.BOOL ? 2 : 50),
        axes.toArray(Axis[]::new));
  }

  /** A value of the axes that the selection has. */
  Sample value(DType t) {
    var random = new SplittableRandom(1);
    NamedArray x = source(t).draw(random);
    List<NamedArray> with = operands.stream().map(s -> s.draw(random)).toList();
    Axis[] out = x.get(selection.apply(with)).axes().toArray(Axis[]::new);
    return Sample.of(t, t.isFloating() ? between(3, 7) : integers(0, t == DType.BOOL ? 2 : 9), out);
  }

  /** The axes that are left. */
  List<Axis> result() {
    return value(DType.FLOAT64).axes();
  }

  /** Whether this can select from an array with these axes. */
  boolean fits(List<Axis> given) {
    var random = new SplittableRandom(2);
    try {
      var _ =
          zeros(given.toArray(Axis[]::new))
              .get(selection.apply(operands.stream().map(s -> s.draw(random)).toList()));
      return true;
    } catch (AxialException x) {
      return false;
    }
  }

  @Override
  public String toString() {
    return name.replace(' ', '-');
  }
}
