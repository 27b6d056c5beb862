package dev.axial.cpu.runtime;

import dev.axial.engine.NoStack;

/**
 * Whether a thread has stack left for a native call. The JVM makes sure that a native function has
 * 80 KB or so, and throws where a Java method comes near them. But Java that native code calls may
 * throw nothing before it is in the hands of its handler, and code with large arrays on the stack
 * needs more than that: the process would end. So there is a look before such a call. Java does not
 * tell how much is left; to go down that far and come back costs a microsecond for 24 KB.
 */
final class StackLeft {
  /** For the frames between native code and the handler of what its callback throws. */
  static final long HANDLER = 24 << 10;

  /** What the JVM leaves to any native function, with much to spare. */
  static final long ALWAYS = 16 << 10;

  /** It looks no further down: few programs have that much in arrays on the stack. */
  private static final long MOST = 256 << 10;

  /** No frame is smaller. Compiled code may have two calls in one. */
  private static final int FRAME =
      System.getProperty("java.vm.info", "").contains("interpreted") ? 64 : 16;

  static {
    for (int k = 0; k < 400; k++) { // frames of code that is not compiled are five times as large
      int _ = down(100);
    }
  }

  private StackLeft() {}

  /**
   * Comes back if there are as many bytes beside those that the JVM keeps.
   *
   * @throws NoStack if not; nothing has happened then
   */
  static void need(long bytes) {
    try {
      int _ = down((int) (Math.min(bytes, MOST) / FRAME));
    } catch (StackOverflowError x) {
      throw new NoStack(bytes);
    }
  }

  private static int down(int n) {
    return n <= 0 ? 0 : down(n - 1) + 1;
  }
}
