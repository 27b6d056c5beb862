import static dev.axial.Axial.*;

import dev.axial.Axis;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.random.Random;

// A first look at the library: ./axial run examples/FirstLook.java
// What this program needs of Java is archived by the build, so that others like it start sooner.
void main() {
  Axis x = axis("x", 64);
  Axis y = axis("y", 32);

  NamedArray a = arange(x).div(64f);
  NamedArray w = Random.normal(Random.key(0), x, y);
  println("a sum", sum(sin(a).times(a).plus(1)));
  println("a product", a.dot(w, x).get(y.range(0, 4)));
  println("by condition", where(a.lt(0.5f), a, a.unaryMinus()).max());
  println("sorted", sort(w.get(x.at(0)), y).get(y.range(0, 3)));
  println("in another order", w.rearrange(y, x).axes());

  NamedRef r = newRef(a);
  r.add(1);
  r.at(x.at(3)).set(2);
  NamedRef view = r.slice(x.range(0, 8));
  view.times(2);
  println("a reference", view.get());

  var loop =
      jit((NamedRef ref, NamedArray v) ->
              foriLoop(
                  0,
                  10,
                  v,
                  (i, c) -> {
                    ref.at(x.at(i)).add(c.get(x.at(i)));
                    return c.plus(1);
                  }));
  println("a loop", sum(loop.apply(r, a)));
  var step =
      jit((NamedArray u, NamedArray v) ->
              grad((NamedArray p) -> mean(tanh(v.dot(p, x)).times(softmax(p.get(x.at(0)), y))))
                  .apply(u));
  println("a gradient", sum(step.apply(w, a)));
  println("lanes", vmap((NamedArray row) -> sum(row.times(row)), x).apply(w).get(x.range(0, 3)));
}

void println(String what, Object value) {
  IO.println(what + ": " + value);
}
