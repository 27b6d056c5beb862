package dev.axial.random;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import org.junit.jupiter.api.Test;

/** The whole text of each error of {@link Random}, but for the line it names. */
class RandomErrorsTest {
  private static final Axis B = axis("Batch", 3);
  private static final Axis F = axis("Feature", 5);
  private static final NamedArray KEY = key(0);

  private static void assertError(String message, Runnable r) {
    AxialException e = catchThrowableOfType(AxialException.class, r::run);
    assertThat(e).isNotNull();
    assertThat(e.getMessage())
        .matches("(?s).*\n  at RandomErrorsTest\\.\\w+\\(RandomErrorsTest.java:\\d+\\)");
    assertThat(e.getMessage().substring(0, e.getMessage().lastIndexOf('\n'))).isEqualTo(message);
  }

  @Test
  void aKeyIsNeeded() {
    assertError(
        "normal needs a random key as its first argument; got float32[Batch=3]. Make one with key(seed).",
        () -> Random.normal(zeros(B), F));
    assertError(
        "split needs a random key as its first argument; got int32[]. Make one with key(seed).",
        () -> Random.split(scalar(1)));
    assertError(
        "words needs a random key; got int32[]. Make one with key(seed).",
        () -> Random.keyData(scalar(1)));
  }

  @Test
  void oneKeyIsTaken() {
    NamedArray keys = Random.split(KEY, B);
    assertError(
        "uniform takes one key, and this is an array of keys, key[Batch=3]. Draw from each with vmap: vmap(k -> Random.uniform(k, …), Batch).apply(keys).",
        () -> Random.uniform(keys, F));
    assertError(
        "permutation takes one key, and this is an array of keys, key[Batch=3]. Draw from each with vmap: vmap(k -> Random.permutation(k, …), Batch).apply(keys).",
        () -> Random.permutation(keys, F));
  }

  @Test
  void seedsAndNumbersToFoldInAreIntegerScalars() {
    assertError(
        "key: the seed is an integer scalar; got float32[]. For several keys use split.",
        () -> Random.key(scalar(1.5)));
    assertError(
        "key: the seed is an integer scalar; got int32[Batch=3]. For several keys use split.",
        () -> Random.key(arange(B)));
    assertError(
        "foldIn: the number is an integer scalar; got int32[Batch=3]. For several keys use split, or vmap.",
        () -> Random.foldIn(KEY, arange(B)));
  }

  @Test
  void wordsAreWords() {
    assertError(
        "wrapKeyData needs uint32 words along an axis word=2, as keyData gives them; got int32[Batch=3].",
        () -> Random.wrapKeyData(arange(B)));
  }

  @Test
  void dtypes() {
    assertError(
        "uniform of dtype int32: the numbers are float32, float64, bfloat16 or float16.",
        () -> Random.uniform(KEY, DType.INT32, F));
    assertError(
        "normal of dtype bool: the numbers are float32, float64, bfloat16 or float16.",
        () -> Random.normal(KEY, DType.BOOL, F));
    assertError(
        "truncatedNormal of dtype int64: the numbers are float32, float64, bfloat16 or float16.",
        () -> Random.truncatedNormal(KEY, 0, 1, DType.INT64, F));
    assertError(
        "bits of dtype float32: they are int32, int64 or uint32.",
        () -> Random.bits(KEY, DType.FLOAT32, F));
    assertError(
        "randint of dtype float32 between int64[] and int64[]: the bounds and the numbers are integers.",
        () -> Random.randint(KEY, 0, 1, DType.FLOAT32, F));
    assertError(
        "randint of dtype float32 between int32[] and float32[]: the bounds and the numbers are integers.",
        () -> Random.randint(KEY, scalar(0), scalar(1.5), F));
    assertError(
        "bernoulli: the probability should be floating-point; got int32[]. Cast with astype(FLOAT32).",
        () -> Random.bernoulli(KEY, scalar(1), F));
    assertError(
        "gamma: the shape parameter should be floating-point; got int32[]. Cast with astype(FLOAT32).",
        () -> Random.gamma(KEY, scalar(1), F));
    assertError(
        "gamma of dtype bfloat16 has too few digits to reject by. Draw float32 and cast the result.",
        () -> Random.gamma(KEY, scalar(1.5, DType.BFLOAT16), F));
  }

  @Test
  void axes() {
    assertError(
        "normal: axis 'Batch' is given twice in [Batch=3, Batch=2].",
        () -> Random.normal(KEY, B, B.resize(2)));
    assertError(
        "bernoulli: axis 'Batch' has size 3 in the parameter float32[Batch=3], and 7 in the axes to draw, [Batch=7].",
        () -> Random.bernoulli(KEY, zeros(B), B.resize(7)));
    assertError(
        "normal: the axes [Batch=65536, Feature=65536] hold more than 2^31 - 1 elements. Split the key and draw in parts.",
        () -> Random.normal(KEY, B.resize(65536), F.resize(65536)));
    assertError(
        "categorical: axis 'Batch' is the one to draw from; give the others only.",
        () -> Random.categorical(KEY, zeros(B), B, B));
    assertError(
        "there is no axis 'Feature' here; the axes are [Batch=3].",
        () -> Random.categorical(KEY, zeros(B), F));
  }

  @Test
  void populations() {
    assertError(
        "choiceWithoutReplacement: 5 different elements are asked for, and axis 'Batch' has 3.",
        () -> Random.choiceWithoutReplacement(KEY, zeros(B), B, F));
    assertError(
        "categoricalWithoutReplacement: 5 different elements are asked for, and axis 'Batch' has 3.",
        () -> Random.categoricalWithoutReplacement(KEY, zeros(B), B, F));
    assertError(
        "choice: axis 'Batch' is empty; there is nothing to draw.",
        () -> Random.choice(KEY, zeros(B.resize(0)), B, F));
    assertError(
        "choice: the weights lie along the axis that is drawn from, Batch=3; got float32[Feature=5].",
        () -> Random.choice(KEY, zeros(B), B, zeros(F), F));
  }

  @Test
  void aKeyTakesPartInNothingElse() {
    assertError(
        "add of a random key (key and int32): a key takes part in no arithmetic; draw numbers from it with Random.",
        () -> KEY.plus(scalar(1)));
    assertError("sin of a random key: draw numbers from it with Random.", () -> sin(KEY));
    assertError(
        "toDoubleArray() of a random key: a key is opaque; Random.keyData(key) gives its words.",
        () -> KEY.toDoubleArray());
    assertError(
        "bitcast of key to int64: both have the same width, and neither is a key.",
        () -> bitcast(KEY, DType.INT64));
  }
}
