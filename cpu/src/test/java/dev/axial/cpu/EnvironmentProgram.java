package dev.axial.cpu;

import dev.axial.Axial;
import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.engine.Engine;
import dev.axial.engine.Engines;
import dev.axial.engine.Store;
import dev.axial.interpreter.Interpreter;
import dev.axial.ir.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/**
 * Prints the engine of its process, and what some programs give; with the argument {@code quick}
 * the engine alone, with another what a public function gives.
 */
final class EnvironmentProgram {
  /** Wide enough for several threads: element by element, sums, a product, a loop. */
  private static final List<String> PROGRAMS =
      List.of(
          """
          program(v0: f32[a:300, b:700]) {
            v1: f32[a:300, b:700] = abs v0
            v2: f32[a:300, b:700] = add v1, v0
            v3: f32[b:700] = reduce[fn=SUM, axes=[a]] v2
            v4: f32[a:300] = reduce[fn=SUM, axes=[b]] v2
            v5: f32[] = reduce[fn=MAX, axes=[a]] v4
            return v2, v3, v4, v5
          }
          """,
          """
          program(v0: f32[a:150, b:140], v1: f32[b:140, c:130]) {
            v2: f32[a:150, c:130] = dot[axes=[b]] v0, v1
            return v2
          }
          """,
          """
          program(v0: f64[a:200, b:300], v1: f64[b:300]) {
            v2: f64[b:300] = scan[body=program(v3: i32[], v4: f64[b:300], v5: f64[a:200, b:300]) {
              v6: f64[b:300] = index[access={a@}, mode=CLAMP] v5, v3
              v7: f64[b:300] = add v4, v6
              return v7
            }, length=200, carry=1, reverse=false] v1, v0
            v8: f64[] = reduce[fn=SUM, axes=[b]] v2
            v9: f64[a:200, b:300] = cum_sum[axis=b, reverse=false] v0
            return v2, v8, v9
          }
          """,
          """
          program(v0: i64[a:40000]) {
            v1: i64[a:40000] = mul v0, v0
            v2: i64[] = reduce[fn=SUM, axes=[a]] v1
            return v1, v2
          }
          """,
          """
          program(v0: f32[a:2000, b:1100]) {
            v1: f32[b:1100] = reduce[fn=SUM, axes=[a]] v0
            v2: f32[b:1100] = reduce[fn=MAX, axes=[a]] v0
            v3: f32[a:2000, b:1100] = cum_sum[axis=a, reverse=false] v0
            v4: f32[a:2000, b:1100] = cum_sum[axis=b, reverse=true] v0
            v5: f32[b:1100, a:2000] = broadcast[dims=[b:1100, a:2000]] v0
            v6: f32[b:1100, a:2000] = neg v5
            return v1, v2, v3, v4, v6
          }
          """,
          """
          program(v0: f32[a:40000], v1: i64[c:300, d:200]) {
            v2: i32[a:40000] = arg_sort[axis=a, descending=false] v0
            v3: i32[c:300, d:200] = arg_sort[axis=c, descending=true] v1
            return v2, v3
          }
          """);

  private EnvironmentProgram() {}

  public static void main(String[] args) {
    if (args.length > 0 && args[0].equals("quick")) {
      System.out.println("engine " + Engines.choose(new Interpreter()).name());
      return;
    }
    if (args.length > 0) {
      Axis k = Axial.axis("k", 10);
      NamedArray sum = Axial.jit((NamedArray x) -> Axial.sum(x)).apply(Axial.arange(k));
      System.out.println("api " + sum.item());
      return;
    }
    Engine engine = Engines.choose(new Interpreter());
    System.out.println("engine " + engine.name());
    System.out.println("whole " + whole(engine));
    System.out.println("fractions " + checksum(engine, false));
  }

  /** A checksum of results that do not depend on the order of sums. */
  static String whole(Engine engine) {
    return checksum(engine, true);
  }

  private static String checksum(Engine engine, boolean whole) {
    var crc = new CRC32C();
    var random = new SplittableRandom(1);
    for (String text : PROGRAMS) {
      Program p = Program.parse(text);
      var inputs = new ArrayList<Object>();
      for (var v : p.inputs()) {
        DType t = v.array().dtype();
        Object a = Store.newArray(t, v.array().size());
        for (int k = 0; k < Store.length(a); k++) {
          double x = whole ? random.nextInt(9) - 4 : random.nextDouble(-1, 1);
          switch (a) {
            case float[] f -> f[k] = (float) x;
            case double[] d -> d[k] = x;
            case long[] l -> l[k] = random.nextLong();
            default -> throw new IllegalStateException(); // not over Op: an array of elements
          }
        }
        inputs.add(Store.of(t, a));
      }
      for (Object o : engine.compile(p).call(inputs)) {
        Store s = (Store) o;
        for (int k = 0; k < s.length(); k++) {
          long bits =
              s.dtype().isFloating() ? Double.doubleToLongBits(s.getDouble(k)) : s.getLong(k);
          for (int b = 0; b < 64; b += 8) {
            crc.update((int) (bits >>> b) & 0xff);
          }
        }
      }
    }
    return Long.toHexString(crc.getValue());
  }
}
