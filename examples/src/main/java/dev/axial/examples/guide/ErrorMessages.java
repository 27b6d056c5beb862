package dev.axial.examples.guide;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.equal;

import dev.axial.*;
import java.util.function.Supplier;

/** What errors look like. */
public final class ErrorMessages {
  private static final Axis Batch = axis("Batch", 4);
  private static final Axis Feature = axis("Feature", 3);

  private ErrorMessages() {}

  /** Prints the message of what must be refused. */
  private static void show(Supplier<Object> wrong) {
    try {
      System.out.println("no error: " + wrong.get());
    } catch (AxialException x) {
      System.out.println(x.getMessage());
    }
  }

  static void sizes() {
    // @start region=sizes
    show(() -> ones(Batch, Feature).plus(ones(Batch.resize(3))));
    // @end
  }

  static void consumed() {
    // @start region=consumed
    NamedRef ref = newRef(zeros(Batch, Feature));
    show(() -> ref.slice(Batch.at(1)).get(Batch.at(0)));
    // @end
  }

  static void plumbing() {
    // @start region=plumbing
    NamedRef seen = newRef(zeros(Feature));
    show(() ->
        grad(
                (NamedArray x) -> {
                  seen.set(x.times(2));
                  return sum(x);
                })
            .apply(ones(Feature)));
    // @end
  }

  static void returned() {
    // @start region=returned
    show(() -> jit((NamedArray x) -> newRef(x)).apply(ones(Feature)));
    // @end
  }

  static void frozen() {
    // @start region=frozen
    NamedRef ref = newRef(zeros(Feature));
    NamedRef view = ref.slice(Feature.at(0));
    ref.freeze();
    show(() -> view.get());
    // @end
  }

  static void unchanged() {
    // @start region=unchanged
    NamedRef ref = newRef(zeros(Feature));
    Proc1<NamedRef> step =
        jitProc((NamedRef r) -> {
          r.set(5);
          r.set(ones(Batch)); // refused while the function is traced: nothing has run
        });
    try {
      step.run(ref);
    } catch (AxialException x) {
      equal(ref, 0, 0, 0);
    }
    // @end
  }

  /** Runs all samples. */
  public static void main(String[] args) {
    sizes();
    consumed();
    plumbing();
    returned();
    frozen();
    unchanged();
  }
}
