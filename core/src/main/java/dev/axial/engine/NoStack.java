package dev.axial.engine;

/** The stack of a thread is too full for a call, which did not begin: it wrote nothing. */
public final class NoStack extends StackOverflowError {
  private static final long serialVersionUID = 1L;

  /** Of a call that needs as many bytes. */
  public NoStack(long bytes) {
    super(
        "the stack of this thread has no room left for a compiled call, which needs %,d bytes. Recurse less deeply, or give the thread a larger stack (-Xss, or the stackSize of a Thread.Builder)."
            .formatted(bytes));
  }
}
