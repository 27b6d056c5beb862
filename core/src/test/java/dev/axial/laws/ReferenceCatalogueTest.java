package dev.axial.laws;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.*;
import dev.axial.ir.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What references add to the laws of {@link OpCatalogueTest}: they mean what their functional
 * discharge means, compiled code changes the caller's, a mapped one is one for each lane, and a
 * view of a view is what a selection of the selection is.
 */
class ReferenceCatalogueTest {
  private static final Axis LANE = axis("lane", 3);

  static List<RefCase> all() {
    return ReferenceCases.all();
  }

  static Stream<RefCase> discharged() {
    return all().stream().filter(RefCase::discharged);
  }

  static Stream<RefCase> mapped() {
    return all().stream().filter(RefCase::mapped);
  }

  private static List<NamedArray> given(List<NamedArray> drawn) {
    return drawn.subList(1, drawn.size());
  }

  private static void close(String law, List<NamedArray> got, List<NamedArray> want) {
    assertThat(got).as(law).hasSameSizeAs(want);
    for (int k = 0; k < got.size(); k++) {
      assertThat(got.get(k).axes()).as(law).isEqualTo(want.get(k).axes());
      double eps = OpCatalogueTest.eps(got.get(k).dtype());
      double tolerance = got.get(k).dtype().isHalf() ? 4 * eps : eps < 1e-12 ? 1e-12 : 1e-5;
      OpCatalogueTest.close(
          law, got.get(k).toDoubleArray(), want.get(k).toDoubleArray(), tolerance);
    }
  }

  private static boolean uses(dev.axial.ir.Program p, Class<?> kind) {
    return p.equations().stream()
        .anyMatch(
            e -> kind.isInstance(e.op()) || e.op().bodies().stream().anyMatch(q -> uses(q, kind)));
  }

  // ---------------------------------------------------------------- references are values

  private static void dischargeHolds(Traced t) {
    Traced d = t.discharged();
    for (Class<?> kind :
        List.of(Op.RefNew.class, Op.RefGet.class, Op.RefSet.class, Op.RefCombine.class)) {
      assertThat(uses(d.program(), kind)).as("%s in %s", kind, d.program()).isFalse();
    }
    List<NamedArray> want = t.run();
    OpCatalogueTest.same("without dead code", t.pruned().run(), want);
    OpCatalogueTest.same("discharged", d.run(), want);
    OpCatalogueTest.same("discharged, without dead code", d.pruned().run(), want);
    String text = Traced.listing(d.program());
    assertThat(dev.axial.ir.Program.parse(text).toString()).isEqualTo(text);
  }

  @ParameterizedTest
  @MethodSource("discharged")
  void references_mean_their_discharge(RefCase c) {
    List<NamedArray> x = c.op().draw(0);
    Traced t = Traced.of(() -> c.op().function().apply(x));
    dischargeHolds(t);
    if (c.op().differentiable()) {
      List<NamedArray> want = t.gradient().run();
      close("gradient of the discharged", t.discharged().gradient().run(), want);
      close("without dead code", t.pruned().gradient().pruned().run(), want);
    }
  }

  /** A reference that comes from outside is left with the same contents. */
  @ParameterizedTest
  @MethodSource("discharged")
  void outer_references_mean_their_discharge(RefCase c) {
    List<NamedArray> x = c.op().draw(0);
    NamedRef r = newRef(x.getFirst());
    Traced t = Traced.of(() -> c.body().apply(r, given(x)));
    OpCatalogueTest.same("untouched by tracing", List.of(r.value()), List.of(x.getFirst()));
    dischargeHolds(t);
  }

  /** A swap at an index array has no discharge. */
  static LongStream seeds() {
    return ReferenceLawsTest.seeds().filter(s -> !swapsMany(random(s).program()));
  }

  private static Traced random(long seed) {
    NamedArray w = array(new double[] {0.3, 0.53, 0.76}, RandomProgram.X);
    return Traced.of(() -> RandomProgram.run(seed, w));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void random_programs_mean_their_discharge(long seed) {
    Traced t = random(seed);
    dischargeHolds(t);
    close("gradient", t.discharged().gradient().run(), t.gradient().run());
  }

  private static boolean swapsMany(dev.axial.ir.Program p) {
    return p.equations().stream()
        .anyMatch(e ->
            e.op() instanceof Op.RefSwap
                    && e.in().stream().skip(2).anyMatch(v -> !v.array().isScalar())
                || e.op().bodies().stream().anyMatch(ReferenceCatalogueTest::swapsMany));
  }

  // ---------------------------------------------------------------- arguments

  @ParameterizedTest
  @MethodSource("all")
  void compiled_code_changes_the_callers_reference(RefCase c) {
    List<NamedArray> x = c.op().draw(0);
    NamedRef eager = newRef(x.getFirst());
    List<NamedArray> want = c.body().apply(eager, given(x));
    NamedRef compiled = newRef(x.getFirst());
    OpCatalogueTest.same("results", jit(c.body()).apply(compiled, given(x)), want);
    OpCatalogueTest.same("contents", List.of(compiled.value()), List.of(eager.value()));
  }

  @ParameterizedTest
  @MethodSource("mapped")
  void a_mapped_reference_is_one_for_each_lane(RefCase c) {
    List<List<NamedArray>> lanes =
        IntStream.range(0, LANE.size()).mapToObj(l -> c.op().draw(l)).toList();
    var args = new ArrayList<NamedArray>();
    for (int k = 0; k < lanes.getFirst().size(); k++) {
      int at = k;
      args.add(stack(LANE, lanes.stream().map(l -> l.get(at)).toList()));
    }
    for (boolean last : new boolean[] {false, true}) {
      NamedArray start = args.getFirst();
      if (last) {
        var order = new ArrayList<>(start.axes());
        order.add(order.removeFirst());
        start = start.rearrange(order.toArray(Axis[]::new));
      }
      NamedRef looped = newRef(start);
      var results = new ArrayList<List<NamedArray>>();
      for (int l = 0; l < LANE.size(); l++) {
        results.add(c.body().apply(looped.slice(LANE.at(l)), given(lanes.get(l))));
      }
      List<NamedArray> want =
          IntStream.range(0, results.getFirst().size())
              .mapToObj(k -> stack(LANE, results.stream().map(r -> r.get(k)).toList()))
              .toList();
      BiFunction<NamedRef, List<NamedArray>, List<NamedArray>> f = vmap(c.body(), LANE);
      NamedRef mapped = newRef(start);
      OpCatalogueTest.same("results", f.apply(mapped, given(args)), want);
      OpCatalogueTest.same("contents", List.of(mapped.value()), List.of(looped.value()));
      NamedRef compiled = newRef(start);
      OpCatalogueTest.same("compiled", jit(f).apply(compiled, given(args)), want);
      OpCatalogueTest.same("contents", List.of(compiled.value()), List.of(looped.value()));
    }
  }

  // ---------------------------------------------------------------- views of views

  record Chain(Pick first, Pick second) {
    @Override
    public String toString() {
      return first + " then " + second;
    }
  }

  /** Every selection on every view that has its axes. */
  static Stream<Chain> chains() {
    return Pick.all().stream()
        .flatMap(
            p -> Pick.all().stream().filter(q -> q.fits(p.result())).map(q -> new Chain(p, q)));
  }

  /**
   * Where a view has an element twice, a write through it is not one of the copy of its contents.
   */
  static Stream<Chain> unrepeated() {
    return chains().filter(c -> !c.first.repeats());
  }

  /** An array, and the selections of a chain. */
  private record Drawn(NamedArray x, Selection[] one, Selection[] two, SplittableRandom random) {
    static Drawn of(Chain c) {
      var random = new SplittableRandom(3);
      NamedArray x = c.first.source(DType.FLOAT64).draw(random);
      return new Drawn(x, selection(c.first, random), selection(c.second, random), random);
    }

    private static Selection[] selection(Pick p, SplittableRandom random) {
      return p.selection().apply(p.operands().stream().map(s -> s.draw(random)).toList());
    }
  }

  @ParameterizedTest
  @MethodSource("chains")
  void reading_a_view_of_a_view_selects_from_the_selection(Chain c) {
    Drawn d = Drawn.of(c);
    NamedRef r = newRef(d.x);
    NamedArray want = d.x.get(d.one).get(d.two);
    OpCatalogueTest.same("read", List.of(r.slice(d.one).get(d.two)), List.of(want));
    OpCatalogueTest.same("sliced", List.of(r.slice(d.one).slice(d.two).value()), List.of(want));
  }

  @ParameterizedTest
  @MethodSource("unrepeated")
  void writing_a_view_of_a_view_updates_the_selection(Chain c) {
    Drawn d = Drawn.of(c);
    NamedArray part = d.x.get(d.one);
    Axis[] axes = part.get(d.two).axes().toArray(Axis[]::new);
    NamedArray v = Sample.real(3, 7, axes).draw(d.random);
    NamedRef set = newRef(d.x);
    set.slice(d.one).at(d.two).set(v);
    NamedArray want = d.x.at(d.one).set(part.at(d.two).set(v));
    OpCatalogueTest.same("set", List.of(set.value()), List.of(want));
    NamedRef added = newRef(d.x);
    added.slice(d.one).slice(d.two).add(v);
    NamedArray sum = d.x.at(d.one).set(part.at(d.two).add(v));
    OpCatalogueTest.same("add", List.of(added.value()), List.of(sum));
    NamedRef swapped = newRef(d.x);
    NamedArray old = swapped.slice(d.one).slice(d.two).swap(v);
    OpCatalogueTest.same("swap", List.of(swapped.value()), List.of(want));
    if (!c.second.repeats()) {
      OpCatalogueTest.same("swapped out", List.of(old), List.of(part.get(d.two)));
    }
  }
}
