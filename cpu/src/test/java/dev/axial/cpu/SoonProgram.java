package dev.axial.cpu;

import static dev.axial.Axial.axis;
import static dev.axial.Axial.grad;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.scan;
import static dev.axial.Axial.tanh;
import static dev.axial.Axial.whileLoop;

import dev.axial.Axial;
import dev.axial.Axis;
import dev.axial.Jitted;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.random.Random;
import java.util.Arrays;

/** What is interpreted while it is compiled: its argument says what the process does. */
final class SoonProgram {
  private static final Axis IN = axis("in", 40);
  private static final Axis OUT = axis("out", 30);
  private static final Axis BATCH = axis("batch", 20);

  private static final Jitted.Of2<NamedArray, NamedArray, NamedArray> STEP = jit(SoonProgram::step);

  private static final Jitted.Of2<NamedRef, NamedArray, NamedArray> LOOP = jit(SoonProgram::loop);

  private static final Jitted.Of1<NamedArray, NamedArray> ENDLESS =
      jit((NamedArray n) -> whileLoop(scalar(0), k -> k.lt(n), k -> k.plus(1)));

  private SoonProgram() {}

  private static NamedArray loss(NamedArray w, NamedArray x) {
    NamedArray y = tanh(x.dot(w, IN));
    return Axial.mean(y.times(y));
  }

  private static NamedArray step(NamedArray w, NamedArray x) {
    return grad((NamedArray u) -> loss(u, x)).apply(w);
  }

  private static NamedArray loop(NamedRef r, NamedArray x) {
    return scan(
            BATCH,
            Axial.zeros(IN),
            x,
            (NamedArray c, NamedArray row) -> {
              NamedArray s = c.plus(row);
              r.add(s);
              return new Axial.Step<>(s, r.get());
            })
        .y();
  }

  public static void main(String[] args) {
    NamedArray w = Random.normal(Random.key(1), IN, OUT);
    NamedArray x = Random.normal(Random.key(2), BATCH, IN);
    switch (args[0]) {
      case "first" -> results(w, x);
      case "twice" -> {
        results(w, x);
        results(w, x);
        System.out.println("done");
      }
      case "both" -> {
        results(w, x);
        System.out.println(
            Axial.lower(SoonProgram::step, w, x).explain().lines().findFirst().orElseThrow());
        System.out.println(
            !Axial.lower(SoonProgram::loop, Axial.newRef(x.get(BATCH.at(0))), x).code().isEmpty());
        results(w, x);
      }
      case "exits" -> {
        results(w, x);
        results(w, x); // the compiler is at work
        System.exit(7);
      }
      case "endless" -> System.out.println(ENDLESS.apply(scalar(50_000_000)).item());
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  private static void results(NamedArray w, NamedArray x) {
    NamedRef r = Axial.newRef(x.get(BATCH.at(0)));
    print(STEP.apply(w, x));
    print(LOOP.apply(r, x));
    print(r.get());
    print(x.dot(w, IN));
    NamedArray wide = Axial.sin(Axial.arange(axis("wide", 100_000)).times(0.1f));
    print(wide);
  }

  private static void print(NamedArray a) {
    System.out.println(Arrays.hashCode(a.toFloatArray()) + " " + a.axes());
  }
}
