package dev.axial.cpu;

import dev.axial.cpu.emit.Emitter;
import dev.axial.cpu.llvm.Llvm;
import dev.axial.cpu.llvm.ObjectCache;
import dev.axial.cpu.plan.Buffer;
import dev.axial.cpu.plan.Planner;

/** What will run, in words. */
final class Explanation {
  private Explanation() {}

  static String of(Llvm llvm, Planner.Plan plan, Emitter.Written w, ObjectCache.Code code) {
    var s = new StringBuilder();
    s.append(
        "LLVM %s for %s, %s in %.1f ms%n"
            .formatted(llvm.version(), llvm.cpu(), code.origin, code.milliseconds));
    s.append("kernels:\n");
    w.report().forEach(k -> s.append("  ").append(k).append('\n'));
    s.append("scratch: %,d bytes%n".formatted(plan.scratch()));
    for (Buffer b : plan.buffers()) {
      if (b.to >= 0 || b.kind() != Buffer.Kind.SCRATCH) {
        s.append("  %s: %s, %,d bytes%n".formatted(b, b.what(), b.bytes()));
      }
    }
    return s.toString();
  }
}
