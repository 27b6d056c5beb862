package dev.axial.bench.rows;

import static dev.axial.Axial.*;
import static dev.axial.bench.rows.Size.size;

import dev.axial.*;
import java.util.List;
import java.util.stream.IntStream;

/** Single accesses to references, eager and compiled. */
final class ReferenceRows {
  private ReferenceRows() {}

  static List<Row> rows() {
    Target eager = new Target.AtMost(0.3e-6);
    return List.of(
        Row.of(
            "eager-write-1k",
            "one element of 1,000 written, eager",
            eager,
            ReferenceRows::eager,
            size("n", 1_000, 1_000, 16)),
        Row.of(
            "eager-write-10M",
            "one element of 10,000,000 written, eager",
            eager,
            ReferenceRows::eager,
            size("n", 10_000_000, 1_000_000, 100)),
        Row.of(
            "jit-update-1",
            "one element of one reference added to, compiled",
            new Target.AtMost(0.7e-6),
            ReferenceRows::update,
            size("refs", 1, 1, 1)),
        Row.of(
            "jit-update-100",
            "one element of each of 100 references added to, compiled",
            new Target.AtMost(15e-6),
            ReferenceRows::updates,
            size("refs", 100, 100, 5)));
  }

  private static Work eager(Sizes s) {
    Axis X = axis("X", s.get("n"));
    NamedRef ref = newRef(zeros(X));
    NamedArray v = scalar(2.0);
    Runnable write = () -> ref.at(X.at(3)).set(v);
    return Calls.of(
        write,
        () -> {
          write.run();
          Check.close("the element", 2, ref.get(X.at(3)).item(), 0);
          Check.close("the sum", 2, sum(ref.get()).item(), 0);
        });
  }

  private static Work update(Sizes s) {
    Axis X = axis("X", 1024);
    NamedRef ref = newRef(zeros(X));
    Proc1<NamedRef> f = jitProc(r -> r.at(X.at(3)).add(1));
    return Calls.of(
        () -> f.run(ref),
        () -> {
          f.run(ref);
          f.run(ref);
          Check.close("the element", 2, ref.get(X.at(3)).item(), 0);
          Check.close("the sum", 2, sum(ref.get()).item(), 0);
        });
  }

  private static Work updates(Sizes s) {
    Axis X = axis("X", 16);
    List<NamedRef> refs =
        IntStream.range(0, s.get("refs")).mapToObj(k -> newRef(full((float) k, X))).toList();
    Proc1<List<NamedRef>> f = jitProc(rs -> rs.forEach(r -> r.at(X.at(3)).add(1)));
    return Calls.of(
        () -> f.run(refs),
        () -> {
          f.run(refs);
          for (int k = 0; k < refs.size(); k++) {
            Check.close("the element", k + 1, refs.get(k).get(X.at(3)).item(), 0);
            Check.close("the sum", 16.0 * k + 1, sum(refs.get(k).get()).item(), 0);
          }
        });
  }
}
