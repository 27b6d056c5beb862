package dev.axial.bench;

import dev.axial.bench.rows.Row;
import dev.axial.bench.rows.Rows;
import dev.axial.bench.rows.Samples;
import dev.axial.bench.rows.Scale;
import dev.axial.bench.rows.Timing;
import java.util.LinkedHashMap;

/** The process that measures our side of one row. */
final class Child {
  private Child() {}

  /** Takes the name of the row and the scale. */
  public static void main(String[] args) {
    if (System.getProperty("axial.compile") == null) {
      System.setProperty("axial.compile", "first"); // what is measured is what stays
    }
    Row row = Rows.named(args[0]);
    Scale scale = Scale.valueOf(args[1]);
    Samples samples = row.ours().apply(row.sizes(scale)).measure(Timing.of(scale));
    var line = new LinkedHashMap<String, Object>();
    line.put("who", Outcome.OURS);
    line.putAll(Outcome.json(samples));
    System.out.println(Side.MARK + Json.line(line));
  }
}
