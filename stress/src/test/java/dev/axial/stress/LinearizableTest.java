package dev.axial.stress;

import static dev.axial.Axial.axis;
import static dev.axial.Axial.full;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.jitProc;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.sum;
import static dev.axial.Axial.zeros;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Proc2;
import dev.axial.Proc3;
import java.util.Arrays;
import java.util.function.BiFunction;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/**
 * Rule 15 by Lincheck: random operations by three threads on two references and views of them, many
 * times over; each history has to be that of some order of the operations, one after another. The
 * model is the same object used by one thread.
 */
@Param(name = "row", gen = IntGen.class, conf = "0:2")
@Param(name = "value", gen = IntGen.class, conf = "1:4")
public class LinearizableTest {
  private static final Axis ROW = axis("Row", 3);
  private static final Axis F = axis("Feature", 5);

  /** The calls are traced once, so that what is raced for is the run and not the compiler. */
  private static final Proc3<NamedRef, NamedRef, NamedArray> MOVE =
      jitProc((from, to, i) -> {
        to.at(ROW.at(i)).add(from.get(ROW.at(i)));
        from.at(ROW.at(i)).set(0);
      });

  private static final Proc2<NamedRef, NamedArray> SCALE =
      jitProc((r, v) -> r.set(r.get().times(v)));

  private static final BiFunction<NamedRef, NamedRef, NamedArray> TOTAL =
      jit((NamedRef a, NamedRef b) -> sum(a.get().plus(b.get())));

  private final NamedRef a = newRef(zeros(DType.INT32, ROW, F));
  private final NamedRef b = newRef(zeros(DType.INT32, F, ROW));

  private static String text(NamedArray x) {
    return Arrays.toString(x.toIntArray());
  }

  /** A row of both, read one after the other. */
  @Operation
  public String row(@Param(name = "row") int row) {
    return text(a.get(ROW.at(row)));
  }

  @Operation
  public String all() {
    return text(b.get());
  }

  @Operation
  public void set(@Param(name = "row") int row, @Param(name = "value") int value) {
    a.at(ROW.at(row)).set(value);
  }

  @Operation
  public void fill(@Param(name = "value") int value) {
    b.set(full(value, F, ROW));
  }

  @Operation
  public void add(@Param(name = "row") int row, @Param(name = "value") int value) {
    b.slice(ROW.range(0, row + 1)).add(value);
  }

  @Operation
  public String swap(@Param(name = "row") int row, @Param(name = "value") int value) {
    return text(a.at(ROW.at(row)).swap(full(value, F)));
  }

  @Operation
  public void update(@Param(name = "row") int row) {
    b.at(ROW.at(row)).update(v -> v.times(2).plus(1));
  }

  @Operation
  public void move(@Param(name = "row") int row) {
    MOVE.run(a, b, scalar(row));
  }

  @Operation
  public void back(@Param(name = "row") int row) {
    MOVE.run(b, a, scalar(row));
  }

  @Operation
  public void scale(@Param(name = "value") int value) {
    SCALE.run(a, scalar(value));
  }

  @Operation
  public int total() {
    return (int) TOTAL.apply(b, a).item();
  }

  @Test
  void histories_are_those_of_some_order() {
    new StressOptions()
        .iterations(Integer.getInteger("axial.stress.scenarios", 60))
        .invocationsPerIteration(Integer.getInteger("axial.stress.invocations", 400))
        .threads(3)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(1)
        .check(LinearizableTest.class);
  }
}
