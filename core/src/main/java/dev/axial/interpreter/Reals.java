package dev.axial.interpreter;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.ir.Fn;
import dev.axial.numerics.Evaluator;
import dev.axial.numerics.Expansion;

/** Element-wise loops over real numbers; functions beyond one instruction are expansions. */
final class Reals {
  private Reals() {}

  static float[] unary(Fn.Unary fn, float[] a) {
    var d = new float[a.length];
    switch (fn) {
      case NEG -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = -a[k];
        }
      }
      case ABS -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = Math.abs(a[k]);
        }
      }
      case SQRT -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = (float) Math.sqrt(a[k]);
        }
      }
      case FLOOR -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = (float) Math.floor(a[k]);
        }
      }
      case CEIL -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = (float) Math.ceil(a[k]);
        }
      }
      case ROUND -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = (float) Math.rint(a[k]);
        }
      }
      case NOT, POPCOUNT -> throw new AxialException("internal error: " + fn + " of real numbers");
      case SIGN,
          EXP,
          EXPM1,
          LOG,
          LOG1P,
          CBRT,
          SIN,
          COS,
          TAN,
          ASIN,
          ACOS,
          ATAN,
          SINH,
          COSH,
          TANH,
          ASINH,
          ACOSH,
          ATANH,
          ERF,
          ERFC,
          ERFINV,
          LOGISTIC,
          LGAMMA,
          DIGAMMA ->
          Evaluator.of(Expansion.of(fn, DType.FLOAT32)).apply(a, 0, d, 0, d.length);
    }
    return d;
  }

  static double[] unary(Fn.Unary fn, double[] a) {
    var d = new double[a.length];
    switch (fn) {
      case NEG -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = -a[k];
        }
      }
      case ABS -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = Math.abs(a[k]);
        }
      }
      case SQRT -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = Math.sqrt(a[k]);
        }
      }
      case FLOOR -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = Math.floor(a[k]);
        }
      }
      case CEIL -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = Math.ceil(a[k]);
        }
      }
      case ROUND -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = Math.rint(a[k]);
        }
      }
      case NOT, POPCOUNT -> throw new AxialException("internal error: " + fn + " of real numbers");
      case SIGN,
          EXP,
          EXPM1,
          LOG,
          LOG1P,
          CBRT,
          SIN,
          COS,
          TAN,
          ASIN,
          ACOS,
          ATAN,
          SINH,
          COSH,
          TANH,
          ASINH,
          ACOSH,
          ATANH,
          ERF,
          ERFC,
          ERFINV,
          LOGISTIC,
          LGAMMA,
          DIGAMMA ->
          Evaluator.of(Expansion.of(fn, DType.FLOAT64)).apply(a, 0, d, 0, d.length);
    }
    return d;
  }

  /**
   * Two arrays, or an array and one number, from end to end: the usual case, and the one that
   * HotSpot turns into vector code, because all indices are the loop variable alone.
   */
  static float[] whole(Fn.Binary fn, float[] a, int as, float[] b, int bs) {
    var d = new float[as == 0 ? b.length : a.length];
    if (as == 0) {
      left(fn, a[0], b, d);
    } else if (bs == 0) {
      right(fn, a, b[0], d);
    } else {
      both(fn, a, b, d);
    }
    return d;
  }

  private static void both(Fn.Binary fn, float[] a, float[] b, float[] d) {
    switch (fn) {
      case ADD -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = a[k] + b[k];
        }
      }
      case SUB -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = a[k] - b[k];
        }
      }
      case MUL -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = a[k] * b[k];
        }
      }
      case DIV -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = a[k] / b[k];
        }
      }
      default -> throw new AxialException("internal error: " + fn); // not over Op
    }
  }

  private static void right(Fn.Binary fn, float[] a, float v, float[] d) {
    switch (fn) {
      case ADD -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = a[k] + v;
        }
      }
      case SUB -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = a[k] - v;
        }
      }
      case MUL -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = a[k] * v;
        }
      }
      case DIV -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = a[k] / v;
        }
      }
      default -> throw new AxialException("internal error: " + fn); // not over Op
    }
  }

  private static void left(Fn.Binary fn, float v, float[] b, float[] d) {
    switch (fn) {
      case ADD -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = v + b[k];
        }
      }
      case SUB -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = v - b[k];
        }
      }
      case MUL -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = v * b[k];
        }
      }
      case DIV -> {
        for (int k = 0; k < d.length; k++) {
          d[k] = v / b[k];
        }
      }
      default -> throw new AxialException("internal error: " + fn); // not over Op
    }
  }

  static boolean isArithmetic(Fn.Binary fn) {
    return fn == Fn.Binary.ADD || fn == Fn.Binary.SUB || fn == Fn.Binary.MUL || fn == Fn.Binary.DIV;
  }

  static void floats(Fn.Binary fn, float[] a, int ao, float[] b, int bo, float[] d, int o, int n) {
    switch (fn) {
      case ADD -> {
        for (int k = 0; k < n; k++) {
          d[o + k] = a[ao + k] + b[bo + k];
        }
      }
      case SUB -> {
        for (int k = 0; k < n; k++) {
          d[o + k] = a[ao + k] - b[bo + k];
        }
      }
      case MUL -> {
        for (int k = 0; k < n; k++) {
          d[o + k] = a[ao + k] * b[bo + k];
        }
      }
      case DIV -> {
        for (int k = 0; k < n; k++) {
          d[o + k] = a[ao + k] / b[bo + k];
        }
      }
      case REM -> {
        for (int k = 0; k < n; k++) {
          d[o + k] = a[ao + k] % b[bo + k];
        }
      }
      case MAX -> {
        for (int k = 0; k < n; k++) {
          d[o + k] = Math.max(a[ao + k], b[bo + k]);
        }
      }
      case MIN -> {
        for (int k = 0; k < n; k++) {
          d[o + k] = Math.min(a[ao + k], b[bo + k]);
        }
      }
      case POW, ATAN2 -> Evaluator.of(Expansion.of(fn, DType.FLOAT32)).apply(a, ao, b, bo, d, o, n);
      case AND, OR, XOR, SHL, SHR, SAR ->
          throw new AxialException("internal error: " + fn + " of real numbers");
    }
  }

  static void doubles(
      Fn.Binary fn, double[] a, int ao, double[] b, int bo, double[] d, int o, int n) {
    switch (fn) {
      case ADD -> {
        for (int k = 0; k < n; k++) {
          d[o + k] = a[ao + k] + b[bo + k];
        }
      }
      case SUB -> {
        for (int k = 0; k < n; k++) {
          d[o + k] = a[ao + k] - b[bo + k];
        }
      }
      case MUL -> {
        for (int k = 0; k < n; k++) {
          d[o + k] = a[ao + k] * b[bo + k];
        }
      }
      case DIV -> {
        for (int k = 0; k < n; k++) {
          d[o + k] = a[ao + k] / b[bo + k];
        }
      }
      case REM -> {
        for (int k = 0; k < n; k++) {
          d[o + k] = a[ao + k] % b[bo + k];
        }
      }
      case MAX -> {
        for (int k = 0; k < n; k++) {
          d[o + k] = Math.max(a[ao + k], b[bo + k]);
        }
      }
      case MIN -> {
        for (int k = 0; k < n; k++) {
          d[o + k] = Math.min(a[ao + k], b[bo + k]);
        }
      }
      case POW, ATAN2 -> Evaluator.of(Expansion.of(fn, DType.FLOAT64)).apply(a, ao, b, bo, d, o, n);
      case AND, OR, XOR, SHL, SHR, SAR ->
          throw new AxialException("internal error: " + fn + " of real numbers");
    }
  }
}
