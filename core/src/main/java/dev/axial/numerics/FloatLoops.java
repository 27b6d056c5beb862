package dev.axial.numerics;

/**
 * Loops over float32, one for each operation: so short, and indexed by the loop variable alone,
 * that HotSpot turns them into vector code. The arguments are numbers of registers, or constants.
 */
final class FloatLoops {
  private FloatLoops() {}

  static Loop add(int a, int b, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      float[] y = (float[]) r[b];
      float[] d = (float[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] + y[k];
      }
    };
  }

  static Loop addConstant(int a, float b, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      float[] d = (float[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] + b;
      }
    };
  }

  static Loop sub(int a, int b, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      float[] y = (float[]) r[b];
      float[] d = (float[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] - y[k];
      }
    };
  }

  static Loop subConstant(int a, float b, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      float[] d = (float[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] - b;
      }
    };
  }

  static Loop mul(int a, int b, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      float[] y = (float[]) r[b];
      float[] d = (float[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] * y[k];
      }
    };
  }

  static Loop mulConstant(int a, float b, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      float[] d = (float[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] * b;
      }
    };
  }

  static Loop div(int a, int b, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      float[] y = (float[]) r[b];
      float[] d = (float[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] / y[k];
      }
    };
  }

  static Loop divConstant(int a, float b, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      float[] d = (float[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] / b;
      }
    };
  }

  static Loop fma(int a, int b, int c, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      float[] y = (float[]) r[b];
      float[] z = (float[]) r[c];
      float[] d = (float[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = Math.fma(x[k], y[k], z[k]);
      }
    };
  }

  static Loop fmaPlusConstant(int a, int b, float c, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      float[] y = (float[]) r[b];
      float[] d = (float[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = Math.fma(x[k], y[k], c);
      }
    };
  }

  static Loop fmaTimesConstant(int a, float b, int c, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      float[] z = (float[]) r[c];
      float[] d = (float[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = Math.fma(x[k], b, z[k]);
      }
    };
  }

  static Loop fmaConstants(int a, float b, float c, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      float[] d = (float[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = Math.fma(x[k], b, c);
      }
    };
  }

  static Loop sqrt(int a, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      float[] d = (float[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = (float) Math.sqrt(x[k]);
      }
    };
  }

  static Loop rint(int a, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      float[] d = (float[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = (float) Math.rint(x[k]);
      }
    };
  }

  static Loop abs(int a, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      float[] d = (float[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = Math.abs(x[k]);
      }
    };
  }

  static Loop neg(int a, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      float[] d = (float[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = -x[k];
      }
    };
  }

  static Loop copySign(int a, int b, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      float[] y = (float[]) r[b];
      float[] d = (float[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] =
            Float.intBitsToFloat(
                Float.floatToRawIntBits(x[k]) & Integer.MAX_VALUE
                    | Float.floatToRawIntBits(y[k]) & Integer.MIN_VALUE);
      }
    };
  }

  static Loop eq(int a, int b, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      float[] y = (float[]) r[b];
      boolean[] d = (boolean[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] == y[k];
      }
    };
  }

  static Loop lt(int a, int b, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      float[] y = (float[]) r[b];
      boolean[] d = (boolean[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] < y[k];
      }
    };
  }

  static Loop le(int a, int b, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      float[] y = (float[]) r[b];
      boolean[] d = (boolean[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] <= y[k];
      }
    };
  }

  static Loop select(int p, int a, int b, int to) {
    return (r, n) -> {
      boolean[] c = (boolean[]) r[p];
      float[] x = (float[]) r[a];
      float[] y = (float[]) r[b];
      float[] d = (float[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = c[k] ? x[k] : y[k];
      }
    };
  }

  static Loop bits(int a, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      int[] d = (int[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = Float.floatToRawIntBits(x[k]);
      }
    };
  }

  static Loop toDouble(int a, int to) {
    return (r, n) -> {
      float[] x = (float[]) r[a];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k];
      }
    };
  }
}
