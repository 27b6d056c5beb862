package dev.axial.cpu.random;

import dev.axial.AxialException;
import dev.axial.engine.Engine;
import dev.axial.engine.Store;
import dev.axial.ir.Edge;
import dev.axial.ir.Equation;
import dev.axial.ir.Mode;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.transform.Discharge;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs random functions here and in JAX, each side with its own transformations, and prints what
 * differs. Arguments: first seed, count, a Python that has the packages of {@code
 * oracles/requirements-b.txt}; to be started in the root of the repository.
 *
 * <p>Each runs on both engines. JAX traces and transforms; NumPy evaluates what it traced, and XLA
 * where NumPy's numbers are not ours, and for one seed in fifty. What JAX refuses is counted by its
 * message, and asked again without references ({@link Discharge}); so is what differs, and then by
 * forward mode.
 */
final class PeerHunt {
  private final Process peer;
  private final BufferedWriter to;
  private final BufferedReader from;
  private final Map<String, Integer> refused = new TreeMap<>();
  private int equal;
  private int byXla;
  private int engines;
  private int without;
  private int contradicted;
  private int unanswered;
  private int bad;

  private PeerHunt(String python) throws IOException {
    var builder = new ProcessBuilder(python, "oracles/random_programs_jax.py");
    builder.environment().put("JAX_PLATFORMS", "cpu");
    builder
        .environment()
        .put("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_cpu_multi_thread_eigen=false");
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    peer = builder.start();
    to = peer.outputWriter();
    from = peer.inputReader();
  }

  public static void main(String[] args) throws IOException {
    long first = Long.parseLong(args[0]);
    long count = Long.parseLong(args[1]);
    var hunt = new PeerHunt(args[2]);
    try {
      for (long seed = first; seed < first + count; seed++) {
        hunt.run(seed);
        if ((seed + 1 - first) % 500 == 0) {
          hunt.report(seed + 1 - first, first);
        }
      }
      hunt.report(count, first);
    } finally {
      hunt.peer.destroy();
    }
  }

  private void report(long done, long first) {
    System.out.printf(
        "%d seeds from %d: %d equal (%d of them by XLA), %d equal to JAX without references where"
            + " it refuses them, %d where JAX contradicts itself, %d refused either way, %d differ,"
            + " %d differ between the engines; refused %s%n",
        done, first, equal, byXla, without, contradicted, unanswered, bad, engines, refused);
  }

  private void run(long seed) throws IOException {
    var t = TracedPrograms.of(seed, true);
    double[] ours;
    Program plain;
    try {
      plain = t.program(t.plain());
      Program p = t.program(t.function());
      List<Object> inputs = t.inputs(p);
      ours = here(p, inputs, Trial.NATIVE);
      String between = difference(ours, here(p, inputs, Trial.INTERPRETER));
      if (between != null) {
        engines++;
        System.out.printf("seed %d, native and interpreter: %s%n", seed, between);
      }
    } catch (RuntimeException x) {
      refuse("here: " + x);
      System.out.println("seed " + seed + " here: " + x);
      return;
    }
    var question = new Question(t, plain, ours);
    String reply = ask(question, seed % 50 == 0, "references");
    if (reply.startsWith("error ")) {
      refuse(reply.substring(6));
      reply = withoutReferences(question);
      if (reply.startsWith("error ")) {
        unanswered++;
        return;
      }
      if (equal(reply, ours)) {
        without++;
        return;
      }
    }
    String difference = difference(ours, numbers(reply));
    if (difference == null) {
      equal++;
      byXla += reply.startsWith("ok xla") ? 1 : 0;
      return;
    }
    String again = withoutReferences(question);
    if (equal(again, ours)) {
      contradicted++;
      again = "as here";
    } else {
      String forward = ask(question, false, "forward");
      if (equal(forward, ours)) {
        contradicted++;
        again += ", by forward mode as here";
      } else {
        bad++;
        again += ", by forward mode " + forward;
      }
    }
    System.out.printf(
        Locale.ROOT,
        "seed %d, %s of %s: %s, in JAX without references %s%n",
        seed,
        t.letters().isEmpty() ? "the value" : t.letters(),
        t.axes(),
        difference,
        again);
  }

  private static boolean equal(String reply, double[] ours) {
    return reply.startsWith("ok ") && difference(ours, numbers(reply)) == null;
  }

  /** A program before its transformations, and our result after them. */
  private record Question(TracedPrograms of, Program program, double[] ours) {}

  /**
   * Swaps as a read and a write, which is the same where no index repeats, and checkpoints as
   * calls: these have a discharge.
   */
  private static Program apart(Program p) {
    var list = new ArrayList<Equation>();
    for (Equation e : p.equations()) {
      if (e.op() instanceof Op.RefSwap s && s.edge() == Edge.CLAMP && !s.access().masked()) {
        var at = new ArrayList<>(e.in());
        at.remove(1);
        list.add(new Equation(new Op.RefGet(s.access(), Mode.CLAMP), at, e.out(), e.site()));
        list.add(new Equation(new Op.RefSet(s.access(), false), e.in(), List.of(), e.site()));
      } else {
        list.add(new Equation(apart(e.op()), e.in(), e.out(), e.site()));
      }
    }
    return new Program(p.inputs(), list, p.outputs());
  }

  private static Op apart(Op op) {
    return switch (op) {
      case Op.Scan s -> new Op.Scan(apart(s.body()), s.length(), s.carry(), s.reverse());
      case Op.While w -> new Op.While(apart(w.condition()), apart(w.body()), w.carry());
      case Op.Cond c -> new Op.Cond(apart(c.yes()), apart(c.no()));
      case Op.Call c -> new Op.Call(apart(c.body()), c.name(), false);
      default -> op; // not over Op: no body that swaps
    };
  }

  /** The same asked of the program's discharge, which not every swap has. */
  private String withoutReferences(Question q) throws IOException {
    Program p;
    try {
      p = Discharge.of(apart(q.program));
    } catch (AxialException x) {
      return "error " + x.getMessage();
    }
    return ask(new Question(q.of, p, q.ours), false, "plain");
  }

  private String ask(Question q, boolean xla, String mode) throws IOException {
    to.write(
        "{\"program\":%s,\"types\":%s,\"inputs\":%s,\"letters\":\"%s\",\"expected\":%s,\"xla\":%s,\"mode\":\"%s\"}"
            .formatted(
                ProgramJson.of(q.program),
                ProgramJson.list(q.program.inputs(), v -> ProgramJson.type(v.type().array())),
                ProgramJson.list(q.of.inputs(q.program), PeerHunt::numbers),
                q.of.letters(),
                numbers(q.ours),
                xla,
                mode));
    to.newLine();
    to.flush();
    String reply = from.readLine();
    if (reply == null) {
      throw new IOException("the peer ended at seed " + q.of.seed());
    }
    return reply;
  }

  private void refuse(String why) {
    String kind = why.replaceAll("[0-9]+", "#");
    refused.merge(kind.substring(0, Math.min(kind.length(), 110)), 1, Integer::sum);
  }

  private static String numbers(Object array) {
    Store s =
        switch (array) {
          case double[] a -> Store.of(dev.axial.DType.FLOAT64, a);
          case int[] a -> Store.of(dev.axial.DType.INT32, a);
          default -> throw new IllegalStateException("an input of " + array.getClass());
        };
    return ProgramJson.list(
        IntStream.range(0, s.length()).boxed().toList(),
        k ->
            ProgramJson.quoted(
                Double.toHexString(s.dtype().isFloating() ? s.getDouble(k) : s.getLong(k))));
  }

  private static double[] here(Program p, List<Object> inputs, Engine engine) {
    var given = new ArrayList<Object>();
    for (int k = 0; k < inputs.size(); k++) {
      given.add(Store.of(p.inputs().get(k).array().dtype(), Store.cloneArray(inputs.get(k))));
    }
    Store out = (Store) engine.compile(p).call(given).getFirst();
    return IntStream.range(0, out.length()).mapToDouble(out::getDouble).toArray();
  }

  private static double[] numbers(String reply) {
    String all = reply.replaceFirst("^ok \\w+ ?", "");
    return all.isEmpty()
        ? new double[0]
        : Stream.of(all.split(" ")).mapToDouble(PeerHunt::number).toArray();
  }

  /** The first element that differs by more than 1e-8 of the largest; null if none does. */
  private static @Nullable String difference(double[] ours, double[] theirs) {
    if (ours.length != theirs.length) {
      return "%d elements, in JAX %d".formatted(ours.length, theirs.length);
    }
    double scale = 1;
    for (double x : theirs) {
      scale = Double.isFinite(x) ? Math.max(scale, Math.abs(x)) : scale;
    }
    for (int k = 0; k < ours.length; k++) {
      boolean equal = Double.compare(ours[k], theirs[k]) == 0;
      if (!equal && !(Math.abs(ours[k] - theirs[k]) <= 1e-8 * scale)) {
        return "element %d is %s, in JAX %s".formatted(k, ours[k], theirs[k]);
      }
    }
    return null;
  }

  private static double number(String s) {
    return switch (s) {
      case "nan" -> Double.NaN;
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(s); // not over Op: a number
    };
  }
}
