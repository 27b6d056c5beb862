package dev.axial.disk;

import static dev.axial.Axial.*;

import dev.axial.*;
import java.nio.file.Path;

/**
 * What {@link KilledCallsTest} runs and kills: it makes a file and writes a number everywhere, in
 * blocks and outside of them, and says when it begins with a number and when that is done.
 */
final class KilledStages {
  static final Axis WORD = axis("word", 3 * 512 + 70);

  private KilledStages() {}

  public static void main(String[] args) {
    Path path = Path.of(args[0]);
    say("begin 0");
    NamedRef r = NamedRef.create(path, DType.INT64, WORD);
    say("done 0");
    block(r, 1);
    say("begin 2");
    r.set(2);
    r.flush();
    say("done 2");
    block(r, 3);
    r.close();
    r = NamedRef.open(path);
    block(r, 4);
    say("begin 5");
    r.set(5);
    r.close();
    say("done 5");
    r = NamedRef.open(path);
    block(r, 6);
    block(r, 7);
    r.close();
  }

  private static void block(NamedRef r, int word) {
    say("begin " + word);
    r.commit(() -> r.set(word));
    say("done " + word);
  }

  private static void say(String what) {
    System.out.println(what);
    System.out.flush();
  }
}
