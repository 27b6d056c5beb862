package dev.axial.ir;

import dev.axial.AxialException;
import dev.axial.DType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the text of {@link Printer}. The result is checked; an error says where the text is wrong.
 * Whatever the text is, it is read or it is an {@link AxialException}.
 */
final class Parser {
  private static final Map<String, Op> ELEMENTWISE = new HashMap<>();
  private static final Map<String, Named> RECORDS = new HashMap<>();

  /** What a name stands for: a record, and the function that is a part of the name. */
  private record Named(Class<?> op, Fn.@Nullable Combine fn) {}

  static {
    for (var f : Fn.Unary.values()) {
      ELEMENTWISE.put(Printer.opName(new Op.Unary(f)), new Op.Unary(f));
    }
    for (var f : Fn.Binary.values()) {
      ELEMENTWISE.put(Printer.opName(new Op.Binary(f)), new Op.Binary(f));
    }
    for (var f : Fn.Compare.values()) {
      ELEMENTWISE.put(Printer.opName(new Op.Compare(f)), new Op.Compare(f));
    }
    for (Class<?> c : Op.kinds()) {
      RECORDS.put(Printer.snake(c.getSimpleName()), new Named(c, null));
    }
    RECORDS.remove(Printer.snake(Op.RefCombine.class.getSimpleName()));
    for (Class<?> c : List.of(Op.RefCombine.class, Op.Scatter.class)) {
      for (var f : Fn.Combine.values()) {
        RECORDS.put(Printer.opName(c, f), new Named(c, f));
      }
    }
  }

  /** An array has no more axes. */
  private static final int MOST_AXES = 1024;

  private final String text;
  private final Map<String, Var> vars = new HashMap<>();
  private int at;

  /** How many blocks are open. */
  private int depth;

  Parser(String text) {
    this.text = text;
  }

  Program program() {
    try {
      Program p = block();
      space();
      if (at != text.length()) {
        throw error("the end of the text");
      }
      return Checker.check(p);
    } catch (StackOverflowError _) {
      throw error("programs that are nested less deeply: the stack of this thread is too small");
    }
  }

  private AxialException error(String expected) {
    int line =
        (int) text.substring(0, Math.min(at, text.length())).chars().filter(c -> c == '\n').count()
            + 1;
    String found =
        at >= text.length()
            ? "the end"
            : "'" + text.substring(at, Math.min(text.length(), at + 12)).strip() + "'";
    return new AxialException(
        "cannot parse the program: line %d: expected %s, found %s"
            .formatted(line, expected, found));
  }

  // ---------------------------------------------------------------- tokens

  private void space() {
    while (at < text.length()) {
      if (Character.isWhitespace(text.charAt(at))) {
        at++;
      } else if (text.startsWith("//", at)) {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end;
      } else {
        return;
      }
    }
  }

  private boolean peek(String token) {
    space();
    return text.startsWith(token, at);
  }

  private boolean accept(String token) {
    if (!peek(token)) {
      return false;
    }
    at += token.length();
    return true;
  }

  private void expect(String token) {
    if (!accept(token)) {
      throw error("'" + token + "'");
    }
  }

  private String word(String what) {
    space();
    if (at < text.length() && text.charAt(at) == '"') {
      var s = new StringBuilder();
      for (at++; at < text.length() && text.charAt(at) != '"'; at++) {
        char c = text.charAt(at);
        if (c == '\\' && at + 1 < text.length()) {
          c = text.charAt(++at);
          c = c == 'n' ? '\n' : c;
        }
        s.append(c);
      }
      expect("\"");
      return s.toString();
    }
    int start = at;
    while (at < text.length()
        && (Character.isLetterOrDigit(text.charAt(at))
            || text.charAt(at) == '_'
            || text.charAt(at) == '\'')) {
      at++;
    }
    if (start == at) {
      throw error(what);
    }
    return text.substring(start, at);
  }

  private String number() {
    space();
    int start = at;
    while (at < text.length()
        && (Character.isLetterOrDigit(text.charAt(at)) || "+-.".indexOf(text.charAt(at)) >= 0)) {
      at++;
    }
    if (start == at) {
      throw error("a number");
    }
    return text.substring(start, at);
  }

  private int integer() {
    int start = at;
    long n = whole();
    if (n != (int) n) {
      at = start;
      throw error("an integer of 32 bits");
    }
    return (int) n;
  }

  private long whole() {
    space();
    int start = at;
    if (at < text.length() && text.charAt(at) == '-') {
      at++;
    }
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    try {
      return Long.parseLong(text.substring(start, at));
    } catch (NumberFormatException x) {
      at = start;
      throw error("an integer");
    }
  }

  private double real() {
    int start = at;
    String s = number();
    try {
      return Double.parseDouble(s);
    } catch (NumberFormatException x) {
      at = start;
      throw error("a number");
    }
  }

  private Op.Const constant(DType t) {
    if (t.isFloating()) {
      return Op.Const.of(t, real());
    }
    int start = at;
    long n = whole();
    Op.Const c = Op.Const.of(t, n);
    if (c.bits() != n) {
      at = start;
      throw error("a number that " + t + " holds");
    }
    return c;
  }

  // ---------------------------------------------------------------- types

  private Type type() {
    if (accept("ref ")) {
      return new RefType(arrayType());
    }
    if (accept("stack ")) {
      ArrayType of = arrayType();
      return new StackType(of, accept("lanes") ? strings() : List.of());
    }
    return arrayType();
  }

  private ArrayType arrayType() {
    DType t = dtype();
    int start = at;
    try {
      var type = new ArrayType(t, dims());
      long _ = Math.multiplyExact(ArrayType.product(type.dims()), t.bytes());
      return type;
    } catch (ArithmeticException _) {
      at = start;
      throw error("axes whose sizes multiply to less than 2^63 bytes");
    }
  }

  private DType dtype() {
    int start = at;
    String name = word("a dtype");
    for (DType t : DType.values()) {
      if (t.shortName().equals(name)) {
        return t;
      }
    }
    at = start;
    throw error("a dtype");
  }

  private List<Dim> dims() {
    expect("[");
    var out = new ArrayList<Dim>();
    while (!accept("]")) {
      if (!out.isEmpty()) {
        expect(",");
      }
      out.add(dim());
      if (out.size() > MOST_AXES) {
        throw error("no more than %,d axes".formatted(MOST_AXES));
      }
    }
    return out;
  }

  private Dim dim() {
    String name = word("an axis");
    expect(":");
    int start = at;
    int size = integer();
    if (size < 0) {
      at = start;
      throw error("the size of an axis");
    }
    return new Dim(name, size);
  }

  private List<Integer> integers() {
    expect("[");
    var out = new ArrayList<Integer>();
    while (!accept("]")) {
      if (!out.isEmpty()) {
        expect(",");
      }
      out.add(integer());
    }
    return out;
  }

  private List<String> strings() {
    expect("[");
    var out = new ArrayList<String>();
    while (!accept("]")) {
      if (!out.isEmpty()) {
        expect(",");
      }
      out.add(word("a name"));
    }
    return out;
  }

  // ---------------------------------------------------------------- programs

  private List<Var> declared(Object owner, String end) {
    var out = new ArrayList<Var>();
    while (!peek(end)) {
      if (!out.isEmpty()) {
        expect(",");
      }
      String name = word("a variable");
      expect(":");
      Var v = new Var(type(), owner);
      vars.put(name, v);
      out.add(v);
    }
    expect(end);
    return out;
  }

  private Var used() {
    String name = word("a variable");
    Var v = vars.get(name);
    if (v == null) {
      throw error("a defined variable instead of '" + name + "'");
    }
    return v;
  }

  private List<Var> usedUntilNewLine() {
    var out = new ArrayList<Var>();
    while (true) {
      int k = at;
      while (k < text.length() && (text.charAt(k) == ' ' || text.charAt(k) == ',')) {
        k++;
      }
      if (k >= text.length() || text.charAt(k) == '\n' || text.startsWith("//", k)) {
        return out;
      }
      at = k;
      out.add(used());
    }
  }

  /** The user's line, which stands behind an equation. */
  private @Nullable String site() {
    int k = at;
    while (k < text.length() && text.charAt(k) == ' ') {
      k++;
    }
    if (!text.startsWith("// ", k)) {
      return null;
    }
    int end = text.indexOf('\n', k);
    at = end < 0 ? text.length() : end;
    return text.substring(k + 3, at).strip();
  }

  private static Program hidden() {
    throw new AxialException(
        "a program that was read from text cannot be differentiated where its rule is not shown; differentiate the function that it was made of.");
  }

  private Program block() {
    Program.checkDepth(depth++);
    expect("program(");
    var owner = new Object();
    List<Var> inputs = declared(owner, ")");
    expect("{");
    var equations = new ArrayList<Equation>();
    while (!accept("return")) {
      equations.add(equation(owner));
    }
    List<Var> outputs = usedUntilNewLine();
    expect("}");
    depth--;
    return new Program(inputs, equations, outputs);
  }

  private Equation equation(Object owner) {
    space();
    int start = at;
    String first = word("an operation");
    List<Var> out = List.of();
    boolean assigns = peek(":");
    at = start;
    List<String> names = new ArrayList<>();
    var types = new ArrayList<Type>();
    if (assigns) {
      do {
        names.add(word("a variable"));
        expect(":");
        types.add(type());
      } while (accept(","));
      expect("=");
      first = word("an operation");
    } else {
      first = word("an operation");
    }
    Op op = operation(first, types.isEmpty() ? null : types.getFirst());
    List<Var> in = usedUntilNewLine();
    if (assigns) {
      var vs = new ArrayList<Var>();
      for (int k = 0; k < names.size(); k++) {
        Var v = new Var(types.get(k), owner);
        vars.put(names.get(k), v);
        vs.add(v);
      }
      out = vs;
    }
    return new Equation(op, in, out, site());
  }

  private Op operation(String name, @Nullable Type result) {
    Op elementwise = ELEMENTWISE.get(name);
    if (elementwise != null) {
      return elementwise;
    }
    if (name.equals("const") && result != null) {
      return constant(result.array().dtype());
    }
    Named named = RECORDS.get(name);
    if (named == null) {
      throw error("an operation instead of '" + name + "'");
    }
    RecordComponent[] parts = named.op.getRecordComponents();
    var values = new @Nullable Object[parts.length];
    var types = new Class<?>[parts.length];
    String before = "[";
    for (int k = 0; k < parts.length; k++) {
      types[k] = parts[k].getType();
      if (types[k] == Fn.Combine.class) {
        values[k] = named.fn;
        continue;
      }
      expect(before);
      before = ",";
      expect(parts[k].getName());
      expect("=");
      values[k] = attribute(parts[k]);
    }
    if (before.equals(",")) {
      expect("]");
    }
    try {
      return (Op) named.op.getDeclaredConstructor(types).newInstance(values);
    } catch (InvocationTargetException x) {
      throw new AxialException(
          "cannot parse the program: %s cannot have these parts: %s".formatted(name, x.getCause()),
          x);
    } catch (ReflectiveOperationException x) {
      throw new AxialException("internal error: cannot make " + name, x);
    }
  }

  private Object attribute(RecordComponent c) {
    Class<?> t = c.getType();
    if (t == Program.class) {
      return block();
    }
    if (t == Rule.class) {
      return accept(Printer.HIDDEN) ? Rule.later(Parser::hidden) : Rule.of(block());
    }
    if (t == DType.class) {
      return dtype();
    }
    if (t == String.class) {
      return word("a name");
    }
    if (t == int.class) {
      return integer();
    }
    if (t == boolean.class) {
      boolean yes = accept("true");
      if (!yes) {
        expect("false");
      }
      return yes;
    }
    if (t == Dim.class) {
      return dim();
    }
    if (t == Access.class) {
      return access();
    }
    if (t == StackType.class) {
      return type() instanceof StackType s ? s : misplaced("the type of a stack");
    }
    if (t.isEnum()) {
      String name = word("a constant");
      for (Object x : t.getEnumConstants()) {
        if (x.toString().equals(name)) {
          return x;
        }
      }
      throw error("one of the values of " + t.getSimpleName());
    }
    if (t == List.class) {
      Object of = ((ParameterizedType) c.getGenericType()).getActualTypeArguments()[0];
      if (of == Dim.class) {
        return dims();
      }
      if (of == String.class) {
        return strings();
      }
      return integers();
    }
    throw error("something that can be read back; " + t.getSimpleName() + " cannot");
  }

  private Object misplaced(String expected) {
    throw error(expected);
  }

  private Access access() {
    expect("{");
    var sels = new ArrayList<Sel>();
    boolean masked = false;
    while (!accept("}")) {
      if (!sels.isEmpty() || masked) {
        expect(",");
      }
      if (accept("?")) {
        masked = true;
        continue;
      }
      String axis = word("an axis");
      if (accept("@+")) {
        sels.add(new Sel.Ds(axis, integer()));
      } else if (accept("@")) {
        sels.add(new Sel.At(axis));
      } else {
        expect(":");
        int start = integer();
        expect("+");
        int size = integer();
        expect("*");
        sels.add(new Sel.Window(axis, start, integer(), size));
      }
    }
    return new Access(sels, masked);
  }
}
