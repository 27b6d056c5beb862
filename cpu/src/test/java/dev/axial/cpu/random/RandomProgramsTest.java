package dev.axial.cpu.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.axial.ir.Op;
import dev.axial.ir.Program;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random programs give the same results on the native engine as on the interpreter: {@code
 * axial.random.programs} of them (3,000 where the environment says CI, else 1,000), from the seed
 * {@code axial.random.seed} (0) on. One of {@link #EACH} is a random function over the public API
 * under random transformations, the others are made of operations. A difference is shown as a small
 * program that {@link Program#parse} reads.
 */
@Execution(ExecutionMode.CONCURRENT)
class RandomProgramsTest {
  private static final long FIRST = Long.getLong("axial.random.seed", 0);
  private static final long COUNT =
      Long.getLong("axial.random.programs", System.getenv("CI") == null ? 1_000 : 3_000);

  /** Traced programs are large: each costs as much as forty others. */
  private static final int EACH = 150;

  static LongStream seeds() {
    return LongStream.range(FIRST, FIRST + COUNT);
  }

  private static Trial trial(long seed) {
    return seed % EACH == 0
        ? TracedPrograms.of(seed, false).trial()
        : seed % 4 == 1 ? DensePrograms.of(seed) : Trial.of(RandomPrograms.of(seed));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void engines_agree(long seed) {
    Trial t = trial(seed);
    Trial.Difference d = t.run();
    if (d != null) {
      Trial small = Shrinker.shrink(t, d, 30_000);
      fail("seed %d: %s%nshrunk: %s%n%s", seed, d.what(), small.run(), small);
    }
  }

  @Test
  void the_same_seed_makes_the_same_program() {
    for (long seed = FIRST; seed < FIRST + 50; seed++) {
      String text = RandomPrograms.of(seed).program().toString();
      assertThat(RandomPrograms.of(seed).program().toString()).isEqualTo(text);
      Program parsed = Program.parse(text); // a rule that is its function has names of its own then
      assertThat(parsed.toString().replaceAll("v[0-9]+", "v"))
          .isEqualTo(text.replaceAll("v[0-9]+", "v"));
      assertThat(Program.parse(parsed.toString()).toString()).isEqualTo(parsed.toString());
    }
  }

  /** All but calls of Java code, which have no text, and lanes, which a map replaces. */
  @Test
  void the_programs_have_every_operation() {
    var survey = new Survey();
    for (long seed = 0; seed < 400; seed++) {
      survey.add(RandomPrograms.of(seed).program(), "");
    }
    Set<String> all =
        Op.kinds().stream()
            .map(Class::getSimpleName)
            .filter(n -> !n.equals("Callback") && !n.startsWith("Lane"))
            .map(n -> "op " + n)
            .collect(Collectors.toSet());
    assertThat(survey.counts().keySet()).containsAll(all);
  }

  /** Each way to touch a reference with each selector, of indices of every rank up to two. */
  @Test
  void the_programs_have_every_selector() {
    var survey = new Survey();
    for (long seed = 0; seed < 900; seed++) {
      survey.add(RandomPrograms.of(seed).program(), "");
    }
    for (String access :
        List.of(
            "get",
            "set",
            "add",
            "swap",
            "combine",
            "index",
            "scatter",
            "scatter add",
            "scatter combine")) {
      for (String selector :
          List.of(
              "range",
              "range backwards",
              "ds",
              "at rank 0",
              "at rank 1",
              "at rank 2",
              "several index arrays",
              "mask")) {
        assertThat(survey.counts()).containsKey(access + ", " + selector);
      }
    }
    assertThat(survey.counts()).containsKey("dot of 1024 elements or more, followed");
  }

  /** Each transformation, loops and branches within loops, and every floating dtype. */
  @Test
  void the_functions_have_every_transformation() {
    var survey = new Survey();
    for (long seed = 0; seed < 120; seed++) {
      var t = TracedPrograms.of(seed, false);
      survey.add(t.program(t.function()), t.letters());
    }
    for (char c : "GPJVKTCDRAMg".toCharArray()) {
      assertThat(survey.counts()).containsKey("transformed " + c);
    }
    assertThat(survey.counts())
        .containsKeys(
            "transformations nested 2",
            "transformations nested 3",
            "scan forward, depth 1",
            "scan reversed, depth 1",
            "while, depth 1",
            "cond, depth 1",
            "checkpoint",
            "op StackPush",
            "reference of bfloat16",
            "reference of float16",
            "reference of float32",
            "reference of float64");
  }
}
