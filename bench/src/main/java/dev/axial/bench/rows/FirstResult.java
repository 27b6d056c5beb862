package dev.axial.bench.rows;

import static dev.axial.Axial.*;

import dev.axial.*;
import java.util.LinkedHashMap;
import java.util.function.Function;

/**
 * A process that says how long a first result takes it, after another function was compiled and
 * run. Each process computes with a slightly other constant, so that no code of an earlier one can
 * serve.
 */
final class FirstResult {
  private FirstResult() {}

  public static void main(String[] args) {
    var values = new LinkedHashMap<String, Integer>();
    for (int k = 1; k < args.length; k++) {
      String[] parts = args[k].split("=", 2);
      values.put(parts[0], Integer.valueOf(parts[1]));
    }
    Sizes sizes = new Sizes(values);
    double salt = System.nanoTime() % 100_000 * 1e-8;
    warmUp();
    double seconds =
        switch (args[0]) {
          case "tiny" -> tiny(sizes, salt);
          case "gpt" -> gpt(sizes, salt);
          case "writes" -> writes(sizes, salt);
          default -> throw new IllegalArgumentException(args[0]);
        };
    System.out.println("@@" + seconds);
  }

  private static void warmUp() {
    Axis Other = axis("Other", 5);
    NamedRef ref = newRef(zeros(Other));
    Function<NamedArray, NamedArray> f =
        jit(x -> {
          ref.set(cos(x));
          return sum(ref.get().plus(1));
        });
    Check.close("the warm-up", 10, f.apply(zeros(Other)).item(), 1e-5);
  }

  private static double since(long start) {
    return (System.nanoTime() - start) * 1e-9;
  }

  private static double tiny(Sizes s, double salt) {
    NamedArray x = ones(axis("X", s.get("n")));
    long start = System.nanoTime();
    Function<NamedArray, NamedArray> f = jit(v -> sin(v).times(2 + salt));
    NamedArray y = f.apply(x);
    double seconds = since(start);
    Check.close("the sum", s.get("n") * Math.sin(1) * (2 + salt), sum(y).item(), 1e-4);
    return seconds;
  }

  private static double gpt(Sizes s, double salt) {
    Gpt.Axes a = Gpt.Axes.of(s);
    ModelRows.State<Gpt> state = ModelRows.State.of(Gpt.init(a));
    ModelRows.Batch batch = ModelRows.Batch.of(s, a);
    long start = System.nanoTime();
    Proc3<ModelRows.State<Gpt>, NamedArray, NamedArray> f =
        jitProc((st, x, y) ->
            ModelRows.step(st, x, y, (p, u, v) -> p.loss(u, v, a), 1e-3 * (1 + salt)));
    f.run(state, batch.inputs(), batch.targets());
    double seconds = since(start);
    Check.close("the first loss", Math.log(a.vocab().size()), state.loss().item(), 0.1);
    return seconds;
  }

  private static double writes(Sizes s, double salt) {
    Axis Row = axis("Row", s.get("rows"));
    Axis X = axis("X", 64);
    int writes = s.get("writes");
    NamedRef ref = newRef(zeros(Row, X));
    NamedArray row = ones(X);
    long start = System.nanoTime();
    Proc2<NamedRef, NamedArray> f =
        jitProc((r, v) -> {
          for (int i = 0; i < writes; i++) {
            r.at(Row.at(i)).set(v.times(i + 1 + salt));
          }
        });
    f.run(ref, row);
    double seconds = since(start);
    double expected = 64 * (writes * (writes + 1) / 2.0 + writes * salt);
    Check.close("the sum", expected, sum(ref.get()).item(), 1e-4);
    return seconds;
  }
}
