package dev.axial.bench.rows;

import static dev.axial.Axial.*;

import dev.axial.*;
import java.util.function.Function;

/** A process that does one thing and says so. */
final class FirstUse {
  private FirstUse() {}

  public static void main(String[] args) {
    switch (args[0]) {
      case "ref" -> {
        Axis X = axis("X", 16);
        NamedRef ref = newRef(zeros(X));
        ref.at(X.at(3)).set(1);
        System.out.println("@@" + ref.get(X.at(3)).item());
      }
      case "jit" -> {
        Function<NamedArray, NamedArray> f = jit(x -> sin(x).times(2));
        System.out.println("@@" + f.apply(zeros(axis("X", 3))).toFloatArray()[0]);
      }
      default -> throw new IllegalArgumentException(args[0]);
    }
  }
}
