package dev.axial.laws;

import static dev.axial.laws.Sample.*;

import dev.axial.*;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/** Reading and functional updates of arrays by every kind of selection. */
final class IndexingCases {
  private static final List<DType> TYPES =
      List.of(DType.FLOAT64, DType.FLOAT32, DType.BFLOAT16, DType.FLOAT16, DType.INT32, DType.BOOL);

  private IndexingCases() {}

  static List<OpCase> all() {
    var out = new ArrayList<OpCase>();
    for (Pick p : Pick.all()) {
      for (DType t : TYPES) {
        out.add(withSelection("get " + p, p, t, List.of(), (x, more) -> x.get(more.selection())));
        out.add(update("set", p, t, (at, v) -> at.set(v)));
        if (t != DType.BOOL) {
          out.add(update("add", p, t, (at, v) -> at.add(v)));
        }
        boolean b = t == DType.BOOL;
        if (p.repeats() && (b || t == DType.BFLOAT16 || t == DType.INT32)) {
          out.add(update("times", p, t, (at, v) -> at.times(v)));
          out.add(update("min", p, t, (at, v) -> at.min(b ? v : v.minus(5))));
          out.add(update("max", p, t, (at, v) -> at.max(b ? v : v.minus(5))));
        }
      }
      DType f = DType.FLOAT64;
      out.add(update("times", p, f, (at, v) -> at.times(v)));
      out.add(update("min", p, f, (at, v) -> at.min(v.minus(5))));
      out.add(update("max", p, f, (at, v) -> at.max(v.minus(5))));
      out.add(update("update", p, f, (at, v) -> at.update(old -> Axial.sin(old).times(v))));
      out.add(
          withSelection(
              "set number " + p,
              p,
              f,
              List.of(),
              (x, more) -> x.at(more.selection()).set(2).times(x)));
      out.add(
          withSelection(
              "add number " + p,
              p,
              f,
              List.of(),
              (x, more) -> x.at(more.selection()).add(0.5).times(x)));
      out.add(
          withSelection(
              "times number " + p,
              p,
              f,
              List.of(),
              (x, more) -> x.at(more.selection()).times(1.5).times(x)));
      out.add(
          withSelection(
              "set scalar " + p,
              p,
              f,
              List.of(real(-1, 1)),
              (x, more) -> x.at(more.selection()).set(more.values().getFirst()).times(x)));
    }
    return out;
  }

  /** What a case has beside the array: the selection, and values. */
  record More(Selection[] selection, List<NamedArray> values) {}

  private static OpCase withSelection(
      String name,
      Pick p,
      DType t,
      List<Sample> values,
      BiFunction<NamedArray, More, NamedArray> f) {
    var samples = new ArrayList<Sample>();
    samples.add(p.source(t));
    samples.addAll(p.operands());
    samples.addAll(values);
    int n = 1 + p.operands().size();
    return OpCase.of(
        name,
        x ->
            List.of(
                f.apply(
                    x.get(0),
                    new More(p.selection().apply(x.subList(1, n)), x.subList(n, x.size())))),
        samples.toArray(Sample[]::new));
  }

  private static OpCase update(
      String name, Pick p, DType t, BiFunction<NamedArray.ArrayUpdate, NamedArray, NamedArray> f) {
    return withSelection(
        "at." + name + " " + p,
        p,
        t,
        List.of(p.value(t)),
        (x, more) -> f.apply(x.at(more.selection()), more.values().getFirst()));
  }
}
