package dev.axial.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.DType;
import dev.axial.cpu.llvm.Library;
import dev.axial.cpu.llvm.Natives;
import dev.axial.cpu.llvm.Wanted;
import dev.axial.engine.Engine;
import dev.axial.engine.Store;
import dev.axial.interpreter.Interpreter;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the processor does with denormal numbers when it is asked to flush them is what the
 * interpreter computes, to the bit.
 */
@Execution(ExecutionMode.CONCURRENT)
class DenormalsTest {
  private static final Engine ORACLE = new Interpreter();
  private static final Engine NATIVE = new CpuEngine(new Library(Natives.libLlvm(), Wanted.ALL));
  private static final int N = 2048;

  /** Numbers about the smallest normal one, of their products, and others. */
  private static double number(SplittableRandom r, boolean wide) {
    int least = wide ? -1022 : -126;
    int bits = wide ? 52 : 23;
    double near = Math.scalb(1 + r.nextInt(-3, 4) * Math.scalb(1.0, -bits), least);
    double x =
        switch (r.nextInt(12)) {
          case 0 -> 0;
          case 1 -> Math.scalb((double) r.nextInt(1, 9), least - bits);
          case 2 -> Math.scalb(r.nextDouble(), least);
          case 3, 4 -> wide ? near : (float) near;
          case 5 -> Math.scalb(1 + r.nextDouble(), least + r.nextInt(-2, 3));
          case 6 -> Math.scalb(1 + r.nextDouble(), least / 2 + r.nextInt(-2, 3));
          case 7 -> Math.scalb(1 + r.nextDouble(), r.nextInt(least - bits, 10));
          case 8 -> 1 - Math.scalb((double) r.nextInt(4), -bits - 1);
          case 9 -> Math.scalb(1.0, r.nextInt(-3, 4));
          case 10 -> r.nextDouble() * 10 * (least / -10.0);
          default -> r.nextDouble(-3, 3);
        };
    return r.nextBoolean() ? x : -x;
  }

  /** Numbers; where most are zeros, sums are denormal more often. */
  private static Store numbers(SplittableRandom r, ArrayType t, boolean sparse) {
    boolean wide = t.dtype() == DType.FLOAT64;
    int n = (int) t.size();
    var d = new double[n];
    for (int k = 0; k < n; k++) {
      d[k] = sparse && r.nextInt(40) > 0 ? 0 : number(r, wide);
    }
    if (wide) {
      return Store.of(DType.FLOAT64, d);
    }
    var f = new float[n];
    for (int k = 0; k < n; k++) {
      f[k] = (float) d[k];
    }
    return Store.of(DType.FLOAT32, f);
  }

  static List<String> programs() {
    var out = new ArrayList<String>();
    for (String t : List.of("f32", "f64")) {
      for (String fn :
          "neg abs floor ceil round sqrt sign exp expm1 log log1p cbrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc erfinv logistic lgamma digamma"
              .split(" ")) {
        out.add(elementwise(t, t, fn, 1));
      }
      for (String fn : "add sub mul div rem max min pow atan2".split(" ")) {
        out.add(elementwise(t, t, fn, 2));
        out.add(ofItself(t, fn, "v0"));
        out.add(ofItself(t, fn, "v1"));
      }
      for (String fn : "lt le gt ge eq ne".split(" ")) {
        out.add(elementwise(t, "bool", fn, 2));
      }
      out.add(elementwise(t, t, "fma", 3));
      for (String to : "bf16 f16 f32 f64 i32 i64 u32 bool".split(" ")) {
        out.add(elementwise(t, to, "cast[to=" + to + "]", 1));
      }
      axes(t, out);
      out.add(
          """
          program(v0: %1$s[a:2048], v1: %1$s[a:2048]) {
            v2: %1$s[] = const 1.0
            v3: %1$s[a:2048] = broadcast[dims=[a:2048]] v2
            v4: %1$s[a:2048] = mul v0, v3
            v5: %1$s[a:2048] = max v4, v1
            v6: %1$s[a:2048] = neg v5
            v7: bool[a:2048] = lt v6, v0
            v8: %1$s[a:2048] = select v7, v0, v6
            return v8
          }
          """
              .formatted(t));
    }
    return out;
  }

  private static void axes(String t, List<String> out) {
    for (String shape : List.of("a:2048, b:1", "a:1, b:2048", "a:64, b:32", "a:5, b:409")) {
      String[] d = shape.split("[:, ]+");
      String a = "[a:" + d[1] + "]";
      String b = "[b:" + d[3] + "]";
      for (String fn : List.of("SUM", "MAX", "MIN")) {
        out.add(one(t + "[" + shape + "]", t + a, "reduce[fn=" + fn + ", axes=[b]]"));
        out.add(one(t + "[" + shape + "]", t + b, "reduce[fn=" + fn + ", axes=[a]]"));
      }
      String whole = "[" + shape + "]";
      out.add(one(t + whole, "i32" + a, "arg_reduce[max=true, axis=b]"));
      out.add(one(t + whole, "i32" + b, "arg_reduce[max=false, axis=a]"));
      out.add(one(t + whole, "i32" + whole, "arg_sort[axis=b, descending=false]"));
      out.add(one(t + whole, t + whole, "cum_sum[axis=b, reverse=false]"));
      out.add(one(t + whole, t + whole, "cum_sum[axis=a, reverse=true]"));
    }
  }

  private static String one(String from, String to, String fn) {
    return "program(v0: %s) {%n  v9: %s = %s v0%n  return v9%n}%n".formatted(from, to, fn);
  }

  /** A function of a number and itself, or its negative, which a compiler may simplify. */
  private static String ofItself(String t, String fn, String other) {
    return """
    program(v0: %1$s[a:2048]) {
      v1: %1$s[a:2048] = neg v0
      v2: %1$s[a:4096] = concat[axis=a] v0, v1
      v3: %1$s[a:4096] = concat[axis=a] v0, %2$s
      v4: %1$s[a:4096] = %3$s v2, v3
      v5: %1$s[a:2048] = %3$s v0, %2$s
      v6: %1$s[a:6144] = concat[axis=a] v4, v5
      return v6
    }
    """
        .formatted(t, other, fn);
  }

  private static String elementwise(String from, String to, String fn, int arity) {
    var in = new ArrayList<String>();
    var names = new ArrayList<String>();
    for (int k = 0; k < arity; k++) {
      in.add("v%d: %s[a:%d]".formatted(k, from, N));
      names.add("v" + k);
    }
    return "program(%s) {%n  v9: %s[a:%d] = %s %s%n  return v9%n}%n"
        .formatted(String.join(", ", in), to, N, fn, String.join(", ", names));
  }

  @ParameterizedTest
  @MethodSource("programs")
  void engines(String text) {
    Program p = Program.parse(text);
    var r = new SplittableRandom(41);
    for (int round = 0; round < 6; round++) {
      var in = new ArrayList<Object>();
      boolean sparse = round % 2 == 1;
      p.inputs().forEach(v -> in.add(numbers(r, v.array(), sparse)));
      int n = (int) p.outputs().getFirst().array().size();
      Store e = (Store) ORACLE.compile(p).call(in).getFirst();
      Store g = (Store) NATIVE.compile(p).call(in).getFirst();
      for (int k = 0; k < n; k++) {
        boolean real = e.dtype().isFloating();
        boolean same =
            real
                ? Double.compare(e.getDouble(k), g.getDouble(k)) == 0
                : e.getLong(k) == g.getLong(k);
        int at = k;
        assertThat(same)
            .as(() ->
                "%s of %s: %s, not %s"
                    .formatted(
                        text,
                        in.stream()
                            .map(x -> (Store) x)
                            .filter(x -> at < x.length())
                            .map(x -> Double.toHexString(x.getDouble(at)))
                            .toList(),
                        real ? Double.toHexString(g.getDouble(at)) : g.getLong(at),
                        real ? Double.toHexString(e.getDouble(at)) : e.getLong(at)))
            .isTrue();
      }
    }
  }
}
