package dev.axial.cpu.runtime;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.axial.AxialException;
import dev.axial.engine.Pool;
import dev.axial.ir.StackType;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/** A stack between two programs: what the first left, the second takes a copy of. */
final class NativeStack {
  static final int HEIGHTS = 2;

  private final long[] heights;
  private final MemorySegment data;
  private final long frameBytes;

  /** Takes over the memory of the frames. */
  NativeStack(MemorySegment record, int lanes, long frameBytes) {
    heights = new long[lanes];
    for (int k = 0; k < lanes; k++) {
      heights[k] = record.getAtIndex(JAVA_LONG, HEIGHTS + k);
    }
    data = MemorySegment.ofAddress(record.getAtIndex(JAVA_LONG, 0));
    this.frameBytes = frameBytes;
    MemorySegment mine = data;
    long held = held(record, frameBytes);
    Pool.whenCollected(
        this,
        () -> {
          C.free(mine);
          Pool.account(-held);
        });
  }

  /** The bytes of the frames that a record has, which the budget counts. */
  static long held(MemorySegment record, long frameBytes) {
    return record.getAtIndex(JAVA_LONG, 0) == 0
        ? 0
        : Math.max(8, record.getAtIndex(JAVA_LONG, 1) * frameBytes);
  }

  /** A program that takes a stack of this type may have this one. */
  void expect(StackType t) {
    long lanes = t.of().with(t.laneDims()).size();
    long bytes = t.of().size() * t.of().dtype().bytes();
    if (lanes != heights.length || bytes != frameBytes) {
      throw new AxialException(
          "internal error: a stack of %d lanes and frames of %,d bytes, not %s"
              .formatted(heights.length, frameBytes, t));
    }
  }

  /** Writes a record with frames of its own into the memory of another call. */
  void copyTo(MemorySegment record) {
    try {
      long most = 0;
      for (int k = 0; k < heights.length; k++) {
        record.setAtIndex(JAVA_LONG, HEIGHTS + k, heights[k]);
        most = Math.max(most, heights[k]);
      }
      record.setAtIndex(JAVA_LONG, 0, copied(most * frameBytes).address());
      record.setAtIndex(JAVA_LONG, 1, most);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  private MemorySegment copied(long bytes) {
    if (bytes == 0) {
      return MemorySegment.NULL;
    }
    Pool.claim(Math.max(8, bytes), "a stack that a backward pass reads");
    MemorySegment copy = C.realloc(MemorySegment.NULL, bytes);
    if (copy.address() == 0) {
      Pool.account(-Math.max(8, bytes));
      throw new AxialException("no memory for a stack of %,d bytes".formatted(bytes));
    }
    MemorySegment.copy(data.reinterpret(bytes), 0, copy.reinterpret(bytes), 0, bytes);
    return copy;
  }
}
