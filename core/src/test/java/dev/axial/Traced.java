package dev.axial;

import dev.axial.engine.Storage;
import dev.axial.engine.Store;
import dev.axial.interpreter.Interpreter;
import dev.axial.ir.Builder;
import dev.axial.ir.Checker;
import dev.axial.ir.Effects;
import dev.axial.ir.Program;
import dev.axial.ir.Var;
import dev.axial.transform.DeadCode;
import dev.axial.transform.Discharge;
import dev.axial.transform.Inline;
import dev.axial.transform.Reverse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A program as tracing gives it, before anything is removed, with the arrays and references that it
 * took from outside as its inputs: a window for tests into what a transformed function becomes.
 */
public final class Traced {
  private final Program program;
  private final List<Object> inputs;

  private Traced(Program program, List<Object> inputs) {
    this.program = Checker.check(program);
    this.inputs = inputs;
  }

  /** The program of a body; concrete arrays and references in it become inputs. */
  public static Traced of(Supplier<?> body) {
    var b = new Builder();
    Trace t = Trace.child(b);
    List<Var> outs =
        t.run(() ->
            Tracing.result("the body", body.get()).leaves().stream()
                .map(x -> ((NamedArray) x).in(t))
                .toList());
    return new Traced(b.close(outs, List.of()), List.copyOf(t.captured()));
  }

  @SuppressWarnings("exports") // tests read the packages that the module keeps to itself
  public Program program() {
    return program;
  }

  /** The same without dead equations. */
  public Traced pruned() {
    return new Traced(DeadCode.remove(program), inputs);
  }

  /**
   * The same without references: an array stands for each that came in, and the last contents of
   * those that are written come out after the results.
   */
  public Traced discharged() {
    return new Traced(
        Discharge.of(program),
        inputs.stream().map(x -> x instanceof Storage s ? (Object) s.store() : x).toList());
  }

  /** The gradients of the sum of all floating results by the inputs that are floating arrays. */
  public Traced gradient() {
    var b = new Builder();
    var xs = program.inputs().stream().map(v -> b.input(v.type())).toList();
    var wrt = new ArrayList<Integer>();
    for (int k = 0; k < xs.size(); k++) {
      if (xs.get(k).isArray() && xs.get(k).type().differentiable()) {
        wrt.add(k);
      }
    }
    Reverse r = Reverse.forward(b, program, xs, wrt);
    var seeds = new ArrayList<Var>();
    for (Var v : r.values()) {
      seeds.add(
          v.type().differentiable()
              ? b.broadcast(b.num(v.array().dtype(), 1), v.array().dims())
              : null);
    }
    return new Traced(b.close(r.backward(b, seeds, Map.of()), List.of()), inputs);
  }

  /** Runs on copies of the references; gives the results, then what the written ones hold. */
  public List<NamedArray> run() {
    var in = new ArrayList<Object>();
    for (Object x : inputs) {
      in.add(x instanceof Storage s ? new Storage(s.type(), s.store().copy(), "a test") : x);
    }
    var out = new ArrayList<NamedArray>();
    List<Object> got = new Interpreter().compile(program).call(in);
    for (int k = 0; k < got.size(); k++) {
      out.add(NamedArray.concrete(program.outputs().get(k).array(), (Store) got.get(k)));
    }
    Program flat = Inline.flat(program);
    var written = Effects.written(flat);
    for (int k = 0; k < in.size(); k++) {
      if (written.contains(flat.inputs().get(k)) && in.get(k) instanceof Storage s) {
        out.add(NamedArray.concrete(s.type(), s.store().copy()));
      }
    }
    return out;
  }

  /** The listing without the source lines, as {@link Program#parse} reads it back. */
  public static String listing(Object program) {
    return program.toString().replaceAll(" {2}// .*", "");
  }
}
