package dev.axial.examples.demo;

import static dev.axial.Axial.key;
import static dev.axial.Axial.scalar;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.axial.Axis;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GenerationTest {
  private static final Axis ROW = Tiny.NAMES.row();
  private static final Axis POSITION = ROW.resize(ROW.size() - 1);

  private static NameModel model() {
    var training = new Training(Tiny.config(), Tiny.NAMES);
    for (int k = 0; k < 7; k++) {
      training.advance();
    }
    return training.state().model();
  }

  @Test
  void decodingWithACacheGivesTheLogitsOfAllPositionsAtOnce() {
    var generation = new Generation(Tiny.config(), Tiny.NAMES, model());
    Generation.State s = generation.generate(key(5));
    NamedArray tokens = s.tokens().value();
    double[] cached = s.logits().value().toDoubleArray();
    assertThat(cached).hasSize(POSITION.size() * 16 * 28).doesNotContain(0);
    assertThat(generation.uncached(tokens).toDoubleArray()).containsExactly(cached, within(1e-4));
    // Another symbol at the third position changes what follows from there on, and nothing before.
    NamedArray third = tokens.get(ROW.at(2)).plus(1).rem(28);
    NamedArray other = generation.uncached(tokens.at(ROW.at(2)).set(third));
    assertThat(other.get(POSITION.to(2)).toDoubleArray())
        .containsExactly(s.logits().get(POSITION.to(2)).toDoubleArray(), within(1e-4));
    NamedArray changed = other.get(POSITION.at(2)).minus(s.logits().get(POSITION.at(2)));
    assertThat(dev.axial.Axial.max(dev.axial.Axial.abs(changed)).item()).isGreaterThan(1e-3);
  }

  @Test
  void theCacheIsUsed() {
    NameModel model = model();
    Config c = Tiny.config();
    var cache = dev.axial.nn.KvCache.of(c.layer(), POSITION, c.sample(), c.head(), c.headSize());
    NamedArray start = dev.axial.Axial.full(Names.START, c.sample());
    NamedArray a = model.decode(start, cache, scalar(0));
    for (int l = 0; l < 2; l++) {
      assertThat(cache.keys().get(c.layer().at(l), POSITION.at(0)).toDoubleArray())
          .doesNotContain(0);
      assertThat(cache.values().get(c.layer().at(l), POSITION.from(1)).toDoubleArray())
          .containsOnly(0);
    }
    NamedArray second = model.decode(start, cache, scalar(1));
    cache.values().slice(c.layer().at(0), POSITION.at(0)).set(9);
    assertThat(model.decode(start, cache, scalar(1)).toDoubleArray())
        .isNotEqualTo(second.toDoubleArray());
    assertThat(a.axes()).containsExactly(c.sample(), Names.VOCAB);
  }

  @Test
  void rowsStartOnceAndStayAtTheirEnd() {
    var generation = new Generation(Tiny.config(), Tiny.NAMES, model());
    int[] tokens = generation.generate(key(6)).tokens().value().toIntArray();
    int ended = 0;
    for (int n = 0; n < 16; n++) {
      assertThat(tokens[n * ROW.size()]).isEqualTo(Names.START);
      boolean end = false;
      for (int t = 1; t < ROW.size(); t++) {
        int symbol = tokens[n * ROW.size() + t];
        assertThat(symbol).isBetween(Names.END, 27);
        assertThat(!end || symbol == Names.END).isTrue();
        end = symbol == Names.END;
      }
      ended += end ? 1 : 0;
    }
    assertThat(ended).isPositive();
  }

  @Test
  void theNamesAreNewAndDifferent() {
    NameModel model = model();
    var generation = new Generation(Tiny.config(), Tiny.NAMES, model);
    Generation.Result first = generation.run(10, Set.of());
    assertThat(first.names()).hasSize(10).doesNotHaveDuplicates().allMatch(n -> !n.isEmpty());
    assertThat(first.difference()).isLessThan(1e-4);
    assertThat(first.drawn()).isGreaterThanOrEqualTo(10);
    Generation.Result others = generation.run(10, Set.copyOf(first.names()));
    assertThat(others.names()).hasSize(10).doesNotContainAnyElementsOf(first.names());
    assertThat(generation.run(10, Set.of()).names()).isEqualTo(first.names());
    ((NamedRef) model.norm().bias()).set(Double.NaN);
    assertThat(generation.run(1, Set.of()).difference()).isNaN();
  }
}
