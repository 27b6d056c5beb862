package dev.axial.cpu.plan;

import dev.axial.DType;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A piece of memory that a compiled program uses. */
public final class Buffer {
  /** Where the memory comes from. */
  public enum Kind {
    /** The k-th input of the program. */
    INPUT,
    /** The k-th output of the program. */
    OUTPUT,
    /** A place in the scratch block of a call. */
    SCRATCH,
    /** A row that each thread has for itself while a nest runs. */
    ROW,
    /** An address that is known when the program runs: a carry of a loop, a frame of a stack. */
    POINTER
  }

  private final Kind kind;
  private final int index;
  private final DType dtype;
  private final long elements;
  private final String what;

  /** Its place in the scratch block, in bytes. */
  public long offset = -1;

  /** What this address may be one of, in one step or several, and itself. */
  private final Set<Buffer> may = new LinkedHashSet<>();

  private int steps;

  /** The first and last moment of its life, in the order of steps. */
  public int from = Integer.MAX_VALUE;

  public int to = -1;

  /** A buffer; {@code index} is the input's or output's number. */
  public Buffer(Kind kind, int index, DType dtype, long elements, String what) {
    this.kind = kind;
    this.index = index;
    this.dtype = dtype;
    this.elements = elements;
    this.what = what;
    may.add(this);
  }

  /** This is an address, which may be that of any of these. */
  void oneOf(List<Buffer> others) {
    for (Buffer b : others) {
      may.addAll(b.may);
      steps = Math.max(steps, b.steps + 1);
    }
  }

  /** How many addresses stand on each other, with this one: 0 for a place of its own. */
  int steps() {
    return steps;
  }

  public Kind kind() {
    return kind;
  }

  public int index() {
    return index;
  }

  public DType dtype() {
    return dtype;
  }

  public long elements() {
    return elements;
  }

  /** What it holds, for people. */
  public String what() {
    return what;
  }

  public long bytes() {
    return elements * dtype.bytes();
  }

  /** It is touched at this moment. */
  void alive(int moment) {
    for (Buffer b : may) {
      b.from = Math.min(b.from, moment);
      b.to = Math.max(b.to, moment);
    }
  }

  /** Whether both may be the same memory. */
  public boolean mayBe(Buffer o) {
    return this == o
        || (may.size() <= o.may.size()
            ? may.stream().anyMatch(o.may::contains)
            : o.may.stream().anyMatch(may::contains));
  }

  /** Nobody touches it after all. */
  void unused() {
    from = Integer.MAX_VALUE;
    to = -1;
  }

  @Override
  public String toString() {
    return switch (kind) {
      case INPUT -> "in" + index;
      case OUTPUT -> "out" + index;
      case SCRATCH -> "scratch+" + offset;
      case ROW -> "row";
      case POINTER -> "pointer";
    };
  }
}
