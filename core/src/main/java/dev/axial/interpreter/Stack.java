package dev.axial.interpreter;

import dev.axial.AxialException;
import dev.axial.engine.Pool;
import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.StackType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A growing stack. Without lanes it keeps the pushed arrays themselves, which nobody writes; with
 * lanes each keeps its own height, and frames are merged element by element.
 */
final class Stack {
  private final StackType type;
  private final List<Object> frames = new ArrayList<>();
  private final int[] height;
  private final int[] laneOf;
  private boolean shared;

  /** Bytes that this one has claimed of the budget. */
  private final AtomicLong held = new AtomicLong();

  Stack(StackType type) {
    this.type = type;
    AtomicLong mine = held;
    Pool.whenCollected(this, () -> Pool.account(-mine.get()));
    ArrayType lanes = type.of().with(type.laneDims());
    height = new int[(int) lanes.size()];
    laneOf = type.lanes().isEmpty() ? new int[0] : positions(lanes, type.of());
  }

  private Stack(Stack s) {
    type = s.type;
    AtomicLong mine = held;
    Pool.whenCollected(this, () -> Pool.account(-mine.get()));
    frames.addAll(s.frames);
    height = s.height.clone();
    laneOf = s.laneOf;
    shared = true;
  }

  /** The same contents; neither sees what happens to the other. */
  Stack copy() {
    return new Stack(this);
  }

  /** For each element of {@code over} its element of t. */
  private static int[] positions(ArrayType t, ArrayType over) {
    var out = new int[(int) over.size()];
    Strided s = Strided.of(over, t);
    int step = s.inner(0);
    int[] at = {0};
    s.run((off, n) -> {
      for (int k = 0; k < n; k++) {
        out[at[0]++] = off[0] + k * step;
      }
    });
    return out;
  }

  private boolean lanes() {
    return !type.lanes().isEmpty();
  }

  void push(Object v, byte[] mask) {
    if (!lanes()) {
      if (mask.length > 0 && mask[0] == 0) {
        return;
      }
      claim(1);
      frames.add(v);
      return;
    }
    int size = Store.length(v);
    for (int lane = 0; lane < height.length; lane++) {
      if (on(mask, lane) && height[lane] == frames.size()) {
        claim(1);
        frames.add(Store.newArray(type.of().dtype(), size));
      }
    }
    for (int e = 0; e < size; e++) {
      int lane = laneOf[e];
      if (on(mask, lane)) {
        System.arraycopy(v, e, own(height[lane]), e, 1);
      }
    }
    for (int lane = 0; lane < height.length; lane++) {
      height[lane] += on(mask, lane) ? 1 : 0;
    }
  }

  private long frameBytes() {
    return type.of().size() * type.of().dtype().bytes();
  }

  private void claim(int n) {
    Pool.claim(n * frameBytes(), "the frames of a loop that is to be differentiated");
    held.addAndGet(n * frameBytes());
  }

  /** A frame goes; those of a copy are the other's. */
  private void release() {
    long bytes = Math.min(held.get(), frameBytes());
    held.addAndGet(-bytes);
    Pool.account(-bytes);
  }

  private Object own(int k) {
    if (shared) {
      claim(frames.size());
      frames.replaceAll(Store::cloneArray);
      shared = false;
    }
    return frames.get(k);
  }

  private static boolean on(byte[] mask, int lane) {
    return mask.length == 0 || mask[lane] != 0;
  }

  Object pop(byte[] mask) {
    int size = (int) type.of().size();
    if (!lanes()) {
      if (mask.length > 0 && mask[0] == 0) {
        return Store.newArray(type.of().dtype(), size);
      }
      if (frames.isEmpty()) {
        throw new AxialException("internal error: pop of an empty stack");
      }
      release();
      return frames.removeLast();
    }
    Object out = Store.newArray(type.of().dtype(), size);
    for (int lane = 0; lane < height.length; lane++) {
      if (on(mask, lane) && --height[lane] < 0) {
        throw new AxialException("internal error: pop of an empty stack");
      }
    }
    for (int e = 0; e < size; e++) {
      int lane = laneOf[e];
      if (on(mask, lane)) {
        System.arraycopy(frames.get(height[lane]), e, out, e, 1);
      }
    }
    return out;
  }
}
