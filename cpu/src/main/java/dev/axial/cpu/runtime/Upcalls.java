package dev.axial.cpu.runtime;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.axial.AxialException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Java that compiled programs call. Nothing may be thrown through native code: what goes wrong is
 * kept in the call, whose program then ends.
 */
final class Upcalls {
  static final MemorySegment FORK =
      stub(
          "fork",
          MethodType.methodType(
              void.class, long.class, MemorySegment.class, MemorySegment.class, long.class),
          FunctionDescriptor.ofVoid(JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG));

  static final MemorySegment GROW =
      stub(
          "grow",
          MethodType.methodType(
              void.class, long.class, MemorySegment.class, long.class, long.class),
          FunctionDescriptor.ofVoid(JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG));

  static final MemorySegment HOST =
      stub(
          "host",
          MethodType.methodType(void.class, long.class, long.class, MemorySegment.class),
          FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, ADDRESS));

  private static final ThreadLocal<@Nullable Call> CURRENT = new ThreadLocal<>();

  private Upcalls() {}

  private static MemorySegment stub(String name, MethodType type, FunctionDescriptor d) {
    try {
      return Linker.nativeLinker()
          .upcallStub(
              MethodHandles.lookup().findStatic(Upcalls.class, name, type), d, Arena.global());
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

  static void fork(long context, MemorySegment function, MemorySegment env, long parts) {
    Workers.fork(function, env, parts);
  }

  static void grow(long context, MemorySegment record, long frameBytes, long frames) {
    Call c = Objects.requireNonNull(CURRENT.get());
    try {
      MemorySegment r = record.reinterpret(16);
      long capacity = Math.max(Math.max(16, frames), 2 * r.getAtIndex(JAVA_LONG, 1));
      MemorySegment old = MemorySegment.ofAddress(r.getAtIndex(JAVA_LONG, 0));
      MemorySegment now = C.realloc(old, Math.max(8, Math.multiplyExact(capacity, frameBytes)));
      if (now.address() == 0) {
        throw new AxialException(
            "no memory for a stack of %,d frames of %,d bytes: a loop saves that much for its backward pass. Checkpoint its body, or make it shorter."
                .formatted(capacity, frameBytes));
      }
      r.setAtIndex(JAVA_LONG, 0, now.address());
      r.setAtIndex(JAVA_LONG, 1, capacity);
    } catch (RuntimeException | Error x) {
      c.fail(x);
    }
  }

  static void host(long context, long step, MemorySegment addresses) {
    Call c = Objects.requireNonNull(CURRENT.get());
    try {
      c.host((int) step, addresses);
    } catch (RuntimeException | Error x) {
      c.fail(x);
    }
  }
}
