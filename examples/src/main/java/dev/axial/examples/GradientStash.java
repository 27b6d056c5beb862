package dev.axial.examples;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.close;
import static dev.axial.examples.Check.same;
import static dev.axial.examples.Check.that;

import dev.axial.*;
import dev.axial.random.Random;
import java.util.function.BiFunction;

/**
 * Looking at a gradient in the middle of a network: a function that does nothing, whose backward
 * rule writes what comes by into a reference. Here it shows how gradients vanish or explode with
 * the depth.
 */
public final class GradientStash {
  private static final Axis Layer = axis("Layer", 10);
  private static final Axis Unit = axis("Unit", 64);
  private static final Axis To = Unit.alias("To");

  private GradientStash() {}

  // @start region=watch
  /** The identity; its backward rule also stores the gradient that passes. */
  static final BiFunction<NamedArray, NamedRef, NamedArray> watch =
      customVjp(
          (NamedArray x, NamedRef stash) -> x,
          (x, stash) -> residuals(x, stash), // a reference that is an argument may be saved
          (stash, ct) -> {
            stash.set(ct);
            return gradients(ct, null); // none for the reference
          });

  // @end

  // @start region=network
  record Inputs(NamedArray x, NamedArray weights) {}

  /** A deep network; the gradient at the input of layer i goes to row i of the stash. */
  static NamedArray network(Inputs in, NamedRef stash) {
    NamedArray h = in.x();
    for (int i = 0; i < Layer.size(); i++) {
      h = watch.apply(h, stash.slice(Layer.at(i)));
      h = tanh(dot(h, in.weights().get(Layer.at(i)), Unit).rename("To", "Unit"));
    }
    return sum(h);
  }

  // @end

  /** The norm of the gradient at the input of each layer, for weights of some size. */
  static double[] norms(double size) {
    NamedArray weights =
        Random.normal(Random.key(3), Layer, Unit, To).times(size / Math.sqrt(Unit.size()));
    var in = new Inputs(Random.normal(Random.key(4), Unit), weights);
    NamedRef stash = newRef(zeros(Layer, Unit));
    Inputs g = jit(grad(GradientStash::network)).apply(in, stash);
    same(stash.get(Layer.at(0)), g.x(), 1e-6); // what passes at the start is the gradient by x
    return sqrt(sum(square(stash.value()), Unit)).toDoubleArray();
  }

  /** Shows gradients for three sizes of weights. */
  public static void main(String[] args) {
    NamedRef seen = newRef(scalar(0.0));
    NamedArray g = grad((NamedArray x) -> square(watch.apply(x.times(3), seen))).apply(scalar(2.0));
    close(g, 0, 36);
    close(seen, 0, 12); // the derivative of the square at 6

    double[] sizes = {0.5, 1, 2};
    var norms = new double[sizes.length][];
    for (int k = 0; k < sizes.length; k++) {
      norms[k] = norms(sizes[k]);
    }
    System.out.println("norm of the gradient at the input of each layer, by the weights' size");
    System.out.printf("layer %12s %12s %12s%n", "0.5", "1", "2");
    for (int i = 0; i < Layer.size(); i++) {
      System.out.printf("%5d %12.2e %12.2e %12.2e%n", i, norms[0][i], norms[1][i], norms[2][i]);
    }
    that(norms[0][0] < 0.01 * norms[0][9], "small weights: gradients vanish");
    that(norms[2][0] > norms[0][0] * 100, "large weights: they do not");
  }
}
