package dev.axial.cpu.emit;

import dev.axial.cpu.llvm.Host;
import dev.axial.numerics.Denormals;
import java.util.Set;

/**
 * How a processor is asked to take denormal numbers for zeros: by bits of the register that
 * controls its floating-point arithmetic, of each thread. Java's code must not see them set, so a
 * function that Java calls, and that computes with such numbers, is one that sets them, calls the
 * function itself, and puts back what was there. Calls back to Java need nothing: the JVM keeps its
 * own value while Java runs, and puts the caller's back.
 *
 * <p>The function itself is never put in place of its call: the order of arithmetic and of the
 * register's changes is known to nobody else.
 */
public enum FloatMode {
  /** Denormal numbers are kept. */
  IEEE,
  /** FTZ and DAZ of an x86's MXCSR. */
  MXCSR,
  /** FZ of an Arm's FPCR. */
  FPCR;

  private static final int FTZ_AND_DAZ = 1 << 15 | 1 << 6;
  private static final int FZ = 1 << 24;

  /** What the name of a function that Java calls ends in, where the function itself has its own. */
  static final String OUTER = "_o";

  private static final String INNER = "_i";

  static FloatMode of(Host host) {
    if (Denormals.MODE == Denormals.KEEP) {
      return IEEE;
    }
    return host.triple().startsWith("aarch64") || host.triple().startsWith("arm64") ? FPCR : MXCSR;
  }

  boolean flushes() {
    return this != IEEE;
  }

  /** What functions say of themselves, so that constants are computed likewise. */
  String attribute() {
    return flushes() ? " \"denormal-fp-math\"=\"preserve-sign,preserve-sign\"" : "";
  }

  /**
   * A function that Java calls.
   *
   * @param name of the function that Java is given
   * @param inner the function itself
   * @param parameters of both, with their types
   */
  String around(
      String linkage, String name, String inner, String parameters, Set<String> declarations) {
    String call = "  call void %s(%s)\n".formatted(inner, parameters);
    String body =
        switch (this) {
          case IEEE -> call;
          case MXCSR -> {
            declarations.add("declare void @llvm.x86.sse.stmxcsr(ptr)");
            declarations.add("declare void @llvm.x86.sse.ldmxcsr(ptr)");
            yield """
              %%old = alloca i32, align 4
              %%new = alloca i32, align 4
              call void @llvm.x86.sse.stmxcsr(ptr %%old)
              %%was = load i32, ptr %%old, align 4
              %%set = or i32 %%was, %d
              store i32 %%set, ptr %%new, align 4
              call void @llvm.x86.sse.ldmxcsr(ptr %%new)
            %s  call void @llvm.x86.sse.ldmxcsr(ptr %%old)
            """
                .formatted(FTZ_AND_DAZ, call);
          }
          case FPCR -> {
            declarations.add("declare i64 @llvm.aarch64.get.fpcr()");
            declarations.add("declare void @llvm.aarch64.set.fpcr(i64)");
            yield """
              %%old = call i64 @llvm.aarch64.get.fpcr()
              %%set = or i64 %%old, %d
              call void @llvm.aarch64.set.fpcr(i64 %%set)
            %s  call void @llvm.aarch64.set.fpcr(i64 %%old)
            """
                .formatted(FZ, call);
          }
        };
    return "define %s void %s(%s) nounwind {\n%s  ret void\n}\n"
        .formatted(linkage, name, parameters, body);
  }

  /** The name of the function itself, where Java knows another by its name. */
  static String inner(String name) {
    return name + INNER;
  }
}
