package dev.axial.bench;

import dev.axial.bench.rows.Samples;
import dev.axial.bench.rows.Target;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What a row gave.
 *
 * @param name of the row
 * @param what is measured
 * @param target what is aimed at, as text
 * @param verdict whether it is met, or a dash
 * @param results the samples of {@link #OURS} and of the peers
 * @param problems why one of them has no samples
 */
record Outcome(
    String name,
    String what,
    String target,
    String verdict,
    Map<String, Samples> results,
    Map<String, String> problems) {
  static final String OURS = "axial";
  static final String JAX = "jax";
  static final String NUMPY = "numpy";
  static final String NONE = "—";

  @Nullable Samples of(String who) {
    return results.get(who);
  }

  /** How many times as fast as a peer we are. */
  OptionalDouble speed(String peer) {
    return speed(results, peer);
  }

  private static OptionalDouble speed(Map<String, Samples> results, String peer) {
    Samples ours = results.get(OURS);
    Samples other = results.get(peer);
    return ours == null || other == null
        ? OptionalDouble.empty()
        : OptionalDouble.of(other.min() / ours.min());
  }

  // ---------------------------------------------------------------- targets

  static String text(Target target) {
    return switch (target) {
      case Target.AtMost t -> "≤ " + Table.time(t.seconds());
      case Target.Faster t -> "≥ %s x JAX".formatted(Table.digits(t.factor()));
      case Target.FasterThanAll t -> "≥ %s x the best".formatted(Table.digits(t.factor()));
      case Target.Within t -> "≤ %s x forward".formatted(Table.digits(t.factor()));
      case Target.None _ -> NONE;
    };
  }

  /**
   * Whether a target is met.
   *
   * @param others our samples of the rows before, by name
   * @return yes or no, or a dash where something is missing
   */
  static String verdict(Target target, Map<String, Samples> results, Map<String, Samples> others) {
    Samples ours = results.get(OURS);
    if (ours == null) {
      return NONE;
    }
    return switch (target) {
      case Target.AtMost t -> word(ours.min() <= t.seconds());
      case Target.Faster t -> atLeast(speed(results, JAX), t.factor());
      case Target.FasterThanAll t -> {
        OptionalDouble jax = speed(results, JAX);
        OptionalDouble numpy = speed(results, NUMPY);
        yield jax.isEmpty() || numpy.isEmpty()
            ? NONE
            : word(Math.min(jax.getAsDouble(), numpy.getAsDouble()) >= t.factor());
      }
      case Target.Within t -> {
        Samples other = others.get(t.row());
        yield other == null ? NONE : word(ours.min() <= t.factor() * other.min());
      }
      case Target.None _ -> NONE;
    };
  }

  private static String atLeast(OptionalDouble speed, double factor) {
    return speed.isEmpty() ? NONE : word(speed.getAsDouble() >= factor);
  }

  private static String word(boolean met) {
    return met ? "yes" : "no";
  }

  // ---------------------------------------------------------------- JSON

  Map<String, Object> json() {
    var map = new LinkedHashMap<String, Object>();
    map.put("name", name);
    map.put("what", what);
    map.put("target", target);
    map.put("met", verdict);
    var samples = new LinkedHashMap<String, Object>();
    results.forEach((who, s) -> samples.put(who, json(s)));
    map.put("seconds", samples);
    map.put("problems", problems);
    return map;
  }

  static Outcome of(Map<String, @Nullable Object> json) {
    var results = new LinkedHashMap<String, Samples>();
    Json.map(json.get("seconds")).forEach((who, s) -> results.put(who, samples(Json.map(s))));
    var problems = new LinkedHashMap<String, String>();
    Json.map(json.get("problems")).forEach((who, why) -> problems.put(who, String.valueOf(why)));
    return new Outcome(
        String.valueOf(json.get("name")),
        String.valueOf(json.get("what")),
        String.valueOf(json.get("target")),
        String.valueOf(json.get("met")),
        results,
        problems);
  }

  static Map<String, Object> json(Samples s) {
    var map = new LinkedHashMap<String, Object>();
    map.put("min", s.min());
    map.put("median", s.median());
    map.put("n", s.n());
    return map;
  }

  static Samples samples(Map<String, @Nullable Object> json) {
    return new Samples(
        Json.number(json.get("min")),
        Json.number(json.get("median")),
        (int) Json.number(json.get("n")));
  }
}
