package dev.axial.examples;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.that;

import dev.axial.*;
import dev.axial.random.Random;
import java.util.function.Function;

/**
 * An LU factorization with row pivots, in place: the matrix is a reference whose rows change
 * places, and elimination overwrites it. The logarithm of its determinant is differentiated through
 * all of that; the gradient is the transpose of the inverse, which the factors confirm.
 *
 * <p>G. H. Golub and C. F. Van Loan, Matrix Computations, algorithm 3.4.1 (outer product form).
 */
public final class LuFactorization {
  /** The columns of a matrix over an axis of rows. */
  public static final String COLUMN = "Column";

  private LuFactorization() {}

  // @start region=factor
  /**
   * Overwrites a square matrix by its factors: U on and above the diagonal, and below it L, whose
   * diagonal is 1. The other reference follows the rows, so that row i of L U is row order[i] of
   * the matrix.
   *
   * @param lu a matrix over Row and Column
   * @param order the numbers from 0 over Row
   */
  public static void factor(NamedRef lu, NamedRef order) {
    Axis Row = lu.axis("Row");
    Axis Column = lu.axis(COLUMN);
    NamedArray row = arange(Row);
    forLoop(
        0,
        Row.size(),
        k -> {
          NamedArray column = lu.get(Column.at(k));
          NamedArray pivot = argmax(where(row.ge(k), abs(column), -1), Row);
          exchange(lu, Row, k, pivot);
          exchange(order, Row, k, pivot);

          NamedArray below = row.gt(k);
          NamedArray top = lu.get(Row.at(k));
          NamedArray factors = where(below, lu.get(Column.at(k)).div(top.get(Column.at(k))), 0);
          lu.add(factors.times(where(arange(Column).gt(k), top, 0)).unaryMinus());
          lu.at(Column.at(k)).update(old -> where(below, factors, old));
        });
  }

  /** Two rows change places; nothing else of the reference is touched. */
  private static void exchange(NamedRef r, Axis Row, NamedArray a, NamedArray b) {
    r.at(Row.at(b)).set(r.at(Row.at(a)).swap(r.get(Row.at(b))));
  }

  // @end

  /** log |det A|, by factors that nobody sees. */
  public static NamedArray logDet(NamedArray a) {
    Axis Row = a.axis("Row");
    NamedRef lu = newRef(a);
    factor(lu, newRef(arange(Row)));
    NamedArray diagonal =
        where(arange(Row).eq(arange(a.axis(COLUMN))), lu.freeze(), 0).astype(a.dtype());
    return sum(log(abs(sum(diagonal, COLUMN))));
  }

  /** The x with A x = b, by the factors of A: forward and back substitution in one reference. */
  static NamedArray solve(NamedRef lu, NamedRef order, NamedArray b) {
    Axis Row = lu.axis("Row");
    Axis Column = lu.axis(COLUMN);
    NamedRef x = newRef(b.get(Row.at(order.get())));
    NamedArray column = arange(Column);
    forLoop(
        0,
        Row.size(),
        k -> {
          NamedArray known = where(column.lt(k), lu.get(Row.at(k)), 0);
          x.at(Row.at(k)).add(dot(known, x.get().rename("Row", COLUMN), Column).unaryMinus());
        });
    Scan.over(Row)
        .reverse()
        .run(
            scalar(0),
            arange(Row),
            (none, k) -> {
              NamedArray u = lu.get(Row.at(k));
              NamedArray known = where(column.gt(k), u, 0);
              NamedArray rest = dot(known, x.get().rename("Row", COLUMN), Column);
              x.at(Row.at(k)).update(old -> old.minus(rest).div(u.get(Column.at(k))));
              return step(none, none);
            });
    return x.freeze();
  }

  /** Factors a matrix of random numbers, and shows that the factors and the gradient are right. */
  public static void main(String[] args) {
    Axis Row = axis("Row", 60);
    Axis Column = axis(COLUMN, 60);
    NamedArray a = Random.normal(Random.key(5), DType.FLOAT64, Row, Column);

    NamedRef lu = newRef(a);
    NamedRef order = newRef(arange(Row));
    jitProc(LuFactorization::factor).run(lu, order);
    Axis Inner = axis("Inner", Row.size());
    NamedArray f = lu.value();
    NamedArray lower =
        where(arange(Row).gt(arange(Column)), f, arange(Row).eq(arange(Column)).astype(a.dtype()));
    NamedArray upper = where(arange(Row).le(arange(Column)), f, 0);
    NamedArray product = dot(lower.rename(COLUMN, "Inner"), upper.rename("Row", "Inner"), Inner);
    NamedArray permuted = a.get(Row.at(order.value()));
    double gap = max(abs(product.minus(permuted))).item();
    long moved = (long) sum(order.value().ne(arange(Row)).astype(DType.INT32)).item();
    System.out.printf("largest entry of L U - P A   %.1e, %d rows moved%n", gap, moved);
    that(gap < 1e-12, "the factors are those of the matrix");
    that(max(abs(lower)).item() <= 1, "no factor is larger than 1: the pivots were the largest");

    NamedArray b = Random.normal(Random.key(6), DType.FLOAT64, Row);
    Fn3<NamedRef, NamedRef, NamedArray, NamedArray> solve = jit(LuFactorization::solve);
    NamedArray x = solve.apply(lu, order, b);
    NamedArray back = dot(a, x.rename("Row", COLUMN), Column);
    double residual = max(abs(back.minus(b))).item();
    System.out.printf("largest entry of A x - b     %.1e%n", residual);
    that(residual < 1e-11, "the equations are solved");

    Function<NamedArray, ValueAndGrad<NamedArray>> gradient =
        jit(valueAndGrad(LuFactorization::logDet));
    var r = gradient.apply(a);
    // The gradient is the transpose of the inverse: A times it, transposed, is the identity.
    Axis Other = Row.alias("Other");
    NamedArray one = dot(a, r.grad().rename("Row", "Other"), Column);
    NamedArray identity = arange(Row).eq(arange(Other)).astype(a.dtype());
    double off = max(abs(one.minus(identity))).item();
    System.out.printf(
        "log |det A|                  %.6f%nlargest entry of A G' - I    %.1e%n",
        r.value().item(), off);
    that(off < 1e-10, "the gradient is the transposed inverse");
  }
}
