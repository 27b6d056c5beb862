package dev.axial.transform;

import dev.axial.ir.ArrayType;
import dev.axial.ir.Builder;
import dev.axial.ir.Fn;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Rule;
import dev.axial.ir.Var;
import java.util.List;

/**
 * The derivatives of tanh and of the logistic function, which vanish where these saturate: there
 * {@code 1 - y²} and {@code y (1 - y)} of the rounded y would have no digit left.
 *
 * <pre>
 *   tanh'(x)     = (2g / (1 + g²))²     g = exp(-|x|)
 *   logistic'(x) = e / (1 + e)²         e = exp(-|x|)
 * </pre>
 *
 * At 0 the derivative of such a formula would be the difference of two equal numbers. Therefore
 * each is an operation with a rule: {@code tanh'' = -2 tanh tanh'}, and {@code logistic'' =
 * -tanh(x/2) logistic'}.
 */
final class Saturation {
  private Saturation() {}

  static Var ofTanh(Builder b, Var x) {
    return custom(
        b,
        x,
        (in, v) -> {
          Var one = in.num(v.array().dtype(), 1);
          Var g = decay(in, v);
          Var root = in.div(in.add(g, g), in.add(one, Partials.square(in, g)));
          return Partials.square(in, root);
        },
        (in, v) -> in.mul(in.un(Fn.Unary.TANH, v), in.num(v.array().dtype(), -2)));
  }

  static Var ofLogistic(Builder b, Var x) {
    return custom(
        b,
        x,
        (in, v) -> {
          Var e = decay(in, v);
          Var sum = in.add(e, in.num(v.array().dtype(), 1));
          return in.div(in.div(e, sum), sum);
        },
        (in, v) -> {
          Var half = in.mul(v, in.num(v.array().dtype(), 0.5));
          return in.un(Fn.Unary.NEG, in.un(Fn.Unary.TANH, half));
        });
  }

  private interface Formula {
    Var of(Builder b, Var x);
  }

  private static Var decay(Builder b, Var x) {
    return b.un(Fn.Unary.EXP, b.un(Fn.Unary.NEG, b.un(Fn.Unary.ABS, x)));
  }

  /** A function whose derivative is a factor times itself. */
  private static Var custom(Builder b, Var x, Formula value, Formula factor) {
    ArrayType t = x.array();
    var primal = new Builder();
    Program p = primal.close(List.of(value.of(primal, primal.input(t))), List.of());
    var rule = new Builder();
    Var at = rule.input(t);
    Var tangent = rule.input(t);
    Var y = value.of(rule, at);
    Var slope = rule.mul(factor.of(rule, at), y);
    Program r = rule.close(List.of(y, rule.mul(tangent, slope)), List.of());
    return b.one(new Op.CustomJvp(p, Rule.of(r), List.of(0)), x);
  }
}
