package dev.axial.cpu.llvm;

import dev.axial.AxialException;
import java.util.HexFormat;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes the text of one function. Control flow is structured: the nesting of lambdas is the
 * nesting of loops and branches. Values that change are kept in allocas, which the optimizer turns
 * into registers.
 */
public final class Asm {
  /** A type: a scalar, or a vector of lanes of it. */
  public record Ty(String scalar, int lanes) {
    public static final Ty PTR = new Ty("ptr", 1);
    public static final Ty I64 = new Ty("i64", 1);
    public static final Ty I32 = new Ty("i32", 1);
    public static final Ty I16 = new Ty("i16", 1);
    public static final Ty I8 = new Ty("i8", 1);
    public static final Ty I1 = new Ty("i1", 1);
    public static final Ty F32 = new Ty("float", 1);
    public static final Ty F64 = new Ty("double", 1);

    /** The same with another number of lanes. */
    public Ty by(int n) {
      return n == lanes ? this : new Ty(scalar, n);
    }

    /** The bytes of an integer of one lane. */
    public int scalarBytes() {
      return Integer.parseInt(scalar.substring(1)) / 8;
    }

    /** The same number of lanes of another scalar. */
    public Ty of(Ty other) {
      return other.by(lanes);
    }

    /** Whether it is of floating-point numbers. */
    boolean isReal() {
      return scalar.equals("float") || scalar.equals("double");
    }

    /** How an overloaded intrinsic names this type. */
    String mangled() {
      String s =
          switch (scalar) {
            case "float" -> "f32";
            case "double" -> "f64";
            case "ptr" -> "p0";
            default -> scalar; // not over Op
          };
      return lanes == 1 ? s : "v" + lanes + s;
    }

    @Override
    public String toString() {
      return lanes == 1 ? scalar : "<" + lanes + " x " + scalar + ">";
    }
  }

  /** A value: its type and its name or constant. */
  public record Val(Ty ty, String name) {
    /** Whether this is an integer written out. */
    public boolean constant() {
      char c = name.charAt(0);
      return ty.lanes == 1 && (c == '-' || Character.isDigit(c)) && ty.scalar.startsWith("i");
    }

    /** The integer written out. */
    public long value() {
      return Long.parseLong(name);
    }

    @Override
    public String toString() {
      return ty + " " + name;
    }
  }

  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private final StringBuilder entry = new StringBuilder();
  private final StringBuilder body = new StringBuilder();
  private final Set<String> declarations;
  private final String header;
  private int count;

  /** The bytes of arrays on the stack. */
  private long room;

  private boolean reals;

  private String label = "entry";

  /**
   * A function.
   *
   * @param header all of its text up to the brace
   * @param declarations collects what it calls
   */
  public Asm(String header, Set<String> declarations) {
    this.header = header;
    this.declarations = declarations;
  }

  /** Whether there is arithmetic of floating-point numbers in it. */
  public boolean computesReals() {
    return reals;
  }

  /** The whole text. */
  public String text() {
    return text(header);
  }

  /** The whole text with another header. */
  public String text(String header) {
    return header + " {\nentry:\n" + entry + body + "}\n";
  }

  /** The length of the text so far. */
  public int size() {
    return body.length();
  }

  private String fresh() {
    return "%v" + count++;
  }

  private void line(String s) {
    body.append("  ").append(s).append('\n');
  }

  private Val def(Ty ty, String s) {
    String name = fresh();
    line(name + " = " + s);
    return new Val(ty, name);
  }

  // ---------------------------------------------------------------- constants

  public static Val i64(long x) {
    return new Val(Ty.I64, Long.toString(x));
  }

  public static Val i32(int x) {
    return new Val(Ty.I32, Integer.toString(x));
  }

  public static Val i1(boolean x) {
    return new Val(Ty.I1, x ? "true" : "false");
  }

  /** An integer constant of any integer type. */
  public static Val integer(Ty ty, long x) {
    String s = ty.scalar.equals("i1") ? (x != 0 ? "true" : "false") : Long.toString(x);
    return constant(ty, s);
  }

  public static Val real(Ty ty, double x) {
    // The bits of the double, also for float, whose value it must be exactly.
    return constant(ty, "0x" + HEX.toHexDigits(Double.doubleToRawLongBits(x)));
  }

  private static Val constant(Ty ty, String s) {
    return new Val(ty, ty.lanes == 1 ? s : "splat (" + ty.scalar + " " + s + ")");
  }

  public static Val zero(Ty ty) {
    return new Val(ty, "zeroinitializer");
  }

  // ---------------------------------------------------------------- arithmetic

  /** An instruction with two operands of one type. */
  public Val op(String op, Val a, Val b) {
    if (!a.ty.equals(b.ty)) {
      throw new AxialException("internal error: %s of %s and %s".formatted(op, a, b));
    }
    reals |= a.ty.isReal();
    return def(a.ty, op + " " + a + ", " + b.name);
  }

  public Val fneg(Val a) {
    return def(a.ty, "fneg " + a);
  }

  /** A comparison, such as {@code icmp slt}. */
  public Val cmp(String op, Val a, Val b) {
    if (!a.ty.equals(b.ty)) {
      throw new AxialException("internal error: %s of %s and %s".formatted(op, a, b));
    }
    reals |= a.ty.isReal();
    return def(a.ty.of(Ty.I1), op + " " + a + ", " + b.name);
  }

  public Val select(Val c, Val a, Val b) {
    if (!a.ty.equals(b.ty) || c.ty.lanes != a.ty.lanes) {
      throw new AxialException("internal error: select of %s, %s, %s".formatted(c, a, b));
    }
    return a.name.equals(b.name) ? a : def(a.ty, "select " + c + ", " + a + ", " + b);
  }

  /** A conversion, such as {@code sext}. */
  public Val cast(String op, Val a, Ty to) {
    reals |= op.equals("fpext") || op.equals("fptrunc");
    return def(to, op + " " + a + " to " + to);
  }

  /** Sum of 64-bit integers; constants are folded. */
  public Val add(Val a, Val b) {
    if (a.constant() && b.constant()) {
      return new Val(a.ty, Long.toString(a.value() + b.value()));
    }
    if (a.constant() && a.value() == 0) {
      return b;
    }
    return b.constant() && b.value() == 0 ? a : op("add", a, b);
  }

  public Val sub(Val a, Val b) {
    if (a.constant() && b.constant()) {
      return new Val(a.ty, Long.toString(a.value() - b.value()));
    }
    return b.constant() && b.value() == 0 ? a : op("sub", a, b);
  }

  /** Product with a constant. */
  public Val times(Val a, long k) {
    if (a.constant()) {
      return new Val(a.ty, Long.toString(a.value() * k));
    }
    return k == 0 ? integer(a.ty, 0) : k == 1 ? a : op("mul", a, integer(a.ty, k));
  }

  /** An intrinsic overloaded over the type of its first operand, of which the result is one. */
  public Val intrinsic(String name, Val... args) {
    return call(args[0].ty, "@llvm." + name + "." + args[0].ty.mangled(), args);
  }

  /** An intrinsic overloaded over result and operand. */
  public Val convertIntrinsic(String name, Ty to, Val a) {
    return call(to, "@llvm." + name + "." + to.mangled() + "." + a.ty.mangled(), a);
  }

  /** A call; the function is declared. */
  public Val call(Ty result, String function, Val... args) {
    reals |= !function.startsWith("@llvm.masked") && args[0].ty.isReal();
    var given = new StringBuilder();
    var types = new StringBuilder();
    for (Val a : args) {
      given.append(given.isEmpty() ? "" : ", ").append(a);
      types.append(types.isEmpty() ? "" : ", ").append(a.ty);
    }
    declarations.add("declare " + result + " " + function + "(" + types + ")");
    return def(result, "call " + result + " " + function + "(" + given + ")");
  }

  /** A call without result; not declared when it goes to a pointer or to a function of ours. */
  public void run(String function, boolean declare, Val... args) {
    var given = new StringBuilder();
    var types = new StringBuilder();
    for (Val a : args) {
      given.append(given.isEmpty() ? "" : ", ").append(a);
      types.append(types.isEmpty() ? "" : ", ").append(a.ty);
    }
    if (declare) {
      declarations.add("declare void " + function + "(" + types + ")");
    }
    line("call void " + function + "(" + given + ")");
  }

  // ---------------------------------------------------------------- vectors

  public Val splat(Val a, int lanes) {
    if (a.ty.lanes == lanes) {
      return a;
    }
    if (a.ty.lanes != 1) {
      throw new AxialException("internal error: splat of %s to %d lanes".formatted(a, lanes));
    }
    char c = a.name.charAt(0);
    if (c != '%' && c != '@' && !a.name.equals("zeroinitializer")) {
      return constant(a.ty.by(lanes), a.name);
    }
    Ty t = a.ty.by(lanes);
    Val one = def(t, "insertelement " + t + " poison, " + a + ", i64 0");
    return def(
        t, "shufflevector " + one + ", " + t + " poison, <" + lanes + " x i32> zeroinitializer");
  }

  public Val extract(Val v, int lane) {
    return v.ty.lanes == 1 ? v : def(v.ty.by(1), "extractelement " + v + ", i64 " + lane);
  }

  public Val extract(Val v, Val lane) {
    return v.ty.lanes == 1 ? v : def(v.ty.by(1), "extractelement " + v + ", " + lane);
  }

  public Val insert(Val v, Val x, int lane) {
    return v.ty.lanes == 1 ? x : def(v.ty, "insertelement " + v + ", " + x + ", i64 " + lane);
  }

  /** Lanes of a and b by number. */
  public Val shuffle(Val a, Val b, int... lanes) {
    var mask = new StringBuilder();
    for (int k : lanes) {
      mask.append(mask.isEmpty() ? "" : ", ").append(k < 0 ? "i32 poison" : "i32 " + k);
    }
    return def(
        a.ty.by(lanes.length),
        "shufflevector " + a + ", " + b + ", <" + lanes.length + " x i32> <" + mask + ">");
  }

  /** 0, step, 2 step, … */
  public Val steps(Ty scalar, int lanes, long step) {
    if (lanes == 1) {
      return integer(scalar, 0);
    }
    var s = new StringBuilder("<");
    for (int k = 0; k < lanes; k++) {
      s.append(k == 0 ? "" : ", ").append(scalar).append(' ').append(k * step);
    }
    return new Val(scalar.by(lanes), s.append('>').toString());
  }

  // ---------------------------------------------------------------- memory

  public Val load(Ty ty, Val p, int align) {
    return def(ty, "load " + ty + ", " + p + ", align " + align);
  }

  public void store(Val v, Val p, int align) {
    line("store " + v + ", " + p + ", align " + align);
  }

  /** A store past the caches. */
  public void stream(Val v, Val p, int align) {
    line("store " + v + ", " + p + ", align " + align + ", !nontemporal !0");
  }

  /** Makes what was stored past the caches visible before what is stored from here on. */
  public void fence() {
    line("fence seq_cst");
  }

  public Val maskedLoad(Ty ty, Val p, int align, Val mask) {
    return call(ty, "@llvm.masked.load." + ty.mangled() + ".p0", p, i32(align), mask, zero(ty));
  }

  public void maskedStore(Val v, Val p, int align, Val mask) {
    run("@llvm.masked.store." + v.ty.mangled() + ".p0", true, v, p, i32(align), mask);
  }

  public Val gather(Ty ty, Val pointers, int align, Val mask) {
    return call(
        ty,
        "@llvm.masked.gather." + ty.mangled() + ".v" + ty.lanes + "p0",
        pointers,
        i32(align),
        mask,
        zero(ty));
  }

  public void scatter(Val v, Val pointers, int align, Val mask) {
    run(
        "@llvm.masked.scatter." + v.ty.mangled() + ".v" + v.ty.lanes + "p0",
        true,
        v,
        pointers,
        i32(align),
        mask);
  }

  /** Adds to an integer in memory, atomically; what was there before. */
  public Val atomicAdd(Val p, Val x) {
    return def(x.ty, "atomicrmw add " + p + ", " + x + " monotonic, align 8");
  }

  /**
   * Asks for a line of memory that will be read, or written, soon.
   *
   * @param near how near: from 3, the nearest cache, to 0
   */
  public void prefetch(Val p, boolean write, int near) {
    run("@llvm.prefetch.p0", true, p, i32(write ? 1 : 0), i32(near), i32(1));
  }

  /** The address of an element; a vector of addresses for a vector of indices. */
  public Val at(Val base, String element, Val index) {
    if (index.constant() && index.value() == 0) {
      return base;
    }
    return def(Ty.PTR.by(index.ty.lanes), "getelementptr " + element + ", " + base + ", " + index);
  }

  /** Room on the stack of the function, made once at its start. */
  public Val alloca(String type, int align) {
    String name = "%a" + count++;
    if (type.startsWith("[")) { // others become registers, most of them
      room += bytes(type);
    }
    entry.append("  " + name + " = alloca " + type + ", align " + align + "\n");
    return new Val(Ty.PTR, name);
  }

  /** The bytes of {@code [n x t]}, {@code <n x t>} and scalars. */
  private static long bytes(String type) {
    char c = type.charAt(0);
    if (c == '[' || c == '<') {
      int by = type.indexOf(" x ");
      return Long.parseLong(type.substring(1, by))
          * bytes(type.substring(by + 3, type.length() - 1));
    }
    return type.equals("float") || type.equals("i32") ? 4 : type.equals("i8") ? 1 : 8;
  }

  /** About as many bytes as the function needs of the stack: its arrays, and what it spills. */
  public long frame() {
    return room + 2L * count;
  }

  /** Loads from a table at the start of the function. */
  public Val early(Ty ty, Val table, long slot) {
    String p = "%e" + count++;
    String v = "%e" + count++;
    entry.append("  " + p + " = getelementptr i64, " + table + ", i64 " + slot + "\n");
    entry.append("  " + v + " = load " + ty + ", ptr " + p + ", align 8\n");
    return new Val(ty, v);
  }

  /** An instruction, here. */
  public Val define(Ty ty, String instruction) {
    return def(ty, instruction);
  }

  /** An instruction at the start of the function. */
  public Val early(Ty ty, String instruction) {
    String v = "%e" + count++;
    entry.append("  " + v + " = " + instruction + "\n");
    return new Val(ty, v);
  }

  /** A variable: an alloca that starts with the given value here. */
  public Val variable(Val init) {
    Val p = alloca(init.ty.toString(), alignOf(init.ty));
    store(init, p, alignOf(init.ty));
    return p;
  }

  public Val get(Val variable, Ty ty) {
    return load(ty, variable, alignOf(ty));
  }

  public void put(Val variable, Val v) {
    store(v, variable, alignOf(v.ty));
  }

  private static int alignOf(Ty t) {
    return t.lanes == 1 ? 8 : 64;
  }

  // ---------------------------------------------------------------- control

  private String freshLabel() {
    return "b" + count++;
  }

  private void start(String name) {
    body.append(name).append(":\n");
    label = name;
  }

  /** for (i = lo; i < hi; i += step). */
  public void loop(Val lo, Val hi, long step, Consumer<Val> each) {
    if (lo.constant() && hi.constant()) {
      long n = hi.value() - lo.value();
      if (n <= 0) {
        return;
      }
      if (n <= step) {
        each.accept(lo);
        return;
      }
    }
    String head = freshLabel();
    String inside = freshLabel();
    String end = freshLabel();
    String i = fresh();
    String next = fresh();
    String before = label;
    boolean sure = lo.constant() && hi.constant();
    if (sure) {
      line("br label %" + inside);
    } else {
      line("br label %" + head);
      start(head);
      Val any = def(Ty.I1, "icmp slt " + lo + ", " + hi.name);
      line("br " + any + ", label %" + inside + ", label %" + end);
      before = head;
    }
    start(inside);
    // The last block of the body is known only after it: the phi is patched in.
    int at = body.length();
    each.accept(new Val(lo.ty, i));
    line(next + " = add nsw " + lo.ty + " " + i + ", " + step);
    Val more = def(Ty.I1, "icmp slt " + lo.ty + " " + next + ", " + hi.name);
    line("br " + more + ", label %" + inside + ", label %" + end);
    body.insert(
        at,
        "  " + i + " = phi " + lo.ty + " [ " + lo.name + ", %" + before + " ], [ " + next + ", %"
            + label + " ]\n");
    start(end);
  }

  /** while (condition) body. */
  public void whileLoop(java.util.function.Supplier<Val> condition, Runnable each) {
    String head = freshLabel();
    String inside = freshLabel();
    String end = freshLabel();
    line("br label %" + head);
    start(head);
    Val c = condition.get();
    line("br " + c + ", label %" + inside + ", label %" + end);
    start(inside);
    each.run();
    line("br label %" + head);
    start(end);
  }

  /** if (c) yes else no. */
  public void branch(Val c, Runnable yes, @Nullable Runnable no) {
    String y = freshLabel();
    String n = freshLabel();
    String end = freshLabel();
    line("br " + c + ", label %" + y + ", label %" + (no == null ? end : n));
    start(y);
    yes.run();
    line("br label %" + end);
    if (no != null) {
      start(n);
      no.run();
      line("br label %" + end);
    }
    start(end);
  }

  /** Leaves the function here if c holds. */
  public void leaveIf(Val c) {
    String out = freshLabel();
    String on = freshLabel();
    line("br " + c + ", label %" + out + ", label %" + on);
    start(out);
    line("ret void");
    start(on);
  }

  public void leave() {
    line("ret void");
  }
}
