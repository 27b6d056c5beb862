package dev.axial.golden;

import static dev.axial.Axial.at;
import static dev.axial.Axial.erf;
import static dev.axial.Axial.erfinv;
import static dev.axial.Axial.vmap;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axis;
import dev.axial.AxisName;
import dev.axial.AxisSelector;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.golden.Golden.Case;
import dev.axial.golden.Golden.Value;
import dev.axial.random.Random;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every number of {@code jax.random} that Axial draws too. */
class RandomGoldenTest {
  private static final Catalogue CATALOGUE =
      new Catalogue("random.txt")
          .without("key/.*\\.x32#.*", "key(long) takes 64 bits, as JAX does with x64 on")
          .without(
              "(bits|uniform|randint)/default.*\\.x64#.*",
              "without a dtype numbers are of 32 bits, as in JAX with x64 off")
          .without("choice/(n|array).*\\.x64#.*", "the index is drawn as int32, as with x64 off")
          .without("bernoulli/python-float/.*\\.x64#.*", "a Java number is drawn as float32")
          .without("(bits|randint)/u?int(8|16)/.*#.*", "Axial has no dtypes of 8 and 16 bits");

  /** What gives positions: int32 here, int64 in JAX with x64 on. */
  private static final Set<String> POSITIONS = Set.of("categorical", "permutation", "choice");

  static Stream<Case> cases() {
    return CATALOGUE.cases();
  }

  @Test
  void countsWhatIsAsked() {
    assertThat(CATALOGUE.outputsAsked()).isEqualTo(400);
    assertThat(CATALOGUE.outputsLeft()).isEqualTo(23);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agrees(Case c) {
    NamedArray got = draw(c);
    Value want = c.result();
    if (want.dtype().equals("uint64")) { // bits, which are held as int64
      want =
          new Value(
              "int64",
              want.axes(),
              want.words().stream().map(w -> "" + Long.parseUnsignedLong(w)).toList());
    } else if (want.dtype().equals("int64") && POSITIONS.contains(c.part(0))) {
      assertThat(got.dtype()).isEqualTo(DType.INT32);
      got = got.astype(DType.INT64);
    }
    String tolerance = c.notes().getOrDefault("tolerance", "exact");
    assertThat(Golden.difference(want, got, tolerance)).isEmpty();
  }

  // ---------------------------------------------------------------- the cases

  private static NamedArray draw(Case c) {
    String kind = c.part(0).replaceAll("\\..*", "");
    if (kind.equals("key")) {
      return Random.keyData(seeded(c.note("seed")));
    }
    if (kind.equals("chain")) {
      NamedArray fifth = Random.split(Random.foldIn(Random.key(7), 3), 5).get(4);
      return Random.keyData(Random.foldIn(fifth, 11));
    }
    if (kind.startsWith("erf")) {
      return kind.equals("erf") ? erf(c.array("x")) : erfinv(c.array("x"));
    }
    if (c.in().containsKey("keys")) {
      NamedArray keys = key(c.array("keys"));
      Axis four = new Axis("d1", 4);
      return kind.equals("bits")
          ? vmap((NamedArray k) -> Random.bits(k, four), keys.axis("d0")).apply(keys)
          : vmap(
                  (NamedArray k) -> Random.keyData(Random.split(k, new Axis("d1", 2))),
                  keys.axis("d0"))
              .apply(keys);
    }
    NamedArray key = key(c.array("key"));
    Axis[] axes = c.result().axes().toArray(Axis[]::new);
    return switch (kind) {
      case "split" -> Random.keyData(splits(key, axes));
      case "fold_in" -> Random.keyData(folded(key, c.note("data")));
      case "randint" -> randint(c, key, axes);
      case "bernoulli" -> bernoulli(c, key, axes);
      case "categorical" -> categorical(c, key, axes);
      case "permutation" -> permutation(c, key);
      case "choice" -> choice(c, key);
      case "gamma" -> Random.gamma(key, c.array("a"), axes);
      case "loggamma" -> Random.loggamma(key, c.array("a"), axes);
      case "beta" -> Random.beta(key, c.array("a"), c.array("b"), axes);
      case "dirichlet" ->
          Random.dirichlet(key, c.array("alpha").rename("d0", "d1"), axes[1], axes[0]);
      case "poisson" -> Random.poisson(key, c.array("lam"), axes);
      default -> real(c, kind, key, axes);
    };
  }

  private static NamedArray key(NamedArray words) {
    return Random.wrapKeyData(words.rename("key", "word"));
  }

  private static NamedArray seeded(String seed) {
    String array = "a rank-0 int32 array, ";
    return seed.startsWith(array)
        ? Random.key(integer(seed.substring(array.length())))
        : Random.key(Long.parseLong(seed));
  }

  private static NamedArray integer(String word) {
    return dev.axial.Axial.scalar(Integer.parseInt(word));
  }

  private static NamedArray folded(NamedArray key, String data) {
    String array = "a rank-0 int32 array, ";
    return data.startsWith(array)
        ? Random.foldIn(key, integer(data.substring(array.length())))
        : Random.foldIn(key, Integer.parseUnsignedInt(data));
  }

  /** The last axis is that of the key's words. */
  private static NamedArray splits(NamedArray key, Axis[] axes) {
    if (axes.length == 1) {
      return Random.split(key, 1).getFirst();
    }
    return Random.split(
        key, axes[0], List.of(axes).subList(1, axes.length - 1).toArray(Axis[]::new));
  }

  private static NamedArray real(Case c, String kind, NamedArray key, Axis[] axes) {
    DType t = c.result().type().orElse(DType.INT64); // for uint64, which is bits
    if (c.part(1).equals("default.x32")) {
      return Random.uniform(key, axes);
    }
    if (c.part(1).equals("default")) {
      return Random.bits(key, axes);
    }
    return switch (kind) {
      case "bits" ->
          c.part(1).equals("uint64") ? Random.bits(key, DType.INT64, axes) : Random.bits(key, axes);
      case "uniform" ->
          c.in().containsKey("minval")
              ? Random.uniform(key, beside(c, "minval", axes), beside(c, "maxval", axes), axes)
              : Random.uniform(key, t, axes);
      case "normal" ->
          c.in().containsKey("index")
              ? Random.normal(key, t, new Axis("n", Integer.parseInt(c.note("shape"))))
                  .get(at("n", c.array("index")))
              : Random.normal(key, t, axes);
      case "truncated_normal" ->
          Random.truncatedNormal(key, beside(c, "lower", axes), beside(c, "upper", axes), axes);
      case "exponential" -> Random.exponential(key, t, axes);
      case "gumbel" -> Random.gumbel(key, t, axes);
      case "laplace" -> Random.laplace(key, t, axes);
      case "logistic" -> Random.logistic(key, t, axes);
      case "cauchy" -> Random.cauchy(key, t, axes);
      default -> throw new IllegalArgumentException(c.name());
    };
  }

  /** An input with the names that NumPy's broadcasting, from the right, gives its axes. */
  private static NamedArray beside(Case c, String input, Axis[] axes) {
    NamedArray x = c.array(input);
    int missing = axes.length - x.rank();
    var names = new HashMap<String, String>();
    var single = new ArrayList<String>();
    for (int k = 0; k < x.rank(); k++) {
      names.put("d" + k, "d" + (k + missing));
      if (x.axes().get(k).size() == 1) {
        single.add("d" + (k + missing));
      }
    }
    NamedArray out = x.rename(names);
    for (String one : single) {
      out = out.get(at(one, 0));
    }
    return out;
  }

  private static NamedArray randint(Case c, NamedArray key, Axis[] axes) {
    DType t = c.result().type().orElseThrow();
    if (c.in().containsKey("minval")) {
      return Random.randint(key, beside(c, "minval", axes), beside(c, "maxval", axes), axes);
    }
    long lo = Long.parseLong(c.note("minval"));
    long hi = Long.parseLong(c.note("maxval"));
    return c.part(1).startsWith("default")
        ? Random.randint(key, lo, hi, axes)
        : Random.randint(key, lo, hi, t, axes);
  }

  private static NamedArray bernoulli(Case c, NamedArray key, Axis[] axes) {
    return c.part(1).equals("python-float")
        ? Random.bernoulli(key, Double.parseDouble(c.note("p")), axes)
        : Random.bernoulli(key, beside(c, "p", axes), axes);
  }

  private static NamedArray categorical(Case c, NamedArray key, Axis[] axes) {
    NamedArray logits = c.array("logits");
    int axis = Math.floorMod(Integer.parseInt(c.note("axis")), logits.rank());
    var names = new HashMap<String, String>();
    for (int k = 0; k < logits.rank(); k++) {
      names.put("d" + k, "logit" + k);
    }
    logits = logits.rename(names);
    AxisSelector along = new AxisName("logit" + axis);
    if (c.notes().containsKey("replace")) {
      return Random.categoricalWithoutReplacement(key, logits, along, axes[0]);
    }
    boolean prefixed = c.notes().containsKey("shape");
    return Random.categorical(key, logits, along, prefixed ? new Axis[] {axes[0]} : new Axis[] {});
  }

  private static NamedArray permutation(Case c, NamedArray key) {
    if (c.part(1).equals("n")) {
      NamedArray all = Random.permutation(key, new Axis("d0", Integer.parseInt(c.note("n"))));
      int n = c.result().sizes().getFirst();
      return all.get(dev.axial.Axial.range("d0", 0, n));
    }
    NamedArray x = c.array("x");
    AxisSelector axis = new AxisName("d" + c.notes().getOrDefault("axis", "0"));
    return c.notes().containsKey("independent")
        ? Random.shuffle(key, x, axis)
        : Random.permutation(key, x, axis);
  }

  private static NamedArray choice(Case c, NamedArray key) {
    NamedArray x =
        c.in().containsKey("a")
            ? c.array("a")
            : dev.axial.Axial.arange(new Axis("d0", Integer.parseInt(c.note("a"))));
    int at = Integer.parseInt(c.notes().getOrDefault("axis", "0"));
    String shape = c.note("shape");
    var to = new ArrayList<Axis>();
    for (String n : shape.equals("scalar") ? new String[] {} : shape.split("x", -1)) {
      to.add(new Axis("to" + to.size(), Integer.parseInt(n)));
    }
    Axis[] drawn = to.toArray(Axis[]::new);
    AxisSelector axis = new AxisName("d" + at);
    boolean replace = c.note("replace").equals("true");
    if (c.in().containsKey("p")) {
      return replace
          ? Random.choice(key, x, axis, c.array("p"), drawn)
          : Random.choiceWithoutReplacement(key, x, axis, c.array("p"), drawn);
    }
    return replace
        ? Random.choice(key, x, axis, drawn)
        : Random.choiceWithoutReplacement(key, x, axis, drawn);
  }
}
