package dev.axial.ir;

import dev.axial.DType;

/** Element-wise functions, as data: typing, batching and evaluation treat each group as one. */
public final class Fn {
  private Fn() {}

  /** One operand, same dtype. */
  public enum Unary {
    NEG,
    ABS,
    SIGN,
    FLOOR,
    CEIL,
    ROUND,
    EXP,
    EXPM1,
    LOG,
    LOG1P,
    SQRT,
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
    DIGAMMA,
    /** Logical for booleans, bit by bit for integers. */
    NOT,
    POPCOUNT;

    /** Whether the derivative is not zero everywhere. */
    public boolean smooth() {
      return switch (this) {
        case SIGN, FLOOR, CEIL, ROUND, NOT, POPCOUNT -> false;
        case NEG,
            ABS,
            EXP,
            EXPM1,
            LOG,
            LOG1P,
            SQRT,
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
  }

  /** Two operands of one dtype, same dtype. */
  public enum Binary {
    ADD,
    SUB,
    MUL,
    /** Truncates towards zero for integers; x/0 is -1. */
    DIV,
    /** The remainder of DIV, with the sign of the dividend; x%0 is x. */
    REM,
    POW,
    MAX,
    MIN,
    ATAN2,
    AND,
    OR,
    XOR,
    SHL,
    /** Logical: zeros come in. */
    SHR,
    /** Arithmetic: the sign comes in. */
    SAR;

    public boolean smooth() {
      return switch (this) {
        case ADD, SUB, MUL, DIV, REM, POW, MAX, MIN, ATAN2 -> true;
        case AND, OR, XOR, SHL, SHR, SAR -> false;
      };
    }
  }

  /** Two operands of one dtype, boolean result. */
  public enum Compare {
    LT,
    LE,
    GT,
    GE,
    EQ,
    NE
  }

  /**
   * How a write combines its value with what is there; the order of several at one place does not
   * matter, up to rounding. Of booleans ADD and MAX are "or", MUL and MIN "and".
   */
  public enum Combine {
    ADD,
    MUL,
    MAX,
    MIN;

    /** The function of two numbers. */
    public Binary binary() {
      return switch (this) {
        case ADD -> Binary.ADD;
        case MUL -> Binary.MUL;
        case MAX -> Binary.MAX;
        case MIN -> Binary.MIN;
      };
    }

    /** The function of two elements of a dtype. */
    public Binary of(DType t) {
      if (t != DType.BOOL) {
        return binary();
      }
      return switch (this) {
        case ADD, MAX -> Binary.OR;
        case MUL, MIN -> Binary.AND;
      };
    }
  }

  /** How axes are reduced. SUM, MAX and MIN take numbers, ANY and ALL booleans. */
  public enum Reduce {
    SUM,
    MAX,
    MIN,
    ANY,
    ALL
  }
}
