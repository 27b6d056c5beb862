package dev.axial.numerics;

/**
 * Loops over 64-bit integers, one for each operation: so short, and indexed by the loop variable
 * alone, that HotSpot turns them into vector code. The arguments are numbers of registers, or
 * constants.
 */
final class LongLoops {
  private LongLoops() {}

  static Loop add(int a, int b, int to) {
    return (r, n) -> {
      long[] x = (long[]) r[a];
      long[] y = (long[]) r[b];
      long[] d = (long[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] + y[k];
      }
    };
  }

  static Loop sub(int a, int b, int to) {
    return (r, n) -> {
      long[] x = (long[]) r[a];
      long[] y = (long[]) r[b];
      long[] d = (long[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] - y[k];
      }
    };
  }

  static Loop mul(int a, int b, int to) {
    return (r, n) -> {
      long[] x = (long[]) r[a];
      long[] y = (long[]) r[b];
      long[] d = (long[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] * y[k];
      }
    };
  }

  static Loop and(int a, int b, int to) {
    return (r, n) -> {
      long[] x = (long[]) r[a];
      long[] y = (long[]) r[b];
      long[] d = (long[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] & y[k];
      }
    };
  }

  static Loop or(int a, int b, int to) {
    return (r, n) -> {
      long[] x = (long[]) r[a];
      long[] y = (long[]) r[b];
      long[] d = (long[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] | y[k];
      }
    };
  }

  static Loop xor(int a, int b, int to) {
    return (r, n) -> {
      long[] x = (long[]) r[a];
      long[] y = (long[]) r[b];
      long[] d = (long[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] ^ y[k];
      }
    };
  }

  static Loop shl(int a, int b, int to) {
    return (r, n) -> {
      long[] x = (long[]) r[a];
      long[] y = (long[]) r[b];
      long[] d = (long[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] << y[k];
      }
    };
  }

  static Loop lshr(int a, int b, int to) {
    return (r, n) -> {
      long[] x = (long[]) r[a];
      long[] y = (long[]) r[b];
      long[] d = (long[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] >>> y[k];
      }
    };
  }

  static Loop ashr(int a, int b, int to) {
    return (r, n) -> {
      long[] x = (long[]) r[a];
      long[] y = (long[]) r[b];
      long[] d = (long[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] >> y[k];
      }
    };
  }

  static Loop addConstant(int a, long b, int to) {
    return (r, n) -> {
      long[] x = (long[]) r[a];
      long[] d = (long[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] + b;
      }
    };
  }

  static Loop andConstant(int a, long b, int to) {
    return (r, n) -> {
      long[] x = (long[]) r[a];
      long[] d = (long[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] & b;
      }
    };
  }

  static Loop shlConstant(int a, int b, int to) {
    return (r, n) -> {
      long[] x = (long[]) r[a];
      long[] d = (long[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] << b;
      }
    };
  }

  static Loop lshrConstant(int a, int b, int to) {
    return (r, n) -> {
      long[] x = (long[]) r[a];
      long[] d = (long[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] >>> b;
      }
    };
  }

  static Loop ashrConstant(int a, int b, int to) {
    return (r, n) -> {
      long[] x = (long[]) r[a];
      long[] d = (long[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] >> b;
      }
    };
  }

  static Loop eq(int a, int b, int to) {
    return (r, n) -> {
      long[] x = (long[]) r[a];
      long[] y = (long[]) r[b];
      boolean[] d = (boolean[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] == y[k];
      }
    };
  }

  static Loop lt(int a, int b, int to) {
    return (r, n) -> {
      long[] x = (long[]) r[a];
      long[] y = (long[]) r[b];
      boolean[] d = (boolean[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] < y[k];
      }
    };
  }

  static Loop select(int p, int a, int b, int to) {
    return (r, n) -> {
      boolean[] c = (boolean[]) r[p];
      long[] x = (long[]) r[a];
      long[] y = (long[]) r[b];
      long[] d = (long[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = c[k] ? x[k] : y[k];
      }
    };
  }

  static Loop bits(int a, int to) {
    return (r, n) -> {
      long[] x = (long[]) r[a];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = Double.longBitsToDouble(x[k]);
      }
    };
  }

  static Loop toDouble(int a, int to) {
    return (r, n) -> {
      long[] x = (long[]) r[a];
      double[] d = (double[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = (double) x[k];
      }
    };
  }

  static Loop toInt(int a, int to) {
    return (r, n) -> {
      long[] x = (long[]) r[a];
      int[] d = (int[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = (int) x[k];
      }
    };
  }
}
