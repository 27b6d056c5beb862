package dev.axial.laws;

import dev.axial.AxialException;
import dev.axial.Fn3;
import dev.axial.NamedArray;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.function.Function;

/** A function of the library at operands of certain types, for the laws of the catalogue. */
record OpCase(
    String name,
    List<Sample> samples,
    Function<List<NamedArray>, List<NamedArray>> function,
    Set<Without> without) {

  /** Laws that do not hold for a case; the reason stands where the case is made. */
  enum Without {
    /** Differences do not see the derivative: the function is rounded or has a rule of its own. */
    DIFFERENCES,
    /** There is no second derivative. */
    SECOND,
    /** There is no derivative. */
    DERIVATIVE,
    /** Numbers go through float32 on the way. */
    DOUBLES,
    /** Mapped, float32 numbers are added in another order. */
    VMAP_BITS
  }

  static OpCase of(String name, Function<List<NamedArray>, List<NamedArray>> f, Sample... samples) {
    return new OpCase(name, List.of(samples), f, Set.of());
  }

  static OpCase one(String name, Function<NamedArray, NamedArray> f, Sample a) {
    return of(name, x -> List.of(f.apply(x.get(0))), a);
  }

  static OpCase two(
      String name, BiFunction<NamedArray, NamedArray, NamedArray> f, Sample a, Sample b) {
    return of(name, x -> List.of(f.apply(x.get(0), x.get(1))), a, b);
  }

  static OpCase three(
      String name,
      Fn3<NamedArray, NamedArray, NamedArray, NamedArray> f,
      Sample a,
      Sample b,
      Sample c) {
    return of(name, x -> List.of(f.apply(x.get(0), x.get(1), x.get(2))), a, b, c);
  }

  OpCase without(Without first, Without... more) {
    var all = EnumSet.of(first, more);
    all.addAll(without);
    return new OpCase(name, samples, function, all);
  }

  boolean has(Without w) {
    return !without.contains(w);
  }

  /** Operands; the same seed gives the same ones. */
  List<NamedArray> draw(long seed) {
    var random = new SplittableRandom(seed * 7919 + toString().hashCode());
    return samples.stream().map(s -> s.draw(random)).toList();
  }

  /** The function of the library that this is about. */
  String subject() {
    return name.split(" ", 2)[0];
  }

  /** Whether some operand and some result are floating, so that there is a derivative. */
  boolean differentiable() {
    return has(Without.DERIVATIVE)
        && samples.stream().anyMatch(s -> s.dtype().isFloating())
        && results().stream().anyMatch(y -> y.dtype().isFloating());
  }

  /** What the function gives; where it fails, which the laws will show, its operands. */
  List<NamedArray> results() {
    try {
      return function.apply(draw(0));
    } catch (AxialException x) {
      return draw(0);
    }
  }

  @Override
  public String toString() {
    var words = new ArrayList<>(List.of(name));
    samples.forEach(s -> words.add(s.toString()));
    return String.join(" ", words);
  }
}
