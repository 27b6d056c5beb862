package dev.axial.laws;

import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.forLoop;
import static dev.axial.Axial.foriLoop;
import static dev.axial.Axial.grad;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.jvp;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.program;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.vmap;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.Fn3;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The bounds of a loop count in the dtype in which they come, to its ends. */
class LoopBoundsTest {
  private record Bounds(long lo, long hi) {
    long rounds() {
      return lo < hi ? hi - lo : 0;
    }
  }

  private static List<Bounds> bounds(DType t) {
    Stream<Bounds> all =
        switch (t) {
          case INT32 -> ends(Integer.MIN_VALUE, Integer.MAX_VALUE);
          case UINT32 -> ends(0, 0xffffffffL);
          default ->
              Stream.concat(
                  ends(Long.MIN_VALUE, Long.MAX_VALUE),
                  Stream.of(
                      new Bounds(1L << 32, (1L << 32) + 3),
                      new Bounds((1L << 31) - 1, (1L << 31) + 2),
                      new Bounds(-(1L << 32), 2 - (1L << 32)),
                      new Bounds(1L << 32, 3)));
        };
    return all.toList();
  }

  /** The last and the first numbers, no round in the right and in the wrong order. */
  private static Stream<Bounds> ends(long least, long most) {
    return Stream.of(
        new Bounds(most - 3, most),
        new Bounds(least, least + 3),
        new Bounds(most, least),
        new Bounds(most, most),
        new Bounds(5, 5));
  }

  /** The rounds, and a hash of the numbers that they had. */
  private static List<NamedArray> walk(NamedArray lo, NamedArray hi) {
    return foriLoop(
        lo,
        hi,
        List.of(scalar(0), scalar(7L)),
        (i, c) -> List.of(c.get(0).plus(1), c.get(1).times(31).plus(i.astype(DType.INT64))));
  }

  private static long hash(Bounds b) {
    long h = 7;
    for (long k = 0; k < b.rounds(); k++) {
      h = h * 31 + b.lo + k;
    }
    return h;
  }

  private static void same(String what, List<NamedArray> got, Bounds b) {
    assertThat(got.get(0).toLongArray()).as(what).containsExactly(b.rounds());
    assertThat(got.get(1).toLongArray()).as(what).containsExactly(hash(b));
  }

  @ParameterizedTest
  @EnumSource(names = {"INT32", "INT64", "UINT32"})
  void bounds_count_in_their_dtype(DType t) {
    BiFunction<NamedArray, NamedArray, List<NamedArray>> compiled = jit(LoopBoundsTest::walk);
    for (Bounds b : bounds(t)) {
      NamedArray lo = scalar(b.lo, t);
      NamedArray hi = scalar(b.hi, t);
      same(t + " eager " + b, walk(lo, hi), b);
      same(t + " compiled " + b, compiled.apply(lo, hi), b);
      same(t + " with int64 " + b, walk(lo, scalar(b.hi, DType.INT64)), b);
      NamedRef rounds = newRef(scalar(0));
      forLoop(lo, hi, i -> rounds.add(i.eq(i).astype(DType.INT32)));
      assertThat(rounds.item()).as("%s %s", t, b).isEqualTo(b.rounds());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"INT32", "INT64", "UINT32"})
  void in_each_lane(DType t) {
    List<Bounds> all = bounds(t);
    Axis lanes = axis("Lane", all.size());
    NamedArray lo = array(all.stream().mapToLong(Bounds::lo).toArray(), lanes).astype(t);
    NamedArray hi = array(all.stream().mapToLong(Bounds::hi).toArray(), lanes).astype(t);
    List<NamedArray> got = jit(vmap(LoopBoundsTest::walk, lanes)).apply(lo, hi);
    for (int k = 0; k < all.size(); k++) {
      int lane = k;
      same(t + " lane", got.stream().map(x -> x.get(lanes.at(lane))).toList(), all.get(k));
    }
  }

  /** x to the power of 2 to the number of rounds, whose derivative needs every round's value. */
  @ParameterizedTest
  @EnumSource(names = {"INT32", "INT64", "UINT32"})
  void derivatives_go_through_all_rounds(DType t) {
    Fn3<NamedArray, NamedArray, NamedArray, NamedArray> f =
        (x, lo, hi) -> foriLoop(lo, hi, x, (i, c) -> c.times(c));
    Fn3<NamedArray, NamedArray, NamedArray, NamedArray> backward = jit(grad(f));
    NamedArray x = scalar(1.5);
    for (Bounds b : bounds(t)) {
      NamedArray lo = scalar(b.lo, t);
      NamedArray hi = scalar(b.hi, t);
      double power = Math.pow(2, b.rounds());
      double want = power * Math.pow(1.5, power - 1);
      assertThat(backward.apply(x, lo, hi).item()).as("%s %s", t, b).isEqualTo(want);
      assertThat(jvp((NamedArray y) -> f.apply(y, lo, hi), x, scalar(1.0)).tangent().item())
          .as("%s %s, forward", t, b)
          .isEqualTo(want);
    }
  }

  @Test
  void the_number_has_the_dtype_of_the_bounds() {
    for (DType t : List.of(DType.INT32, DType.INT64, DType.UINT32)) {
      forLoop(0, scalar(1, t), i -> assertThat(i.dtype()).isEqualTo(t));
      forLoop(scalar(0, t), scalar(1L), i -> assertThat(i.dtype()).isEqualTo(DType.INT64));
    }
    forLoop(-1, scalar(1, DType.UINT32), i -> assertThat(i.dtype()).isEqualTo(DType.INT64));
    forLoop(0, 1, i -> assertThat(i.dtype()).isEqualTo(DType.INT32));
  }

  /** More rounds than an int counts, of which few are done. */
  @Test
  void bounds_that_are_numbers_may_be_far_apart() {
    assertThat(foriLoop(Integer.MIN_VALUE, Integer.MIN_VALUE + 2, scalar(0L), LoopBoundsTest::plus))
        .satisfies(x -> assertThat(x.toLongArray()).containsExactly(2L * Integer.MIN_VALUE + 1));
    assertThat(foriLoop(Integer.MAX_VALUE, Integer.MIN_VALUE, scalar(0L), LoopBoundsTest::plus))
        .satisfies(x -> assertThat(x.toLongArray()).containsExactly(0L));
    assertThat(
            program((NamedArray x) -> foriLoop(Integer.MIN_VALUE, 5, x, (i, c) -> c), scalar(3))
                .toString())
        .contains("while");
  }

  private static NamedArray plus(NamedArray i, NamedArray c) {
    return c.plus(i.astype(DType.INT64));
  }
}
