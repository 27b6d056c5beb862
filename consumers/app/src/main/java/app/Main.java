package app;

import static dev.axial.Axial.*;

import dev.axial.*;

/** What every project here runs: its result, and which engine computed it. */
public class Main {
  public static void main(String[] args) {
    Axis X = axis("X", 4);
    var f = jit((NamedArray x) -> x.times(x).plus(1));
    System.out.println(f.apply(linspace(X, 0, 3)));
    Object explained = lower((NamedArray x) -> x.times(x).plus(1), zeros(X)).explain();
    System.out.println(explained.toString().lines().findFirst().orElseThrow());
  }
}
