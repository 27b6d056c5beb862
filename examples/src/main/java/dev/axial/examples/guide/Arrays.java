package dev.axial.examples.guide;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.axes;
import static dev.axial.examples.Check.close;
import static dev.axial.examples.Check.equal;
import static dev.axial.examples.Check.refused;
import static dev.axial.examples.Check.that;

import dev.axial.*;

/** Arrays with names. */
public final class Arrays {
  private Arrays() {}

  static void print() {
    // @start region=create
    Axis Batch = axis("Batch", 2);
    Axis Feature = axis("Feature", 3);

    NamedArray x = array(new float[] {1, 2, 3, 4, 5, 6}, Batch, Feature); // row by row
    NamedArray scale = linspace(Feature, 0, 1);
    System.out.println(x.times(scale));
    // @end
  }

  static void align() {
    Axis Batch = axis("Batch", 2);
    Axis Feature = axis("Feature", 3);
    NamedArray x = array(new float[] {1, 2, 3, 4, 5, 6}, Batch, Feature);
    // @start region=align
    NamedArray bias = array(new float[] {10, 20, 30}, Feature);
    NamedArray weight = array(new float[] {1, -1}, Batch);

    equal(x.plus(bias), 11, 22, 33, 14, 25, 36); // along Feature, for each Batch
    equal(x.times(weight), 1, 2, 3, -4, -5, -6);
    equal(x.minus(mean(x, Batch)), -1.5, -1.5, -1.5, 1.5, 1.5, 1.5);

    NamedArray turned = rearrange(x, Feature, Batch); // another order, the same array
    equal(x.minus(turned), 0, 0, 0, 0, 0, 0);

    axes(bias.plus(weight), Feature, Batch); // nothing in common: an outer sum
    // @end
    refused("Axes of the same name must have the same size", () -> x.plus(ones(axis("Batch", 4))));
  }

  static void reduce() {
    Axis Batch = axis("Batch", 2);
    Axis Feature = axis("Feature", 3);
    NamedArray x = array(new float[] {1, 2, 3, 4, 5, 6}, Batch, Feature);
    // @start region=reduce
    equal(sum(x, Batch), 5, 7, 9);
    equal(max(x, "Feature"), 3, 6); // an axis, or its name
    equal(mean(x), 3.5); // no axis: all of them
    close(sum(softmax(x, Feature), Feature), 1e-6, 1, 1);

    Axis Out = axis("Out", 2);
    NamedArray w = array(new float[] {1, 0, 0, 1, 1, 1}, Feature, Out);
    NamedArray y = dot(x, w, Feature); // multiplies, and sums over Feature
    axes(y, Batch, Out);
    equal(y, 4, 5, 10, 11);
    // @end
  }

  static void rename() {
    // @start region=rename
    Axis Word = axis("Word", 3);
    Axis Embed = axis("Embed", 2);
    NamedArray x = array(new float[] {1, 0, 0, 1, 1, 1}, Word, Embed);

    // Every word with every other: the second one needs a name of its own.
    NamedArray scores = dot(x, x.rename("Word", "Other"), Embed);
    axes(scores, Word, Word.alias("Other"));
    equal(scores, 1, 0, 1, 0, 1, 1, 1, 1, 2);
    // @end
  }

  static void dtypes() {
    // @start region=dtypes
    Axis X = axis("X", 3);
    that(zeros(X).dtype() == DType.FLOAT32, "float32 unless told otherwise");
    that(array(new double[3], X).dtype() == DType.FLOAT64, "raw arrays keep their type");
    that(arange(X).dtype() == DType.INT32 && scalar(1.5).dtype() == DType.FLOAT32, "numbers");

    // A Java number adapts to the array beside it, unless it is of a higher kind.
    that(ones(X).times(2).dtype() == DType.FLOAT32, "an int beside float32");
    that(arange(X).plus(1).dtype() == DType.INT32, "an int beside int32");
    that(arange(X).times(0.5).dtype() == DType.FLOAT32, "a double beside int32");

    // Two arrays take the type that JAX gives them.
    that(ones(X).plus(arange(X)).dtype() == DType.FLOAT32, "float32 and int32");
    that(ones(X).plus(array(new double[3], X)).dtype() == DType.FLOAT64, "float32 and float64");
    NamedArray half = array(new float[] {1, 2.5f, 0.1f}, DType.BFLOAT16, X);
    that(half.times(arange(X)).dtype() == DType.BFLOAT16, "bfloat16 and int32");
    that(half.plus(half.astype(DType.FLOAT16)).dtype() == DType.FLOAT32, "two kinds of halves");
    equal(half, 1, 2.5, 0.10009765625); // three decimal digits

    equal(arange(X).div(2), 0, 0.5, 1); // the quotient of integers is a real number
    equal(arange(X).floorDiv(2), 0, 0, 1);
    equal(array(new float[] {-1.7f, 0.2f, 9}, X).astype(DType.INT32), -1, 0, 9);
    // @end
  }

  static void select() {
    // @start region=select
    Axis Row = axis("Row", 4);
    Axis Col = axis("Col", 3);
    NamedArray x = arange(Row).times(10).plus(arange(Col));

    equal(x.get(Row.at(1)), 10, 11, 12);
    equal(x.get(Row.at(-1), Col.at(0)), 30);
    equal(x.get(Col.at(1), Row.range(1, 3)), 11, 21);
    equal(x.get(Col.at(1), Row.from(2)), 21, 31);
    equal(x.get(Row.at(0), Col.range(2, 0, -1)), 2, 1);
    equal(x.get(at("Row", 2), range("Col", 0, 2)), 20, 21);

    equal(x.get(Col.at(0), Row.range(2, 100)), 20, 30); // as Python: what is outside is cut off
    refused("index 4 is out of range", () -> x.get(Row.at(4))); // a single index is not
    // @end
  }

  static void indexArrays() {
    Axis Row = axis("Row", 4);
    Axis Col = axis("Col", 3);
    NamedArray x = arange(Row).times(10).plus(arange(Col));
    // @start region=index-arrays
    Axis Pick = axis("Pick", 2);
    NamedArray rows = array(new int[] {3, 0}, Pick);
    NamedArray cols = array(new int[] {2, 1}, Pick);

    axes(x.get(Row.at(rows)), Pick, Col); // Pick stands where Row stood
    equal(x.get(Row.at(rows), Col.at(cols)), 32, 1); // one name: pairs

    NamedArray others = cols.rename("Pick", "Other");
    axes(x.get(Row.at(rows), Col.at(others)), Pick, axis("Other", 2)); // two names: all of them
    equal(x.get(Row.at(rows), Col.at(others)), 32, 31, 2, 1);

    NamedArray best = argmax(x, Row); // an int32 index for each Col
    equal(x.get(Row.at(best)), 30, 31, 32); // Col is there already: aligned with it
    // @end
  }

  static void update() {
    // @start region=update
    Axis X = axis("X", 4);
    NamedArray x = arange(X);
    NamedArray y = x.at(X.at(0)).set(9);
    NamedArray z = y.at(X.range(1, 3)).update(v -> v.times(10));

    equal(z, 9, 10, 20, 3);
    equal(x, 0, 1, 2, 3); // an array never changes
    // @end
  }

  /** Runs all samples. */
  public static void main(String[] args) {
    print();
    align();
    reduce();
    rename();
    dtypes();
    select();
    indexArrays();
    update();
  }
}
