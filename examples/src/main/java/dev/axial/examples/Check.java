package dev.axial.examples;

import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** What the examples check their results with. A check that fails throws. */
public final class Check {
  private Check() {}

  /** A statement that must hold. */
  public static void that(boolean holds, String statement) {
    if (!holds) {
      throw new AssertionError(statement);
    }
  }

  /** The elements of x in row-major order are exactly these. */
  public static void equal(Tensor x, double... expected) {
    close(x, 0, expected);
  }

  /** The elements of x in row-major order are these, up to a difference. */
  public static void close(Tensor x, double tolerance, double... expected) {
    double[] got = x.value().toDoubleArray();
    boolean same = got.length == expected.length;
    for (int k = 0; same && k < got.length; k++) {
      same = Math.abs(got[k] - expected[k]) <= tolerance;
    }
    that(same, "expected " + Arrays.toString(expected) + "; got " + x.value());
  }

  /** Both have the same axes in the same order, and the same elements up to a difference. */
  public static void same(Tensor x, Tensor y, double tolerance) {
    axes(x, y.axes().toArray(Axis[]::new));
    close(x, tolerance, y.value().toDoubleArray());
  }

  /** The axes of x, in order. */
  public static void axes(Tensor x, Axis... expected) {
    that(
        x.axes().equals(List.of(expected)),
        "expected the axes " + List.of(expected) + "; got " + x.axes());
  }

  /** Runs what must be refused, and gives the message. */
  public static String refused(Runnable wrong) {
    try {
      wrong.run();
    } catch (AxialException x) {
      return String.valueOf(x.getMessage());
    }
    throw new AssertionError("nothing was refused");
  }

  /** The same for what would give a value. */
  public static String refused(Supplier<?> wrong) {
    return refused(() -> {
      var _ = wrong.get();
    });
  }

  /** Runs what must be refused with these words. */
  public static void refused(String words, Runnable wrong) {
    String message = refused(wrong);
    that(message.contains(words), "expected an error with '" + words + "'; got: " + message);
  }

  /** The same for what would give a value. */
  public static void refused(String words, Supplier<?> wrong) {
    refused(
        words,
        () -> {
          var _ = wrong.get();
        });
  }
}
