package dev.axial.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON of maps, lists, strings, numbers and booleans; numbers are read as doubles. */
final class Json {
  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /** Writes a value, each entry of the two outer levels on a line of its own. */
  static String write(@Nullable Object value) {
    var out = new StringBuilder();
    write(out, value, "\n");
    return out.append('\n').toString();
  }

  /** Writes a value in one line. */
  static String line(@Nullable Object value) {
    var out = new StringBuilder();
    write(out, value, "");
    return out.toString();
  }

  private static final int LINES = 3;

  private static void write(StringBuilder out, @Nullable Object value, String newLine) {
    String deeper = newLine.isEmpty() || newLine.length() > 2 * LINES ? "" : newLine + "  ";
    String close = deeper.isEmpty() ? "" : newLine;
    switch (value) {
      case null -> out.append("null");
      case Map<?, ?> map -> {
        String separator = "{" + deeper;
        for (var e : map.entrySet()) {
          quote(out.append(separator), String.valueOf(e.getKey()));
          write(out.append(": "), e.getValue(), deeper);
          separator = "," + (deeper.isEmpty() ? " " : deeper);
        }
        out.append(map.isEmpty() ? "{}" : close + "}");
      }
      case List<?> list -> {
        String separator = "[" + deeper;
        for (Object o : list) {
          write(out.append(separator), o, deeper);
          separator = "," + (deeper.isEmpty() ? " " : deeper);
        }
        out.append(list.isEmpty() ? "[]" : close + "]");
      }
      case Number n -> out.append(n);
      case Boolean b -> out.append(b);
      default -> quote(out, value.toString());
    }
  }

  private static void quote(StringBuilder out, String s) {
    out.append('"');
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ') {
        out.append("\\u%04x".formatted((int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }

  /**
   * Reads a value.
   *
   * @throws IllegalArgumentException if the text is no JSON
   */
  static @Nullable Object read(String text) {
    var json = new Json(text);
    Object value = json.value();
    if (json.peek() != 0) {
      throw json.wrong();
    }
    return value;
  }

  /** Reads an object. */
  static Map<String, @Nullable Object> readMap(String text) {
    return map(read(text));
  }

  @SuppressWarnings("unchecked")
  static Map<String, @Nullable Object> map(@Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      return (Map<String, @Nullable Object>) map;
    }
    throw new IllegalArgumentException("no JSON object: " + value);
  }

  static List<?> list(@Nullable Object value) {
    if (value instanceof List<?> list) {
      return list;
    }
    throw new IllegalArgumentException("no JSON array: " + value);
  }

  static double number(@Nullable Object value) {
    if (value instanceof Number n) {
      return n.doubleValue();
    }
    throw new IllegalArgumentException("no number: " + value);
  }

  private IllegalArgumentException wrong() {
    return new IllegalArgumentException("no JSON at character " + at);
  }

  /** The next character that is no space, or 0 at the end. */
  private char peek() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    return at < text.length() ? text.charAt(at) : 0;
  }

  private boolean take(char c) {
    if (peek() != c) {
      return false;
    }
    at++;
    return true;
  }

  private void expect(char c) {
    if (!take(c)) {
      throw wrong();
    }
  }

  private @Nullable Object value() {
    return switch (peek()) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> string();
      default -> word();
    };
  }

  private Map<String, @Nullable Object> object() {
    var map = new LinkedHashMap<String, @Nullable Object>();
    expect('{');
    if (take('}')) {
      return map;
    }
    do {
      if (peek() != '"') {
        throw wrong();
      }
      String key = string();
      expect(':');
      map.put(key, value());
    } while (take(','));
    expect('}');
    return map;
  }

  private List<@Nullable Object> array() {
    var list = new ArrayList<@Nullable Object>();
    expect('[');
    if (take(']')) {
      return list;
    }
    do {
      list.add(value());
    } while (take(','));
    expect(']');
    return list;
  }

  private String string() {
    var out = new StringBuilder();
    for (at++; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '"') {
        at++;
        return out.toString();
      }
      out.append(c == '\\' ? escaped() : c);
    }
    throw wrong();
  }

  private char escaped() {
    if (++at >= text.length()) {
      throw wrong();
    }
    char c = text.charAt(at);
    return switch (c) {
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'u' -> {
        if (at + 4 >= text.length()) {
          throw wrong();
        }
        at += 4;
        yield (char) Integer.parseInt(text.substring(at - 3, at + 1), 16);
      }
      default -> c;
    };
  }

  private @Nullable Object word() {
    int from = at;
    while (at < text.length() && ",]} \n\r\t".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    String word = text.substring(from, at);
    return switch (word) {
      case "null" -> null;
      case "true" -> true;
      case "false" -> false;
      default -> {
        try {
          yield Double.valueOf(word);
        } catch (NumberFormatException _) {
          throw wrong();
        }
      }
    };
  }
}
