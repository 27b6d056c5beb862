package dev.axial.cpu.runtime;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.axial.cpu.llvm.CLibrary;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** The C functions that the runtime calls, and handles for calling compiled code. */
final class C {
  private static final Linker LINKER = Linker.nativeLinker();

  /** A program's entry: its address, its table. */
  static final MethodHandle ENTRY = LINKER.downcallHandle(FunctionDescriptor.ofVoid(ADDRESS));

  /** A part of a nest: its address, its environment, the part's number. */
  static final MethodHandle PART =
      LINKER.downcallHandle(FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG));

  private static final MethodHandle REALLOC =
      CLibrary.function("realloc", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG));
  private static final MethodHandle FREE =
      CLibrary.function("free", FunctionDescriptor.ofVoid(ADDRESS));

  /** For tests: whether a request of as many bytes finds no memory. */
  static volatile @Nullable LongPredicate refuses;

  private C() {}

  /** Memory of the new size with the old contents; null if there is none. */
  static MemorySegment realloc(MemorySegment old, long bytes) {
    LongPredicate r = refuses;
    if (r != null && r.test(bytes)) {
      return MemorySegment.NULL;
    }
    try {
      return (MemorySegment) REALLOC.invokeExact(old, bytes);
    } catch (Throwable x) {
      throw CLibrary.unexpected(x);
    }
  }

  static void free(MemorySegment p) {
    try {
      FREE.invokeExact(p);
    } catch (Throwable x) {
      throw CLibrary.unexpected(x);
    }
  }

  static void entry(MemorySegment function, MemorySegment table) {
    try {
      ENTRY.invokeExact(function, table);
    } catch (Throwable x) {
      throw CLibrary.unexpected(x);
    }
  }

  static void part(MemorySegment function, MemorySegment env, long part) {
    try {
      PART.invokeExact(function, env, part);
    } catch (Throwable x) {
      throw CLibrary.unexpected(x);
    }
  }
}
