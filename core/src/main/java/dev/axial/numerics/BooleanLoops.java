package dev.axial.numerics;

/** Loops over booleans. */
final class BooleanLoops {
  private BooleanLoops() {}

  static Loop and(int a, int b, int to) {
    return (r, n) -> {
      boolean[] x = (boolean[]) r[a];
      boolean[] y = (boolean[]) r[b];
      boolean[] d = (boolean[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] && y[k];
      }
    };
  }

  static Loop or(int a, int b, int to) {
    return (r, n) -> {
      boolean[] x = (boolean[]) r[a];
      boolean[] y = (boolean[]) r[b];
      boolean[] d = (boolean[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] || y[k];
      }
    };
  }

  static Loop xor(int a, int b, int to) {
    return (r, n) -> {
      boolean[] x = (boolean[]) r[a];
      boolean[] y = (boolean[]) r[b];
      boolean[] d = (boolean[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = x[k] ^ y[k];
      }
    };
  }

  static Loop select(int p, int a, int b, int to) {
    return (r, n) -> {
      boolean[] c = (boolean[]) r[p];
      boolean[] x = (boolean[]) r[a];
      boolean[] y = (boolean[]) r[b];
      boolean[] d = (boolean[]) r[to];
      for (int k = 0; k < n; k++) {
        d[k] = c[k] ? x[k] : y[k];
      }
    };
  }

  /** Whether the first n are all true. */
  static boolean all(boolean[] x, int n) {
    boolean all = true;
    for (int k = 0; k < n; k++) {
      all &= x[k];
    }
    return all;
  }
}
