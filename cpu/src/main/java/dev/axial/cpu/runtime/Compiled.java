package dev.axial.cpu.runtime;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.cpu.emit.Emitter;
import dev.axial.cpu.emit.Gemm;
import dev.axial.cpu.emit.Report;
import dev.axial.cpu.emit.Table;
import dev.axial.cpu.llvm.ObjectCache;
import dev.axial.cpu.plan.Cell;
import dev.axial.cpu.plan.Frames;
import dev.axial.cpu.plan.Planner;
import dev.axial.cpu.plan.Step;
import dev.axial.engine.Executable;
import dev.axial.engine.Piece;
import dev.axial.engine.Storage;
import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.RefType;
import dev.axial.ir.StackType;
import dev.axial.ir.Type;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A compiled program. */
public final class Compiled implements Executable {
  /** A scratch block up to this size stays with the call's memory. */
  private static final long KEPT = 1 << 20;

  private static final int MOST_IDLE = 8;

  private final Planner.Plan plan;
  private final List<Step.Host> called;
  private final ObjectCache.Code code;
  private final MemorySegment entry;
  private final Supplier<String> explanation;
  private final Report report;

  /** Whether it may call Java for more than to divide a loop, so that the call must be known. */
  private final boolean upcalls;

  /** Bytes of the stack that must be left, where that has to be looked at; else 0. */
  private final long stack;

  /** The memory of the last call, which the next takes without a queue; more is in the queue. */
  private final AtomicReference<@Nullable Call> spare = new AtomicReference<>();

  private final ConcurrentLinkedQueue<Call> idle = new ConcurrentLinkedQueue<>();
  private final AtomicInteger idleCount = new AtomicInteger();
  private final Type[] inputs;
  private final Type[] outputs;

  /** The elements of each input, their dtypes, and the bits of an address that are 0 for these. */
  private final long[] inputSizes;

  private final DType[] inputTypes;
  private final long[] inputMasks;

  /** Where in the staging area small inputs and outputs go; -1 for those that are elsewhere. */
  private final long[] inputAt;

  private final long[] outputAt;
  private final long scratchAt;
  private final long stagingBytes;

  /** The scratch block: that of the plan, and after it room for the step that runs. */
  private final long scratch;

  private final long roomAt;
  private final ObjectCache.@Nullable Code library;

  /**
   * Compiled code of a plan.
   *
   * @param library the contractions, if it has any
   */
  public Compiled(
      Planner.Plan plan,
      Emitter.Written written,
      ObjectCache.Code code,
      ObjectCache.@Nullable Code library,
      Supplier<String> explanation) {
    this.plan = plan;
    this.called = written.called();
    this.code = code;
    this.library = library;
    this.roomAt = padded(plan.scratch());
    this.scratch = written.room() == 0 ? plan.scratch() : roomAt + written.room();
    this.entry = code.entry(0);
    this.upcalls = !called.isEmpty() || !plan.stacks().isEmpty();
    boolean calls = upcalls || written.divides();
    this.stack =
        calls || written.stack() > StackLeft.ALWAYS ? written.stack() + StackLeft.HANDLER : 0;
    this.explanation = explanation;
    this.report = written.report();
    inputs = plan.program().inputs().stream().map(v -> v.type()).toArray(Type[]::new);
    inputSizes = Arrays.stream(inputs).mapToLong(t -> t.array().size()).toArray();
    inputTypes = Arrays.stream(inputs).map(t -> t.array().dtype()).toArray(DType[]::new);
    inputMasks = Arrays.stream(inputTypes).mapToLong(t -> t.bytes() - 1).toArray();
    outputs = plan.program().outputs().stream().map(v -> v.type()).toArray(Type[]::new);
    long at = 0;
    inputAt = new long[inputs.length];
    for (int k = 0; k < inputs.length; k++) {
      inputAt[k] = -1;
      long bytes = stagedBytes(inputs[k]);
      if (bytes >= 0) {
        inputAt[k] = at;
        at += padded(bytes);
      }
    }
    outputAt = new long[outputs.length];
    for (int k = 0; k < outputs.length; k++) {
      outputAt[k] = -1;
      long bytes = stagedBytes(outputs[k]);
      if (bytes >= 0) {
        outputAt[k] = at;
        at += padded(bytes);
      }
    }
    if (scratch <= KEPT) {
      scratchAt = at;
      at += padded(scratch);
    } else {
      scratchAt = -1;
    }
    stagingBytes = at;
  }

  /** The bytes of a small array or of a stack's record; -1 for what has memory of its own. */
  private static long stagedBytes(Type t) {
    return switch (t) {
      case ArrayType a -> {
        long bytes = a.size() * a.dtype().bytes();
        yield bytes < Store.NATIVE_FROM ? bytes : -1;
      }
      case RefType _ -> -1;
      case StackType s -> 8 * (NativeStack.HEIGHTS + lanes(s));
    };
  }

  private static long lanes(StackType s) {
    return s.of().with(s.laneDims()).size();
  }

  private static long padded(long bytes) {
    return Math.max(64, (bytes + 63) / 64 * 64);
  }

  Planner.Plan plan() {
    return plan;
  }

  /** The addresses of the contractions. */
  List<Long> contractions() {
    var out = new ArrayList<Long>();
    if (library != null) {
      for (int k = 0; k < Gemm.ENTRIES.size(); k++) {
        out.add(library.entry(k).address());
      }
    }
    return out;
  }

  List<Step.Host> called() {
    return called;
  }

  int slots() {
    return Table.INPUTS + inputs.length + outputs.length;
  }

  long stagingBytes() {
    return stagingBytes;
  }

  @Override
  public String explain() {
    return explanation.get();
  }

  @Override
  public List<Piece> pieces() {
    return report.pieces();
  }

  // ---------------------------------------------------------------- calling

  @Override
  public List<Object> call(List<Object> given) {
    if (stack > 0) {
      StackLeft.need(stack);
    }
    Call c = take();
    Store block = null;
    try {
      long at = c.staging.address() + scratchAt;
      if (scratchAt < 0) {
        block = Store.inNative(DType.INT64, (scratch + 7) / 8);
        at = block.segment().address();
      }
      c.put(Table.SCRATCH, at);
      c.put(Table.ROOM, at + roomAt);
      return run(c, given);
    } finally {
      if (block != null) {
        block.free();
      }
      if (!spare.compareAndSet(null, c) && idleCount.get() < MOST_IDLE) {
        idleCount.incrementAndGet();
        idle.add(c);
      }
      Reference.reachabilityFence(given);
      Reference.reachabilityFence(code);
      Reference.reachabilityFence(library);
    }
  }

  private Call take() {
    Call c = spare.getAndSet(null);
    if (c != null) {
      return c;
    }
    c = idle.poll();
    if (c == null) {
      return new Call(this);
    }
    idleCount.decrementAndGet();
    return c;
  }

  private List<Object> run(Call c, List<Object> given) {
    if (given.size() != inputs.length) {
      throw new AxialException(
          "internal error: %d inputs for a compiled program of %d"
              .formatted(given.size(), inputs.length));
    }
    for (int k = 0; k < inputs.length; k++) {
      c.put(Table.INPUTS + k, input(c, k, given.get(k)));
    }
    var out = new @Nullable Object[outputs.length];
    for (int k = 0; k < outputs.length; k++) {
      c.put(Table.INPUTS + inputs.length + k, output(c, k, out));
    }
    if (!upcalls) {
      C.entry(entry, c.table);
      Upcalls.rethrow();
      c.check();
      return results(c, out, given);
    }
    for (Frames f : plan.stacks()) {
      if (f.fixed() == null && f.input() < 0) {
        MemorySegment record = c.record(f.record());
        record.setAtIndex(JAVA_LONG, 0, 0L);
        record.setAtIndex(JAVA_LONG, 1, 0L);
      }
    }
    try {
      if (called.isEmpty() || !Thread.currentThread().isVirtual() || !Lent.run(this, c)) {
        enter(c);
      }
      c.check();
      return results(c, out, given);
    } finally {
      c.freeStacks();
    }
  }

  /** Runs native code that calls Java, on this thread. */
  void enter(Call c) {
    Call before = Upcalls.enter(c);
    try {
      C.entry(entry, c.table);
      Upcalls.rethrow();
    } finally {
      Upcalls.enter(before);
    }
  }

  private long input(Call c, int k, Object x) {
    return switch (x) {
      case Store s -> {
        expect(k, s);
        Object array = s.heap();
        if (array == null) {
          yield s.segment().address();
        }
        if (inputAt[k] < 0) {
          throw new AxialException("internal error: a large array that is not in native memory");
        }
        stage(array, c.staging, inputAt[k]);
        yield c.staging.address() + inputAt[k];
      }
      case Storage s -> address(k, s.store());
      case NativeStack s -> {
        s.expect((StackType) inputs[k]);
        s.copyTo(c.staging.asSlice(inputAt[k]));
        yield c.staging.address() + inputAt[k];
      }
      case NativeRef r -> address(k, r.store());
      default -> // not over Op: what callers pass
          throw new AxialException("internal error: an input of " + x.getClass());
    };
  }

  private static void stage(Object array, MemorySegment to, long at) {
    switch (array) {
      case short[] a -> MemorySegment.copy(a, 0, to, JAVA_SHORT, at, a.length);
      case float[] a -> MemorySegment.copy(a, 0, to, JAVA_FLOAT, at, a.length);
      case double[] a -> MemorySegment.copy(a, 0, to, JAVA_DOUBLE, at, a.length);
      case int[] a -> MemorySegment.copy(a, 0, to, JAVA_INT, at, a.length);
      case long[] a -> MemorySegment.copy(a, 0, to, JAVA_LONG, at, a.length);
      case byte[] a -> MemorySegment.copy(a, 0, to, JAVA_BYTE, at, a.length);
      default -> // not over Op: an array of any type
          throw new AxialException("internal error: " + array.getClass());
    }
  }

  private static Object unstage(MemorySegment from, long at, DType t, int n) {
    Object array = Store.newArray(t, n);
    switch (array) {
      case short[] a -> MemorySegment.copy(from, JAVA_SHORT, at, a, 0, n);
      case float[] a -> MemorySegment.copy(from, JAVA_FLOAT, at, a, 0, n);
      case double[] a -> MemorySegment.copy(from, JAVA_DOUBLE, at, a, 0, n);
      case int[] a -> MemorySegment.copy(from, JAVA_INT, at, a, 0, n);
      case long[] a -> MemorySegment.copy(from, JAVA_LONG, at, a, 0, n);
      case byte[] a -> MemorySegment.copy(from, JAVA_BYTE, at, a, 0, n);
      default -> // not over Op: an array of any type
          throw new AxialException("internal error: " + array.getClass());
    }
    return array;
  }

  private long address(int k, Store s) {
    expect(k, s);
    MemorySegment memory = s.segment();
    long address = memory.address();
    if (!memory.isNative() || (address & inputMasks[k]) != 0) {
      throw new AxialException(
          "internal error: a reference that is not in native memory, or not aligned");
    }
    return address;
  }

  /** The last who looks: native code touches as many elements as the program says. */
  private void expect(int k, Store s) {
    if (s.size() != inputSizes[k] || s.dtype() != inputTypes[k]) {
      throw unexpected(k, s);
    }
  }

  private AxialException unexpected(int k, Store s) {
    return new AxialException(
        "internal error: input %d of a compiled program is %,d elements of %s, not %s"
            .formatted(k, s.size(), s.dtype().shortName(), inputs[k]));
  }

  private long output(Call c, int k, @Nullable Object[] out) {
    if (outputAt[k] >= 0) {
      return c.staging.address() + outputAt[k];
    }
    ArrayType t = outputs[k].array();
    Store s = Store.inNative(t.dtype(), t.size());
    out[k] = s;
    return s.segment().address();
  }

  private List<Object> results(Call c, @Nullable Object[] out, List<Object> given) {
    var results = new ArrayList<Object>(out.length);
    for (int k = 0; k < out.length; k++) {
      results.add(
          switch (outputs[k]) {
            case ArrayType t -> {
              Object large = out[k];
              if (large != null) {
                yield large;
              }
              yield Store.of(t.dtype(), unstage(c.staging, outputAt[k], t.dtype(), (int) t.size()));
            }
            case RefType _ -> {
              var cell = (Cell) plan.outputs().get(k);
              int in = plan.inputs().indexOf(cell);
              yield in >= 0 ? given.get(in) : new NativeRef((Store) Objects.requireNonNull(out[k]));
            }
            case StackType t -> {
              var f = (Frames) plan.outputs().get(k);
              MemorySegment record = c.record(f.record());
              var s =
                  new NativeStack(record, (int) lanes(t), t.of().size() * t.of().dtype().bytes());
              record.setAtIndex(JAVA_LONG, 0, 0L); // its frames are the new owner's
              yield s;
            }
          });
    }
    return results;
  }
}
