package dev.axial.numerics;

/**
 * Loops over float64, one for each operation: so short, and indexed by the loop variable alone,
 * that HotSpot turns them into vector code. The arguments are numbers of registers, or constants.
 */
final class DoubleLoops {
  private DoubleLoops() {}

  static Loop add(int a, int b, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      double[] y = (double[]) r[b];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] + y[k];
      }
    };
  }

  static Loop addConstant(int a, double b, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] + b;
      }
    };
  }

  static Loop sub(int a, int b, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      double[] y = (double[]) r[b];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] - y[k];
      }
    };
  }

  static Loop subConstant(int a, double b, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] - b;
      }
    };
  }

  static Loop mul(int a, int b, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      double[] y = (double[]) r[b];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] * y[k];
      }
    };
  }

  static Loop mulConstant(int a, double b, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] * b;
      }
    };
  }

  static Loop div(int a, int b, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      double[] y = (double[]) r[b];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] / y[k];
      }
    };
  }

  static Loop divConstant(int a, double b, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] / b;
      }
    };
  }

  static Loop fma(int a, int b, int c, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      double[] y = (double[]) r[b];
      double[] z = (double[]) r[c];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = Math.fma(x[k], y[k], z[k]);
      }
    };
  }

  static Loop fmaPlusConstant(int a, int b, double c, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      double[] y = (double[]) r[b];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = Math.fma(x[k], y[k], c);
      }
    };
  }

  static Loop fmaTimesConstant(int a, double b, int c, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      double[] z = (double[]) r[c];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = Math.fma(x[k], b, z[k]);
      }
    };
  }

  static Loop fmaConstants(int a, double b, double c, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = Math.fma(x[k], b, c);
      }
    };
  }

  static Loop sqrt(int a, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = Math.sqrt(x[k]);
      }
    };
  }

  static Loop rint(int a, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = Math.rint(x[k]);
      }
    };
  }

  static Loop abs(int a, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = Math.abs(x[k]);
      }
    };
  }

  static Loop neg(int a, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = -x[k];
      }
    };
  }

  static Loop copySign(int a, int b, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      double[] y = (double[]) r[b];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] =
            Double.longBitsToDouble(
                Double.doubleToRawLongBits(x[k]) & Long.MAX_VALUE
                    | Double.doubleToRawLongBits(y[k]) & Long.MIN_VALUE);
      }
    };
  }

  static Loop eq(int a, int b, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      double[] y = (double[]) r[b];
      boolean[] d = (boolean[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] == y[k];
      }
    };
  }

  static Loop lt(int a, int b, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      double[] y = (double[]) r[b];
      boolean[] d = (boolean[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] < y[k];
      }
    };
  }

  static Loop le(int a, int b, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      double[] y = (double[]) r[b];
      boolean[] d = (boolean[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] <= y[k];
      }
    };
  }

  static Loop select(int p, int a, int b, int to) {
    return (r, n) -> {
      boolean[] c = (boolean[]) r[p];
      double[] x = (double[]) r[a];
      double[] y = (double[]) r[b];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = c[k] ? x[k] : y[k];
      }
    };
  }

  static Loop bits(int a, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      long[] d = (long[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = Double.doubleToRawLongBits(x[k]);
      }
    };
  }

  static Loop toFloat(int a, int to) {
    return (r, n) -> {
      double[] x = (double[]) r[a];
      float[] d = (float[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = (float) x[k];
      }
    };
  }
}
