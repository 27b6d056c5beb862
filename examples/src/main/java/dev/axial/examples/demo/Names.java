package dev.axial.examples.demo;

import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;

import dev.axial.Axis;
import dev.axial.NamedArray;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * First names, from the resource files of the Datafaker library, as rows of symbols: a start, the
 * letters in lower case, and ends up to the length of the row.
 *
 * @param train what the model learns from
 * @param validation what it is tested on, a tenth of all
 */
record Names(List<String> train, List<String> validation) {
  private static final String RESOURCE = "/en/name.yml";

  /** The start, the end, and the letters. */
  static final String SYMBOLS = "^$abcdefghijklmnopqrstuvwxyz";

  static final int START = 0;
  static final int END = 1;
  static final Axis VOCAB = axis("Vocab", SYMBOLS.length());

  /** The lists of male and female first names, each name once, always divided in the same way. */
  static Names load() {
    var all = new TreeSet<String>();
    try (InputStream in = net.datafaker.Faker.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new DemoException(
            "the Datafaker library on the class path has no file %s; use the version that the build names."
                .formatted(RESOURCE));
      }
      Object root = new Yaml(new SafeConstructor(new LoaderOptions())).load(in);
      for (String list : List.of("male_first_name", "female_first_name")) {
        if (!(at(root, "en", "faker", "name", list) instanceof List<?> names)) {
          throw new DemoException(
              "%s of the Datafaker library has no list en.faker.name.%s; use the version that the build names."
                  .formatted(RESOURCE, list));
        }
        for (Object name : names) {
          String lower = name.toString().toLowerCase(Locale.ROOT);
          if (lower.chars().allMatch(c -> c >= 'a' && c <= 'z')) {
            all.add(lower);
          }
        }
      }
    } catch (IOException x) {
      throw new DemoException("reading %s failed: %s".formatted(RESOURCE, x.getMessage()), x);
    }
    var shuffled = new ArrayList<String>(all);
    Collections.shuffle(shuffled, new Random(2025));
    int tenth = shuffled.size() / 10;
    return new Names(
        List.copyOf(shuffled.subList(tenth, shuffled.size())),
        List.copyOf(shuffled.subList(0, tenth)));
  }

  private static Object at(Object tree, String... keys) {
    Object here = tree;
    for (String key : keys) {
      here = here instanceof Map<?, ?> map && map.get(key) != null ? map.get(key) : "";
    }
    return here;
  }

  /** The symbols of a row: the longest name, its start and its end. */
  Axis row() {
    int longest = 0;
    for (List<String> names : List.of(train, validation)) {
      for (String name : names) {
        longest = Math.max(longest, name.length());
      }
    }
    return axis("Position", longest + 2);
  }

  /** The rows of some names, int32, with the axes {@code Name} and {@code Position}. */
  NamedArray table(List<String> names) {
    Axis row = row();
    var symbols = new int[names.size() * row.size()];
    java.util.Arrays.fill(symbols, END);
    for (int n = 0; n < names.size(); n++) {
      int at = n * row.size();
      symbols[at] = START;
      for (char c : names.get(n).toCharArray()) {
        symbols[++at] = SYMBOLS.indexOf(c);
      }
    }
    return array(symbols, axis("Name", names.size()), row);
  }

  /** The name in a row that starts at an offset; empty if it has no end or a second start. */
  static String name(int[] symbols, int from, int length) {
    var name = new StringBuilder();
    for (int k = from + 1; k < from + length; k++) {
      if (symbols[k] == END) {
        return name.toString();
      }
      if (symbols[k] == START) {
        break;
      }
      name.append(SYMBOLS.charAt(symbols[k]));
    }
    return "";
  }

  /**
   * The entropy, in nats, of a symbol of the validation names when nothing is known of those before
   * it: no model of single letters can have a smaller loss.
   */
  double unigramEntropy() {
    var counts = new long[SYMBOLS.length()];
    for (String name : validation) {
      counts[END]++;
      name.chars().forEach(c -> counts[SYMBOLS.indexOf(c)]++);
    }
    double total = java.util.Arrays.stream(counts).sum();
    double entropy = 0;
    for (long c : counts) {
      entropy -= c == 0 ? 0 : c / total * Math.log(c / total);
    }
    return entropy;
  }
}
