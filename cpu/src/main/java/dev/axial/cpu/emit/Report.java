package dev.axial.cpu.emit;

import dev.axial.cpu.plan.Buffer;
import dev.axial.cpu.plan.Cone;
import dev.axial.cpu.plan.Mem;
import dev.axial.cpu.plan.Nest;
import dev.axial.cpu.plan.Node;
import dev.axial.cpu.plan.Root;
import dev.axial.cpu.plan.Stage;
import dev.axial.ir.Dim;
import dev.axial.ir.Op;
import java.util.ArrayList;
import java.util.List;

/** A nest in words: its loops, what it leaves, what it costs. */
final class Report {
  private Report() {}

  static String of(Nest nest, Schedule s, String how) {
    var lines = new ArrayList<String>();
    for (Stage st : nest.stages()) {
      Schedule.StageLoops l = s.stages.get(st);
      String inner = l == null ? "" : joined(l.kept(), l.reduced());
      for (Root r : st.roots()) {
        lines.add((inner.isEmpty() ? "" : "for " + inner + ": ") + what(nest, s, r));
      }
    }
    String site = nest.site();
    return "%s%s, %s, %,d bytes, %,d operations%s%n    %s"
        .formatted(
            s.outer.isEmpty() ? "once" : "for " + s.describe(),
            s.lanes > 1 ? ", %d lanes × %d".formatted(s.lanes, s.unroll) : "",
            how,
            bytes(nest),
            s.work,
            site == null ? "" : "  // " + site,
            String.join("\n    ", lines));
  }

  private static String joined(List<Schedule.Loop> a, List<Schedule.Loop> b) {
    var out = new ArrayList<String>();
    a.forEach(l -> out.add(l.toString()));
    b.forEach(l -> out.add(l.toString()));
    return String.join(" × ", out);
  }

  private static String what(Nest nest, Schedule schedule, Root r) {
    String kept =
        !nest.stored(r)
            ? ", in registers"
            : schedule.streamed.contains(r) ? ", past the caches" : "";
    return switch (r) {
      case Root.Store s -> store(s) + kept;
      case Root.Reduce x -> "%s over %s%s".formatted(x.fn(), x.axes(), kept);
      case Root.ArgReduce x ->
          "position of the %s along %s".formatted(x.max() ? "largest" : "smallest", x.axis());
      case Root.Write w ->
          "%s of %s, in place: %s"
              .formatted(
                  w.kind().name().toLowerCase(java.util.Locale.ROOT),
                  w.space(),
                  w.into().buffer().what());
    };
  }

  private static String store(Root.Store s) {
    Node n = s.value();
    Buffer to = s.to().buffer();
    if (n.ref() != null && n.op() instanceof Op.RefGet) {
      return "copy of %s, read from the %s%s"
          .formatted(
              n.type(),
              n.ref().mem().buffer().what(),
              s.defines() == n && to.kind() == Buffer.Kind.SCRATCH
                  ? ", because the reference is written before this is used for the last time"
                  : " into " + to.what());
    }
    if (s.defines() == null && n.mem() != null) {
      return "copy of %s into %s".formatted(n.type(), to.what());
    }
    return "%s of %s into %s".formatted(name(n.op()), n.type(), to.what());
  }

  private static String name(@org.jspecify.annotations.Nullable Op op) {
    return switch (op) {
      case null -> "copy";
      case Op.Unary u -> u.fn().name().toLowerCase(java.util.Locale.ROOT);
      case Op.Binary b -> b.fn().name().toLowerCase(java.util.Locale.ROOT);
      default -> // not over Op: only a word for people
          op.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
    };
  }

  /** What is read and written: for each operand the elements that the loops move over. */
  private static long bytes(Nest nest) {
    long sum = 0;
    for (Stage st : nest.stages()) {
      var axes = new ArrayList<>(nest.outer());
      axes.addAll(st.inner());
      for (Root r : st.roots()) {
        for (Cone.Ask a : nest.cone(r).asks()) {
          long n = 1;
          for (Dim d : axes) {
            Long step = a.stride(d.name());
            n *= step != null && step == 0 ? 1 : d.size();
          }
          sum += n * a.mem().buffer().dtype().bytes();
        }
        sum += nest.stored(r) ? written(r) : 0;
      }
    }
    return sum;
  }

  private static long written(Root r) {
    return switch (r) {
      case Root.Store x -> x.space().size() * x.space().dtype().bytes();
      case Root.Reduce x -> Schedule.size(x.kept()) * x.space().dtype().bytes();
      case Root.ArgReduce x -> 4 * x.space().without(x.axis()).size();
      case Root.Write w -> {
        Mem old = w.old();
        long n = w.space().size() * w.of().dtype().bytes();
        yield w.kind() == Root.Kind.ADD || old != null ? 2 * n : n;
      }
    };
  }
}
