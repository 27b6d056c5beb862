package dev.axial.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.axial.Axis;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class NamesTest {
  private static final Names NAMES = Tiny.NAMES;

  @Test
  void areManyAndDividedAlwaysInTheSameWay() {
    var all = new HashSet<>(NAMES.train());
    assertThat(all).hasSameSizeAs(NAMES.train()).hasSizeGreaterThan(4000).contains("alice");
    assertThat(all).doesNotContainAnyElementsOf(NAMES.validation());
    all.addAll(NAMES.validation());
    assertThat(all).allMatch(n -> n.matches("[a-z]+")).contains("bob", "amelia");
    assertThat(NAMES.validation()).hasSize(all.size() / 10);
    assertThat(Names.load()).isEqualTo(NAMES);
  }

  @Test
  void rowsHoldAStartTheLettersAndEnds() {
    var names = new Names(List.of("bob", "amelia"), List.of("zoe"));
    Axis row = names.row();
    assertThat(row).isEqualTo(new Axis("Position", 8));
    int[] table = names.table(names.train()).toIntArray();
    assertThat(table).containsExactly(0, 3, 16, 3, 1, 1, 1, 1, 0, 2, 14, 6, 13, 10, 2, 1);
    assertThat(Names.name(table, 0, 8)).isEqualTo("bob");
    assertThat(Names.name(table, 8, 8)).isEqualTo("amelia");
    assertThat(Names.name(new int[] {0, 2, 3, 4}, 0, 4)).as("no end").isEmpty();
    assertThat(Names.name(new int[] {0, 2, 0, 1}, 0, 4)).as("a second start").isEmpty();
  }

  @Test
  void unigramEntropyIsThatOfTheValidationSymbols() {
    var names = new Names(List.of("xyz"), List.of("ab", "aa"));
    // Three times a, once b, twice the end.
    double expected = -(0.5 * Math.log(0.5) + Math.log(1 / 6.0) / 6 + Math.log(1 / 3.0) / 3);
    assertThat(names.unigramEntropy()).isCloseTo(expected, within(1e-12));
  }
}
