package dev.axial.bench.rows;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/** All rows, in the order of the table. */
public final class Rows {
  private Rows() {}

  /** Those of the table; the others have to be asked for by name. */
  public static List<Row> table() {
    return all().stream().filter(r -> !r.name().startsWith(GrowthRows.PREFIX)).toList();
  }

  /** All of them. */
  public static List<Row> all() {
    var rows = new ArrayList<Row>();
    rows.addAll(ReferenceRows.rows());
    rows.addAll(LoopRows.rows());
    rows.addAll(GradientRows.rows());
    rows.addAll(CallRows.rows());
    rows.addAll(ElementwiseRows.rows());
    rows.addAll(ReductionRows.rows());
    rows.addAll(ProductRows.rows());
    rows.addAll(ModelRows.rows());
    rows.addAll(CliffRows.rows());
    rows.addAll(RandomRows.rows());
    rows.addAll(ExampleRows.rows());
    rows.addAll(FirstRows.rows());
    rows.addAll(GrowthRows.rows());
    return List.copyOf(rows);
  }

  /** The row of this name. */
  public static Row named(String name) {
    return all().stream()
        .filter(r -> r.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("there is no row " + name));
  }

  /**
   * The rows whose names begin with one of these, with those that they are compared with, in the
   * order of the table.
   *
   * @param prefixes separated by commas
   * @throws IllegalArgumentException if a prefix fits no row
   */
  public static List<Row> select(String prefixes) {
    List<Row> all = all();
    List<String> wanted = List.of(prefixes.split(",", -1));
    for (String prefix : wanted) {
      if (prefix.isEmpty() || all.stream().noneMatch(r -> r.name().startsWith(prefix))) {
        throw new IllegalArgumentException(
            "no row begins with '%s'; --list shows them".formatted(prefix));
      }
    }
    var names = new HashSet<String>();
    for (Row r : all) {
      if (wanted.stream().anyMatch(r.name()::startsWith)) {
        names.add(r.name());
        if (r.target() instanceof Target.Within t) {
          names.add(t.row());
        }
      }
    }
    return all.stream().filter(r -> names.contains(r.name())).toList();
  }
}
