package dev.axial.cpu.runtime;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.axial.AxialException;
import dev.axial.cpu.emit.Flat;
import dev.axial.cpu.emit.Threads;
import dev.axial.cpu.llvm.ObjectCache;
import dev.axial.engine.Executable;
import dev.axial.engine.Piece;
import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Equation;
import dev.axial.ir.Program;
import dev.axial.ir.Var;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;

/** An element-wise operation of its own, by the function that serves all lengths. */
public final class Elementwise implements Executable {
  /** Elements from which on threads help. */
  private static final long DIVIDED = 1 << 15;

  private final Program program;
  private final ObjectCache.Code code;
  private final long grain;

  /** The operation of a program, by compiled code for its kind. */
  public Elementwise(Program program, ObjectCache.Code code, long grain) {
    this.program = program;
    this.code = code;
    this.grain = grain;
  }

  @Override
  public String explain() {
    return "one loop for all lengths, %s in %.1f ms%n".formatted(code.origin, code.milliseconds);
  }

  @Override
  public List<Piece> pieces() {
    Equation last = program.equations().getLast();
    ArrayType out = program.outputs().getFirst().array();
    long bytes = out.size() * out.dtype().bytes();
    for (Var v : program.inputs()) {
      bytes += v.array().size() * v.array().dtype().bytes();
    }
    long operations = program.equations().size() * out.size();
    return List.of(new Piece(explain(), last.site(), 1, bytes, operations, 0));
  }

  /** An input; native code touches as many elements as the program says. */
  private Store given(List<Object> inputs, int k) {
    var s = (Store) inputs.get(k);
    ArrayType t = program.inputs().get(k).array();
    if (s.size() != t.size() || s.dtype() != t.dtype()) {
      throw new AxialException(
          "internal error: input %d of an operation is %,d elements of %s, not %s"
              .formatted(k, s.size(), s.dtype().shortName(), t));
    }
    return s;
  }

  @Override
  public List<Object> call(List<Object> inputs) {
    int ins = inputs.size();
    long n = program.outputs().getFirst().array().size();
    var results = new ArrayList<Object>();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment env =
          arena.allocate(JAVA_LONG, Flat.ADDRESSES + ins + program.outputs().size());
      long units = (n + grain - 1) / grain;
      long parts = n < DIVIDED ? 1 : Math.max(1, Math.min(units, 4L * Threads.COUNT));
      env.setAtIndex(JAVA_LONG, Flat.PARTS, parts);
      env.setAtIndex(JAVA_LONG, Flat.LENGTH, n);
      for (int k = 0; k < ins; k++) {
        MemorySegment m = given(inputs, k).segment();
        if (!m.isNative()) {
          MemorySegment copy = arena.allocate(Math.max(1, m.byteSize()), 64);
          MemorySegment.copy(m, 0, copy, 0, m.byteSize());
          m = copy;
        }
        env.setAtIndex(JAVA_LONG, Flat.ADDRESSES + k, m.address());
      }
      for (int k = 0; k < program.outputs().size(); k++) {
        ArrayType t = program.outputs().get(k).array();
        Store s = Store.inNative(t.dtype(), n);
        env.setAtIndex(JAVA_LONG, Flat.ADDRESSES + ins + k, s.segment().address());
        results.add(s);
      }
      Workers.fork(code.entry(0), env, parts);
    } finally {
      Reference.reachabilityFence(inputs);
      Reference.reachabilityFence(code);
    }
    return results;
  }
}
