package dev.axial.cpu.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.axial.ir.Equation;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random programs give the same results on the native engine as on the interpreter: {@code
 * axial.random.programs} of them (10,000 where the environment says CI, else 1,000), from the seed
 * {@code axial.random.seed} (0) on. A difference is shown as a small program that {@link
 * Program#parse} reads.
 */
@Execution(ExecutionMode.CONCURRENT)
class RandomProgramsTest {
  private static final long FIRST = Long.getLong("axial.random.seed", 0);
  private static final long COUNT =
      Long.getLong("axial.random.programs", System.getenv("CI") == null ? 1_000 : 10_000);

  static LongStream seeds() {
    return LongStream.range(FIRST, FIRST + COUNT);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void engines_agree(long seed) {
    Trial t = Trial.of(RandomPrograms.of(seed));
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

  /** All but calls of Java code, which have no text, and what is gone when a vmap is done. */
  @Test
  void the_programs_have_every_operation() {
    var found = new HashSet<String>();
    for (long seed = 0; seed < 400; seed++) {
      collect(RandomPrograms.of(seed).program(), found);
    }
    Set<String> all =
        Stream.of(Op.class.getPermittedSubclasses())
            .map(Class::getSimpleName)
            .filter(n -> !n.equals("Callback") && !n.startsWith("Lane"))
            .collect(Collectors.toSet());
    assertThat(found).containsAll(all);
  }

  private static void collect(Program p, Set<String> into) {
    for (Equation e : p.equations()) {
      into.add(e.op().getClass().getSimpleName());
      e.op().bodies().forEach(q -> collect(q, into));
    }
  }
}
