package dev.axial.examples.demo;

import java.util.Locale;
import java.util.function.DoubleUnaryOperator;

/** The losses of a run as a drawing in SVG; its colours are the page's. */
final class LossChart {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 380;
  private static final int LEFT = 56;
  private static final int RIGHT = 132;
  private static final int TOP = 16;
  private static final int BOTTOM = 48;

  /** At most this many points in a curve: more are averaged in groups. */
  private static final int POINTS = 300;

  private final double[] train;
  private final double[] validation;
  private final double unigram;
  private final Config config;
  private final double low;
  private final double high;

  LossChart(Config config, double[] train, double[] validation, double unigram) {
    this.config = config;
    this.train = averaged(train);
    this.validation = validation;
    this.unigram = unigram;
    double lo = unigram;
    double hi = unigram;
    for (double[] curve : new double[][] {this.train, validation}) {
      for (double v : curve) {
        lo = Math.min(lo, v);
        hi = Math.max(hi, v);
      }
    }
    this.low = Math.floor(lo * 4 - 0.4) / 4;
    this.high = Math.ceil(hi * 4 + 0.4) / 4;
  }

  private static double[] averaged(double[] v) {
    int group = (v.length + POINTS - 1) / POINTS;
    var out = new double[(v.length + group - 1) / group];
    for (int k = 0; k < out.length; k++) {
      int end = Math.min(v.length, (k + 1) * group);
      for (int j = k * group; j < end; j++) {
        out[k] += v[j] / (end - k * group);
      }
    }
    return out;
  }

  private double x(double step) {
    return LEFT + step / config.steps() * (WIDTH - LEFT - RIGHT);
  }

  private double y(double loss) {
    return TOP + (high - loss) / (high - low) * (HEIGHT - TOP - BOTTOM);
  }

  String svg() {
    var s = new StringBuilder();
    add(
        s,
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Training and validation loss by step, with the unigram entropy as a line\">",
        WIDTH,
        HEIGHT);
    axes(s);
    add(
        s,
        "<line class=\"unigram\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
        x(0),
        y(unigram),
        x(config.steps()),
        y(unigram));
    double group = (double) config.steps() / train.length;
    polyline(s, "train", train, k -> x((k + 0.5) * group));
    polyline(s, "validation", validation, k -> x(config.evaluationStep((int) k)));
    for (int k = 0; k < validation.length; k++) {
      int step = config.evaluationStep(k);
      add(
          s,
          "<circle class=\"validation\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"><title>step %d: validation loss %.3f</title></circle>",
          x(step),
          y(validation[k]),
          step,
          validation[k]);
    }
    labels(s);
    return s.append("</svg>").toString();
  }

  private void axes(StringBuilder s) {
    for (double v = low; v <= high + 1e-9; v += 0.25) {
      add(
          s,
          "<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>",
          LEFT,
          y(v),
          WIDTH - RIGHT,
          y(v));
      add(s, "<text x=\"%d\" y=\"%.1f\" class=\"tick end\">%.2f</text>", LEFT - 8, y(v) + 4, v);
    }
    int every = tick(config.steps());
    for (int step = 0; step <= config.steps(); step += every) {
      add(
          s,
          "<text x=\"%.1f\" y=\"%d\" class=\"tick middle\">%d</text>",
          x(step),
          HEIGHT - BOTTOM + 18,
          step);
    }
    add(
        s,
        "<line class=\"axis\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>",
        LEFT,
        HEIGHT - BOTTOM,
        WIDTH - RIGHT,
        HEIGHT - BOTTOM);
    add(
        s,
        "<text x=\"%.1f\" y=\"%d\" class=\"label middle\">training steps</text>",
        (x(0) + x(config.steps())) / 2,
        HEIGHT - 8);
    double middle = (y(low) + y(high)) / 2;
    add(
        s,
        "<text x=\"14\" y=\"%.1f\" class=\"label middle\" transform=\"rotate(-90 14 %.1f)\">loss (nats for each symbol)</text>",
        middle,
        middle);
  }

  /** Names beside the ends of the curves, kept apart. */
  private void labels(StringBuilder s) {
    double trainEnd = y(train[train.length - 1]) + 4;
    double validationEnd = y(validation[validation.length - 1]) + 4;
    if (Math.abs(trainEnd - validationEnd) < 15) {
      double middle = (trainEnd + validationEnd) / 2;
      double apart = trainEnd >= validationEnd ? 7.5 : -7.5;
      trainEnd = middle + apart;
      validationEnd = middle - apart;
    }
    label(s, "train", trainEnd, "training");
    label(s, "validation", validationEnd, "validation");
    label(s, "unigram", y(unigram) + 4, "unigram entropy");
  }

  private static void label(StringBuilder s, String kind, double y, String text) {
    add(
        s,
        "<text x=\"%d\" y=\"%.1f\" class=\"name %s\">%s</text>",
        WIDTH - RIGHT + 10,
        y,
        kind,
        text);
  }

  private void polyline(StringBuilder s, String kind, double[] values, DoubleUnaryOperator x) {
    add(s, "<polyline class=\"%s\" points=\"", kind);
    for (int k = 0; k < values.length; k++) {
      add(s, "%.1f,%.1f ", x.applyAsDouble(k), y(values[k]));
    }
    s.append("\"/>");
  }

  /** A distance of ticks: 1, 2 or 5 times a power of ten, for at most eight of them. */
  private static int tick(int steps) {
    for (int power = 1; ; power *= 10) {
      for (int times : new int[] {1, 2, 5}) {
        if (steps / (power * times) <= 8) {
          return power * times;
        }
      }
    }
  }

  private static void add(StringBuilder s, String format, Object... args) {
    s.append(String.format(Locale.ROOT, format, args));
  }
}
