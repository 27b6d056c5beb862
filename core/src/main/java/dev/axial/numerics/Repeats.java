package dev.axial.numerics;

import dev.axial.DType;
import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Fn;
import dev.axial.ir.Sel;
import dev.axial.ir.Type;
import java.util.List;

/**
 * Additions of float32 at repeated indices. One place may get many numbers: they are added up in
 * float64, in the order of the indices, and what comes of it is added to the place and rounded
 * once. That needs room for as many numbers as there are places, so it is done where at least as
 * many are added, and many at all:
 *
 * <pre>
 *   a.at(i).add(x) = down(up(a) + s)    with s = (zeros).at(i).add(up(x)) in float64
 * </pre>
 *
 * The zeros are negative, which changes nothing that nothing is added to. Elsewhere, and for the
 * other dtypes, numbers are added to their places one after another; those of two bytes are rounded
 * each time, as JAX does it.
 */
public final class Repeats {
  private Repeats() {}

  /** Fewer values than these are added one after another. */
  private static final long FEW = 256;

  /**
   * Whether an addition is summed up before.
   *
   * @param of what is added to
   * @param operands the types of the indices, and of the mask
   */
  public static boolean summed(
      Fn.Combine fn, Access access, ArrayType of, List<? extends Type> operands) {
    if (fn != Fn.Combine.ADD || of.dtype() != DType.FLOAT32) {
      return false;
    }
    boolean repeats = false;
    int k = 0;
    for (Sel s : access.sels()) {
      repeats |= s.dynamic() && !operands.get(k++).array().isScalar();
    }
    if (!repeats) {
      return false;
    }
    long values = access.result(of, List.copyOf(operands)).size();
    return values >= FEW && values >= of.size();
  }
}
