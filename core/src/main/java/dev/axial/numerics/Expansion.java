package dev.axial.numerics;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.ir.Fn;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A function as a straight line of exact operations, the same for every engine.
 *
 * <p>Every step has one value, of one type, and uses values of steps before it; the last is the
 * result. Arithmetic is that of IEEE 754, rounded to nearest even, with denormal numbers as {@link
 * Denormals} has them; integers wrap. Nothing may be reassociated, contracted or replaced by an
 * approximation. What is computed for regions in which an argument does not lie may be any number
 * or NaN, and is not selected.
 *
 * <p>The largest errors in units of the last place, as {@code AccuracyTest} holds them, for all
 * finite arguments and all magnitudes of the result, denormal ones too. 0.51 means: that of
 * float64, rounded once. Zeros, infinities, poles and NaN are exactly as C's Annex F has them.
 *
 * <table>
 *   <caption>Errors in ulp</caption>
 *   <tr><th>function</th><th>float32</th><th>float64</th></tr>
 *   <tr><td>exp, log</td><td>1</td><td>1.5</td></tr>
 *   <tr><td>erf</td><td>1.5</td><td>1.5</td></tr>
 *   <tr><td>sin, cos</td><td>2</td><td>1.5</td></tr>
 *   <tr><td>tanh, logistic</td><td>2</td><td>2.5</td></tr>
 *   <tr><td>log1p, cbrt, asin, acos, atan, atan2, pow</td><td>0.51</td><td>1.5</td></tr>
 *   <tr><td>expm1, cosh</td><td>0.51</td><td>2</td></tr>
 *   <tr><td>tan, sinh, asinh, acosh, atanh</td><td>0.51</td><td>2.5</td></tr>
 *   <tr><td>erfc</td><td>0.51</td><td>3</td></tr>
 *   <tr><td>lgamma</td><td>0.51</td><td>4, or 4 units of 1 where the result is below 1</td></tr>
 *   <tr><td>digamma</td><td>0.6</td><td>4, or 4 units of 1 where the result is below 1</td></tr>
 *   <tr><td>erfinv</td><td>as XLA's</td><td>as XLA's</td></tr>
 *   <tr><td>sign</td><td>0</td><td>0</td></tr>
 * </table>
 */
public final class Expansion {
  /** The type of a step's value. */
  public enum Type {
    F32,
    F64,
    I32,
    I64,
    BOOL
  }

  /** What a step computes from the values of its operands a, b and c. */
  public enum Kind {
    /** The argument whose number is {@code bits}. */
    ARG,
    /** {@code bits}: the IEEE bits of a real number, the value of an integer, 0 or 1. */
    CONST,
    ADD,
    SUB,
    MUL,
    DIV,
    /** a b + c, rounded once. */
    FMA,
    SQRT,
    /** The nearest integer, of two the even one; keeps the sign of zero. */
    RINT,
    /** Without the sign, a NaN's too. */
    ABS,
    NEG,
    /** The magnitude of a with the sign bit of b. */
    COPYSIGN,
    IADD,
    ISUB,
    IMUL,
    /** Bit by bit, of integers or of booleans; OR and XOR too. */
    AND,
    OR,
    XOR,
    /** The count b is an integer of the same type, between 0 and the number of bits less one. */
    SHL,
    /** Zeros come in. */
    LSHR,
    /** The sign comes in. */
    ASHR,
    /** a = b of real numbers, false where one is NaN; FLT and FLE too. */
    FEQ,
    FLT,
    FLE,
    IEQ,
    /** Of signed integers. */
    ILT,
    /** b where a is true, otherwise c. */
    SELECT,
    /** The same bits: F32 and I32, F64 and I64. */
    BITCAST,
    /**
     * To another type: F32 and F64 (rounded), an integer to a real number (rounded), I32 to I64
     * with the sign, I64 to I32 without its upper half. Never from a real number to an integer: the
     * expansions take integers from the bits of a sum, which are defined for every value.
     */
    CONVERT
  }

  /**
   * One operation: the numbers of the steps that are its operands, -1 for none, and the bits of a
   * constant or the number of an argument.
   */
  public record Step(Kind kind, Type type, int a, int b, int c, long bits) {}

  /** What may be computed instead of an expansion, where the guard, a BOOL, holds for all lanes. */
  public record Cheap(Expansion guard, Expansion value) {}

  private static final Map<DType, Map<Fn.Unary, Expansion>> UNARY = new EnumMap<>(DType.class);
  private static final Map<DType, Map<Fn.Binary, Expansion>> BINARY = new EnumMap<>(DType.class);

  private final List<Step> steps;
  private final int arity;
  private final boolean readsBits;
  private final Optional<Cheap> cheap;

  Expansion(List<Step> steps, int arity, Optional<Cheap> cheap) {
    this.steps = List.copyOf(steps);
    this.readsBits = readsBits(steps) || cheap.isPresent() && cheap.get().value().readsBits();
    this.arity = arity;
    this.cheap = cheap;
  }

  /** The expansion of a function for float32 or float64; the same object each time. */
  public static Expansion of(Fn.Unary fn, DType t) {
    if (!has(fn) || !t.isFloating()) {
      throw new AxialException("internal error: no expansion of " + fn + " for " + t);
    }
    synchronized (UNARY) {
      return UNARY
          .computeIfAbsent(t, _ -> new EnumMap<>(Fn.Unary.class))
          .computeIfAbsent(fn, f -> Functions.unary(f, t == DType.FLOAT32));
    }
  }

  /**
   * The expansion of a function of two numbers for float32 or float64; the same object each time.
   */
  public static Expansion of(Fn.Binary fn, DType t) {
    if (!has(fn) || !t.isFloating()) {
      throw new AxialException("internal error: no expansion of " + fn + " for " + t);
    }
    synchronized (BINARY) {
      return BINARY
          .computeIfAbsent(t, _ -> new EnumMap<>(Fn.Binary.class))
          .computeIfAbsent(fn, f -> Functions.binary(f, t == DType.FLOAT32));
    }
  }

  /** Whether a function is expanded; the others are one instruction, or of integers alone. */
  public static boolean has(Fn.Unary fn) {
    return switch (fn) {
      case NEG, ABS, FLOOR, CEIL, ROUND, SQRT, NOT, POPCOUNT -> false;
      case SIGN,
          EXP,
          EXPM1,
          LOG,
          LOG1P,
          CBRT,
          SIN,
          COS,
          TAN,
          ASIN,
          ACOS,
          ATAN,
          SINH,
          COSH,
          TANH,
          ASINH,
          ACOSH,
          ATANH,
          ERF,
          ERFC,
          ERFINV,
          LOGISTIC,
          LGAMMA,
          DIGAMMA ->
          true;
    };
  }

  /** Whether a function is expanded; the others are one instruction, or of integers alone. */
  public static boolean has(Fn.Binary fn) {
    return fn == Fn.Binary.POW || fn == Fn.Binary.ATAN2;
  }

  /** The steps, each after those it uses. */
  public List<Step> steps() {
    return steps;
  }

  /** The number of arguments. */
  public int arity() {
    return arity;
  }

  /** The number of the step whose value is the result: the last one. */
  public int result() {
    return steps.size() - 1;
  }

  /** The type of the result. */
  public Type type() {
    return steps.getLast().type();
  }

  /**
   * Whether the bits of an argument go anywhere without arithmetic, so that it has to be flushed
   * before ({@link Denormals}).
   */
  public boolean readsBits() {
    return readsBits;
  }

  private static boolean readsBits(List<Step> steps) {
    var raw = new boolean[steps.size()];
    boolean reads = false;
    for (int k = 0; k < raw.length; k++) {
      Step s = steps.get(k);
      boolean a = s.a() >= 0 && raw[s.a()];
      switch (s.kind()) {
        case ARG -> raw[k] = true;
        case ABS, NEG, COPYSIGN, CONVERT -> raw[k] = a; // a conversion and back is none
        case SELECT -> raw[k] = raw[s.b()] || raw[s.c()];
        case BITCAST -> reads |= a;
        case CONST, ADD, SUB, MUL, DIV, FMA, SQRT, RINT -> {}
        case IADD, ISUB, IMUL, AND, OR, XOR, SHL, LSHR, ASHR, FEQ, FLT, FLE, IEQ, ILT -> {}
      }
    }
    return reads || raw[raw.length - 1];
  }

  /**
   * Another expansion that gives the same bits wherever its guard holds, in fewer steps. An engine
   * may ignore it.
   */
  public Optional<Cheap> cheap() {
    return cheap;
  }

  /** One step a line, as in {@code 3 = FMA F32 (0, 1, 2)}. */
  @Override
  public String toString() {
    var s = new StringBuilder();
    for (int k = 0; k < steps.size(); k++) {
      Step e = steps.get(k);
      s.append(k).append(" = ").append(e.kind()).append(' ').append(e.type());
      if (e.a() < 0) {
        s.append(" 0x").append(Long.toHexString(e.bits()));
      } else {
        s.append(" (").append(e.a());
        s.append(e.b() < 0 ? "" : ", " + e.b()).append(e.c() < 0 ? "" : ", " + e.c()).append(')');
      }
      s.append('\n');
    }
    return s.toString();
  }
}
