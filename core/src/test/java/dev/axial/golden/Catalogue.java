package dev.axial.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.NamedArray;
import dev.axial.golden.Golden.Case;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The cases of a golden file, and which of them say nothing about Axial. What is left out is named
 * by regular expressions over {@code case#output}, each with its reason; the rest must be answered.
 */
final class Catalogue {
  private final List<Case> all;
  private final Map<Pattern, String> left = new LinkedHashMap<>();

  Catalogue(String file) {
    all = Golden.read(file);
  }

  /** Leaves out the outputs that match, which must be some. */
  Catalogue without(String outputs, String reason) {
    Pattern p = Pattern.compile(outputs);
    assertThat(all.stream().flatMap(Catalogue::outputs))
        .as("outputs to leave out: %s", outputs)
        .anyMatch(o -> p.matcher(o).matches());
    left.put(p, reason);
    return this;
  }

  /** Leaves out those cases of a suffix that have a twin with the other suffix. */
  Catalogue withoutTwins(String names, String suffix, String reason) {
    Pattern p = Pattern.compile(names);
    String other = suffix.equals(".x32") ? ".x64" : ".x32";
    var known = all.stream().map(Case::name).collect(Collectors.toSet());
    List<String> drop =
        all.stream()
            .filter(c -> c.name().endsWith(suffix) && outputs(c).anyMatch(this::asked))
            .map(c -> c.name().substring(0, c.name().length() - suffix.length()))
            .filter(n -> p.matcher(n).matches() && known.contains(n + other))
            .filter(n -> asked(n + other + "#any"))
            .toList();
    assertThat(drop).as("twins to leave out: %s%s", names, suffix).isNotEmpty();
    for (String n : drop) {
      left.put(Pattern.compile(Pattern.quote(n + suffix) + "#.*"), reason);
    }
    return this;
  }

  private static Stream<String> outputs(Case c) {
    return c.out().isEmpty()
        ? Stream.of(c.name() + "#refused")
        : c.out().keySet().stream().map(k -> c.name() + "#" + k);
  }

  private boolean asked(String output) {
    return left.keySet().stream().noneMatch(p -> p.matcher(output).matches());
  }

  /** The cases of which at least one output is asked for. */
  Stream<Case> cases() {
    return all.stream().filter(c -> outputs(c).anyMatch(this::asked));
  }

  long outputsAsked() {
    return all.stream().flatMap(Catalogue::outputs).filter(this::asked).count();
  }

  long outputsLeft() {
    return all.stream().flatMap(Catalogue::outputs).count() - outputsAsked();
  }

  /** What outputs a case has that are asked for. */
  List<String> wanted(Case c) {
    return c.out().keySet().stream().filter(k -> asked(c.name() + "#" + k)).toList();
  }

  /** Compares answers with all outputs that are asked for. */
  void check(Case c, Map<String, NamedArray> answers) {
    var wrong = new ArrayList<String>();
    for (String k : wanted(c)) {
      NamedArray got = answers.get(k);
      if (got == null) {
        wrong.add(k + ": no answer");
        continue;
      }
      Golden.difference(c.out().get(k), got, c.note("tolerance"))
          .ifPresent(d -> wrong.add(k + ": " + d));
    }
    assertThat(wrong).as(c.name()).isEmpty();
  }
}
