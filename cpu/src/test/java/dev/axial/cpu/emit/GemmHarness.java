package dev.axial.cpu.emit;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.axial.DType;
import dev.axial.cpu.llvm.Library;
import dev.axial.cpu.llvm.Natives;
import dev.axial.cpu.llvm.ObjectCache;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Calls the module of contractions, with threads that wait for work. */
final class GemmHarness {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle ENTRY =
      LINKER.downcallHandle(FunctionDescriptor.ofVoid(ADDRESS));
  private static final MethodHandle PART =
      LINKER.downcallHandle(FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG));

  static final Library LIBRARY = new Library(Natives.libLlvm());
  static final ObjectCache CACHE = new ObjectCache(LIBRARY);
  static final Linker.Option[] NONE = {};

  final Target target;
  final ObjectCache.Code code;

  GemmHarness(Target target) {
    this.target = target;
    this.code = CACHE.get(Gemm.module(target), Gemm.ENTRIES, Gemm.PASSES);
  }

  void run(DType dtype, MemorySegment arguments) {
    int k =
        switch (dtype) {
          case FLOAT32 -> 0;
          case FLOAT64 -> 1;
          case INT32, UINT32 -> 2;
          case INT64 -> 3;
          case BFLOAT16, FLOAT16, BOOL, KEY -> throw new IllegalArgumentException(dtype.toString());
        };
    try {
      ENTRY.invokeExact(code.entry(k), arguments);
    } catch (Throwable x) {
      throw new IllegalStateException(x);
    }
  }

  /** A fork on waiting threads; the caller takes part. */
  static final class Pool {
    private final int threads;
    private final AtomicLong turn = new AtomicLong();
    private final AtomicLong running = new AtomicLong();
    private final AtomicLong next = new AtomicLong();
    private volatile MemorySegment function = MemorySegment.NULL;
    private volatile MemorySegment env = MemorySegment.NULL;
    private volatile long parts;
    final AtomicLong forks = new AtomicLong();

    Pool(int threads) {
      this.threads = threads;
      for (int k = 1; k < threads; k++) {
        Thread.ofPlatform().daemon().start(this::wait0);
      }
    }

    MemorySegment stub() {
      try {
        MethodHandle fork =
            MethodHandles.lookup()
                .bind(
                    this,
                    "fork",
                    MethodType.methodType(
                        void.class,
                        MemorySegment.class,
                        MemorySegment.class,
                        MemorySegment.class,
                        long.class));
        return LINKER.upcallStub(
            fork, FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, ADDRESS, JAVA_LONG), Arena.global());
      } catch (ReflectiveOperationException x) {
        throw new IllegalStateException(x);
      }
    }

    void fork(MemorySegment context, MemorySegment f, MemorySegment e, long n) {
      forks.incrementAndGet();
      function = f;
      env = e;
      parts = n;
      next.set(0);
      running.set(threads);
      turn.incrementAndGet();
      work();
      while (running.get() > 0) {
        Thread.onSpinWait();
      }
    }

    private void work() {
      try {
        for (long k = next.getAndIncrement(); k < parts; k = next.getAndIncrement()) {
          PART.invokeExact(function, env, k);
        }
      } catch (Throwable x) {
        throw new IllegalStateException(x);
      }
      running.decrementAndGet();
    }

    private void wait0() {
      long seen = 0;
      while (true) {
        long idle = System.nanoTime();
        while (turn.get() == seen) {
          Thread.onSpinWait();
          if (System.nanoTime() - idle > 200_000) {
            LockSupport.parkNanos(1);
          }
        }
        seen++;
        work();
      }
    }
  }
}
