package dev.axial.cpu.runtime;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.axial.AxialException;
import dev.axial.cpu.emit.Table;
import dev.axial.cpu.emit.Threads;
import dev.axial.cpu.plan.Buffer;
import dev.axial.cpu.plan.Frames;
import dev.axial.cpu.plan.Step;
import dev.axial.engine.Pool;
import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The memory of one call of a program: its table, room for small inputs and outputs, and scratch.
 * It is used again by the next call.
 */
final class Call {
  final MemorySegment table;
  final MemorySegment staging;
  private final Compiled code;
  private @Nullable Throwable failure;

  /** How its callbacks get to the thread that called, where another one runs the native code. */
  private @Nullable Lent lent;

  Call(Compiled code) {
    this.code = code;
    long bytes = 8L * code.slots() + code.stagingBytes();
    Pool.account(bytes);
    Pool.whenCollected(this, () -> Pool.account(-bytes));
    Arena arena = Arena.ofAuto();
    table = arena.allocate(JAVA_LONG, code.slots());
    staging = arena.allocate(Math.max(64, code.stagingBytes()), 64);
    put(Table.FORK, Upcalls.FORK.address());
    put(Table.GROW, Upcalls.GROW.address());
    put(Table.HOST, Upcalls.HOST.address());
    put(Table.THREADS, Threads.COUNT);
    for (int k = 0; k < code.contractions().size(); k++) {
      put(Table.GEMM + k, code.contractions().get(k));
    }
  }

  void put(int slot, long word) {
    table.setAtIndex(JAVA_LONG, slot, word);
  }

  long get(int slot) {
    return table.getAtIndex(JAVA_LONG, slot);
  }

  void fail(Throwable x) {
    failure = x;
    put(Table.STATUS, 1);
  }

  /** Throws what an upcall left, or says what the program found. */
  void check() {
    long status = get(Table.STATUS);
    if (status == 0) {
      return;
    }
    put(Table.STATUS, 0);
    Throwable x = failure;
    failure = null;
    if (x != null) {
      throw Upcalls.unchecked(x);
    }
    throw new AxialException("internal error: a compiled program ended with status " + status);
  }

  @Nullable Lent lent() {
    return lent;
  }

  void lent(@Nullable Lent l) {
    lent = l;
  }

  /** Memory that stacks grew into and that nobody took over. */
  void freeStacks() {
    for (Frames f : code.plan().stacks()) {
      if (f.fixed() == null) {
        MemorySegment record = record(f.record());
        long data = record.getAtIndex(JAVA_LONG, 0);
        if (data != 0) {
          Pool.account(-NativeStack.held(record, f.frame() * f.type().of().dtype().bytes()));
          C.free(MemorySegment.ofAddress(data));
          record.setAtIndex(JAVA_LONG, 0, 0L);
        }
      }
    }
  }

  /** The record of a stack. */
  MemorySegment record(Buffer b) {
    long base =
        switch (b.kind()) {
          case SCRATCH -> get(Table.SCRATCH) + b.offset;
          case INPUT -> get(Table.INPUTS + b.index());
          case OUTPUT -> get(Table.INPUTS + code.plan().inputs().size() + b.index());
          case ROW, POINTER -> throw new AxialException("internal error: a record in " + b);
        };
    return MemorySegment.ofAddress(base).reinterpret(b.bytes());
  }

  // ---------------------------------------------------------------- steps that Java does

  /** Runs a callback; what it throws is kept until the native code has come back. */
  void host(int step, long addresses) {
    try {
      callback(code.called().get(step), addresses);
    } catch (Throwable x) {
      fail(x);
    }
  }

  private static void callback(Step.Host h, long addresses) {
    MemorySegment list = MemorySegment.ofAddress(addresses).reinterpret(8L * h.operands().size());
    var buffers = new ArrayList<Object>();
    var types = new ArrayList<ArrayType>();
    for (int k = 0; k < h.operands().size(); k++) {
      ArrayType t = h.operands().get(k).type();
      long bytes = t.size() * t.dtype().bytes();
      Store s = Store.uninitialized(t.dtype(), t.size());
      MemorySegment from =
          MemorySegment.ofAddress(list.getAtIndex(JAVA_LONG, k)).reinterpret(bytes);
      MemorySegment.copy(from, 0, s.segment(), 0, bytes);
      buffers.add(s);
      types.add(t);
    }
    h.op().call(buffers, types);
  }
}
