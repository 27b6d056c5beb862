package dev.axial.cpu.random;

import static dev.axial.Axial.axis;
import static dev.axial.Axial.dot;
import static dev.axial.Axial.lower;
import static dev.axial.Axial.lowerProc;
import static dev.axial.Axial.max;
import static dev.axial.Axial.maximum;
import static dev.axial.Axial.mean;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.rearrange;
import static dev.axial.Axial.softmax;
import static dev.axial.Axial.sqrt;
import static dev.axial.Axial.sum;
import static dev.axial.Axial.tanh;
import static dev.axial.Axial.zeros;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axis;
import dev.axial.Lowered;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.ir.Program;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Loops that follow the rows of a product, against the interpreter, at sizes of all its forms. */
class EpilogueTest {
  private static final String FOLLOWS = "after each group of rows of the product";
  private static final Axis OUTER = axis("Outer", 3);
  private static final Axis BATCH = axis("Batch", 5);

  /** Sizes of a product: thin ones, small ones, those cut by rows and by columns, deep ones. */
  record Size(int m, int k, int n) {
    Axis rows() {
      return axis("Row", m);
    }

    Axis deep() {
      return axis("Deep", k);
    }

    Axis columns() {
      return axis("Column", n);
    }
  }

  static Stream<Size> sizes() {
    return Stream.of(
        new Size(8192, 17, 1),
        new Size(1, 300, 9000),
        new Size(2, 40, 5000),
        new Size(33, 65, 301),
        new Size(64, 64, 129),
        new Size(128, 512, 80),
        new Size(129, 520, 96),
        new Size(200, 4200, 64),
        new Size(2500, 30, 31),
        new Size(60, 700, 4000));
  }

  private static void agree(Lowered code, double tolerance) {
    Program program = Program.parse(code.program().toString());
    var trial = Trial.whole(program, 7, tolerance);
    assertThat(trial.run()).as("%s", program).isNull();
  }

  /** A large product of random whole numbers is never smooth, so its size is taken down. */
  private static NamedArray small(NamedArray x, Size s) {
    return x.times(1f / (16 * s.k));
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void a_bias_an_activation_and_a_residual(Size s) {
    NamedArray a = zeros(s.rows(), s.deep());
    NamedArray b = zeros(s.deep(), s.columns());
    NamedArray residual = zeros(s.rows(), s.columns());
    var code =
        lower(
            (NamedArray x, NamedArray w) ->
                maximum(dot(x, w, "Deep").plus(zeros(s.columns())), 0).plus(residual),
            a,
            b);
    agree(code, -1);
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void rows_that_are_normalized(Size s) {
    agree(
        lower(
            (NamedArray x, NamedArray w) -> softmax(small(dot(x, w, "Deep"), s), s.columns()),
            zeros(s.rows(), s.deep()),
            zeros(s.deep(), s.columns())),
        1e-5);
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void columns_that_are_summed_and_a_scalar(Size s) {
    agree(
        lower(
            (NamedArray x, NamedArray w) -> {
              NamedArray y = dot(x, w, "Deep");
              return List.of(sum(y, "Row"), max(y, "Row", "Column"), y.plus(1));
            },
            zeros(s.rows(), s.deep()),
            zeros(s.deep(), s.columns())),
        1e-5);
  }

  /** Batches in the order of the result, the rows before them, and the operands turned. */
  @ParameterizedTest
  @MethodSource("sizes")
  void batches_in_any_order(Size s) {
    int shrink = s.m() * s.n() > 20_000 ? 4 : 1;
    var small = new Size(Math.max(1, s.m() / shrink), s.k(), Math.max(1, s.n() / shrink));
    Axis r = small.rows();
    Axis d = small.deep();
    Axis c = small.columns();
    BiFunction<NamedArray, NamedArray, NamedArray> f =
        (x, w) -> tanh(small(dot(x, w, "Deep"), small)).plus(zeros(c));
    for (boolean shared : new boolean[] {false, true}) {
      NamedArray w = shared ? zeros(d, c) : zeros(OUTER, BATCH, d, c);
      agree(lower(f, zeros(OUTER, BATCH, r, d), w), -1);
      agree(lower(f, zeros(OUTER, r, BATCH, d), w), -1);
      agree(lower(f, zeros(d, OUTER, BATCH, r), w), -1);
      agree(lower(f, zeros(BATCH, d, r), w), -1);
    }
    agree(
        lower(
            (NamedArray x, NamedArray w) ->
                softmax(small(dot(x, w, "Deep"), small).plus(zeros(r, c)), c),
            zeros(OUTER, BATCH, r, d),
            zeros(OUTER, BATCH, d, c)),
        1e-5);
  }

  /** A step of an optimizer: the gradient comes in another order than the parameter has. */
  @ParameterizedTest
  @MethodSource("sizes")
  void references_in_the_order_of_the_product_or_not(Size s) {
    for (boolean turned : new boolean[] {false, true}) {
      Axis[] axes = turned ? axes(s.columns(), s.rows()) : axes(s.rows(), s.columns());
      NamedRef p = newRef(zeros(axes));
      NamedRef m = newRef(zeros(axes));
      agree(
          lowerProc(
              (NamedArray x, NamedArray w) -> {
                NamedArray g = rearrange(dot(x, w, "Deep"), axes);
                NamedArray next = m.get().times(0.5).plus(g.times(0.5));
                p.set(p.get().minus(next.div(sqrt(g.times(g).plus(1)))));
                m.set(next);
              },
              zeros(s.rows(), s.deep()),
              zeros(s.deep(), s.columns())),
          -1);
    }
  }

  private static Axis[] axes(Axis... a) {
    return a;
  }

  /** The loops write what the product reads: they have to wait. */
  @ParameterizedTest
  @MethodSource("sizes")
  void an_operand_that_is_overwritten(Size s) {
    NamedRef p = newRef(zeros(s.rows(), s.deep()));
    Axis again = s.deep().alias("Again");
    var code =
        lowerProc(
            (NamedArray w) -> {
              NamedArray y = small(dot(p.get(), w, "Deep"), s);
              p.set(y.minus(max(y, again)).rename("Again", "Deep"));
            },
            zeros(s.deep(), again));
    agree(code, -1);
    assertThat(code.explain()).doesNotContain(FOLLOWS);
  }

  /** Two products whose sum is normalized; their operands are results of loops themselves. */
  @ParameterizedTest
  @MethodSource("sizes")
  void sums_of_products_in_a_loop(Size s) {
    NamedRef log = newRef(zeros(s.rows(), s.columns()));
    agree(
        lower(
            (NamedArray x, NamedArray w) -> {
              dev.axial.Axial.forLoop(
                  0,
                  3,
                  i -> {
                    NamedArray y = dot(maximum(x, i), w, "Deep").plus(dot(x.plus(i), w, "Deep"));
                    log.set(y.minus(mean(y, s.columns())).plus(log.get()));
                  });
              return log.get();
            },
            zeros(s.rows(), s.deep()),
            zeros(s.deep(), s.columns())),
        1e-5);
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void what_is_said(Size s) {
    String text =
        lower(
                (NamedArray x, NamedArray w) -> tanh(dot(x, w, "Deep")).plus(zeros(s.columns())),
                zeros(s.rows(), s.deep()),
                zeros(s.deep(), s.columns()))
            .explain();
    assertThat(text).contains(FOLLOWS);
  }
}
