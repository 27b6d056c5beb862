package dev.axial.cpu.llvm;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * The end of a process while LLVM compiles. {@code exit} runs the destructors of libLLVM, which
 * take away what the compiler uses. The C library of Linux calls a function with the exit status
 * before that; where it is {@code _exit}, the process ends there and then. By that time Java has
 * run its shutdown hooks, and its streams have written.
 */
public final class ProcessEnd {
  private static boolean asked;
  private static boolean skips;

  private ProcessEnd() {}

  /** Asks for that, once; whether it can be had. */
  public static synchronized boolean skipsUnloading() {
    if (!asked) {
      asked = true;
      skips = ask();
    }
    return skips;
  }

  private static boolean ask() {
    if (!System.getProperty("os.name").equals("Linux")) {
      return false;
    }
    SymbolLookup c = Linker.nativeLinker().defaultLookup();
    Optional<MemorySegment> atExit = c.find("on_exit");
    Optional<MemorySegment> end = c.find("_exit");
    if (atExit.isEmpty() || end.isEmpty()) {
      return false; // musl
    }
    var type =
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS);
    var call = Linker.nativeLinker().downcallHandle(atExit.get(), type);
    try {
      return (int) call.invokeExact(end.get(), MemorySegment.NULL) == 0;
    } catch (Throwable x) {
      throw CLibrary.unexpected(x);
    }
  }
}
