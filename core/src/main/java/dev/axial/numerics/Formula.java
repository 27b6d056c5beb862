package dev.axial.numerics;

import dev.axial.numerics.Expansion.Kind;
import dev.axial.numerics.Expansion.Step;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/** Collects the steps of an expansion. Equal steps are one, and those that nobody uses go. */
final class Formula {
  private final List<Step> steps = new ArrayList<>();
  private final Map<Step, Integer> numbers = new HashMap<>();

  private Formula() {}

  static Expansion of(Expansion.Type t, UnaryOperator<Value> body) {
    var f = new Formula();
    Value x = f.add(Kind.ARG, t, -1, -1, -1, 0);
    return f.finish(body.apply(x), 1);
  }

  static Expansion of(Expansion.Type t, BinaryOperator<Value> body) {
    var f = new Formula();
    Value x = f.add(Kind.ARG, t, -1, -1, -1, 0);
    Value y = f.add(Kind.ARG, t, -1, -1, -1, 1);
    return f.finish(body.apply(x, y), 2);
  }

  /** The full expansion, with another that may stand for it where the guard holds. */
  static Expansion guarded(
      Expansion.Type t,
      UnaryOperator<Value> guard,
      UnaryOperator<Value> cheap,
      UnaryOperator<Value> full) {
    Expansion e = of(t, full);
    return new Expansion(
        e.steps(), e.arity(), Optional.of(new Expansion.Cheap(of(t, guard), of(t, cheap))));
  }

  Value add(Kind kind, Expansion.Type type, int a, int b, int c, long bits) {
    var step = new Step(kind, type, a, b, c, bits);
    int number =
        numbers.computeIfAbsent(
            step,
            s -> {
              steps.add(s);
              return steps.size() - 1;
            });
    return new Value(this, number, type);
  }

  private Expansion finish(Value result, int arity) {
    var used = new boolean[steps.size()];
    used[result.number()] = true;
    for (int k = steps.size() - 1; k >= 0; k--) {
      Step s = steps.get(k);
      used[k] |= s.kind() == Kind.ARG;
      for (int operand : new int[] {s.a(), s.b(), s.c()}) {
        if (used[k] && operand >= 0) {
          used[operand] = true;
        }
      }
    }
    var out = new ArrayList<Step>();
    var moved = new int[steps.size() + 1];
    for (int k = 0; k < steps.size(); k++) {
      Step s = steps.get(k);
      if (used[k] && k != result.number()) {
        moved[k] = out.size();
        out.add(moved(s, moved));
      }
    }
    // The result is the last; no step uses it that is itself used, for it would come after it.
    out.add(moved(steps.get(result.number()), moved));
    return new Expansion(out, arity, Optional.empty());
  }

  private static Step moved(Step s, int[] to) {
    return new Step(
        s.kind(),
        s.type(),
        s.a() < 0 ? -1 : to[s.a()],
        s.b() < 0 ? -1 : to[s.b()],
        s.c() < 0 ? -1 : to[s.c()],
        s.bits());
  }
}
