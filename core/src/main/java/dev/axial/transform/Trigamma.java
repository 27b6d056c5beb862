package dev.axial.transform;

import dev.axial.DType;
import dev.axial.ir.Builder;
import dev.axial.ir.Fn;
import dev.axial.ir.Var;

/**
 * The derivative of digamma, as operations, so that it has derivatives of its own. To about 8 units
 * in the last place of float64, near negative whole numbers to what is left of x - round(x).
 *
 * <p>The recurrence moves the argument above {@link #SHIFTS}, where the asymptotic series has all
 * digits (Abramowitz and Stegun, 6.4.6 and 6.4.12); below zero it is reflected (6.4.7).
 */
final class Trigamma {
  private static final int SHIFTS = 8;

  /** Bernoulli's numbers of index 2, 4, and so on. */
  private static final double[] BERNOULLI = {
    1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730, 7.0 / 6, -3617.0 / 510
  };

  private final Builder b;
  private final DType t;

  private Trigamma(Builder b, DType t) {
    this.b = b;
    this.t = t;
  }

  /** Of an array of floats; those of half precision are taken to float32 and back. */
  static Var of(Builder b, Var x) {
    DType t = x.array().dtype();
    return t.bytes() == 2
        ? b.cast(new Trigamma(b, DType.FLOAT32).at(b.cast(x, DType.FLOAT32)), t)
        : new Trigamma(b, t).at(x);
  }

  private Var at(Var x) {
    Var low = b.compare(Fn.Compare.LT, x, num(0));
    Var up = positive(b.select(low, b.sub(num(1), x), x));
    Var off = b.select(low, b.sub(x, b.un(Fn.Unary.ROUND, x)), num(0.5)); // or no pole there
    Var peak = Partials.square(b, b.div(num(Math.PI), turn(off)));
    return b.select(low, b.sub(peak, up), up);
  }

  /** sin(pi x) up to its sign, from the nearer of its zeros and its peaks, also in derivatives. */
  private Var turn(Var x) {
    Var far = b.sub(num(0.5), b.un(Fn.Unary.ABS, x));
    Var near = b.compare(Fn.Compare.GT, far, num(0.25));
    Var sine = b.un(Fn.Unary.SIN, b.mul(num(Math.PI), b.select(near, x, num(0.25))));
    Var cosine = b.un(Fn.Unary.COS, b.mul(num(Math.PI), b.select(near, num(0), far)));
    return b.select(near, sine, cosine);
  }

  private Var positive(Var x) {
    Var sum = Partials.square(b, b.div(num(1), x)); // where the square of x would vanish, too
    for (int k = 1; k < SHIFTS; k++) {
      sum = b.add(sum, Partials.square(b, b.div(num(1), b.add(x, num(k)))));
    }
    Var z = b.div(num(1), b.add(x, num(SHIFTS)));
    Var z2 = Partials.square(b, z);
    Var series = num(BERNOULLI[BERNOULLI.length - 1]);
    for (int k = BERNOULLI.length - 2; k >= 0; k--) {
      series = b.add(b.mul(series, z2), num(BERNOULLI[k]));
    }
    Var tail = b.add(z, b.mul(z2, b.add(num(0.5), b.mul(z, series))));
    return b.add(tail, sum);
  }

  private Var num(double x) {
    return b.num(t, x);
  }
}
