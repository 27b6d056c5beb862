package dev.axial.numerics;

import dev.axial.DType;
import dev.axial.ir.Fn;
import java.util.Locale;

/**
 * The largest error of functions of float32 over many or all of its bit patterns: {@code main}
 * takes a stride and names of functions; a stride of 1 is every number.
 */
final class Sweep {
  private static final int CHUNK = 1 << 16;

  private Sweep() {}

  /** The largest error, and where it is. */
  record Worst(double ulps, float at) {}

  static Worst of(Fn.Unary fn, int stride) {
    Evaluator f = Evaluator.of(Expansion.of(fn, DType.FLOAT32), Denormals.KEEP);
    Reference.Batch reference = Reference.real(fn);
    float[] x = new float[CHUNK];
    float[] y = new float[CHUNK];
    double[] wide = new double[CHUNK];
    double[] value = new double[CHUNK];
    double worst = 0;
    float at = 0;
    for (long base = 0; base < 1L << 32; base += (long) CHUNK * stride) {
      int n = (int) Math.min(CHUNK, ((1L << 32) - base + stride - 1) / stride);
      for (int k = 0; k < n; k++) {
        x[k] = Float.intBitsToFloat((int) (base + (long) k * stride));
      }
      f.apply(x, 0, y, 0, n);
      for (int k = 0; k < n; k++) {
        wide[k] = x[k];
      }
      reference.apply(wide, value, n);
      for (int k = 0; k < n; k++) {
        double e = Reference.ulps(y[k], value[k]);
        if (!(e <= worst)) {
          worst = e;
          at = x[k];
        }
      }
    }
    return new Worst(worst, at);
  }

  public static void main(String[] args) {
    int stride = Integer.parseInt(args[0]);
    for (Fn.Unary fn : Fn.Unary.values()) {
      boolean asked = args.length == 1;
      for (String a : args) {
        asked |= a.equals(fn.name());
      }
      if (Expansion.has(fn) && asked) {
        Expansion e = Expansion.of(fn, DType.FLOAT32);
        long start = System.nanoTime();
        Worst w = of(fn, stride);
        double ns = (System.nanoTime() - start) / (double) (1L << 32) * stride;
        System.out.printf(
            Locale.ROOT,
            "%-9s %.3f ulp at %a, %d steps, cheap %d, %.1f ns%n",
            fn,
            w.ulps(),
            w.at(),
            e.steps().stream().filter(s -> s.kind() != Expansion.Kind.CONST).count() - 1,
            e.cheap()
                .map(c ->
                    c.value().steps().stream().filter(s -> s.kind() != Expansion.Kind.CONST).count()
                        - 1)
                .orElse(0L),
            ns);
      }
    }
  }
}
