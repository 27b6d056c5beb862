package dev.axial.cpu.plan;

import dev.axial.ir.StackType;

/**
 * A stack while a program runs: a record in memory with the address of its frames, how many there
 * is room for, and its height, one for each lane.
 */
public final class Frames {
  private final StackType type;
  private final int input;

  /** The record: address, capacity, heights; 64-bit words. */
  private final Buffer record;

  /** The frames, if their number has a bound that is known. */
  private @org.jspecify.annotations.Nullable Buffer fixed;

  Frames(StackType type, Buffer record, int input) {
    this.type = type;
    this.record = record;
    this.input = input;
  }

  public StackType type() {
    return type;
  }

  public Buffer record() {
    return record;
  }

  /** The number of the program's input that this is, or -1. */
  public int input() {
    return input;
  }

  public @org.jspecify.annotations.Nullable Buffer fixed() {
    return fixed;
  }

  void fixed(Buffer b) {
    fixed = b;
  }

  /** The number of lanes; 1 without any. */
  public long lanes() {
    return type.of().with(type.laneDims()).size();
  }

  /** The elements of one frame. */
  public long frame() {
    return type.of().size();
  }
}
