package dev.axial.nn;

import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.jitProc;
import static dev.axial.Axial.key;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.stack;
import static dev.axial.Axial.sum;
import static dev.axial.Axial.zeros;
import static dev.axial.nn.Checks.assertClose;
import static dev.axial.nn.Checks.assertGradient;
import static dev.axial.nn.Checks.random;
import static dev.axial.nn.Checks.randomized;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Proc4;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class AttentionTest {
  private static final Axis BATCH = axis("Batch", 2);
  private static final Axis POSITION = axis("Position", 4);
  private static final Axis EMBED = axis("Embed", 6);
  private static final Axis HEAD = axis("Head", 3);
  private static final Axis SIZE = axis("HeadSize", 2);
  private static final Axis LAYER = axis("Layer", 3);

  private static CausalSelfAttention layer(long seed) {
    return randomized(seed, CausalSelfAttention.init(key(0), EMBED, HEAD, SIZE));
  }

  private static TransformerBlock block(long seed) {
    return randomized(seed, TransformerBlock.init(key(0), EMBED, HEAD, SIZE, axis("Hidden", 8)));
  }

  private static double[][][] perPosition(Linear layer, NamedArray x) {
    double[] v = layer.apply(x).rearrange(POSITION, HEAD, SIZE).toDoubleArray();
    var out = new double[4][3][2];
    for (int k = 0; k < v.length; k++) {
      out[k / 6][k / 2 % 3][k % 2] = v[k];
    }
    return out;
  }

  @Test
  void isItsFormula() {
    CausalSelfAttention layer = layer(1);
    NamedArray x = random(2, POSITION, EMBED);
    double[][][] q = perPosition(layer.query(), x);
    double[][][] k = perPosition(layer.key(), x);
    double[][][] v = perPosition(layer.value(), x);
    var mixed = new double[4 * 3 * 2];
    for (int t = 0; t < 4; t++) {
      for (int h = 0; h < 3; h++) {
        var p = new double[t + 1];
        double total = 0;
        for (int s = 0; s <= t; s++) {
          p[s] = Math.exp((q[t][h][0] * k[s][h][0] + q[t][h][1] * k[s][h][1]) / Math.sqrt(2));
          total += p[s];
        }
        for (int s = 0; s <= t; s++) {
          for (int e = 0; e < 2; e++) {
            mixed[(t * 3 + h) * 2 + e] += p[s] / total * v[s][h][e];
          }
        }
      }
    }
    NamedArray expected = layer.output().apply(array(mixed, POSITION, HEAD, SIZE));
    assertClose(layer.apply(x, POSITION), expected, 1e-13);
    assertClose(jit((NamedArray y) -> layer.apply(y, POSITION)).apply(x), expected, 1e-13);
  }

  @Test
  void doesNotSeeLaterPositions() {
    CausalSelfAttention layer = layer(3);
    NamedArray x = random(4, BATCH, POSITION, EMBED);
    NamedArray changed = x.at(POSITION.at(2)).add(1.0);
    NamedArray a = layer.apply(x, POSITION);
    NamedArray b = layer.apply(changed, POSITION);
    assertClose(a.get(POSITION.to(2)), b.get(POSITION.to(2)), 0);
    for (int t = 2; t < 4; t++) {
      assertThat(b.get(POSITION.at(t)).toDoubleArray())
          .as("position %d", t)
          .isNotEqualTo(a.get(POSITION.at(t)).toDoubleArray());
    }
  }

  @Test
  void hasTheGradientOfFiniteDifferences() {
    CausalSelfAttention layer = layer(5);
    NamedArray x = random(6, POSITION, EMBED);
    NamedArray weights = random(7, POSITION, EMBED);
    assertGradient(l -> sum(l.apply(x, POSITION).times(weights)), layer);
    assertGradient(v -> sum(layer.apply(v, POSITION).times(weights)), x);
  }

  // ---------------------------------------------------------------- one position at a time

  private static NamedArray decoded(TransformerBlock block, NamedArray x, KvCache cache) {
    Proc4<NamedRef, KvCache, NamedArray, NamedArray> step =
        jitProc((NamedRef out, KvCache views, NamedArray one, NamedArray index) ->
            out.set(block.decode(one, views, POSITION, index)));
    var rows = new ArrayList<NamedArray>();
    for (int t = 0; t < POSITION.size(); t++) {
      NamedRef out = newRef(zeros(DType.FLOAT64, BATCH, EMBED));
      step.run(out, cache, x.get(POSITION.at(t)), scalar(t));
      rows.add(out.value());
    }
    return stack(POSITION, rows).rearrange(BATCH, POSITION, EMBED);
  }

  private static KvCache cache(NamedArray start) {
    return new KvCache(newRef(start), newRef(start));
  }

  @Test
  void decodingGivesWhatAllPositionsGive() {
    TransformerBlock block = block(8);
    NamedArray x = random(9, BATCH, POSITION, EMBED);
    KvCache cache = cache(zeros(DType.FLOAT64, BATCH, POSITION, HEAD, SIZE));
    assertClose(decoded(block, x, cache), block.apply(x, POSITION), 1e-13);
  }

  @Test
  void decodingIgnoresWhatTheCacheHeldAndWritesOnlyItsSlice() {
    TransformerBlock block = block(10);
    NamedArray x = random(11, BATCH, POSITION, EMBED);
    NamedArray old = random(12, LAYER, POSITION, BATCH, HEAD, SIZE);
    KvCache cache = cache(old);
    NamedArray given = decoded(block, x, cache.slice(LAYER.at(1)));
    assertClose(given, block.apply(x, POSITION), 1e-13);
    for (int l = 0; l < 3; l++) {
      double[] before = old.get(LAYER.at(l)).toDoubleArray();
      double[] after = cache.keys().get(LAYER.at(l)).toDoubleArray();
      if (l == 1) {
        assertThat(after).isNotEqualTo(before);
      } else {
        assertThat(after).isEqualTo(before);
      }
    }
    NamedArray keys =
        block.attention().key().apply(block.attentionNorm().apply(x.get(POSITION.at(3))));
    assertClose(cache.keys().get(LAYER.at(1), POSITION.at(3)), keys, 1e-13);
  }

  @Test
  void blockIsItsPartsWithResiduals() {
    TransformerBlock block = block(13);
    NamedArray x = random(14, BATCH, POSITION, EMBED);
    NamedArray a = x.plus(block.attention().apply(block.attentionNorm().apply(x), POSITION));
    NamedArray expected = a.plus(block.mlp().apply(block.mlpNorm().apply(a)));
    assertClose(block.apply(x, POSITION), expected, 1e-13);
  }
}
