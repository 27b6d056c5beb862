package dev.axial.cpu.plan;

import dev.axial.DType;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Equation;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.RefType;
import dev.axial.ir.StackType;
import dev.axial.ir.Type;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Plans a whole program. */
public final class Planner {
  /** Frames of a stack lie in the scratch block if they need no more than this. */
  private static final long MOST_FRAMES = 1L << 30;

  private final List<Buffer> buffers = new ArrayList<>();
  private final List<Frames> stacks = new ArrayList<>();
  private int now;

  private Planner() {}

  /**
   * A planned program.
   *
   * @param outputs for each output of the program the node, cell or stack that it is
   * @param scratch bytes of the scratch block
   */
  public record Plan(
      Program program,
      List<Object> inputs,
      Block block,
      List<Object> outputs,
      List<Buffer> buffers,
      List<Frames> stacks,
      long scratch) {}

  /** The plan of a program. */
  public static Plan of(Program p) {
    return new Planner().plan(p);
  }

  private Plan plan(Program p) {
    var env = new HashMap<Var, Object>();
    var inputs = new ArrayList<Object>();
    for (int k = 0; k < p.inputs().size(); k++) {
      Object x = input(k, p.inputs().get(k).type());
      env.put(p.inputs().get(k), x);
      inputs.add(x);
    }
    var places = new ArrayList<@Nullable Mem>();
    for (int k = 0; k < p.outputs().size(); k++) {
      ArrayType t = p.outputs().get(k).type().array();
      boolean array = p.outputs().get(k).type() instanceof ArrayType;
      places.add(
          array
              ? Mem.rows(
                  add(new Buffer(Buffer.Kind.OUTPUT, k, t.dtype(), t.size(), "output " + k)), t)
              : null);
    }
    var b = new BlockPlanner(this, p, env, places);
    Block block = b.plan();
    var outputs = new ArrayList<Object>();
    p.outputs().forEach(v -> outputs.add(b.value(v)));
    return new Plan(p, inputs, block, outputs, buffers, stacks, Scratch.arrange(buffers));
  }

  private Object input(int k, Type t) {
    ArrayType a = t.array();
    return switch (t) {
      case ArrayType _ -> {
        var n = new Node(a, null, List.of(), null, 0);
        n.place(
            Mem.rows(add(new Buffer(Buffer.Kind.INPUT, k, a.dtype(), a.size(), "input " + k)), a));
        yield n;
      }
      case RefType _ -> {
        var b = add(new Buffer(Buffer.Kind.INPUT, k, a.dtype(), a.size(), "reference, input " + k));
        yield new Cell(a, Mem.rows(b, a), "input " + k);
      }
      case StackType s -> {
        var f =
            new Frames(
                s,
                add(
                    new Buffer(
                        Buffer.Kind.INPUT, k, DType.INT64, 2 + lanes(s), "stack, input " + k)),
                k);
        stacks.add(f);
        yield f;
      }
    };
  }

  static long lanes(StackType s) {
    return s.of().with(s.laneDims()).size();
  }

  Buffer add(Buffer b) {
    buffers.add(b);
    return b;
  }

  /** Room in the scratch block. */
  Buffer scratch(DType t, long elements, String what) {
    return add(new Buffer(Buffer.Kind.SCRATCH, 0, t, elements, what));
  }

  /**
   * A stack that this program makes.
   *
   * @param bound the most pushes, or null without a bound
   * @param output the number of the output that it is, or -1
   */
  Frames frames(StackType t, @Nullable Long bound, int output) {
    Buffer record =
        output >= 0
            ? add(
                new Buffer(
                    Buffer.Kind.OUTPUT,
                    output,
                    DType.INT64,
                    2 + lanes(t),
                    "stack, output " + output))
            : scratch(DType.INT64, 2 + lanes(t), "heights of a stack");
    var f = new Frames(t, record, -1);
    long frame = Math.max(1, t.of().size());
    if (bound != null && bound <= MOST_FRAMES / frame / t.of().dtype().bytes()) {
      f.fixed(scratch(t.of().dtype(), Math.max(1, bound) * frame, "stack of " + bound + " frames"));
    } else {
      // The runtime starts and ends it.
      f.record().alive(0);
      f.record().alive(Integer.MAX_VALUE);
    }
    stacks.add(f);
    return f;
  }

  int tick() {
    return ++now;
  }

  int now() {
    return now;
  }

  /** What lives across a loop lives to its end. */
  void endLoop(int start, int end) {
    for (Buffer b : buffers) {
      if (b.from < start && b.to >= start) {
        b.alive(end);
      }
    }
  }

  // ---------------------------------------------------------------- how many pushes

  /** The most pushes on a stack that a program makes, or null without a bound. */
  static @Nullable Long pushes(Program p, Var stack) {
    if (p.outputs().contains(stack)) {
      return null;
    }
    long n = 0;
    for (Equation e : p.equations()) {
      if (e.op() instanceof Op.StackPush && e.in().getFirst() == stack) {
        n++;
      }
      long most = 0;
      List<Program> bodies = e.op().bodies();
      for (Program q : bodies) {
        for (int k = 0; k < e.in().size(); k++) {
          if (e.in().get(k) != stack) {
            continue;
          }
          Long inside = pushes(q, q.inputs().get(k + e.op().offset()));
          if (inside == null || inside > 0 && e.op() instanceof Op.While) {
            return null;
          }
          most = e.op() instanceof Op.Cond ? Math.max(most, inside) : most + inside;
        }
      }
      n += e.op() instanceof Op.Scan s ? most * s.length() : most;
      if (n > Integer.MAX_VALUE) {
        return null; // more than any block has room for, and products of more might overflow
      }
    }
    return n;
  }

  /** Variables of nested programs by what they stand for. */
  static Map<Var, Object> env(Program body, List<Object> inputs) {
    var env = new HashMap<Var, Object>();
    for (int k = 0; k < inputs.size(); k++) {
      env.put(body.inputs().get(k), inputs.get(k));
    }
    return env;
  }
}
