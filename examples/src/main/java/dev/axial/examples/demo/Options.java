package dev.axial.examples.demo;

import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The command line.
 *
 * @param steps how many training steps, if given
 * @param seed where random numbers start, if given
 * @param resume whether to continue from the checkpoint
 * @param help whether to print the usage and nothing else
 */
record Options(OptionalInt steps, OptionalLong seed, boolean resume, boolean help) {
  static final String USAGE =
      """
      usage: ./axial demo [options]

      Trains a small transformer to spell names, generates new ones, and writes
      target/demo/report.html.

        --steps N   how many training steps (default %d, some ten seconds)
        --seed N    where the random numbers start (default %d)
        --resume    continue from target/demo/checkpoint, which Ctrl-C and every
                    evaluation leave behind
        --help      print this text
      """
          .formatted(Config.standard().steps(), Config.standard().seed());

  static Options parse(String... args) {
    var steps = OptionalInt.empty();
    var seed = OptionalLong.empty();
    boolean resume = false;
    boolean help = false;
    for (int k = 0; k < args.length; k++) {
      switch (args[k]) {
        case "--steps" -> steps = OptionalInt.of((int) number(args, k++, 1, 1_000_000));
        case "--seed" -> seed = OptionalLong.of(number(args, k++, 0, Integer.MAX_VALUE));
        case "--resume" -> resume = true;
        case "--help", "-h" -> help = true;
        default -> throw wrong("unknown option '%s'".formatted(args[k]));
      }
    }
    return new Options(steps, seed, resume, help);
  }

  private static long number(String[] args, int at, long lo, long hi) {
    String option = args[at];
    if (at + 1 == args.length) {
      throw wrong("%s needs a number, such as %s %d".formatted(option, option, Math.max(lo, 100)));
    }
    String given = args[at + 1];
    try {
      long n = Long.parseLong(given);
      if (n >= lo && n <= hi) {
        return n;
      }
    } catch (NumberFormatException _) {
      // The message below says what is expected.
    }
    throw wrong(
        "%s is '%s'; a whole number from %d to %d is expected".formatted(option, given, lo, hi));
  }

  private static DemoException wrong(String what) {
    return new DemoException(what + "\n\n" + USAGE.stripTrailing());
  }
}
