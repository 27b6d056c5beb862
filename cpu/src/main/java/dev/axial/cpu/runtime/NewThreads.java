package dev.axial.cpu.runtime;

import java.util.concurrent.ThreadFactory;

/** The platform threads of this engine. */
final class NewThreads {
  /** For functions with many arrays of 32 KB, whatever other threads have. */
  private static final long STACK = 4 << 20;

  /** For tests: no more threads can be made. */
  static volatile boolean refused;

  private NewThreads() {}

  /** Makes threads that keep no process alive. */
  static ThreadFactory factory(String name) {
    return work -> {
      if (refused) {
        throw new OutOfMemoryError("unable to create a thread");
      }
      return Thread.ofPlatform().daemon().name(name).stackSize(STACK).unstarted(work);
    };
  }
}
