package dev.axial.examples.guide;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.close;
import static dev.axial.examples.Check.equal;
import static dev.axial.examples.Check.refused;
import static dev.axial.examples.Check.that;

import dev.axial.*;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BiFunction;

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

  static void into() {
    // @start region=into
    Axis X = axis("X", 1_000_000);
    var step = jit((NamedArray x) -> x.times(2).plus(1));
    NamedArray x = zeros(X);
    NamedRef out = emptyRef(DType.FLOAT32, X);
    for (int k = 0; k < 3; k++) step.applyInto(out, x); // no array is made
    equal(out.get(X.at(7)), 1);
    // @end
  }

  static void disk(Path folder) throws IOException {
    // @start region=disk
    Axis Row = axis("Row", 100_000);
    Axis Embed = axis("Embed", 64);
    Path path = folder.resolve("table.ref");
    BiFunction<NamedRef, NamedArray, NamedArray> visit =
        jit((table, k) -> {
          table.at(Row.at(k)).add(1); // in place, in the file's pages
          return sum(table.get(Row.at(k)));
        });

    try (NamedRef table = NamedRef.create(path, DType.FLOAT32, Row, Embed)) { // zeros
      table.at(Row.at(3)).set(2);
      equal(visit.apply(table, scalar(3)), 192);
      table.flush(); // outlasts a loss of power
    }

    try (NamedRef table = NamedRef.open(path, DType.FLOAT32, Row, Embed)) {
      table.commit(() -> { // all of it or nothing
        equal(visit.apply(table, scalar(7)), 64);
        table.at(Row.at(8)).set(5);
      });
      refused(
          "index 100000 is out of range",
          () ->
              table.commit(() -> {
                table.set(9);
                table.at(Row.at(100_000)).set(9); // the exception undoes the block
              }));
      equal(table.get(Row.range(7, 9), Embed.at(0)), 1, 5);
    }

    try (NamedRef table = NamedRef.openReadOnly(path)) { // dtype and axes from the file
      equal(table.get(Row.at(3), Embed.at(0)), 3);
      refused("was opened for reading only", () -> table.add(1));
      refused("was opened for reading only", () -> visit.apply(table, scalar(3)));
      refused("is open already", () -> NamedRef.open(path));
    }
    // @end
    Files.delete(path);
  }

  /** Runs all samples. */
  public static void main(String[] args) throws IOException {
    scopes();
    segments();
    references();
    into();
    Path folder = Files.createTempDirectory("axial");
    disk(folder);
    Files.delete(folder);
  }
}
