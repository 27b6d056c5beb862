package dev.axial.cpu;

import static dev.axial.Axial.abs;
import static dev.axial.Axial.arange;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.condProc;
import static dev.axial.Axial.dot;
import static dev.axial.Axial.exp;
import static dev.axial.Axial.forLoop;
import static dev.axial.Axial.foriLoop;
import static dev.axial.Axial.grad;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.lower;
import static dev.axial.Axial.max;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.ones;
import static dev.axial.Axial.pad;
import static dev.axial.Axial.sin;
import static dev.axial.Axial.sum;
import static dev.axial.Axial.unflattenAxis;
import static dev.axial.Axial.zeros;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Proc2;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the explanation of a program proves: references are updated where they are. */
class InPlaceTest {
  private static final Axis ROW = axis("Row", 1000);
  private static final Axis F = axis("F", 64);
  private static final Pattern COPY = Pattern.compile("copy of f32\\[(.*?)\\]");

  private static List<String> lines(Function<NamedRef, NamedArray> f) {
    return explain(lower(jit(f), newRef(zeros(ROW, F))).explain());
  }

  private static List<String> explain(String text) {
    assertThat(text).startsWith("engine: native").contains("native code: LLVM");
    return text.lines().map(String::strip).toList();
  }

  private static List<String> copies(List<String> lines) {
    return lines.stream().filter(l -> COPY.matcher(l).find()).toList();
  }

  private static NamedArray index(NamedArray i, int factor) {
    return i.times(factor).rem(ROW.size());
  }

  @Test
  void writing_a_row_in_a_loop_copies_nothing() {
    List<String> lines =
        lines(q -> {
          forLoop(0, 100, i -> q.at(ROW.at(index(i, 7))).set(ones(F).plus(i)));
          return sum(q.get());
        });
    assertThat(copies(lines)).isEmpty();
    assertThat(lines).anyMatch(l -> l.startsWith("set of f32[F:64], in place: reference, input 0"));
  }

  @Test
  void swapping_two_rows_copies_one_of_them() {
    List<String> lines =
        lines(q -> {
          forLoop(
              0,
              100,
              i -> {
                NamedArray a = q.get(ROW.at(index(i, 7)));
                NamedArray b = q.get(ROW.at(index(i, 13)));
                q.at(ROW.at(index(i, 7))).set(b);
                q.at(ROW.at(index(i, 13))).set(a);
              });
          return sum(q.get());
        });
    assertThat(copies(lines))
        .singleElement()
        .asString()
        .startsWith("copy of f32[F:64], read from the reference, input 0, because");
    assertThat(lines).filteredOn(l -> l.startsWith("set of f32[F:64], in place")).hasSize(2);
  }

  @Test
  void a_recurrence_reads_and_writes_in_one_loop() {
    List<String> lines =
        lines(q -> {
          forLoop(1, 1000, i -> q.at(ROW.at(i)).set(sin(q.get(ROW.at(i.minus(1)))).times(0.5)));
          return sum(q.get());
        });
    assertThat(copies(lines)).isEmpty();
  }

  @Test
  void pushing_and_popping_leaves_the_rest_alone() {
    List<String> lines =
        lines(q ->
            foriLoop(0, 100, zeros(F), (i, c) -> c.plus(q.at(ROW.at(index(i, 3))).swap(ones(F)))));
    assertThat(copies(lines)).isEmpty();
    assertThat(lines).anyMatch(l -> l.startsWith("swap of f32[F:64], in place"));
  }

  @Test
  void a_branch_writes_in_place() {
    List<String> lines =
        lines(q -> {
          forLoop(
              0, 100, i -> condProc(i.rem(3).eq(0), () -> q.at(ROW.at(i)).set(ones(F)), () -> {}));
          return sum(q.get());
        });
    assertThat(copies(lines)).isEmpty();
  }

  @Test
  void eight_rows_at_once_are_added_in_place() {
    Axis eight = axis("Eight", 8);
    List<String> lines =
        lines(q -> {
          forLoop(
              0,
              100,
              i -> q.at(ROW.at(arange(eight).times(i).rem(ROW.size()))).add(ones(eight, F)));
          return sum(q.get());
        });
    assertThat(copies(lines)).isEmpty();
    assertThat(lines).anyMatch(l -> l.startsWith("add of f32[Eight:8, F:64], in place"));
  }

  @Test
  void a_value_is_computed_where_it_is_set() {
    List<String> lines =
        lines(q -> {
          q.set(exp(q.get().times(2)).plus(1));
          return sum(q.get());
        });
    assertThat(copies(lines)).isEmpty();
    assertThat(lines).noneMatch(l -> l.startsWith("exp of"));
  }

  @Test
  void a_frozen_reference_is_the_result() {
    Function<NamedArray, NamedArray> f =
        x -> {
          NamedRef r = newRef(x);
          forLoop(0, 10, i -> r.at(ROW.at(i)).set(ones(F)));
          return r.freeze();
        };
    List<String> lines = explain(lower(jit(f), zeros(ROW, F)).explain());
    assertThat(lines).anyMatch(l -> l.contains("into output 0"));
    assertThat(lines).noneMatch(l -> l.contains("scratch+"));
  }

  @Test
  void the_backward_pass_of_a_loop_touches_rows() {
    Function<NamedArray, NamedArray> f =
        x -> {
          NamedRef r = newRef(zeros(ROW, F));
          r.at(ROW.at(0)).set(x);
          forLoop(1, 1000, i -> r.at(ROW.at(i)).set(sin(r.get(ROW.at(i.minus(1))))));
          return sum(r.get());
        };
    List<String> lines = explain(lower(jit(grad(f)), ones(F)).explain());
    for (String l : copies(lines)) {
      assertThat(l).contains("f32[F:64]");
    }
    assertThat(lines)
        .anyMatch(l -> l.startsWith("add of f32[F:64], in place"))
        .anyMatch(l -> l.startsWith("swap of f32[F:64], in place"));
  }

  private static void same(int copies, Proc2<NamedRef, NamedRef> f) {
    NamedArray x = arange(F).astype(DType.FLOAT32).times(0.01).plus(arange(ROW).times(0.001));
    var compiled = List.of(newRef(x), newRef(x.times(-1)));
    var eager = List.of(newRef(x), newRef(x.times(-1)));
    BiFunction<NamedRef, NamedRef, NamedArray> g =
        jit((NamedRef m, NamedRef p) -> {
          f.run(m, p);
          return sum(p.get());
        });
    assertThat(copies(explain(lower(g, compiled.get(0), compiled.get(1)).explain())))
        .hasSize(copies);
    for (int k = 0; k < 2; k++) {
      var _ = g.apply(compiled.get(0), compiled.get(1));
      f.run(eager.get(0), eager.get(1));
    }
    for (int k = 0; k < 2; k++) {
      NamedArray difference = max(abs(compiled.get(k).get().minus(eager.get(k).get())));
      assertThat(difference.item()).isLessThan(1e-5);
    }
  }

  @Test
  void a_value_that_is_set_and_used_is_computed_in_the_reference() {
    same(
        0,
        (m, p) -> {
          NamedArray mean = m.get().times(0.9).plus(sin(p.get()).times(0.1));
          m.set(mean);
          p.set(p.get().minus(mean.times(0.5)).minus(sin(mean)));
        });
  }

  @Test
  void what_was_in_the_reference_is_kept_while_it_is_needed() {
    same(
        2,
        (m, p) -> {
          NamedArray old = m.get();
          NamedArray next = old.times(0.9).plus(sin(old).times(0.1));
          m.set(next);
          p.set(old.plus(sin(next)).times(next));
        });
    same(
        1,
        (m, p) -> {
          NamedArray next = m.get().times(0.9).plus(sin(p.get()).times(0.1));
          m.set(next);
          m.add(1);
          p.set(sin(next).plus(next));
        });
    same(
        1,
        (m, p) -> {
          NamedArray turned = m.get(ROW.at(arange(ROW).times(-1).plus(999)));
          NamedArray next = turned.plus(sin(turned));
          m.set(next);
          p.set(sin(next).times(next));
        });
  }

  private static final Axis ACROSS = axis("Across", 20);
  private static final Axis IN = axis("In", 24);
  private static final Axis OUT = axis("Out", 17);
  private static final Axis DOWN = axis("Down", 3);

  /** A convolution along one axis, as a sum of products over windows of the padded input. */
  private static NamedArray convolved(NamedArray x, NamedArray kernel) {
    NamedArray padded = pad(pad(x, ROW, 1, 1, 0), ACROSS, 2, 3, 1);
    NamedArray total = zeros(ROW, ACROSS, OUT);
    for (int i = 0; i < DOWN.size(); i++) {
      NamedArray window = padded.get(ROW.range(i, i + ROW.size()), ACROSS.range(i, i + 20));
      total = total.plus(dot(window, kernel.get(DOWN.at(i)), IN));
    }
    return total;
  }

  @Test
  void a_sum_of_products_over_windows_is_one_step_and_padding_one_copy() {
    NamedArray x = sin(arange(axis("n", 1000 * 20 * 24)).astype(DType.FLOAT32)).times(3);
    NamedArray in = unflattenAxis(x, "n", ROW, ACROSS, IN);
    NamedArray kernel =
        unflattenAxis(arange(axis("k", 3 * 24 * 17)).rem(7).minus(3), "k", DOWN, IN, OUT);
    NamedArray weights = kernel.astype(DType.FLOAT32);
    BiFunction<NamedArray, NamedArray, NamedArray> f = jit(InPlaceTest::convolved);
    List<String> lines = explain(lower(f, in, weights).explain());
    assertThat(lines).anyMatch(l -> l.startsWith("sum of 3 products["));
    assertThat(copies(lines)).hasSize(1);
    NamedArray expected = zeros(ROW, ACROSS, OUT).astype(DType.FLOAT64);
    NamedArray padded = pad(pad(in, ROW, 1, 1, 0), ACROSS, 2, 3, 1).astype(DType.FLOAT64);
    for (int i = 0; i < DOWN.size(); i++) {
      NamedArray window = padded.get(ROW.range(i, i + ROW.size()), ACROSS.range(i, i + 20));
      expected = expected.plus(sum(window.times(kernel.get(DOWN.at(i))), IN));
    }
    NamedArray error = max(abs(f.apply(in, weights).astype(DType.FLOAT64).minus(expected)));
    assertThat(error.item()).isLessThan(1e-4);
  }
}
