package dev.axial.cpu.random;

import dev.axial.DType;
import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Equation;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Sel;
import dev.axial.ir.Var;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A program as JSON, for {@code oracles/random_programs_jax.py}: inputs, equations {@code [op,
 * attributes, operands, results, types of the results]}, outputs; values have numbers. Floats are
 * hexadecimal. Operations that the script does not know keep their name, and it refuses them.
 */
final class ProgramJson {
  private final Map<Var, Integer> numbers = new HashMap<>();

  private ProgramJson() {}

  static String of(Program p) {
    return new ProgramJson().program(p);
  }

  static String type(ArrayType t) {
    return list(List.of(quoted(dtype(t.dtype())), dims(t.dims())), x -> x);
  }

  static <T> String list(List<T> xs, Function<T, String> f) {
    return xs.stream().map(f).collect(Collectors.joining(",", "[", "]"));
  }

  static String quoted(String s) {
    return '"' + s + '"';
  }

  private static String dtype(DType t) {
    return switch (t) {
      case BFLOAT16 -> "bf16";
      case FLOAT16 -> "f16";
      case FLOAT32 -> "f32";
      case FLOAT64 -> "f64";
      case INT32 -> "i32";
      case INT64 -> "i64";
      case UINT32 -> "u32";
      case BOOL -> "bool";
      case KEY -> "key";
    };
  }

  private static String dims(List<Dim> dims) {
    return list(dims, d -> "[%s,%d]".formatted(quoted(d.name()), d.size()));
  }

  private String number(Var v) {
    return Integer.toString(numbers.computeIfAbsent(v, k -> numbers.size()));
  }

  private String program(Program p) {
    return "{\"in\":%s,\"eqs\":%s,\"out\":%s}"
        .formatted(
            list(p.inputs(), this::number),
            list(p.equations(), this::equation),
            list(p.outputs(), this::number));
  }

  private String equation(Equation e) {
    return "[%s,{%s},%s,%s,%s]"
        .formatted(
            quoted(e.op().getClass().getSimpleName()),
            attributes(e),
            list(e.in(), this::number),
            list(e.out(), this::number),
            list(e.out(), v -> type(v.type().array())));
  }

  private static String entry(String key, String value) {
    return quoted(key) + ":" + value;
  }

  private static String text(String key, Object value) {
    return entry(key, quoted(value.toString()));
  }

  private static String names(String key, List<String> values) {
    return entry(key, list(values, ProgramJson::quoted));
  }

  private String attributes(Equation e) {
    return switch (e.op()) {
      case Op.Const c ->
          text(
              "value",
              c.dtype().isFloating()
                  ? Double.toHexString(c.doubleValue()).replace("Infinity", "inf")
                  : Long.toString(c.bits()));
      case Op.Unary u -> text("fn", u.fn());
      case Op.Binary b -> text("fn", b.fn());
      case Op.Compare c -> text("fn", c.fn());
      case Op.Reduce r -> text("fn", r.fn()) + "," + names("axes", r.axes());
      case Op.Merge m -> names("axes", m.axes()) + "," + text("to", m.to());
      case Op.Concat c -> text("axis", c.axis());
      case Op.CumSum c -> text("axis", c.axis()) + "," + entry("reverse", "" + c.reverse());
      case Op.ArgSort a -> text("axis", a.axis()) + "," + entry("descending", "" + a.descending());
      case Op.ArgReduce a -> text("axis", a.axis()) + "," + entry("max", "" + a.max());
      case Op.Index i -> access(i.access(), e, 1);
      case Op.Scatter s -> access(s.access(), e, 2) + "," + text("fn", String.valueOf(s.fn()));
      case Op.RefGet g -> access(g.access(), e, 1);
      case Op.RefSet s -> access(s.access(), e, 2);
      case Op.RefCombine c -> access(c.access(), e, 2) + "," + text("fn", c.fn());
      case Op.RefSwap s -> access(s.access(), e, 2) + "," + text("edge", s.edge());
      case Op.Scan s ->
          "%s,\"length\":%d,\"carry\":%d,\"reverse\":%s"
              .formatted(entry("body", program(s.body())), s.length(), s.carry(), s.reverse());
      case Op.While w ->
          "%s,%s,\"carry\":%d"
              .formatted(
                  entry("condition", program(w.condition())),
                  entry("body", program(w.body())),
                  w.carry());
      case Op.Cond c -> entry("yes", program(c.yes())) + "," + entry("no", program(c.no()));
      case Op.Call c -> entry("body", program(c.body()));
      case Op.CustomJvp c -> entry("body", program(c.primal()));
      case Op.CustomVjp c -> entry("body", program(c.primal()));
      default -> ""; // not over Op: what the types say is all
    };
  }

  private static String access(Access a, Equation e, int from) {
    ArrayType of = e.in().getFirst().type().array();
    ArrayType t = a.result(of, Program.types(e.in().subList(from, e.in().size())));
    return "\"sels\":%s,\"masked\":%s,\"result\":%s"
        .formatted(list(a.sels(), ProgramJson::selector), a.masked(), dims(t.dims()));
  }

  private static String selector(Sel s) {
    return switch (s) {
      case Sel.Window w ->
          "[\"window\",%s,%d,%d,%d]".formatted(quoted(w.axis()), w.start(), w.step(), w.size());
      case Sel.Ds d -> "[\"ds\",%s,%d]".formatted(quoted(d.axis()), d.size());
      case Sel.At a -> "[\"at\",%s]".formatted(quoted(a.axis()));
    };
  }
}
