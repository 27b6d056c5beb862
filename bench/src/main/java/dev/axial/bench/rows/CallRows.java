package dev.axial.bench.rows;

import static dev.axial.Axial.*;
import static dev.axial.bench.rows.Size.size;

import dev.axial.*;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * What everybody writes: a call whose result is dropped, without a scope. A sample is so many calls
 * that what they hand out is collected in it.
 */
final class CallRows {
  /** Bytes of the results of a sample. */
  private static final long SAMPLE = 1L << 30;

  private CallRows() {}

  static List<Row> rows() {
    var rows = new ArrayList<Row>();
    rows.add(call("16k", 1 << 14));
    rows.add(call("64k", 1 << 16));
    rows.add(call("256k", 1 << 18));
    rows.add(call("1m", 1 << 20));
    rows.add(call("4m", 1 << 22));
    rows.add(call("16m", 1 << 24));
    rows.add(
        Row.of(
            "hoard",
            "four axes of 64 in another order, results of 64 MB dropped",
            new Target.Faster(1),
            CallRows::hoard,
            size("n", 64, 16, 4)));
    rows.add(
        Row.of(
            "linspace-16m",
            "16M numbers at equal distances, eager",
            new Target.Faster(1),
            CallRows::linspace,
            size("n", 1 << 24, 1 << 18, 100)));
    return List.copyOf(rows);
  }

  private static Row call(String label, int n) {
    return Row.of(
        "call-" + label,
        "2x + 1 of " + label + ", the mean of calls without a scope",
        new Target.Faster(1),
        CallRows::call,
        size("n", n, Math.min(n, 1 << 16), 100));
  }

  private static Work call(Sizes s) {
    float[] in = Data.normal(s.get("n"), 1);
    NamedArray x = array(in, axis("X", in.length));
    Function<NamedArray, NamedArray> f = jit((NamedArray y) -> y.times(2).plus(1));
    return dropped(
        f,
        x,
        () -> {
          var expected = new float[in.length];
          for (int k = 0; k < in.length; k++) {
            expected[k] = in[k] * 2 + 1;
          }
          Check.close("the result", expected, f.apply(x), 1e-6);
        });
  }

  private static Work hoard(Sizes s) {
    int n = s.get("n");
    Axis A = axis("A", n);
    Axis B = axis("B", n);
    Axis C = axis("C", n);
    Axis D = axis("D", n);
    float[] in = Data.normal(n * n * n * n, 1);
    NamedArray x = array(in, A, B, C, D);
    Function<NamedArray, NamedArray> f = jit((NamedArray y) -> rearrange(y, A, D, C, B));
    return dropped(
        f,
        x,
        () -> {
          var expected = new float[n];
          for (int k = 0; k < n; k++) {
            expected[k] = in[k * n * n];
          }
          NamedArray got = f.apply(x);
          Check.close("a row", expected, got.get(A.at(0), C.at(0), D.at(0)), 0);
        });
  }

  private static Work dropped(Function<NamedArray, NamedArray> f, NamedArray x, Runnable check) {
    int calls = (int) Math.max(1, Math.min(20_000, SAMPLE / (4L * x.size())));
    return Calls.of(
            () -> {
              for (int k = 0; k < calls; k++) {
                Calls.consume(f.apply(x));
              }
            },
            check)
        .per(calls);
  }

  private static Work linspace(Sizes s) {
    Axis X = axis("X", s.get("n"));
    int last = X.size() - 1;
    return Calls.of(
        () -> Calls.consume(Axial.linspace(X, 0, 1)),
        () -> {
          NamedArray x = Axial.linspace(X, 0, 1);
          Check.close("the first", 0, x.get(X.at(0)).item(), 0);
          Check.close("the last", 1, x.get(X.at(last)).item(), 0);
        });
  }
}
