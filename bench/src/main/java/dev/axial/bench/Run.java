package dev.axial.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A run of the rows.
 *
 * @param facts about the machine and the software
 * @param scale the sizes
 * @param outcomes one for each row
 */
record Run(Map<String, ?> facts, String scale, List<Outcome> outcomes) {
  /** The facts, the table with medians, and the notes. */
  String text() {
    var out = new StringBuilder(head(facts, scale));
    Table table = Table.of(outcomes.stream().map(Outcome::name).toList(), true);
    out.append('\n').append(table.header()).append('\n');
    for (Outcome o : outcomes) {
      out.append(table.line(o)).append('\n');
    }
    List<String> notes = Table.notes(outcomes);
    if (!notes.isEmpty()) {
      out.append('\n').append(String.join("\n", notes)).append('\n');
    }
    List<String> growth = GrowthChart.growth(outcomes);
    if (!growth.isEmpty()) {
      out.append('\n').append(String.join("\n", growth)).append('\n');
    }
    return out.toString();
  }

  static String head(Map<String, ?> facts, String scale) {
    return facts.entrySet().stream()
            .map(e -> e.getKey() + ": " + text(e.getValue()))
            .collect(Collectors.joining("\n"))
        + "\nscale: "
        + scale
        + "\n";
  }

  private static String text(@Nullable Object value) {
    return value instanceof Double d && d == Math.rint(d)
        ? String.format(Locale.ROOT, "%.0f", d)
        : String.valueOf(value);
  }

  /**
   * Writes the text, the JSON, and a picture if there are curves, into a folder and returns the
   * name of both without the ending.
   */
  Path save(Path folder) throws IOException {
    Files.createDirectories(folder);
    String name =
        "%s-%s-%s"
            .formatted(facts.get("date"), facts.get("engine"), scale)
            .replaceAll("[^A-Za-z0-9.-]+", "-");
    Files.writeString(folder.resolve(name + ".txt"), text());
    Files.writeString(folder.resolve(name + ".json"), json());
    if (!GrowthChart.growth(outcomes).isEmpty()) {
      Files.writeString(folder.resolve(name + ".svg"), GrowthChart.svg(outcomes));
    }
    return folder.resolve(name);
  }

  String json() {
    var map = new LinkedHashMap<String, Object>();
    map.put("facts", facts);
    map.put("scale", scale);
    map.put("rows", outcomes.stream().map(Outcome::json).toList());
    return Json.write(map);
  }

  static Run of(String json) {
    Map<String, @Nullable Object> map = Json.readMap(json);
    return new Run(
        Json.map(map.get("facts")),
        String.valueOf(map.get("scale")),
        Json.list(map.get("rows")).stream().map(o -> Outcome.of(Json.map(o))).toList());
  }
}
