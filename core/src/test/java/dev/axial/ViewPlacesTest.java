package dev.axial;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A page outlines what a read touches, for each kind of selector. */
class ViewPlacesTest {
  private static final Axis A = axis("A", 5);
  private static final Axis B = axis("B", 6);
  private static final Axis C = axis("C", 7);
  private static final Axis K = axis("K", 3);

  record Case(String name, UnaryOperator<NamedRef> view) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Case> views() {
    NamedArray pairs = arange(K).times(2);
    return List.of(
        new Case("whole", r -> r),
        new Case("one", r -> r.slice(B.at(2))),
        new Case("one from the end", r -> r.slice(B.at(-1), C.at(-2))),
        new Case("range", r -> r.slice(A.range(1, 4), C.range(2, 7))),
        new Case("steps", r -> r.slice(C.range(5, 0, -2))),
        new Case("window", r -> r.slice(B.ds(2, 3))),
        new Case("moving window", r -> r.slice(B.ds(scalar(2), 3))),
        new Case("moving window out of range", r -> r.slice(B.ds(scalar(9), 3))),
        new Case("moving window from the end", r -> r.slice(B.ds(scalar(-2), 2))),
        new Case("index", r -> r.slice(B.at(scalar(4)))),
        new Case("index from the end", r -> r.slice(B.at(scalar(-1)))),
        new Case("index out of range", r -> r.slice(B.at(scalar(40)))),
        new Case("indices", r -> r.slice(B.at(4, 0, 4))),
        new Case("index array", r -> r.slice(C.at(pairs))),
        new Case("two index arrays aligned", r -> r.slice(A.at(arange(K)), C.at(pairs))),
        new Case("index array along an axis that stays", r -> r.slice(C.at(arange(A)))),
        new Case("mask", r -> r.slice(B.where(arange(B).gt(2), 3))),
        new Case("mask with missing ones", r -> r.slice(B.where(arange(B).gt(3), 4))),
        new Case("range of a range", r -> r.slice(C.range(1, 7, 2)).slice(C.range(1, 3))),
        new Case("index of a window", r -> r.slice(C.ds(scalar(2), 4)).slice(C.at(scalar(1)))),
        new Case("range of an index array", r -> r.slice(C.at(pairs)).slice(K.range(1, 3))));
  }

  @ParameterizedTest
  @MethodSource("views")
  void placesAreThoseThatAreRead(Case c) {
    long n = (long) A.size() * B.size() * C.size();
    // From one on, because what is missing reads as zero.
    NamedRef ref = newRef(array(LongStream.rangeClosed(1, n).toArray(), A, B, C));
    NamedRef view = c.view.apply(ref);
    var places = new ViewPlaces(view.view());
    var found = new ArrayList<Double>();
    places.forEach(p -> found.add(p + 1.0));
    List<Double> read =
        DoubleStream.of(view.get().toDoubleArray()).filter(x -> x != 0).boxed().toList();
    assertThat(found).isEqualTo(read).isNotEmpty();
    assertThat(places.complete()).isTrue();
  }

  @Test
  void ofALargeViewSomeStandForAll() {
    NamedRef ref = emptyRef(DType.FLOAT32, axis("R", 3000), axis("S", 2000));
    var places = new ViewPlaces(ref.slice(range("R", 0, 2999)).view());
    long[] count = {0};
    places.forEach(_ -> count[0]++);
    assertThat(places.size()).isEqualTo(5_998_000);
    assertThat(places.complete()).isFalse();
    assertThat(count[0]).isBetween(500_000L, 1L << 20);
  }
}
