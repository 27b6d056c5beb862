package dev.axial.examples.guide;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.close;
import static dev.axial.examples.Check.equal;
import static dev.axial.examples.Check.refused;
import static dev.axial.examples.Check.that;

import dev.axial.*;
import dev.axial.nn.Linear;
import dev.axial.nn.optim.Adam;
import dev.axial.random.Random;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Trees and models. */
public final class Models {
  private static final Axis Batch = axis("Batch", 16);
  private static final Axis In = axis("In", 2);
  private static final Axis Hidden = axis("Hidden", 8);
  private static final Axis Out = axis("Out", 1);

  private Models() {}

  static void trees() {
    // @start region=trees
    Map<String, Object> tree =
        Map.of("b", List.of(zeros(In), ones(In)), "a", arange(In), "rate", 0.1);

    that(Tree.leaves(tree).size() == 3, "arrays and references are leaves");
    that(
        Tree.flatten(tree).paths().equals(List.of("[a]", "[b][0]", "[b][1]")),
        "keys in sorted order; what is static is no leaf");
    equal(Tree.leaves(Tree.map(x -> x.plus(1), tree)).get(2), 2, 2);

    Object same = Tree.unflatten(Tree.structure(tree), Tree.leaves(tree));
    that(tree.equals(same), "taken apart, and put together again");

    refused(
        "a raw float array at arg0[0] is not part of a tree",
        () -> jit((List<Object> l) -> zeros()).apply(List.of(new float[2])));
    // @end
  }

  // @start region=model
  record Layer(Tensor weight, Tensor bias) {
    NamedArray apply(NamedArray x, Axis over) {
      return dot(x, weight.value(), over).plus(bias.value()); // value() reads arrays and references
    }
  }

  record Network(Layer first, Layer last) {
    NamedArray apply(NamedArray x) {
      return last.apply(tanh(first.apply(x, In)), Hidden);
    }
  }

  // @end

  private static Network init() {
    return new Network(
        new Layer(Random.normal(Random.key(1), In, Hidden), zeros(Hidden)),
        new Layer(Random.normal(Random.key(2), Hidden).times(0.3), zeros()));
  }

  static void inPlace() {
    // @start region=in-place
    Network params = Tree.toRefs(init()); // each array in a reference of its own

    Fn3<Network, NamedArray, NamedArray, NamedArray> step =
        jit((Network p, NamedArray x, NamedArray y) -> {
          var r =
              valueAndGrad((Network q) -> mean(square(q.apply(x).minus(y))))
                  .apply(Tree.values(p)); // differentiated by the contents
          List<Tensor> grads = Tree.leaves(r.grad());
          for (int k = 0; k < grads.size(); k++) {
            NamedRef ref = (NamedRef) Tree.leaves(p).get(k);
            ref.add(grads.get(k).value().times(-0.2)); // updated where it is
          }
          return r.value();
        });
    // @end
    NamedArray x = Random.normal(Random.key(3), Batch, In);
    NamedArray y = x.get(In.at(0)).times(x.get(In.at(1)));
    double first = step.apply(params, x, y).item();
    for (int k = 0; k < 200; k++) {
      step.apply(params, x, y);
    }
    double last = step.apply(params, x, y).item();
    that(last < 0.1 * first, "%g, then %g".formatted(first, last));
    refused("Declare it as Tensor", () -> Tree.toRefs(new Strict(zeros(In)))); // not as NamedArray
  }

  record Strict(NamedArray weight) {}

  static void layers() {
    // @start region=nn
    record Mlp(Linear first, Linear last) {
      NamedArray apply(NamedArray x) {
        return last.apply(tanh(first.apply(x))).get(Out.at(0));
      }
    }
    List<NamedArray> keys = Random.split(Random.key(1), 2);
    Mlp start =
        new Mlp(Linear.init(keys.get(0), In, Hidden), Linear.init(keys.get(1), Hidden, Out));
    Adam adam = Adam.of(0.02);

    Mlp model = Tree.toRefs(start);
    Adam.State<Mlp> state = Tree.toRefs(adam.init(start));
    Fn3<Mlp, Adam.State<Mlp>, NamedArray, NamedArray> step =
        jit((Mlp m, Adam.State<Mlp> s, NamedArray x) -> {
          NamedArray y = x.get(In.at(0)).times(x.get(In.at(1)));
          var r = valueAndGrad((Mlp p) -> mean(square(p.apply(x).minus(y)))).apply(Tree.values(m));
          adam.updateInPlace(m, r.grad(), s);
          return r.value();
        });
    // @end
    NamedArray x = Random.normal(Random.key(3), Batch, In);
    double first = step.apply(model, state, x).item();
    for (int k = 0; k < 200; k++) {
      step.apply(model, state, x);
    }
    double last = step.apply(model, state, x).item();
    that(last < 0.1 * first, "%g, then %g".formatted(first, last));
    equal(state.step(), 202);
  }

  static void fixed() {
    // @start region=fixed
    // What is not part of a tree can be passed as a fixed part, compared by equals.
    record Config(NamedArray x, Object format) {}
    Function<Config, NamedArray> f = jit(c -> c.x().times(2));
    close(f.apply(new Config(ones(In), Tree.fixed(java.util.Locale.ROOT))), 0, 2, 2);
    // @end
  }

  /** Runs all samples. */
  public static void main(String[] args) {
    trees();
    inPlace();
    layers();
    fixed();
  }
}
