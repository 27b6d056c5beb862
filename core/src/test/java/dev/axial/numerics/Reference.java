package dev.axial.numerics;

import dev.axial.DType;
import dev.axial.ir.Fn;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/** What the functions should give: StrictMath's where it has them, and mpmath's golden values. */
final class Reference {
  private Reference() {}

  /** Arguments and values in double, y empty for a function of one. */
  record Points(double[] x, double[] y, double[] value) {}

  /** The golden values by the name of the function. */
  static Map<String, Points> golden() {
    var out = new LinkedHashMap<String, Points>();
    try (InputStream in = Reference.class.getResourceAsStream("/golden/functions.txt");
        var lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      String name = "";
      var now = new HashMap<String, double[]>();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] f = line.split(" ", -1);
        switch (f[0]) {
          case "case" -> name = f[1];
          case "in", "out" ->
              now.put(f[1], Arrays.stream(f).skip(4).mapToDouble(Double::parseDouble).toArray());
          case "end" -> {
            double[] y = now.getOrDefault("y", new double[0]);
            out.put(name, new Points(now.get("x"), y, now.get("result")));
            now.clear();
          }
          default -> {} // a comment
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out;
  }

  /** y[k] = f(x[k]) for k below n. */
  interface Batch {
    void apply(double[] x, double[] y, int n);
  }

  private static Batch of(DoubleUnaryOperator f) {
    return (x, y, n) -> {
      for (int k = 0; k < n; k++) {
        y[k] = f.applyAsDouble(x[k]);
      }
    };
  }

  /**
   * A function in double, good to some 50 bits, to judge float32 with. What StrictMath lacks is the
   * float64 expansion, which the golden values judge.
   */
  static Batch real(Fn.Unary fn) {
    return switch (fn) {
      case EXP -> of(StrictMath::exp);
      case EXPM1 -> of(StrictMath::expm1);
      case LOG -> of(StrictMath::log);
      case LOG1P -> of(StrictMath::log1p);
      case CBRT -> of(StrictMath::cbrt);
      case SIN -> of(StrictMath::sin);
      case COS -> of(StrictMath::cos);
      case TAN -> of(StrictMath::tan);
      case ASIN -> of(StrictMath::asin);
      case ACOS -> of(StrictMath::acos);
      case ATAN -> of(StrictMath::atan);
      case SINH -> of(StrictMath::sinh);
      case COSH -> of(StrictMath::cosh);
      case TANH -> of(StrictMath::tanh);
      case LOGISTIC -> of(x -> 1 / (1 + StrictMath.exp(-x)));
      case SIGN -> of(StrictMath::signum);
      default -> {
        Evaluator e = Evaluator.of(Expansion.of(fn, DType.FLOAT64), Denormals.KEEP);
        yield (x, y, n) -> e.apply(x, 0, y, 0, n);
      }
    };
  }

  /** How far a float is from a value, in units of the last place of float32 there. */
  static double ulps(float got, double value) {
    if (Double.isNaN(value)) {
      return Float.isNaN(got) ? 0 : Double.POSITIVE_INFINITY;
    }
    if (Float.isNaN(got)) {
      return Double.POSITIVE_INFINITY;
    }
    double rounded = (float) value;
    if (got == rounded) {
      return Math.abs(value) > Float.MAX_VALUE ? 0 : Math.abs(got - value) / unit(value);
    }
    if (Float.isInfinite(got)) { // as if the exponents went on
      return (0x1p128 - Math.abs(value)) / 0x1p104;
    }
    return Math.abs(got - value) / unit(value);
  }

  private static double unit(double value) {
    return Math.ulp((float) Math.min(Math.abs(value), Float.MAX_VALUE));
  }

  /** The same for float64, from a rounded value: half a unit may come to it. */
  static double ulps(double got, double value) {
    if (Double.isNaN(value)) {
      return Double.isNaN(got) ? 0 : Double.POSITIVE_INFINITY;
    }
    if (Double.isNaN(got)) {
      return Double.POSITIVE_INFINITY;
    }
    if (got == value) {
      return 0;
    }
    if (Double.isInfinite(got) || Double.isInfinite(value)) {
      double finite = Math.min(Math.abs(got), Math.abs(value));
      return (Double.MAX_VALUE - finite) / Math.ulp(Double.MAX_VALUE) + 1;
    }
    return Math.abs(got - value) / Math.ulp(value);
  }
}
