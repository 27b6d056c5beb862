package dev.axial.laws;

import static dev.axial.Axial.newRef;

import dev.axial.NamedArray;
import dev.axial.NamedRef;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/**
 * Accesses to a reference that holds {@code source} at first.
 *
 * @param discharged whether the program can be written without references: a swap at an index array
 *     cannot
 * @param mapped whether the reference may be an argument that is mapped
 */
record RefCase(
    String name,
    Sample source,
    List<Sample> operands,
    BiFunction<NamedRef, List<NamedArray>, List<NamedArray>> body,
    boolean discharged,
    boolean mapped) {

  static RefCase of(
      String name,
      BiFunction<NamedRef, List<NamedArray>, List<NamedArray>> body,
      Sample source,
      Sample... operands) {
    return new RefCase(name, source, List.of(operands), body, true, true);
  }

  RefCase notDischarged() {
    return new RefCase(name, source, operands, body, false, mapped);
  }

  RefCase notMapped() {
    return new RefCase(name, source, operands, body, discharged, false);
  }

  /** The function that makes the reference itself: its results, and what is left in it. */
  OpCase op() {
    var samples = new ArrayList<Sample>(List.of(source));
    samples.addAll(operands);
    return OpCase.of(
        name,
        x -> {
          NamedRef r = newRef(x.get(0));
          var out = new ArrayList<>(body.apply(r, x.subList(1, x.size())));
          out.add(r.value());
          return out;
        },
        samples.toArray(Sample[]::new));
  }

  @Override
  public String toString() {
    return op().toString();
  }
}
