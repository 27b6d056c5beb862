package dev.axial.examples.guide;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.that;

import dev.axial.*;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Programs and arrays as pages. */
public final class Seeing {
  private static final Axis Row = axis("Row", 6);
  private static final Axis Feature = axis("Feature", 8);

  private Seeing() {}

  static void arrays(Path folder) throws IOException {
    // @start region=arrays
    NamedArray waves = sin(arange(Row).times(0.7).plus(arange(Feature)));
    Files.writeString(folder.resolve("waves.html"), waves.toHtml());

    NamedRef table = newRef(waves);
    NamedRef window = table.slice(Row.range(1, 4), Feature.ds(scalar(2), 5));
    Files.writeString(folder.resolve("window.html"), window.toHtml());
    // @end
    that(
        Files.readString(folder.resolve("waves.html")).contains("<svg class=map"),
        "there is a heat map");
    that(
        Files.readString(folder.resolve("window.html")).contains("Inside its base"),
        "the view lies in its base");
  }

  static void programs(Path folder) throws IOException {
    // @start region=programs
    NamedRef table = newRef(ones(Row, Feature));
    Lowered step =
        lowerProc(
            (NamedRef t, NamedArray x) ->
                forLoop(0, 6, i -> t.at(Row.at(i)).set(t.get(Row.at(i)).times(2).plus(x))),
            table,
            ones(Feature));
    Files.writeString(folder.resolve("step.html"), step.toHtml());
    // @end
    that(
        Files.readString(folder.resolve("step.html")).contains("reads and writes v0"),
        "effects are named");
  }

  /** Runs all samples. */
  public static void main(String[] args) throws IOException {
    Path folder = Files.createTempDirectory("pages");
    try {
      arrays(folder);
      programs(folder);
    } finally {
      for (String name : new String[] {"waves", "window", "step"}) {
        Files.deleteIfExists(folder.resolve(name + ".html"));
      }
      Files.delete(folder);
    }
  }
}
