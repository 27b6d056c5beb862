package dev.axial.golden;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.*;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs the step programs of {@code refs_haliax.txt}, in eager code and inside jit, and compares
 * every array, reference and view that they name.
 */
class HaliaxReferencesTest {
  private static final Pattern ASSIGN = Pattern.compile("(?:(\\w+) = )?(\\w+) (.*)");
  private static final Pattern SELECTION = Pattern.compile("(\\w+)\\.(\\w+)\\((.*)\\)");

  static Stream<Golden.Case> cases() {
    return all().filter(c -> !c.out().isEmpty() && c.notes().containsKey("step1"));
  }

  private static Stream<Golden.Case> all() {
    return Golden.read("refs_haliax.txt").stream();
  }

  /** What Haliax refuses and Axial refuses too. */
  static Stream<Golden.Case> refused() {
    return all().filter(c -> c.notes().containsKey("refused") && !c.notes().containsKey("differs"));
  }

  /** The state of a case: inputs by @name, and what the steps made. */
  private record Machine(Map<String, NamedArray> in, Map<String, Tensor> made) {
    NamedArray value(String word) {
      if (word.startsWith("@")) {
        return in.get(word.substring(1));
      }
      return made.containsKey(word) ? made.get(word).value() : scalar(Double.parseDouble(word));
    }

    Selection[] selections(String text) {
      var out = new ArrayList<Selection>();
      for (String part : text.split(";", -1)) {
        if (!part.isBlank()) {
          out.add(selection(part.strip()));
        }
      }
      return out.toArray(Selection[]::new);
    }

    private Selection selection(String text) {
      Matcher m = SELECTION.matcher(text);
      assertThat(m.matches()).as(text).isTrue();
      Axis a = axis(m.group(1), 0);
      String[] words = m.group(3).isEmpty() ? new String[0] : m.group(3).split(",");
      if (words.length == 1 && words[0].startsWith("@")) {
        return a.at(in.get(words[0].substring(1)));
      }
      int[] n =
          Arrays.stream(words)
              .filter(w -> !w.startsWith("@"))
              .mapToInt(w -> Integer.parseInt(w.strip()))
              .toArray();
      return switch (m.group(2)) {
        case "at" -> n.length == 1 && !m.group(3).contains(",") ? a.at(n[0]) : many(a, n);
        case "range" -> n.length == 2 ? a.range(n[0], n[1]) : a.range(n[0], n[1], n[2]);
        case "from" -> a.from(n[0]);
        case "to" -> a.to(n[0]);
        case "all" -> a.all();
        case "ds" ->
            words[0].startsWith("@") ? a.ds(in.get(words[0].substring(1)), n[0]) : a.ds(n[0], n[1]);
        default -> throw new IllegalArgumentException(text);
      };
    }

    private static Selection many(Axis a, int[] n) {
      return n.length == 1
          ? a.at(array(n, a.resize(1)))
          : a.at(n[0], n[1], Arrays.copyOfRange(n, 2, n.length));
    }

    void step(String text) {
      Matcher m = ASSIGN.matcher(text);
      assertThat(m.matches()).as(text).isTrue();
      String rest = m.group(3);
      int open = rest.indexOf('[');
      String subject = (open < 0 ? rest : rest.substring(0, open)).strip();
      Selection[] s =
          open < 0 ? new Selection[0] : selections(rest.substring(open + 1, rest.indexOf(']')));
      String last = open < 0 ? "" : rest.substring(rest.indexOf(']') + 1).strip();
      Tensor result =
          switch (m.group(2)) {
            case "new_ref" -> newRef(value(subject));
            case "get" -> ref(subject).get(s);
            case "slice" -> ref(subject).slice(s);
            case "unsliced" -> ref(subject).unsliced();
            case "freeze" -> {
              NamedArray end = ref(subject).freeze();
              made.put(subject, end); // the reference is gone; what it held last is asked for
              yield end;
            }
            case "swap" -> ref(subject).at(s).swap(fit(last, ref(subject)));
            case "index" -> value(subject).get(s);
            case "at_set" -> value(subject).at(s).set(fit(last, value(subject)));
            case "at_add" -> value(subject).at(s).add(fit(last, value(subject)));
            case "at_multiply" -> value(subject).at(s).times(fit(last, value(subject)));
            case "at_min" -> value(subject).at(s).min(fit(last, value(subject)));
            case "at_max" -> value(subject).at(s).max(fit(last, value(subject)));
            case "set" -> {
              ref(subject).at(s).set(fit(last, ref(subject)));
              yield ref(subject);
            }
            case "add" -> {
              ref(subject).at(s).add(fit(last, ref(subject)));
              yield ref(subject);
            }
            default -> throw new IllegalArgumentException(text);
          };
      if (m.group(1) != null) {
        made.put(m.group(1), result);
      }
    }

    private NamedRef ref(String name) {
      return (NamedRef) made.get(name);
    }

    /** A number adapts to the dtype, as a Java number does. */
    private NamedArray fit(String word, Tensor to) {
      return word.startsWith("@") ? value(word) : scalar(Double.parseDouble(word), to.dtype());
    }
  }

  private static Map<String, Tensor> run(Golden.Case c, Map<String, NamedArray> in) {
    var m = new Machine(in, new LinkedHashMap<>());
    for (int k = 1; c.notes().containsKey("step" + k); k++) {
      m.step(c.notes().get("step" + k));
    }
    var out = new LinkedHashMap<String, Tensor>();
    c.out().keySet().forEach(name -> out.put(name, m.made().get(name).value()));
    return out;
  }

  private static Map<String, NamedArray> inputs(Golden.Case c) {
    var in = new LinkedHashMap<String, NamedArray>();
    c.in().forEach((k, v) -> in.put(k, v.array()));
    return in;
  }

  private static void compare(Golden.Case c, Map<String, Tensor> got) {
    String order = c.notes().getOrDefault("order", "");
    c.out()
        .forEach((name, want) -> {
          NamedArray x = got.get(name).value();
          if (order.contains(name + ":")) {
            assertThat(x.axes())
                .as("%s: axes", name)
                .containsExactlyInAnyOrderElementsOf(want.axes());
            x = rearrange(x, want.axes().toArray(Axis[]::new));
          }
          assertThat(x.axes()).as("%s: axes", name).isEqualTo(want.axes());
          assertThat(x.dtype()).as("%s: dtype", name).isEqualTo(want.type().orElseThrow());
          assertThat(x.toDoubleArray()).as(name).isEqualTo(want.array().toDoubleArray());
        });
  }

  @ParameterizedTest
  @MethodSource("cases")
  void eager_code_gives_the_same(Golden.Case c) {
    compare(c, run(c, inputs(c)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void compiled_code_gives_the_same(Golden.Case c) {
    compare(c, jit((Map<String, NamedArray> in) -> run(c, in)).apply(inputs(c)));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refused_selections_and_writes_are_errors(Golden.Case c) {
    assertThatThrownBy(() -> run(c, inputs(c))).isInstanceOf(AxialException.class);
  }

  /** The cases that are described in words. */
  private static final Map<String, Function<Map<String, NamedArray>, Map<String, Tensor>>>
      IN_WORDS =
          Map.of(
              "jit/write-and-read",
                  in -> {
                    NamedRef ref = newRef(in.get("x"));
                    NamedArray y =
                        jit(
                                (NamedRef r) -> {
                                  r.at(at("x", 1)).set(4.25);
                                  return r.get(at("x", 1));
                                })
                            .apply(ref);
                    return Map.of("ref", ref, "result", y);
                  },
              "scan/write-each-step",
                  in -> {
                    Axis x = axis("x", 5);
                    NamedRef ref = newRef(zeros(x));
                    NamedArray y =
                        jit((NamedRef r) ->
                                map(
                                    x,
                                    arange(x),
                                    i -> {
                                      r.slice(x.at(i)).set(i.times(i));
                                      return i.times(2);
                                    }))
                            .apply(ref);
                    return Map.of("ref", ref, "ys", y);
                  },
              "grad/scan-writes",
                  in -> {
                    Axis x = axis("x", 4);
                    Function<NamedArray, NamedArray> f =
                        v -> {
                          NamedRef ref = newRef(zeros(x));
                          forLoop(0, 4, i -> ref.at(x.at(i)).set(sin(v.times(i))));
                          return sum(ref.value());
                        };
                    NamedArray one = scalar(1.0);
                    return Map.of("value", f.apply(one), "grad", grad(f).apply(one));
                  },
              "grad/internal-ref",
                  in ->
                      Map.of(
                          "grad",
                          grad(
                                  (NamedArray v) -> {
                                    NamedRef ref = newRef(v);
                                    ref.at(at("Batch", 0)).set(ref.get(at("Batch", 1)).times(2));
                                    return sum(ref.value());
                                  })
                              .apply(in.get("x"))),
              "jit/ds-slice-traced-start",
                  in -> {
                    NamedRef ref = newRef(in.get("x"));
                    NamedArray row =
                        jit(
                                (NamedRef r, NamedArray i) -> {
                                  NamedRef v = r.slice(ds("layer", i, 2));
                                  v.at(at("layer", 0), at("head", 0)).set(-1);
                                  return v.get(at("layer", 1));
                                })
                            .apply(ref, scalar(3));
                    return Map.of("ref", ref, "result", row);
                  },
              "fold/write-each-step",
                  in -> {
                    NamedRef ref = newRef(in.get("x"));
                    Axis layer = ref.axes().getFirst();
                    Axis head = ref.axes().get(1);
                    NamedArray c =
                        fold(
                            layer,
                            scalar(0.0),
                            arange(layer),
                            (carry, i) -> {
                              ref.at(layer.at(i)).set(carry.times(ones(head)));
                              return carry.plus(1);
                            });
                    return Map.of("ref", ref, "carry", c);
                  });

  static Stream<Golden.Case> inWords() {
    return all().filter(c -> !c.out().isEmpty() && !c.notes().containsKey("step1"));
  }

  @ParameterizedTest
  @MethodSource("inWords")
  void programs_in_words_give_the_same(Golden.Case c) {
    Map<String, Tensor> got = IN_WORDS.get(c.name()).apply(inputs(c));
    c.out()
        .forEach((name, want) -> {
          assertThat(got).as(c.name()).containsKey(name);
          double[] x = got.get(name).value().toDoubleArray();
          double[] y = want.array().toDoubleArray();
          assertThat(got.get(name).axes()).as(name).isEqualTo(want.axes());
          assertThat(x).as(name).hasSameSizeAs(y);
          for (int k = 0; k < x.length; k++) {
            assertThat(x[k])
                .as(name)
                .isCloseTo(y[k], org.assertj.core.data.Offset.offset(1e-6 * (1 + Math.abs(y[k]))));
          }
        });
  }

  @Test
  void the_file_is_read_whole() {
    assertThat(cases().count()).isEqualTo(487);
    assertThat(inWords().map(Golden.Case::name))
        .containsExactlyInAnyOrderElementsOf(IN_WORDS.keySet());
    assertThat(all().count()).isEqualTo(505);
  }
}
