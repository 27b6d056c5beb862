package dev.axial.golden;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.*;
import dev.axial.golden.Golden.Case;
import java.util.ArrayList;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * One run of a case of a golden file: what the case gives, and what is answered. The same program
 * runs once as it is written and once compiled: {@link #fun} and {@link #proc} decide that.
 */
final class Trial {
  /** Selections go by the name: these stand for the axes of any size. */
  static final Axis D0 = axis("d0", 0);

  static final Axis D1 = axis("d1", 0);

  /** Outputs that the file's tolerance is too narrow for, and why. */
  private static final Map<String, String> WIDER =
      Map.of(
          // With 70 digits element 7 is 0.24340776137272425: JAX is 10 eps away on the other side.
          "scan/rnn#hvp.xs",
          "32eps",
          // Its terms cancel: the native engine is 38 eps away, the interpreter less than 16.
          "scan/rnn#hvp.wx",
          "64eps");

  /** What a case does. */
  interface Body {
    void run(Trial t);
  }

  private final Case asked;
  private final boolean compiled;
  private final ArrayList<String> wrong = new ArrayList<>();
  private final ArrayList<String> answered = new ArrayList<>();

  Trial(Case asked, boolean compiled) {
    this.asked = asked;
    this.compiled = compiled;
  }

  // ---------------------------------------------------------------- what is given

  NamedArray in(String key) {
    return asked.array(key);
  }

  /** An array that stands among the outputs but was given. */
  NamedArray given(String key) {
    return asked.out().get(key).array();
  }

  static NamedArray number(double v) {
    return scalar(v, DType.FLOAT64);
  }

  static NamedArray vector(String axis, double... v) {
    return array(v, axis(axis, v.length));
  }

  /** The weights 1, -2, 0.5, 3 along an axis. */
  static NamedArray weights(Axis axis) {
    return array(new double[] {1, -2, 0.5, 3}, axis.resize(4));
  }

  static NamedArray zeros64(Axis... axes) {
    return zeros(DType.FLOAT64, axes);
  }

  /** A body at each of the indices in turn, in a scan that carries nothing. */
  static void each(NamedArray indices, Proc1<NamedArray> body) {
    var _ =
        scan(
            indices.axes().getFirst(),
            Map.of(),
            indices,
            (c, i) -> {
              body.run(i);
              return step(c, Map.of());
            });
  }

  // ---------------------------------------------------------------- as written, or compiled

  <A, R> Function<A, R> fun(Function<A, R> f) {
    return compiled ? jit(f) : f;
  }

  <A, B, R> BiFunction<A, B, R> fun(BiFunction<A, B, R> f) {
    return compiled ? jit(f) : f;
  }

  <A, B, C, R> Fn3<A, B, C, R> fun(Fn3<A, B, C, R> f) {
    return compiled ? jit(f) : f;
  }

  <A, B> Proc2<A, B> proc(Proc2<A, B> f) {
    return compiled ? jitProc(f) : f;
  }

  <A> Proc1<A> proc(Proc1<A> f) {
    return compiled ? jitProc(f) : f;
  }

  // ---------------------------------------------------------------- answers

  /** An answer; an output may be answered in several ways, which must all be right. */
  void out(String key, Tensor got) {
    assertThat(asked.out()).as(asked.name()).containsKey(key);
    answered.add(key);
    String tolerance = WIDER.getOrDefault(asked.name() + "#" + key, asked.note("tolerance"));
    Golden.difference(asked.out().get(key), got.value(), tolerance)
        .ifPresent(d -> wrong.add("answer %d, %s: %s".formatted(answered.size(), key, d)));
  }

  /** All answers are right, and none is missing. */
  void check() {
    assertThat(wrong).as(asked.name()).isEmpty();
    assertThat(answered).as("answers of " + asked.name()).containsAll(asked.out().keySet());
  }

  private void gradients(String what, Map<String, NamedArray> g) {
    g.forEach((k, v) -> out(what + "." + k, v));
  }

  /**
   * Value, gradient, tangent and the derivative of the gradient along the tangents, of a function
   * of those inputs that have a tangent.
   */
  void derivatives(Function<Map<String, NamedArray>, NamedArray> f) {
    var x = new TreeMap<String, NamedArray>();
    var t = new TreeMap<String, NamedArray>();
    for (String k : asked.in().keySet()) {
      if (asked.in().containsKey("t." + k)) {
        x.put(k, in(k));
        t.put(k, in("t." + k));
      }
    }
    out("value", fun(f).apply(x));
    gradients("grad", fun(grad(f)).apply(x));
    ValueAndGrad<Map<String, NamedArray>> both = fun(valueAndGrad(f)).apply(x);
    out("value", both.value());
    gradients("grad", both.grad());
    gradients("grad", fun((Map<String, NamedArray> p) -> vjp(f, p).apply(number(1))).apply(x));
    BiFunction<Map<String, NamedArray>, Map<String, NamedArray>, Jvp<NamedArray>> forward =
        (p, d) -> jvp(f, p, d);
    Jvp<NamedArray> line = fun(forward).apply(x, t);
    out("value", line.value());
    out("tangent", line.tangent());
    out("tangent", linearize(fun(f), x).tangent().apply(t));
    if (asked.out().keySet().stream().noneMatch(k -> k.startsWith("hvp."))) {
      return;
    }
    BiFunction<Map<String, NamedArray>, Map<String, NamedArray>, Map<String, NamedArray>> hvp =
        (p, d) -> jvp(grad(f), p, d).tangent();
    gradients("hvp", fun(hvp).apply(x, t));
    gradients("hvp", fun(grad((Map<String, NamedArray> p) -> jvp(f, p, t).tangent())).apply(x));
    gradients("hvp", fun(grad((Map<String, NamedArray> p) -> along(grad(f).apply(p), t))).apply(x));
  }

  private static NamedArray along(Map<String, NamedArray> g, Map<String, NamedArray> t) {
    return t.keySet().stream()
        .map(k -> sum(g.get(k).times(t.get(k))))
        .reduce(NamedArray::plus)
        .orElseThrow();
  }

  /** The function over the lanes of x along its first axis: mapped, and with grad in and out. */
  void lanes(Function<NamedArray, NamedArray> f) {
    NamedArray x = in("x");
    Axis lane = x.axes().getFirst();
    out("vmap", fun(vmap(f, lane)).apply(x));
    out("vmap-grad", fun(vmap(grad(f), lane)).apply(x));
    out("grad-vmap", fun(grad((NamedArray v) -> sum(vmap(f, lane).apply(v)))).apply(x));
  }
}
