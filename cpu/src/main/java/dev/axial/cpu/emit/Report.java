package dev.axial.cpu.emit;

import dev.axial.DType;
import dev.axial.cpu.plan.Buffer;
import dev.axial.cpu.plan.Cone;
import dev.axial.cpu.plan.Mem;
import dev.axial.cpu.plan.Nest;
import dev.axial.cpu.plan.Node;
import dev.axial.cpu.plan.Root;
import dev.axial.cpu.plan.Stage;
import dev.axial.cpu.plan.Step;
import dev.axial.engine.Piece;
import dev.axial.ir.Dim;
import dev.axial.ir.Fn;
import dev.axial.ir.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What runs, in words and in sums.
 *
 * @param made for each nest and each contraction its loops, what it leaves, what it costs; made
 *     when somebody asks
 * @param bytes that the loops read and write, those in a loop of a known length as often
 * @param operations of the loops, likewise
 * @param flops of contractions, likewise
 */
public record Report(List<Supplier<Piece>> made, long bytes, long operations, long flops) {
  /** The pieces, in the order in which they run. */
  public List<Piece> pieces() {
    return made.stream().map(Supplier::get).toList();
  }

  /** Collects a report while a program is written. */
  static final class Writer {
    private final List<Supplier<Piece>> made = new ArrayList<>();
    private long bytes;
    private long operations;
    private long flops;

    /** How often what is written now runs, as far as that is known. */
    private long times = 1;

    Report report() {
      return new Report(List.copyOf(made), bytes, operations, flops);
    }

    /** Around a body that runs so many times. */
    void repeated(long n, Runnable body) {
      long before = times;
      times *= n;
      body.run();
      times = before;
    }

    /** What else runs, in a line. */
    void add(String line) {
      long n = times;
      made.add(() -> new Piece(line, null, n, 0, 0, 0));
    }

    void nest(Nest nest, Schedule s, String how) {
      long n = times;
      long moved = Report.bytes(nest);
      made.add(() -> new Piece(of(nest, s, how), nest.site(), n, moved, s.work, 0));
      bytes += times * moved;
      operations += times * s.work;
    }

    void contraction(Step.Contract c, DType t) {
      Step.Matrices s = c.shape();
      long once = 2 * s.m() * s.n() * s.k() * c.pairs().size();
      for (long n : s.batch()) {
        once *= n;
      }
      flops += times * once;
      long runs = times;
      long each = once;
      made.add(() -> new Piece(of(c, t, each), c.site(), runs, 0, 0, each));
    }
  }

  private static String of(Step.Contract c, DType t, long flops) {
    Step.Matrices s = c.shape();
    int n = c.pairs().size();
    return "%s[%d×%d×%d]%s of %s, divided if that pays, %,d flops%s"
        .formatted(
            n == 1 ? "product" : "sum of %d products".formatted(n),
            s.m(),
            s.k(),
            s.n(),
            s.batch().isEmpty() ? "" : " in batches " + s.batch(),
            t,
            flops,
            reads(c.pairs().stream().flatMap(p -> Stream.of(p.a(), p.b()))));
  }

  private static String reads(Stream<Mem> memory) {
    String names =
        memory
            .map(m -> m.buffer().what())
            .filter(w -> w.startsWith("reference"))
            .distinct()
            .collect(Collectors.joining("; "));
    return names.isEmpty() ? "" : ", reading in place: " + names;
  }

  private static String of(Nest nest, Schedule s, String how) {
    var lines = new ArrayList<String>();
    for (Stage st : nest.stages()) {
      Schedule.StageLoops l = s.stages.get(st);
      String inner = l == null ? "" : joined(l.kept(), l.reduced());
      for (Root r : st.roots()) {
        Stream<Mem> read = nest.cone(r).asks().stream().map(Cone.Ask::mem);
        lines.add(
            (inner.isEmpty() ? "" : "for " + inner + ": ")
                + what(nest, s, r)
                + (copies(r) ? "" : reads(read)));
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
                  name(w).name().toLowerCase(java.util.Locale.ROOT),
                  w.space(),
                  w.into().buffer().what());
    };
  }

  private static Enum<?> name(Root.Write w) {
    Fn.Combine fn = w.fn();
    return fn == null ? w.kind() : fn;
  }

  /** Whether a store does nothing but copy what was read from a reference. */
  private static boolean copies(Root r) {
    return r instanceof Root.Store s && s.value().op() instanceof Op.RefGet;
  }

  private static String store(Root.Store s) {
    Node n = s.value();
    Buffer to = s.to().buffer();
    if (n.ref() != null && copies(s)) {
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
        yield w.kind() == Root.Kind.COMBINE || old != null ? 2 * n : n;
      }
    };
  }
}
