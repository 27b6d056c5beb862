package dev.axial.cpu.random;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongFunction;

/**
 * Runs many seeds, and prints what differs. Arguments: first seed, count, folder, and {@code
 * programs} ({@link RandomPrograms}, unless told), {@code functions} ({@link TracedPrograms}) or
 * {@code dense} ({@link DensePrograms}).
 */
final class Hunt {
  private final Path folder;
  private final LongFunction<Trial> trials;
  private final Map<String, Integer> kinds = new HashMap<>();
  private int bad;
  private int refused;

  private Hunt(Path folder, LongFunction<Trial> trials) {
    this.folder = folder;
    this.trials = trials;
  }

  public static void main(String[] args) throws IOException {
    long first = Long.parseLong(args[0]);
    long count = Long.parseLong(args[1]);
    LongFunction<Trial> trials =
        switch (args.length > 3 ? args[3] : "programs") {
          case "functions" -> seed -> TracedPrograms.of(seed, false).trial();
          case "dense" -> DensePrograms::of;
          case "programs" -> seed -> Trial.of(RandomPrograms.of(seed));
          default -> throw new IllegalArgumentException("no programs called " + args[3]);
        };
    var hunt = new Hunt(Path.of(args[2]), trials);
    Files.createDirectories(hunt.folder);
    for (long seed = first; seed < first + count; seed++) {
      hunt.run(seed);
    }
    System.out.printf(
        "done: %d seeds from %d, not made %d, bad %d%n", count, first, hunt.refused, hunt.bad);
  }

  private void run(long seed) throws IOException {
    Files.writeString(folder.resolve("current"), Long.toString(seed));
    Trial t;
    try {
      t = trials.apply(seed);
    } catch (RuntimeException | StackOverflowError x) {
      refused++;
      if (known(x.toString()) <= 3) {
        System.out.println("seed " + seed + " generator: " + x);
        x.printStackTrace(System.out);
      }
      return;
    }
    Trial.Difference d = t.run();
    if (d == null) {
      return;
    }
    bad++;
    System.out.println("seed " + seed + " (" + t.program().count() + "): " + d.what());
    if (known(d.what()) <= 3) {
      Trial small = Shrinker.shrink(t, d, 15_000);
      Files.writeString(
          folder.resolve(seed + ".txt"), "seed " + seed + "\n" + small.run() + "\n" + small + "\n");
      System.out.println(small.run() + "\n" + small);
    }
  }

  /** How often something like this was said. */
  private int known(String what) {
    String kind = what.replaceAll("[0-9]+", "#");
    return kinds.merge(kind.substring(0, Math.min(kind.length(), 60)), 1, Integer::sum);
  }
}
