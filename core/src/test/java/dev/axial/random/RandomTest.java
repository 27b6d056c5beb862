package dev.axial.random;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.axial.Axial;
import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Laws of the samplers: the same numbers inside and outside of every transformation. */
class RandomTest {
  private static final Axis B = axis("Batch", 3);
  private static final Axis F = axis("Feature", 5);
  private static final Axis K = axis("Key", 4);

  private static final NamedArray RATES = array(new float[] {0.2f, 0.9f, 1.5f, 4, 30}, F);

  /** Every sampler, of a key. */
  private static final Map<String, UnaryOperator<NamedArray>> SAMPLERS = new LinkedHashMap<>();

  static {
    var s = SAMPLERS;
    s.put("split", k -> Random.keyData(Random.split(k, B)));
    s.put("split in two", k -> Random.keyData(Random.split(k).second()));
    s.put("foldIn", k -> Random.keyData(Random.foldIn(k, 7)));
    s.put("bits", k -> Random.bits(k, B, F));
    s.put("bits int64", k -> Random.bits(k, DType.INT64, B, F));
    s.put("uniform", k -> Random.uniform(k, B, F));
    s.put("uniform float64", k -> Random.uniform(k, -2, 3, DType.FLOAT64, B, F));
    s.put("normal", k -> Random.normal(k, B, F));
    s.put("normal float64", k -> Random.normal(k, DType.FLOAT64));
    s.put("truncatedNormal", k -> Random.truncatedNormal(k, -1, 0.5, B, F));
    s.put("truncatedNormal of arrays", k -> Random.truncatedNormal(k, zerosLike(RATES), RATES, B));
    s.put("exponential", k -> Random.exponential(k, B));
    s.put("gumbel", k -> Random.gumbel(k, B));
    s.put("laplace", k -> Random.laplace(k, B));
    s.put("logistic", k -> Random.logistic(k, B));
    s.put("cauchy", k -> Random.cauchy(k, B));
    s.put("bernoulli", k -> Random.bernoulli(k, RATES, B));
    s.put("randint", k -> Random.randint(k, -5, 1000, B, F));
    s.put("randint int64", k -> Random.randint(k, 0, 1L << 40, DType.INT64, B, F));
    s.put("categorical", k -> Random.categorical(k, RATES, F, B));
    s.put(
        "categoricalWithoutReplacement", k -> Random.categoricalWithoutReplacement(k, RATES, F, B));
    s.put("permutation", k -> Random.permutation(k, F));
    s.put("permutation of an array", k -> Random.permutation(k, RATES.times(arange(B)), F));
    s.put("shuffle", k -> Random.shuffle(k, RATES.times(arange(B)), F));
    s.put("choice", k -> Random.choice(k, RATES, F, B));
    s.put("choice by weights", k -> Random.choice(k, arange(F), F, RATES, B));
    s.put("choiceWithoutReplacement", k -> Random.choiceWithoutReplacement(k, RATES, F, B));
    s.put(
        "choiceWithoutReplacement by weights",
        k -> Random.choiceWithoutReplacement(k, arange(F), F, RATES, B));
    s.put("gamma", k -> Random.gamma(k, RATES, B));
    s.put("gamma scalar", k -> Random.gamma(k, 2.5));
    s.put("loggamma", k -> Random.loggamma(k, RATES));
    s.put("beta", k -> Random.beta(k, RATES, RATES.plus(1), B));
    s.put("dirichlet", k -> Random.dirichlet(k, RATES, F, B));
    s.put("poisson", k -> Random.poisson(k, RATES, B));
  }

  static Stream<String> samplers() {
    return SAMPLERS.keySet().stream();
  }

  private static void same(NamedArray a, NamedArray b) {
    assertThat(a.dtype()).isEqualTo(b.dtype());
    assertThat(a.axes()).isEqualTo(b.axes());
    // Dirichlet divides by a sum, and engines add up in different orders.
    assertThat(a.toDoubleArray())
        .usingComparatorWithPrecision(a.dtype().isFloating() ? 2e-7 : 0.0)
        .containsExactly(b.toDoubleArray());
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void jitIsEager(String name) {
    UnaryOperator<NamedArray> f = SAMPLERS.get(name);
    same(jit((NamedArray k) -> f.apply(k)).apply(key(5)), f.apply(key(5)));
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void vmapOverKeysIsEachKeyAlone(String name) {
    UnaryOperator<NamedArray> f = SAMPLERS.get(name);
    NamedArray keys = Random.split(key(6), K);
    List<NamedArray> alone =
        IntStream.range(0, K.size()).mapToObj(i -> f.apply(keys.get(K.at(i)))).toList();
    NamedArray want = stack(K, alone);
    same(vmap((NamedArray k) -> f.apply(k), K).apply(keys), want);
    same(jit(vmap((NamedArray k) -> f.apply(k), K)).apply(keys), want);
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void scanOverKeysIsEachKeyAlone(String name) {
    UnaryOperator<NamedArray> f = SAMPLERS.get(name);
    NamedArray keys = Random.split(key(7), K);
    List<NamedArray> alone =
        IntStream.range(0, K.size()).mapToObj(i -> f.apply(keys.get(K.at(i)))).toList();
    same(map(K, keys, (NamedArray k) -> f.apply(k)), stack(K, alone));
  }

  // ---------------------------------------------------------------- keys

  @Test
  void aKeyIsCarriedThroughALoop() {
    NamedArray rest = key(1);
    var want = new double[10];
    for (int i = 0; i < 10; i++) {
      Random.Pair two = Random.split(rest);
      want[i] = Random.uniform(two.second()).item();
      rest = two.first();
    }
    Axis time = axis("Time", 10);
    var got =
        scan(
            time,
            key(1),
            zeros(time),
            (NamedArray k, NamedArray x) -> {
              Random.Pair two = Random.split(k);
              return step(two.first(), Random.uniform(two.second()));
            });
    assertThat(got.y().toDoubleArray()).isEqualTo(want);
    same(Random.keyData(got.carry()), Random.keyData(rest));
  }

  @Test
  void aSplitBeginsLikeAShorterOne() {
    NamedArray k = key(3);
    NamedArray five = Random.keyData(Random.split(k, axis("N", 5)));
    same(five.get(range("N", 0, 2)), Random.keyData(Random.split(k, axis("N", 2))));
    List<NamedArray> list = Random.split(k, 3);
    for (int i = 0; i < 3; i++) {
      same(Random.keyData(list.get(i)), five.get(at("N", i)));
      same(Random.keyData(Random.foldIn(k, scalar(i))), five.get(at("N", i)));
    }
    same(Random.keyData(Random.split(k).second()), five.get(at("N", 1)));
  }

  @Test
  void keysAreStackedIndexedAndChosen() {
    NamedArray two = stack(axis("N", 2), List.of(key(1), key(2)));
    same(Random.uniform(two.get(at("N", 1)), F), Random.uniform(key(2), F));
    NamedArray chosen = where(scalar(true), key(1), key(2));
    same(Random.uniform(chosen, F), Random.uniform(key(1), F));
    NamedArray held = newRef(two).get(at("N", 0));
    same(Random.uniform(held, F), Random.uniform(key(1), F));
  }

  @Test
  void wordsMakeTheKeyAgain() {
    NamedArray keys = Random.split(key(-1), B, F);
    NamedArray words = Random.keyData(keys);
    assertThat(words.dtype()).isEqualTo(DType.UINT32);
    assertThat(words.axes()).containsExactly(B, F, Random.WORD);
    same(Random.keyData(Random.wrapKeyData(words)), words);
    assertThat(Random.keyData(key(-1)).toLongArray()).containsOnly(0xffffffffL);
    same(Random.keyData(Random.key(scalar(-1L))), Random.keyData(key(-1)));
    assertThat(Random.keyData(Random.key(scalar(-1))).toLongArray())
        .containsExactly(0, 0xffffffffL);
  }

  // ---------------------------------------------------------------- numbers

  @Test
  void axesOfParametersComeAfterThoseAskedFor() {
    NamedArray p = full(0.5, F);
    assertThat(Random.bernoulli(key(0), p).axes()).containsExactly(F);
    assertThat(Random.bernoulli(key(0), p, B).axes()).containsExactly(B, F);
    assertThat(Random.bernoulli(key(0), p, F, B).axes()).containsExactly(F, B);
    assertThat(Random.uniform(key(0), zeros(F), ones(B), K).axes()).containsExactly(K, F, B);
    assertThat(Random.categorical(key(0), zeros(B, F), F, K).axes()).containsExactly(K, B);
    assertThat(Random.choice(key(0), zeros(B, F), B, K, axis("More", 2)).axes())
        .containsExactly(K, axis("More", 2), F);
  }

  @Test
  void momentsAreThoseOfTheDistribution() {
    Axis n = axis("N", 20_000);
    assertMoments(Random.uniform(key(1), n), 0.5, 1 / 12.0);
    assertMoments(Random.normal(key(2), n), 0, 1);
    assertMoments(Random.exponential(key(3), n), 1, 1);
    assertMoments(Random.laplace(key(4), n), 0, 2);
    assertMoments(Random.gumbel(key(5), n), 0.5772, Math.PI * Math.PI / 6);
    assertMoments(Random.logistic(key(6), n), 0, Math.PI * Math.PI / 3);
    assertMoments(Random.gamma(key(7), 2.5, n), 2.5, 2.5);
    assertMoments(Random.gamma(key(8), 0.3, n), 0.3, 0.3);
    assertMoments(Random.poisson(key(9), 3, n), 3, 3);
    assertMoments(Random.poisson(key(10), 50, n), 50, 50);
    assertMoments(Random.bernoulli(key(11), 0.3, n).astype(DType.FLOAT32), 0.3, 0.21);
    assertMoments(Random.beta(key(12), scalar(2.0), scalar(3.0), n), 0.4, 0.04);
    assertMoments(Random.randint(key(13), 0, 11, n), 5, 10);
  }

  private static void assertMoments(NamedArray x, double mean, double variance) {
    double sd = Math.sqrt(variance);
    assertThat(mean(x).item()).isCloseTo(mean, within(0.03 * sd));
    assertThat(var(x).item()).isCloseTo(variance, within(0.08 * variance));
  }

  @Test
  void aPermutationHasEveryPositionOnce() {
    Axis n = axis("N", 2000); // two rounds
    int[] p = Random.permutation(key(4), n).toIntArray();
    assertThat(p).isNotEqualTo(IntStream.range(0, 2000).toArray());
    assertThat(Arrays.stream(p).sorted().toArray()).isEqualTo(IntStream.range(0, 2000).toArray());
    NamedArray x = array(new int[] {1, 2, 3, 10, 20, 30}, axis("R", 2), axis("C", 3));
    NamedArray shuffled = Random.shuffle(key(9), x, "C");
    same(sort(shuffled, "C"), x);
    NamedArray taken = Random.permutation(key(9), x, "C");
    same(taken.get(at("R", 0)).times(10), taken.get(at("R", 1)));
  }

  @Test
  void withoutReplacementNothingComesTwice() {
    Axis n = axis("N", 20);
    NamedArray x = arange(n);
    for (int seed = 0; seed < 20; seed++) {
      NamedArray drawn = Random.choiceWithoutReplacement(key(seed), x, n, B, F);
      assertThat(drawn.axes()).containsExactly(B, F);
      assertThat(drawn.toIntArray()).doesNotHaveDuplicates();
      NamedArray p = where(x.lt(15), 1.0, 0.0);
      int[] few = Random.choiceWithoutReplacement(key(seed), x, n, p, B, F).toIntArray();
      assertThat(few).doesNotHaveDuplicates();
      assertThat(Arrays.stream(few)).allMatch(v -> v < 15);
    }
  }

  /** Against Java's own unsigned remainder, for spans above and below 2^63. */
  @Test
  void wideIntegersFollowTheirFormula() {
    long[][] bounds = {
      {0, 10},
      {-3, Long.MAX_VALUE},
      {Long.MIN_VALUE, Long.MAX_VALUE},
      {Long.MIN_VALUE, 1},
      {-(1L << 62) - 9, 1L << 62},
      {5, 5},
      {9, -9}
    };
    for (long[] b : bounds) {
      NamedArray k = key(77);
      Random.Pair two = Random.split(k);
      long[] high = Random.bits(two.first(), DType.INT64, B, F).toLongArray();
      long[] low = Random.bits(two.second(), DType.INT64, B, F).toLongArray();
      long span = b[1] > b[0] ? b[1] - b[0] : 1;
      long m = Long.remainderUnsigned(1L << 32, span);
      m = Long.remainderUnsigned(m * m, span);
      var want = new long[high.length];
      for (int i = 0; i < want.length; i++) {
        long a = Long.remainderUnsigned(high[i], span) * m + Long.remainderUnsigned(low[i], span);
        want[i] = b[0] + Long.remainderUnsigned(a, span);
      }
      NamedArray got = Random.randint(k, b[0], b[1], DType.INT64, B, F);
      assertThat(got.toLongArray()).as(Arrays.toString(b)).isEqualTo(want);
      NamedArray lo = full(b[0], DType.INT64, F);
      NamedArray hi = full(b[1], DType.INT64, B);
      same(Random.randint(k, lo, hi, B, F), got);
    }
  }

  @Test
  void derivativesGoThroughTheBounds() {
    NamedArray u = Random.uniform(key(2), DType.FLOAT64, F);
    NamedArray lo = scalar(1.0, DType.FLOAT64);
    NamedArray hi = scalar(3.0, DType.FLOAT64);
    var byHi = grad((NamedArray h) -> sum(Random.uniform(key(2), lo, h, F)));
    assertThat(byHi.apply(hi).item()).isCloseTo(sum(u).item(), within(1e-12));
    var byLo = jvp((NamedArray l) -> Random.uniform(key(2), l, hi, F), lo, onesLike(lo));
    assertThat(byLo.tangent().toDoubleArray())
        .containsExactly(u.times(-1).plus(1).toDoubleArray(), within(1e-12));
    var noise = grad((NamedArray x) -> sum(x.times(Random.normal(key(3), F))));
    assertThat(noise.apply(scalar(2.0)).item())
        .isCloseTo(sum(Random.normal(key(3), F)).item(), within(1e-6));
    var constant = grad((NamedArray a) -> sum(Random.gamma(key(4), a, F)).plus(a));
    assertThat(constant.apply(scalar(2.0)).item()).isEqualTo(1);
  }

  @Test
  void keysGoIntoCheckpointsAndBranches() {
    var dropped =
        checkpoint(
            (NamedArray x, NamedArray k) -> sum(where(Random.bernoulli(k, 0.5, F), x.times(x), 0)));
    NamedArray kept = Random.bernoulli(key(8), 0.5, F);
    NamedArray x = arange(F, DType.FLOAT32);
    same(grad(dropped).apply(x, key(8)), where(kept, x.times(2), 0));
    NamedArray k = cond(scalar(false), () -> key(1), () -> Random.foldIn(key(1), 2));
    same(Random.keyData(k), Random.keyData(Random.foldIn(key(1), 2)));
  }

  @Test
  void axialMakesTheSameKey() {
    same(Random.keyData(Axial.key(1L << 40)), Random.keyData(Random.key(1L << 40)));
    assertThat(Random.keyData(Random.key(1L << 40)).toLongArray()).containsExactly(256, 0);
  }

  @Test
  void emptyAxesDrawNothing() {
    Axis none = axis("None", 0);
    assertThat(Random.normal(key(0), B, none).axes()).containsExactly(B, none);
    assertThat(Random.permutation(key(0), none).size()).isZero();
    assertThat(Random.gamma(key(0), 1, none).size()).isZero();
    assertThat(Random.poisson(key(0), 1, none).size()).isZero();
  }
}
