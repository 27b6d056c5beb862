package dev.axial.examples.guide;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.close;
import static dev.axial.examples.Check.equal;
import static dev.axial.examples.Check.refused;
import static dev.axial.examples.Check.that;

import dev.axial.*;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Memory. */
public final class MemoryUse {
  private MemoryUse() {}

  static void scopes() {
    // @start region=scope
    Axis X = axis("X", 1_000_000);
    NamedArray total;
    NamedArray[] lost = new NamedArray[1];
    try (var scope = Memory.scope()) {
      NamedArray x = arange(X, DType.FLOAT32); // 4 MB each
      lost[0] = x.times(2);
      total = scope.keep(sum(lost[0].div(X.size())));
    } // all but total is freed here, at once
    close(total, 1, 999_999);
    refused("was freed at the end of a Memory.scope()", () -> lost[0].plus(1));
    // @end
  }

  static void segments() {
    // @start region=segment
    NamedArray x = array(new double[] {1, 2, 3}, axis("X", 3));
    MemorySegment bytes = x.segment(); // read-only, no copy; this memory is not recycled
    that(bytes.getAtIndex(ValueLayout.JAVA_DOUBLE, 2) == 3, "in row-major order");
    // @end
  }

  static void references() {
    // @start region=free
    NamedRef buffer = newRef(zeros(axis("X", 1_000_000)));
    NamedArray result = freeze(buffer); // takes the reference's memory; nothing is copied
    equal(result.get(at("X", 7)), 0);

    NamedRef other = emptyRef(DType.FLOAT32, axis("X", 1_000_000));
    free(other); // drops it
    refused("was freed at", () -> other.get());
    // @end
    that(Memory.outstandingBytes() >= 0 && Memory.budgetBytes() > 0, "bytes");
  }

  /** Runs all samples. */
  public static void main(String[] args) {
    scopes();
    segments();
    references();
  }
}
