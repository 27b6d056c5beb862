package dev.axial.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axial;
import dev.axial.Axis;
import dev.axial.Lowered;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Scan;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The table of names in docs/from-jax.md names what there is: each call in its last column is one
 * of a public method with that many parameters, each constant a field.
 */
class NamesTest {
  private static final Path PAGE = Path.of("../docs/from-jax.md");

  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final Pattern CALL = Pattern.compile("(?:(\\b\\w+|\\))\\.)?\\b(\\w+)\\(");
  private static final Pattern CONSTANT = Pattern.compile("\\b[A-Z]{2}[A-Z_]+\\b");

  /** What the letters of the table stand for; after a parenthesis it may be any of these. */
  private static final Map<String, List<Class<?>>> RECEIVERS =
      Map.of(
          "x", List.of(NamedArray.class),
          "ref", List.of(NamedRef.class),
          "X", List.of(Axis.class),
          "pull", List.of(Axial.Vjp.class),
          "lowered", List.of(Lowered.class),
          ")", List.of(NamedArray.ArrayUpdate.class, NamedRef.class, Axial.Vjp.class, Scan.class));

  private static List<String[]> rows() throws IOException {
    String page = Files.readString(PAGE);
    int start = page.indexOf("## Names");
    String table = page.substring(start, page.indexOf("\n## ", start));
    return table
        .lines()
        .filter(l -> l.startsWith("| ") && !l.contains("**") && !l.startsWith("| JAX"))
        .map(l -> l.split(" \\| |^\\| | \\|$"))
        .toList();
  }

  @Test
  void every_name_is_there() throws IOException {
    var wrong = new ArrayList<String>();
    int calls = 0;
    for (String[] row : rows()) {
      Matcher code = CODE.matcher(row[row.length - 1]);
      while (code.find()) {
        for (Matcher call = CALL.matcher(code.group(1)); call.find(); calls++) {
          String arguments = arguments(code.group(1), call.end());
          if (methods(call.group(1), call.group(2)).noneMatch(m -> takes(m, arguments))) {
            wrong.add(code.group(1) + ": " + call.group() + arguments + ")");
          }
        }
        for (Matcher name = CONSTANT.matcher(code.group(1)); name.find(); ) {
          if (Arrays.stream(Axial.class.getFields())
              .noneMatch(f -> f.getName().equals(name.group()))) {
            wrong.add(code.group(1));
          }
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(calls).isGreaterThan(200);
    assertThat(rows()).hasSizeGreaterThan(80).allMatch(row -> row.length == 4);
  }

  private static Stream<Method> methods(String receiver, String name) {
    if (receiver == null) {
      return named(List.of(Axial.class), name).filter(m -> Modifier.isStatic(m.getModifiers()));
    }
    List<Class<?>> known = RECEIVERS.get(receiver);
    return known == null ? named(List.of(type(receiver)), name) : named(known, name);
  }

  private static Stream<Method> named(List<Class<?>> types, String name) {
    return types.stream()
        .flatMap(c -> Arrays.stream(c.getMethods()))
        .filter(m -> m.getName().equals(name));
  }

  private static Class<?> type(String name) {
    return Stream.of("dev.axial.", "dev.axial.random.")
        .flatMap(p -> loaded(p + name).stream())
        .findFirst()
        .orElseThrow(() -> new AssertionError("no class " + name));
  }

  private static Optional<Class<?>> loaded(String name) {
    try {
      return Optional.of(Class.forName(name));
    } catch (ClassNotFoundException x) {
      return Optional.empty();
    }
  }

  /** The text up to the parenthesis that closes the call. */
  private static String arguments(String code, int from) {
    int depth = 0;
    for (int k = from; ; k++) {
      char c = code.charAt(k);
      if (c == '(') {
        depth++;
      } else if (c == ')' && depth-- == 0) {
        return code.substring(from, k);
      }
    }
  }

  private static boolean takes(Method m, String arguments) {
    String flat = arguments;
    while (flat.contains("(")) {
      flat = flat.replaceAll("\\([^()]*\\)", "");
    }
    int given = flat.isBlank() ? 0 : flat.split(",").length;
    int own = m.getParameterCount();
    return flat.contains("…")
        ? m.isVarArgs() && given == own
        : given == own || m.isVarArgs() && given >= own - 1;
  }
}
