package dev.axial.ir;

import dev.axial.AxialException;
import dev.axial.DType;
import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Programs as text. Element-wise operations print as their function's name; the others as their
 * record's name, with the function that a write combines by, and its components in brackets, so a
 * new operation prints without another line here, and {@link Parser} reads it back by the same
 * rule.
 *
 * <pre>{@code
 * program(v0: f32[X:3], v1: ref f32[X:3]) {
 *   v2: f32[X:3] = sin v0
 *   ref_set[access={}, reverse=false] v1, v2
 *   return v2
 * }
 * }</pre>
 */
final class Printer {
  /** Stands for a rule that is not shown. */
  static final String HIDDEN = "<rule>";

  private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_][A-Za-z0-9_']*");

  /** Where a word begins in a name in camel case. */
  private static final Pattern HUMP = Pattern.compile("(?<=[a-z])(?=[A-Z])");

  private final StringBuilder out = new StringBuilder();
  private boolean inRule;
  private boolean withPrograms = true;
  private final Map<Var, String> names = new HashMap<>();

  private Printer() {}

  static String print(Program p) {
    var printer = new Printer();
    printer.program(p, "");
    return printer.out.toString();
  }

  /** A name as it is when it is an identifier, quoted otherwise. */
  static String name(String s) {
    return IDENTIFIER.matcher(s).matches() ? s : quoted(s);
  }

  static String quoted(String s) {
    return '"' + s.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
  }

  static String names(Collection<String> names) {
    return names.stream().map(Printer::name).collect(Collectors.joining(", ", "[", "]"));
  }

  /** The printed name of an operation: snake case of its record's, or its function's. */
  static String opName(Op op) {
    return switch (op) {
      case Op.Unary u -> u.fn().name().toLowerCase(Locale.ROOT);
      case Op.Binary b -> b.fn().name().toLowerCase(Locale.ROOT);
      case Op.Compare c -> c.fn().name().toLowerCase(Locale.ROOT);
      case Op.RefCombine c -> opName(c.getClass(), c.fn());
      case Op.Scatter s -> opName(s.getClass(), s.fn());
      default -> snake(op.getClass().getSimpleName()); // not over Op: the name of any record
    };
  }

  /** Of an operation that combines by a function: ref_add, scatter_max; scatter for none. */
  static String opName(Class<?> op, Fn.@Nullable Combine fn) {
    String name = op == Op.RefCombine.class ? "ref" : "scatter";
    return fn == null ? name : name + "_" + fn.name().toLowerCase(Locale.ROOT);
  }

  /** Name and attributes; a program is left out, as {@link #nested} gives it. */
  static String words(Op op) {
    var printer = new Printer();
    printer.out.append(opName(op));
    printer.withPrograms = false;
    printer.attributes(op, "");
    return printer.out.toString();
  }

  static Map<String, Program> nested(Op op, boolean rules) {
    var found = new LinkedHashMap<String, Program>();
    for (RecordComponent c : op.getClass().getRecordComponents()) {
      Object value = component(c, op);
      Program p =
          value instanceof Rule r && rules ? r.known() : value instanceof Program q ? q : null;
      if (p != null) {
        found.put(c.getName(), p);
      }
    }
    return found;
  }

  static String snake(String camel) {
    return HUMP.matcher(camel).replaceAll("_").toLowerCase(Locale.ROOT);
  }

  private String var(Var v) {
    return names.computeIfAbsent(v, _ -> "v" + names.size());
  }

  private String declared(List<Var> vs) {
    return vs.stream().map(v -> var(v) + ": " + v.type()).collect(Collectors.joining(", "));
  }

  private String used(List<Var> vs) {
    return vs.stream().map(this::var).collect(Collectors.joining(", "));
  }

  private void program(Program p, String indent) {
    out.append("program(").append(declared(p.inputs())).append(") {\n");
    for (Equation e : p.equations()) {
      out.append(indent).append("  ");
      String ins = used(e.in());
      if (!e.out().isEmpty()) {
        out.append(declared(e.out())).append(" = ");
      }
      out.append(opName(e.op()));
      attributes(e.op(), indent + "  ");
      if (!ins.isEmpty()) {
        out.append(' ').append(ins);
      }
      String site = e.site();
      if (site != null) {
        out.append("  // ").append(site);
      }
      out.append('\n');
    }
    out.append(indent).append("  return");
    if (!p.outputs().isEmpty()) {
      out.append(' ').append(used(p.outputs()));
    }
    out.append('\n').append(indent).append('}');
  }

  private void attributes(Op op, String indent) {
    if (op instanceof Op.Unary || op instanceof Op.Binary || op instanceof Op.Compare) {
      return;
    }
    if (op instanceof Op.Const c) {
      out.append(' ')
          .append(
              c.dtype().isFloating() ? Double.toString(c.doubleValue()) : Long.toString(c.bits()));
      return;
    }
    RecordComponent[] parts = op.getClass().getRecordComponents();
    if (parts.length == 0) {
      return;
    }
    String before = "[";
    for (RecordComponent c : parts) {
      boolean hides = c.getType() == Program.class || c.getType() == Rule.class;
      if (!withPrograms && hides || c.getType() == Fn.Combine.class) {
        continue;
      }
      out.append(before).append(c.getName()).append('=');
      before = ", ";
      attribute(component(c, op), indent);
    }
    out.append(before.equals("[") ? "" : "]");
  }

  static Object component(RecordComponent c, Object record) {
    try {
      return c.getAccessor().invoke(record);
    } catch (ReflectiveOperationException x) {
      throw new AxialException("internal error: cannot read " + c, x);
    }
  }

  private void attribute(Object value, String indent) {
    switch (value) {
      case Program p -> program(p, indent);
      case DType t -> out.append(t.shortName());
      case String s -> out.append(name(s));
      case Access a -> access(a);
      case HostFunction _ -> out.append("<host>");
      case Rule r -> rule(r, indent);
      case List<?> list -> {
        String before = "[";
        out.append(list.isEmpty() ? "[" : "");
        for (Object x : list) {
          out.append(before);
          before = ", ";
          attribute(x, indent);
        }
        out.append(']');
      }
      default -> out.append(value); // not over Op: numbers, booleans, enums, axes, types
    }
  }

  /** A rule that no derivative has asked for yet, or one that is in a rule, is not shown. */
  private void rule(Rule r, String indent) {
    Program p = inRule ? null : r.known();
    if (p == null) {
      out.append(HIDDEN);
      return;
    }
    inRule = true;
    program(p, indent);
    inRule = false;
  }

  /** {X@} an index, {X:start+size*step} a static window, {X@+size} a dynamic one; ? a mask. */
  private void access(Access a) {
    String before = "";
    out.append('{');
    for (Sel s : a.sels()) {
      out.append(before).append(name(s.axis()));
      before = ", ";
      switch (s) {
        case Sel.At _ -> out.append('@');
        case Sel.Ds d -> out.append("@+").append(d.size());
        case Sel.Window w ->
            out.append(':')
                .append(w.start())
                .append('+')
                .append(w.size())
                .append('*')
                .append(w.step());
      }
    }
    if (a.masked()) {
      out.append(before).append('?');
    }
    out.append('}');
  }
}
