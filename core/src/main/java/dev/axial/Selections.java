package dev.axial;

import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The kinds of selections. A null axis means the next position. */
final class Selections {
  private Selections() {}

  sealed interface Item extends Selection {
    @Nullable String axis();
  }

  record One(@Nullable String axis, int index) implements Item {
    @Override
    public String toString() {
      return describe(axis) + "at " + index;
    }
  }

  record Span(@Nullable String axis, @Nullable Integer start, @Nullable Integer stop, int step)
      implements Item {
    @Override
    public String toString() {
      return describe(axis)
          + (start == null ? "" : start)
          + ".."
          + (stop == null ? "" : stop)
          + (step == 1 ? "" : " step " + step);
    }
  }

  record Window(@Nullable String axis, int start, @Nullable NamedArray dynamic, int size)
      implements Item {
    @Override
    public String toString() {
      return describe(axis) + "window of " + size;
    }
  }

  record Many(@Nullable String axis, NamedArray index) implements Item {
    @Override
    public String toString() {
      return describe(axis) + "at indices " + index.axes();
    }
  }

  record Mask(@Nullable String axis, NamedArray mask, int count) implements Item {
    @Override
    public String toString() {
      return describe(axis) + "where, " + count + " at most";
    }
  }

  record Ellipsis() implements Item {
    @Override
    public @Nullable String axis() {
      return null;
    }

    @Override
    public String toString() {
      return "...";
    }
  }

  private static String describe(@Nullable String axis) {
    return axis == null ? "" : axis + " ";
  }

  static Selection many(String axis, int first, int second, int... more) {
    var all = new int[more.length + 2];
    all[0] = first;
    all[1] = second;
    System.arraycopy(more, 0, all, 2, more.length);
    var t = new ArrayType(DType.INT32, List.of(new Dim(axis, all.length)));
    return new StaticMany(axis, all, NamedArray.concrete(t, Store.of(DType.INT32, all)));
  }

  /** Indices known when the program is written: out of range is an error. */
  record StaticMany(String axis, int[] indices, NamedArray index) implements Item {
    @Override
    public String toString() {
      return describe(axis) + "at " + java.util.Arrays.toString(indices);
    }
  }
}
