package dev.axial.cpu.random;

import dev.axial.ir.Program;
import java.nio.file.Files;
import java.nio.file.Path;

/** Runs the program in a file on random whole inputs, and shrinks what differs. */
final class Try {
  private Try() {}

  public static void main(String[] args) throws Exception {
    String text = Files.readString(Path.of(args[0]));
    text = text.substring(text.indexOf("program("));
    int end = text.indexOf("\n}") + 2;
    Program p = Program.parse(text.substring(0, end));
    for (int seed = 0; seed < 20; seed++) {
      Trial t = Trial.whole(p, seed, -1);
      if (args.length > 1 && args[1].equals("crash")) {
        Shrinker.before =
            c -> {
              try {
                Files.writeString(Path.of(args[2]), c.program().toString());
              } catch (java.io.IOException x) {
                throw new java.io.UncheckedIOException(x);
              }
            };
        Shrinker.shrink(t, new Trial.Difference("crash", true), 60000);
        System.out.println("no smaller one crashes:\n" + t);
        return;
      }
      var d = t.run();
      if (d != null) {
        Trial small = args.length > 1 ? Shrinker.shrink(t, d, 20000) : t;
        System.out.println("inputs " + seed + ": " + small.run() + "\n" + small);
        if (args.length > 2) {
          System.out.println(Trial.NATIVE.compile(small.program()).explain());
        }
        return;
      }
    }
    System.out.println("equal");
  }
}
