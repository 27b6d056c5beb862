package dev.axial.cpu;

import dev.axial.cpu.emit.Emitter;
import dev.axial.cpu.emit.Threads;
import dev.axial.cpu.llvm.Host;
import dev.axial.cpu.llvm.ObjectCache;
import dev.axial.cpu.plan.Buffer;
import dev.axial.cpu.plan.Planner;

/** What will run, in words. */
final class Explanation {
  private Explanation() {}

  static String of(Host host, Planner.Plan plan, Emitter.Written w, ObjectCache.Code code) {
    var s = new StringBuilder();
    s.append(
        "native code: LLVM %s for %s, %d threads, %s%n"
            .formatted(
                host.version(),
                host.cpu(),
                Threads.COUNT,
                code.milliseconds > 0
                    ? "compiled in %.1f ms".formatted(code.milliseconds)
                    : "from the " + code.origin));
    s.append("loops, in their order:\n");
    w.report().pieces().forEach(p -> s.append("  ").append(p.text()).append('\n'));
    s.append(
        "in all, loops of known length counted: %,d bytes moved and %,d operations by loops, %,d flops by products%n"
            .formatted(w.report().bytes(), w.report().operations(), w.report().flops()));
    s.append("memory: scratch of %,d bytes%n".formatted(plan.scratch()));
    for (Buffer b : plan.buffers()) {
      if (b.kind() == Buffer.Kind.SCRATCH && b.to >= 0) {
        s.append(
            "  %s: %s, %,d bytes, from step %d to %s%n"
                .formatted(
                    b, b.what(), b.bytes(), b.from, b.to == Integer.MAX_VALUE ? "the end" : b.to));
      } else if (b.kind() == Buffer.Kind.INPUT || b.kind() == Buffer.Kind.OUTPUT) {
        s.append("  %s: %,d bytes%n".formatted(b.what(), b.bytes()));
      }
    }
    return s.toString();
  }
}
