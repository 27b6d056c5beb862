package dev.axial.bench.rows;

import static dev.axial.Axial.*;
import static dev.axial.bench.rows.Size.size;

import dev.axial.*;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;

/** Functions of each element. */
final class ElementwiseRows {
  private ElementwiseRows() {}

  static List<Row> rows() {
    Size n = size("n", 4_194_304, 65_536, 100);
    Size large = size("n", 16_777_216, 262_144, 100);
    return List.of(
        Row.of(
            "gelu",
            "gelu, tanh form, of 4M",
            new Target.Faster(1.5),
            s -> each(s, Axial::gelu, ElementwiseRows::gelu),
            n),
        Row.of("exp", "exp of 4M", new Target.Faster(1.5), s -> each(s, Axial::exp, Math::exp), n),
        Row.of(
            "tanh", "tanh of 4M", new Target.Faster(1), s -> each(s, Axial::tanh, Math::tanh), n),
        Row.of(
            "axpy-fresh",
            "2x + y of 16M, a new array",
            new Target.Faster(4),
            ElementwiseRows::fresh,
            large),
        Row.of(
            "axpy-ref",
            "r = 2x + r of 16M, in a reference",
            new Target.Faster(0.95),
            ElementwiseRows::inPlace,
            large));
  }

  private static double gelu(double x) {
    return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
  }

  private static Work each(
      Sizes s, Function<NamedArray, NamedArray> function, DoubleUnaryOperator plain) {
    float[] in = Data.normal(s.get("n"), 1);
    NamedArray x = array(in, axis("X", in.length));
    Function<NamedArray, NamedArray> f = jit(function);
    return Calls.of(
        () -> f.apply(x),
        got -> {
          var expected = new float[in.length];
          for (int k = 0; k < in.length; k++) {
            expected[k] = (float) plain.applyAsDouble(in[k]);
          }
          Check.close("the result", expected, got, 1e-5);
        });
  }

  private static float[] plainAxpy(float[] x, float[] y) {
    var z = new float[x.length];
    for (int k = 0; k < x.length; k++) {
      z[k] = x[k] * 2 + y[k];
    }
    return z;
  }

  private static Work fresh(Sizes s) {
    Axis X = axis("X", s.get("n"));
    float[] a = Data.normal(X.size(), 1);
    float[] b = Data.normal(X.size(), 2);
    NamedArray x = array(a, X);
    NamedArray y = array(b, X);
    BiFunction<NamedArray, NamedArray, NamedArray> f = jit((u, v) -> u.times(2).plus(v));
    return Calls.of(
        () -> f.apply(x, y), got -> Check.close("the result", plainAxpy(a, b), got, 1e-6));
  }

  private static Work inPlace(Sizes s) {
    Axis X = axis("X", s.get("n"));
    float[] a = Data.normal(X.size(), 1);
    float[] b = Data.normal(X.size(), 2);
    NamedArray x = array(a, X);
    NamedRef ref = newRef(array(b, X));
    Proc2<NamedArray, NamedRef> f = jitProc((u, r) -> r.set(u.times(2).plus(r.get())));
    return Calls.of(
        () -> f.run(x, ref),
        () -> {
          f.run(x, ref);
          Check.close("the reference", plainAxpy(a, b), ref.get(), 1e-6);
        });
  }
}
