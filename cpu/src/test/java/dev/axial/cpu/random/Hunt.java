package dev.axial.cpu.random;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Runs many seeds, and prints what differs. Arguments: first seed, count, folder. */
final class Hunt {
  private Hunt() {}

  public static void main(String[] args) throws Exception {
    long first = Long.parseLong(args[0]);
    long count = Long.parseLong(args[1]);
    Path folder = Path.of(args[2]);
    Files.createDirectories(folder);
    Map<String, Integer> kinds = new HashMap<>();
    int bad = 0;
    for (long seed = first; seed < first + count; seed++) {
      Files.writeString(folder.resolve("current"), Long.toString(seed));
      Trial t;
      try {
        t = Trial.of(RandomPrograms.of(seed));
      } catch (RuntimeException x) {
        System.out.println("seed " + seed + " generator: " + x);
        x.printStackTrace(System.out);
        continue;
      }
      Trial.Difference d = t.run();
      if (d == null) {
        continue;
      }
      bad++;
      String kind = d.what().replaceAll("[0-9]+", "#");
      int n = kinds.merge(kind.substring(0, Math.min(kind.length(), 60)), 1, Integer::sum);
      System.out.println("seed " + seed + " (" + t.program().count() + "): " + d.what());
      if (n <= 3) {
        Trial small = Shrinker.shrink(t, d, 15_000);
        Files.writeString(
            folder.resolve(seed + ".txt"),
            "seed " + seed + "\n" + small.run() + "\n" + small + "\n");
        System.out.println(small.run() + "\n" + small);
      }
    }
    System.out.println("done: " + count + " seeds from " + first + ", bad " + bad);
  }
}
