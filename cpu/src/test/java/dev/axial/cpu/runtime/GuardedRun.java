package dev.axial.cpu.runtime;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.axial.cpu.emit.Emitter;
import dev.axial.cpu.emit.Gemm;
import dev.axial.cpu.emit.GuardedMemory;
import dev.axial.cpu.emit.Table;
import dev.axial.cpu.emit.Target;
import dev.axial.cpu.emit.Threads;
import dev.axial.cpu.llvm.Library;
import dev.axial.cpu.llvm.Natives;
import dev.axial.cpu.llvm.ObjectCache;
import dev.axial.cpu.plan.Planner;
import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Program;
import dev.axial.ir.Var;
import dev.axial.numerics.Widening;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs compiled code on memory that ends or begins where a page is that nobody may touch: each
 * input, each output, the scratch block, and the room for packed operands.
 */
public final class GuardedRun {
  private static final Library LIBRARY = new Library(Natives.libLlvm());
  private static final Target TARGET = Target.of(LIBRARY.host());
  private static final ObjectCache CACHE = new ObjectCache(LIBRARY);
  private static final Supplier<ObjectCache.Code> CONTRACTIONS =
      CACHE.shared(() -> Gemm.module(TARGET), Gemm.ENTRIES, Gemm.PASSES);

  private GuardedRun() {}

  /**
   * The results and the contents of all inputs afterwards; null for a program whose memory the
   * runtime provides as it runs, or whose results are no arrays.
   *
   * @param inputs Java arrays
   * @param first whether buffers begin at the edge; else they end there
   * @throws AssertionError if something beside a buffer was written
   */
  public static @Nullable List<Store> of(Program p, List<Object> inputs, boolean first) {
    Planner.Plan plan = Planner.of(Widening.of(p));
    Emitter.Written w = Emitter.write(plan, TARGET);
    boolean arrays = p.outputs().stream().allMatch(v -> v.type() instanceof ArrayType);
    if (!arrays || !plan.stacks().isEmpty() || !w.called().isEmpty()) {
      return null;
    }
    ObjectCache.Code code = CACHE.get(w.ir(), List.of(ObjectCache.NAME), Emitter.PASSES);
    ObjectCache.Code library = w.contracts() ? CONTRACTIONS.get() : null;
    try (var memory = new GuardedMemory();
        Arena arena = Arena.ofConfined()) {
      int n = p.inputs().size();
      MemorySegment table = arena.allocate(JAVA_LONG, Table.INPUTS + n + p.outputs().size());
      var buffers = new ArrayList<MemorySegment>();
      for (int k = 0; k < n; k++) {
        MemorySegment b = buffer(memory, p.inputs().get(k), first);
        Store s =
            Store.of(p.inputs().get(k).type().array().dtype(), Store.cloneArray(inputs.get(k)));
        MemorySegment.copy(s.segment(), 0, b, 0, b.byteSize());
        buffers.add(b);
      }
      p.outputs().forEach(v -> buffers.add(buffer(memory, v, first)));
      for (int k = 0; k < buffers.size(); k++) {
        table.setAtIndex(JAVA_LONG, Table.INPUTS + k, buffers.get(k).address());
      }
      table.setAtIndex(
          JAVA_LONG, Table.SCRATCH, memory.allocate(Math.max(64, plan.scratch()), 64).address());
      table.setAtIndex(
          JAVA_LONG, Table.ROOM, memory.allocate(Math.max(64, w.room()), 64).address());
      table.setAtIndex(JAVA_LONG, Table.FORK, Upcalls.FORK.address());
      table.setAtIndex(JAVA_LONG, Table.THREADS, Threads.COUNT);
      for (int k = 0; library != null && k < Gemm.ENTRIES.size(); k++) {
        table.setAtIndex(JAVA_LONG, Table.GEMM + k, library.entry(k).address());
      }
      C.entry(code.entry(0), table);
      if (!memory.untouched()) {
        throw new AssertionError("something beside a buffer was written");
      }
      var out = new ArrayList<Store>();
      for (int k = 0; k < p.outputs().size(); k++) {
        out.add(store(p.outputs().get(k), buffers.get(n + k)));
      }
      for (int k = 0; k < n; k++) {
        out.add(store(p.inputs().get(k), buffers.get(k)));
      }
      return out;
    } finally {
      Reference.reachabilityFence(code);
      Reference.reachabilityFence(library);
    }
  }

  private static MemorySegment buffer(GuardedMemory memory, Var v, boolean first) {
    ArrayType t = v.type().array();
    long bytes = t.size() * t.dtype().bytes();
    return first ? memory.allocateFirst(bytes) : memory.allocate(bytes, t.dtype().bytes());
  }

  private static Store store(Var v, MemorySegment from) {
    ArrayType t = v.type().array();
    Object array = Store.newArray(t.dtype(), t.size());
    Store s = Store.of(t.dtype(), array).nativeCopy();
    MemorySegment.copy(from, JAVA_BYTE, 0, s.segment(), JAVA_BYTE, 0, from.byteSize());
    return s;
  }
}
