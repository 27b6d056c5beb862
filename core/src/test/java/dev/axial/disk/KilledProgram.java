package dev.axial.disk;

import static dev.axial.Axial.*;

import dev.axial.*;
import java.nio.file.Path;

/**
 * What {@link KilledTest} runs and kills: it opens a file and, for ever, commits blocks in which
 * every page gets the next generation, by eager and by compiled writes. It prints a line after the
 * first block. With {@code once} it only opens the file and waits for its input to end.
 */
final class KilledProgram {
  static final Axis PAGE = axis("page", 64);
  static final Axis WORD = axis("word", 512);

  private KilledProgram() {}

  public static void main(String[] args) throws Exception {
    try (NamedRef r = NamedRef.open(Path.of(args[0]), DType.INT64, PAGE, WORD)) {
      if (args.length > 1) {
        System.out.println("open");
        int _ = System.in.read();
        return;
      }
      Proc1<NamedRef> half = jitProc(x -> x.at(PAGE.range(0, 64, 2)).add(1));
      commit(r, half);
      System.out.println("open");
      while (true) {
        commit(r, half);
      }
    }
  }

  private static void commit(NamedRef r, Proc1<NamedRef> half) {
    r.commit(() -> {
      half.run(r);
      for (int k = 1; k < PAGE.size(); k += 2) {
        r.at(PAGE.at(k)).add(1);
      }
    });
  }
}
