package dev.axial.cpu.emit;

/** The slots, 64 bits each, of the table that a program's entry gets. */
public final class Table {
  private Table() {}

  /** The scratch block. */
  public static final int SCRATCH = 0;

  /** A number that upcalls get back. */
  public static final int CONTEXT = 1;

  /** {@code void fork(i64 context, ptr function, ptr env, i64 parts)}. */
  public static final int FORK = 2;

  /** {@code void grow(i64 context, ptr record, i64 frameBytes, i64 frames)}. */
  public static final int GROW = 3;

  /** {@code void host(i64 context, i64 step, ptr addresses)}. */
  public static final int HOST = 4;

  /** Not zero once something has failed: the program ends. */
  public static final int STATUS = 5;

  /** The number of threads. */
  public static final int THREADS = 6;

  /** The contractions: float32, float64, 32-bit and 64-bit integers. */
  public static final int GEMM = 7;

  /** Room for the step that runs. */
  public static final int ROOM = 11;

  /** The first input; outputs follow the inputs. */
  public static final int INPUTS = 12;
}
