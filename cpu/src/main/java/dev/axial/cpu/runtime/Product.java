package dev.axial.cpu.runtime;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.cpu.emit.Gemm;
import dev.axial.cpu.emit.Target;
import dev.axial.cpu.emit.Threads;
import dev.axial.cpu.llvm.ObjectCache;
import dev.axial.cpu.plan.Buffer;
import dev.axial.cpu.plan.Mem;
import dev.axial.cpu.plan.Planner;
import dev.axial.cpu.plan.Step;
import dev.axial.engine.Executable;
import dev.axial.engine.Piece;
import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A product of its own: the library of contractions is called with its sizes; nothing is compiled.
 */
public final class Product implements Executable {
  private final Step.Contract step;
  private final ArrayType type;
  private final Target target;
  private final ObjectCache.Code library;
  private final int entry;

  /** Whether it is large enough for threads to be asked. */
  private final boolean divided;

  private final AtomicReference<@Nullable Room> spare = new AtomicReference<>();

  private Product(Step.Contract step, ArrayType type, Target target, ObjectCache.Code library) {
    this.step = step;
    this.type = type;
    this.target = target;
    this.library = library;
    this.entry = Gemm.entry(type.dtype());
    Step.Matrices s = step.shape();
    long work = s.m() * s.n() * s.k() * s.lastBatch();
    this.divided = work >= Gemm.DIVIDED;
  }

  /** The product that a plan consists of; null if there is more to do. */
  public static @Nullable Product of(
      Planner.Plan plan, Target target, java.util.function.Supplier<ObjectCache.Code> library) {
    List<Step> steps = plan.block().steps();
    if (steps.size() == 1
        && steps.getFirst() instanceof Step.Contract c
        && c.pairs().size() == 1
        && c.pairs().getFirst().a().buffer().kind() == Buffer.Kind.INPUT
        && c.pairs().getFirst().b().buffer().kind() == Buffer.Kind.INPUT
        && c.to().buffer().kind() == Buffer.Kind.OUTPUT) {
      return new Product(c, c.defines().type(), target, library.get());
    }
    return null;
  }

  @Override
  public String explain() {
    Step.Matrices s = step.shape();
    return "product[%d×%d×%d] by the library of contractions%n".formatted(s.m(), s.k(), s.n());
  }

  @Override
  public List<Piece> pieces() {
    Step.Matrices s = step.shape();
    long flops = 2 * s.m() * s.n() * s.k();
    for (long n : s.batch()) {
      flops *= n;
    }
    return List.of(new Piece(explain(), step.site(), 1, 0, 0, flops));
  }

  /** What a call needs, copies of small operands too; the next one takes it over. */
  private record Room(Gemm.Call call, MemorySegment packing, MemorySegment a, MemorySegment b) {}

  private Room room() {
    Room r = spare.getAndSet(null);
    if (r != null) {
      return r;
    }
    Step.Matrices s = step.shape();
    Arena arena = Arena.ofAuto();
    var call = new Gemm.Call(arena.allocate(Gemm.Call.BYTES, 8));
    DType t = type.dtype();
    long bytes = Gemm.scratchBytes(target, s.m(), s.n(), s.k(), s.lastBatch(), t, Threads.COUNT);
    MemorySegment packing = arena.allocate(bytes, 64);
    call.sizes(s.m(), s.n(), s.k())
        .strides(s.aRow(), s.aCol(), s.bRow(), s.bCol(), s.cRow())
        .accumulate(false)
        .scratch(packing)
        .threads(Upcalls.FORK, MemorySegment.NULL, Threads.COUNT);
    int last = s.batch().size() - 1;
    if (last >= 0) {
      call.batch(
          s.batch().get(last), s.aBatch().get(last), s.bBatch().get(last), s.cBatch().get(last));
    }
    Step.Pair p = step.pairs().getFirst();
    return new Room(call, packing, staging(arena, p.a()), staging(arena, p.b()));
  }

  @Override
  public List<Object> call(List<Object> inputs) {
    Step.Pair p = step.pairs().getFirst();
    if (divided) {
      StackLeft.need(Gemm.STACK + StackLeft.HANDLER);
    }
    Store out = Store.inNative(type.dtype(), type.size());
    Room room = room();
    try {
      long a = operand(inputs, p.a(), room.a);
      long b = operand(inputs, p.b(), room.b);
      batches(room.call, a, b, out.segment().address(), 0);
      Upcalls.rethrow();
    } finally {
      spare.set(room);
      Reference.reachabilityFence(room);
      Reference.reachabilityFence(inputs);
      Reference.reachabilityFence(library);
    }
    return List.of(out);
  }

  /** Room for an operand that may be a Java array. */
  private static MemorySegment staging(Arena arena, Mem m) {
    long bytes = m.buffer().bytes();
    return bytes < Store.NATIVE_FROM ? arena.allocate(Math.max(1, bytes), 64) : MemorySegment.NULL;
  }

  /** The address of an operand, copied if it is a Java array. */
  private static long operand(List<Object> inputs, Mem m, MemorySegment staging) {
    var s = (Store) inputs.get(m.buffer().index());
    if (s.size() != m.buffer().elements() || s.dtype() != m.buffer().dtype()) {
      throw new AxialException(
          "internal error: a factor is %,d elements of %s, not %,d of %s"
              .formatted(s.size(), s.dtype(), m.buffer().elements(), m.buffer().dtype()));
    }
    MemorySegment x = s.segment();
    if (!x.isNative()) {
      MemorySegment.copy(x, 0, staging, 0, x.byteSize());
    }
    long start = x.isNative() ? x.address() : staging.address();
    return start + m.offset() * m.buffer().dtype().bytes();
  }

  private void batches(Gemm.Call call, long a, long b, long c, int k) {
    Step.Matrices s = step.shape();
    if (k >= s.batch().size() - 1) {
      call.operands(
          MemorySegment.ofAddress(a), MemorySegment.ofAddress(b), MemorySegment.ofAddress(c));
      C.entry(Objects.requireNonNull(library).entry(entry), call.arguments());
      return;
    }
    int bytes = type.dtype().bytes();
    for (int i = 0; i < s.batch().get(k); i++) {
      batches(
          call,
          a + i * s.aBatch().get(k) * bytes,
          b + i * s.bBatch().get(k) * bytes,
          c + i * s.cBatch().get(k) * bytes,
          k + 1);
    }
  }
}
