package dev.axial.cpu.runtime;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.axial.AxialException;
import dev.axial.engine.Pool;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Java that compiled programs call. Nothing may be thrown through native code, which would end the
 * process: whatever goes wrong is kept, and thrown where the native call comes back. Addresses come
 * as numbers, so that nothing is made before there is somebody who catches. That the stack has room
 * for all of this is known before the native call ({@link StackLeft}).
 */
final class Upcalls {
  /** What the stubs call, which they refer to weakly: see {@link #stub}. */
  private static final List<MethodHandle> TARGETS = new ArrayList<>();

  static final MemorySegment FORK = stub("fork", long.class, long.class, long.class, long.class);

  static final MemorySegment GROW = stub("grow", long.class, long.class, long.class, long.class);

  static final MemorySegment HOST = stub("host", long.class, long.class, long.class);

  private static final ThreadLocal<@Nullable Call> CURRENT = new ThreadLocal<>();

  /** What was thrown while a loop was divided, which belongs to no call that is known. */
  private static final ThreadLocal<@Nullable Throwable> PENDING = new ThreadLocal<>();

  /** Whether that ever happened. */
  private static volatile boolean pending;

  static {
    Workers.prepare(); // what is initialized now does not fail in the middle of a call
    C.free(C.realloc(MemorySegment.NULL, 8));
  }

  private Upcalls() {}

  /**
   * Native code that calls a method of this class. The JVM keeps what a stub calls for as long as
   * there is the stub, and this class keeps the stub; so a stub calls by a weak reference, or this
   * class would never be unloaded.
   */
  private static MemorySegment stub(String name, Class<?>... numbers) {
    try {
      MethodType type = MethodType.methodType(void.class, numbers);
      var layouts = new MemoryLayout[numbers.length];
      Arrays.fill(layouts, JAVA_LONG);
      MethodHandle target = MethodHandles.lookup().findStatic(Upcalls.class, name, type);
      TARGETS.add(target);
      MethodHandle get =
          MethodHandles.publicLookup()
              .findVirtual(WeakReference.class, "get", MethodType.methodType(Object.class))
              .bindTo(new WeakReference<>(target))
              .asType(MethodType.methodType(MethodHandle.class));
      return Linker.nativeLinker()
          .upcallStub(
              MethodHandles.foldArguments(MethodHandles.exactInvoker(type), get),
              FunctionDescriptor.ofVoid(layouts),
              Arena.ofAuto());
    } catch (ReflectiveOperationException x) {
      throw new AxialException("internal error: " + x, x);
    }
  }

  /** Makes a call the one that upcalls on this thread belong to; gives the one before. */
  static @Nullable Call enter(@Nullable Call c) {
    Call before = CURRENT.get();
    if (c == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(c);
    }
    return before;
  }

  /** After a native call that may have divided a loop: throws what was thrown there. */
  static void rethrow() {
    if (pending) {
      Throwable x = PENDING.get();
      if (x != null) {
        PENDING.remove();
        throw unchecked(x);
      }
    }
  }

  /** Throws errors, and what may be thrown anywhere; gives other things a form that may. */
  static RuntimeException unchecked(Throwable x) {
    return switch (x) {
      case Error e -> throw e;
      case RuntimeException r -> r;
      default -> // not over Op: a checked exception that nobody declared
          new AxialException("a compiled program was ended by " + x, x);
    };
  }

  static void fork(long context, long function, long env, long parts) {
    try {
      Workers.fork(MemorySegment.ofAddress(function), MemorySegment.ofAddress(env), parts);
    } catch (Throwable x) {
      PENDING.set(x);
      pending = true;
    }
  }

  static void grow(long context, long record, long frameBytes, long frames) {
    try {
      Call c = Objects.requireNonNull(CURRENT.get());
      try {
        grow(MemorySegment.ofAddress(record).reinterpret(16), frameBytes, frames);
      } catch (Throwable x) {
        c.fail(x);
      }
    } catch (Throwable x) {
      PENDING.set(x);
      pending = true;
    }
  }

  private static void grow(MemorySegment r, long frameBytes, long frames) {
    long before = NativeStack.held(r, frameBytes);
    long capacity = Math.max(Math.max(16, frames), 2 * r.getAtIndex(JAVA_LONG, 1));
    MemorySegment old = MemorySegment.ofAddress(r.getAtIndex(JAVA_LONG, 0));
    long bytes = Math.max(8, Math.multiplyExact(capacity, frameBytes));
    try {
      Pool.claim(bytes - before, "the frames of a loop");
    } catch (AxialException x) {
      var full = full(capacity, frameBytes);
      full.initCause(x);
      throw full;
    }
    MemorySegment now = C.realloc(old, bytes);
    if (now.address() == 0) {
      Pool.account(before - bytes);
      throw full(capacity, frameBytes);
    }
    r.setAtIndex(JAVA_LONG, 0, now.address());
    r.setAtIndex(JAVA_LONG, 1, capacity);
  }

  private static AxialException full(long capacity, long frameBytes) {
    return new AxialException(
        "no memory for a stack of %,d frames of %,d bytes: a loop saves that much for its backward pass. Checkpoint its body, or make it shorter."
            .formatted(capacity, frameBytes));
  }

  static void host(long context, long step, long addresses) {
    try {
      Call c = Objects.requireNonNull(CURRENT.get());
      Lent lent = c.lent();
      if (lent == null) {
        c.host((int) step, addresses);
      } else {
        lent.ask(() -> c.host((int) step, addresses));
      }
    } catch (Throwable x) {
      PENDING.set(x);
      pending = true;
    }
  }
}
