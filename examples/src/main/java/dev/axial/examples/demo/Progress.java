package dev.axial.examples.demo;

import java.io.PrintStream;
import java.util.Locale;

/** How far training is: a bar that moves on a terminal, a line now and then elsewhere. */
final class Progress {
  private static final int WIDTH = 14;

  private final PrintStream out;
  private final boolean terminal;
  private final int steps;
  private final int batch;
  private final int from;
  private final long start = System.nanoTime();
  private double loss = Double.NaN;
  private double validation = Double.NaN;

  Progress(PrintStream out, boolean terminal, int from, int steps, int batch) {
    this.out = out;
    this.terminal = terminal;
    this.from = from;
    this.steps = steps;
    this.batch = batch;
  }

  /** A step is done. */
  void stepped(int taken, double newLoss) {
    loss = Double.isNaN(loss) ? newLoss : 0.9 * loss + 0.1 * newLoss;
    if (terminal) {
      out.print("\r" + line(taken));
      out.flush();
    }
  }

  /** The model was validated. */
  void validated(int taken, double newValidation) {
    validation = newValidation;
    if (terminal) {
      out.print("\r" + line(taken));
      out.flush();
    } else {
      out.println(line(taken));
    }
  }

  /** The last line stays. */
  void end() {
    if (terminal) {
      out.println();
    }
  }

  private String line(int taken) {
    int done = taken - from;
    double seconds = (System.nanoTime() - start) / 1e9;
    var s = new StringBuilder("  ");
    if (terminal) {
      int full = (int) ((long) WIDTH * taken / steps);
      s.append('[').append("#".repeat(full)).append(".".repeat(WIDTH - full)).append("] ");
    }
    s.append(format("%d/%d", taken, steps));
    s.append(Double.isNaN(loss) ? "" : format("  loss %.3f", loss));
    s.append(Double.isNaN(validation) ? "" : format("  val %.3f", validation));
    if (done > 0) {
      s.append(format("  %,.0f names/s", done * (double) batch / seconds));
      s.append(format("  %s left", duration(seconds / done * (steps - taken))));
    }
    return s.toString();
  }

  private static String duration(double seconds) {
    long s = Math.round(seconds);
    return format("%d:%02d", s / 60, s % 60);
  }

  private static String format(String f, Object... args) {
    return String.format(Locale.ROOT, f, args);
  }
}
