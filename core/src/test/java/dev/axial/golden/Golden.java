package dev.axial.golden;

import dev.axial.Axial;
import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads the golden files and compares with them. The format: {@code oracles/README.md}. */
final class Golden {
  private Golden() {}

  /** A record of a golden file. */
  record Case(
      String name, Map<String, String> notes, Map<String, Value> in, Map<String, Value> out) {
    String note(String key) {
      String v = notes.get(key);
      if (v == null) {
        throw new IllegalArgumentException(name + " has no note " + key);
      }
      return v;
    }

    NamedArray array(String key) {
      Value v = in.get(key);
      if (v == null) {
        throw new IllegalArgumentException(name + " has no input " + key);
      }
      return v.array();
    }

    /** The only output. */
    Value result() {
      if (out.size() != 1) {
        throw new IllegalArgumentException(name + " has the outputs " + out.keySet());
      }
      return out.values().iterator().next();
    }

    /** A part of the name, split at slashes. */
    String part(int k) {
      return name.split("/", -1)[k];
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** An array of a golden file, as text. */
  record Value(String dtype, List<Axis> axes, List<String> words) {
    /** The dtype here, or nothing where Axial has none. */
    Optional<DType> type() {
      return Arrays.stream(DType.values()).filter(t -> t.toString().equals(dtype)).findFirst();
    }

    NamedArray array() {
      DType t =
          type().orElseThrow(() -> new IllegalArgumentException("Axial has no dtype " + dtype));
      Axis[] a = axes.toArray(Axis[]::new);
      return switch (t) {
        case BFLOAT16, FLOAT16, FLOAT32 -> {
          var v = new float[words.size()];
          for (int k = 0; k < v.length; k++) {
            v[k] = Float.parseFloat(words.get(k));
          }
          yield Axial.array(v, t, a);
        }
        case FLOAT64 -> Axial.array(words.stream().mapToDouble(Double::parseDouble).toArray(), a);
        case INT32 -> Axial.array(words.stream().mapToInt(Integer::parseInt).toArray(), a);
        case INT64 -> Axial.array(words.stream().mapToLong(Long::parseLong).toArray(), a);
        case UINT32 ->
            Axial.array(words.stream().mapToLong(Long::parseLong).toArray(), a).astype(t);
        case BOOL -> {
          var v = new boolean[words.size()];
          for (int k = 0; k < v.length; k++) {
            v[k] = words.get(k).equals("true");
          }
          yield Axial.array(v, a);
        }
        case KEY -> throw new IllegalArgumentException("keys are words in a golden file");
      };
    }

    List<Integer> sizes() {
      return axes.stream().map(Axis::size).toList();
    }
  }

  /** All cases of a file, in order. */
  static List<Case> read(String file) {
    var out = new ArrayList<Case>();
    try (InputStream in = Golden.class.getResourceAsStream("/golden/" + file)) {
      if (in == null) {
        throw new IllegalArgumentException("there is no golden file " + file);
      }
      var lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      Case now = null;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.isEmpty() || line.startsWith("#")) {
          continue;
        }
        String[] f = line.strip().split(" ", -1);
        if (f[0].equals("case")) {
          now = new Case(f[1], new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>());
          continue;
        }
        if (now == null) {
          throw new IllegalArgumentException(file + ": a line outside of a case: " + line);
        }
        switch (f[0]) {
          case "note" -> now.notes.put(f[1], line.substring(5 + f[1].length()).strip());
          case "in" -> now.in.put(f[1], value(f));
          case "out" -> now.out.put(f[1], value(f));
          case "end" -> out.add(now);
          default -> throw new IllegalArgumentException(file + ": " + line);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out;
  }

  private static Value value(String[] f) {
    var axes = new ArrayList<Axis>();
    if (!f[3].equals("-")) {
      for (String a : f[3].split(",", -1)) {
        int colon = a.lastIndexOf(':');
        axes.add(new Axis(a.substring(0, colon), Integer.parseInt(a.substring(colon + 1))));
      }
    }
    return new Value(f[2], axes, List.of(f).subList(4, f.length));
  }

  // ---------------------------------------------------------------- comparison

  /**
   * What is wrong with an answer, if anything. Axes are compared by position and size, because most
   * golden values have no names.
   */
  static Optional<String> difference(Value want, NamedArray got, String tolerance) {
    DType t = want.type().orElseThrow();
    List<Integer> sizes = got.axes().stream().map(Axis::size).toList();
    if (got.dtype() != t || !sizes.equals(want.sizes())) {
      return Optional.of("expected %s%s, got %s%s".formatted(t, want.sizes(), got.dtype(), sizes));
    }
    for (int k = 0; k < want.words.size(); k++) {
      Optional<String> wrong = element(t, want.words.get(k), got, k, tolerance);
      if (wrong.isPresent()) {
        return Optional.of("element %d: %s".formatted(k, wrong.get()));
      }
    }
    return Optional.empty();
  }

  private static Optional<String> element(
      DType t, String word, NamedArray got, int k, String tolerance) {
    if (!t.isFloating()) {
      String have =
          t == DType.BOOL
              ? Boolean.toString(got.toBooleanArray()[k])
              : Long.toString(got.toLongArray()[k]);
      return have.equals(word)
          ? Optional.empty()
          : Optional.of("expected %s, got %s".formatted(word, have));
    }
    double want = Double.parseDouble(word);
    double have = got.toDoubleArray()[k];
    if (close(want, have, t, tolerance)) {
      return Optional.empty();
    }
    return Optional.of(
        "expected %s, got %s, %d ulp away; allowed: %s"
            .formatted(want, have, ulps(want, have, t), tolerance));
  }

  private static boolean close(double want, double have, DType t, String tolerance) {
    if (Double.isNaN(want) || Double.isNaN(have)) {
      return Double.isNaN(want) && Double.isNaN(have);
    }
    if (tolerance.equals("exact")) {
      return Double.doubleToLongBits(want) == Double.doubleToLongBits(have);
    }
    int n = Integer.parseInt(tolerance.replaceAll("\\D", ""));
    if (tolerance.endsWith("ulp")) {
      return ulps(want, have, t) <= n;
    }
    if (!tolerance.endsWith("eps")) {
      throw new IllegalArgumentException("tolerance " + tolerance);
    }
    return want == have || Math.abs(want - have) <= n * eps(t) * Math.max(1, Math.abs(want));
  }

  /** How many representable numbers apart; zeros of both signs are the same number. */
  private static long ulps(double a, double b, DType t) {
    long x = ordered(t, a);
    long y = ordered(t, b);
    long d = x - y;
    return ((x ^ y) & (x ^ d)) < 0 ? Long.MAX_VALUE : Math.abs(d);
  }

  private static double eps(DType t) {
    return switch (t) {
      case BFLOAT16 -> 0x1p-7;
      case FLOAT16 -> 0x1p-10;
      case FLOAT32 -> Math.ulp(1f);
      case FLOAT64 -> Math.ulp(1.0);
      case INT32, INT64, UINT32, BOOL, KEY -> throw new IllegalArgumentException("of " + t);
    };
  }

  /** A number's place among those of its dtype. */
  private static long ordered(DType t, double x) {
    return switch (t) {
      case BFLOAT16 -> ordered(Float.floatToIntBits((float) x)) >> 16;
      case FLOAT16 -> ordered(Float.floatToFloat16((float) x) << 16) >> 16;
      case FLOAT32 -> ordered(Float.floatToIntBits((float) x));
      case FLOAT64, INT32, INT64, UINT32, BOOL, KEY -> ordered(Double.doubleToLongBits(x));
    };
  }

  private static long ordered(int bits) {
    return bits >= 0 ? bits : (long) Integer.MIN_VALUE - bits;
  }

  private static long ordered(long bits) {
    return bits >= 0 ? bits : Long.MIN_VALUE - bits;
  }
}
