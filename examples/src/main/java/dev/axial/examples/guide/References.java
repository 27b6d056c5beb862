package dev.axial.examples.guide;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.equal;
import static dev.axial.examples.Check.refused;

import dev.axial.*;
import java.util.stream.IntStream;

/** What the page about references shows beside the regions of {@code MutableReferences}. */
public final class References {
  private References() {}

  static void threads() {
    // @start region=threads
    NamedRef count = newRef(scalar(0));
    IntStream.range(0, 1000).parallel().forEach(i -> count.update(v -> v.plus(1)));
    equal(count, 1000);
    // @end
  }

  static void modes() {
    // @start region=modes
    Axis X = axis("X", 6);
    NamedRef ref = newRef(arange(X));
    NamedArray last = scalar(-1); // a value, not a Java number: judged when the access runs
    NamedArray far = scalar(9);

    equal(ref.get(X.at(last)), 5); // a negative index wraps once
    equal(ref.get(X.at(far)), 5); // a read takes the nearest place
    equal(ref.get(X.ds(far, 2)), 4, 5); // a window moves until it fits
    ref.at(X.at(far)).set(100); // a write or an add does nothing
    ref.at(X.at(far)).add(100);
    equal(ref.at(X.at(far)).swap(100), 5); // a swap reads the nearest place, and writes nothing
    equal(ref, 0, 1, 2, 3, 4, 5);

    refused("index 9 is out of range", () -> ref.get(X.at(9))); // a Java number is an error at once
    // @end
  }

  /** Runs all samples. */
  public static void main(String[] args) {
    threads();
    modes();
  }
}
