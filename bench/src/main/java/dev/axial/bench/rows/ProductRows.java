package dev.axial.bench.rows;

import static dev.axial.Axial.*;
import static dev.axial.bench.rows.Size.size;

import dev.axial.*;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiFunction;

/** Products of matrices, and the convolution that is made of them. */
final class ProductRows {
  /** Elements of a result that are compared. */
  private static final int COMPARED = 500;

  private ProductRows() {}

  static List<Row> rows() {
    Target best = new Target.FasterThanAll(0.97);
    var rows = new ArrayList<Row>();
    for (int n : new int[] {64, 512, 1024, 2048}) {
      rows.add(
          Row.of(
              "matmul-" + n,
              "product of two matrices of " + n + "²",
              best,
              ProductRows::matmul,
              size("n", n, Math.min(n, 128), 8)));
    }
    rows.add(
        Row.of(
            "bmm",
            "64 products of matrices of 128²",
            best,
            ProductRows::batched,
            size("batch", 64, 4, 2),
            size("n", 128, 64, 8)));
    rows.add(
        Row.of(
            "matvec",
            "a matrix of 4096² times a vector",
            best,
            ProductRows::matvec,
            size("n", 4096, 512, 8)));
    rows.add(
        Row.of(
            "conv",
            "3x3 convolution of 32x56x56x64 to 64",
            new Target.Faster(1),
            ProductRows::conv,
            size("batch", 32, 2, 1),
            size("side", 56, 14, 4),
            size("channels", 64, 16, 3)));
    return List.copyOf(rows);
  }

  private static Work matmul(Sizes s) {
    int n = s.get("n");
    Axis I = axis("I", n);
    Axis J = axis("J", n);
    Axis K = axis("K", n);
    float[] a = Data.normal(n * n, 1);
    float[] b = Data.normal(n * n, 2);
    NamedArray x = array(a, I, K);
    NamedArray y = array(b, K, J);
    BiFunction<NamedArray, NamedArray, NamedArray> f = jit((u, v) -> dot(u, v, K));
    return Calls.of(() -> f.apply(x, y), got -> check(got.toFloatArray(), a, b, n));
  }

  private static Work batched(Sizes s) {
    int n = s.get("n");
    Axis B = axis("B", s.get("batch"));
    Axis I = axis("I", n);
    Axis J = axis("J", n);
    Axis K = axis("K", n);
    float[] a = Data.normal(B.size() * n * n, 1);
    float[] b = Data.normal(B.size() * n * n, 2);
    NamedArray x = array(a, B, I, K);
    NamedArray y = array(b, B, K, J);
    BiFunction<NamedArray, NamedArray, NamedArray> f = jit((u, v) -> dot(u, v, K));
    return Calls.of(() -> f.apply(x, y), got -> check(got.toFloatArray(), a, b, n));
  }

  /** Some elements of products of matrices of n². */
  private static void check(float[] got, float[] a, float[] b, int n) {
    var random = new SplittableRandom(3);
    Check.that(got.length == a.length, "%d elements; expected %d", got.length, a.length);
    for (int k = 0; k < COMPARED; k++) {
      int place = random.nextInt(a.length);
      int matrix = place / (n * n) * n * n;
      int i = (place - matrix) / n;
      int j = place % n;
      double expected = 0;
      for (int m = 0; m < n; m++) {
        expected += (double) a[matrix + i * n + m] * b[matrix + m * n + j];
      }
      Check.close("element " + place, expected, got[place], 1e-3);
    }
  }

  private static Work matvec(Sizes s) {
    int n = s.get("n");
    Axis I = axis("I", n);
    Axis K = axis("K", n);
    float[] a = Data.normal(n * n, 1);
    float[] b = Data.normal(n, 2);
    NamedArray x = array(a, I, K);
    NamedArray y = array(b, K);
    BiFunction<NamedArray, NamedArray, NamedArray> f = jit((u, v) -> dot(u, v, K));
    return Calls.of(
        () -> f.apply(x, y),
        got -> {
          var expected = new float[n];
          for (int i = 0; i < n; i++) {
            double total = 0;
            for (int k = 0; k < n; k++) {
              total += (double) a[i * n + k] * b[k];
            }
            expected[i] = (float) total;
          }
          Check.close("the product", expected, got, 1e-3);
        });
  }

  // ---------------------------------------------------------------- convolution

  private static final int KERNEL = 3;

  /**
   * There is no function for a convolution: this adds up one product for each place of the kernel,
   * with the window of the padded input that it sees.
   */
  private static Work conv(Sizes s) {
    int side = s.get("side");
    int channels = s.get("channels");
    Axis Batch = axis("Batch", s.get("batch"));
    Axis Height = axis("Height", side);
    Axis Width = axis("Width", side);
    Axis In = axis("In", channels);
    Axis Out = axis("Out", channels);
    Axis Down = axis("Down", KERNEL);
    Axis Right = axis("Right", KERNEL);
    NamedArray x = Data.normal(1, 1, Batch, Height, Width, In);
    NamedArray kernel = Data.normal(2, 0.1, Down, Right, In, Out);
    BiFunction<NamedArray, NamedArray, NamedArray> f =
        jit((u, k) -> {
          NamedArray padded = pad(pad(u, Height, 1, 1, 0), Width, 1, 1, 0);
          NamedArray total = zeros(Batch, Height, Width, Out);
          for (int i = 0; i < KERNEL; i++) {
            for (int j = 0; j < KERNEL; j++) {
              NamedArray window = padded.get(Height.range(i, i + side), Width.range(j, j + side));
              total = total.plus(dot(window, k.get(Down.at(i), Right.at(j)), In));
            }
          }
          return total;
        });
    return Calls.of(
        () -> f.apply(x, kernel),
        got -> checkConv(x.toFloatArray(), kernel.toFloatArray(), got, side, channels));
  }

  private static void checkConv(
      float[] x, float[] kernel, NamedArray result, int side, int channels) {
    float[] got = result.toFloatArray();
    var random = new SplittableRandom(3);
    for (int n = 0; n < COMPARED; n++) {
      int place = random.nextInt(got.length);
      int out = place % channels;
      int column = place / channels % side;
      int row = place / channels / side % side;
      int image = place / channels / side / side;
      double expected = 0;
      for (int i = 0; i < KERNEL; i++) {
        for (int j = 0; j < KERNEL; j++) {
          int r = row + i - 1;
          int c = column + j - 1;
          if (r >= 0 && r < side && c >= 0 && c < side) {
            for (int in = 0; in < channels; in++) {
              expected +=
                  (double) x[((image * side + r) * side + c) * channels + in]
                      * kernel[((i * KERNEL + j) * channels + in) * channels + out];
            }
          }
        }
      }
      Check.close("element " + place, expected, got[place], 1e-3);
    }
  }
}
