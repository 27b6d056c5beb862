package dev.axial;

import static dev.axial.Axial.arange;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.full;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.lower;
import static dev.axial.Axial.lowerProc;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.sum;
import static dev.axial.Axial.zeros;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files of saved functions with a right checksum whose parts do not fit each other: each is refused
 * when it is loaded, before anything of it runs.
 */
class ExportLiesTest {
  private static final Axis X = axis("X", 6);
  private static final Axis BIG = axis("X", 60_000);

  @TempDir Path folder;

  private ExportFile.Content saved(Lowered f) {
    Path file = folder.resolve("function");
    f.serialize(file);
    return ExportFile.read(file);
  }

  /** What it captures: an array of numbers, and one of booleans. */
  private ExportFile.Content array() {
    NamedArray c = arange(X, DType.FLOAT32);
    NamedArray b = c.lt(3);
    return saved(
        lower(
            jit((NamedArray s) -> List.of(sum(Axial.where(b, c, scalar(0f)).times(s)))),
            scalar(2f)));
  }

  /** What it takes: two views of one reference, another reference, an array. */
  private ExportFile.Content references() {
    NamedRef r = newRef(zeros(X));
    NamedRef o = newRef(zeros(BIG));
    return saved(
        lowerProc(
            (NamedRef a, NamedRef b, NamedRef all, NamedArray x) -> {
              a.set(x);
              b.add(x);
              all.add(x);
            },
            r.slice(X.at(1)),
            r.slice(X.range(2, 5)),
            o,
            scalar(1f)));
  }

  private void refused(ExportFile.Content lie, String... says) {
    Path file = folder.resolve("lie");
    ExportFile.write(file, lie);
    assertThatThrownBy(() -> Exported.load(file))
        .isInstanceOf(AxialException.class)
        .hasMessageContainingAll("is damaged although its checksum is right")
        .hasMessageContainingAll(says);
  }

  private static ExportFile.Content captures(ExportFile.Content c, List<Object> captured) {
    return new ExportFile.Content(
        c.what(), c.signature(), new Tracing.Root(c.root().program(), captured, c.root().out()));
  }

  private static ExportFile.Content takes(ExportFile.Content c, Tree.Structure s, List<Object> l) {
    return new ExportFile.Content(c.what(), new Signature(s, l), c.root());
  }

  private static ExportFile.Content gives(ExportFile.Content c, Tree.Structure out) {
    return new ExportFile.Content(
        c.what(), c.signature(), new Tracing.Root(c.root().program(), c.root().captured(), out));
  }

  private static ExportFile.Content leaf(
      ExportFile.Content c, int k, UnaryOperator<Object> change) {
    var leaves = new ArrayList<>(c.signature().leaves());
    leaves.set(k, change.apply(leaves.get(k)));
    return takes(c, c.signature().structure(), leaves);
  }

  @Test
  void captured_arrays_are_those_of_the_program() {
    ExportFile.Content c = array();
    List<Object> right = c.root().captured();
    assertThat(right).hasSize(2);
    int numbers = ((Store) right.getFirst()).dtype() == DType.FLOAT32 ? 0 : 1;
    for (Store s :
        List.of(
            Store.zeros(DType.FLOAT32, 5),
            Store.zeros(DType.FLOAT32, 7),
            Store.zeros(DType.FLOAT32, 0),
            Store.zeros(DType.INT32, 6),
            Store.zeros(DType.FLOAT64, 6),
            Store.zeros(DType.FLOAT16, 12))) {
      var lie = new ArrayList<>(right);
      lie.set(numbers, s);
      refused(captures(c, lie), "captured array " + numbers, "its program takes f32[X:6]");
    }
    var booleans = new ArrayList<>(right);
    booleans.set(1 - numbers, Store.of(DType.BOOL, new byte[] {1, 0, 2, 0, 1, 1}));
    refused(captures(c, booleans), "a boolean of 2");
    refused(captures(c, right.subList(0, 1)), "takes 3 inputs", "1 and 1 are captured");
    refused(captures(c, List.of()), "takes 3 inputs");
    var more = new ArrayList<>(right);
    more.add(Store.zeros(DType.FLOAT32, 6));
    refused(captures(c, more), "takes 3 inputs", "1 and 3 are captured");
  }

  @Test
  void a_signature_is_that_of_the_program() {
    ExportFile.Content c = references();
    Tree.Structure s = c.signature().structure();
    List<Object> leaves = c.signature().leaves();
    UnaryOperator<Object> small =
        r ->
            new Signature.OfRef(
                1,
                new ArrayType(DType.FLOAT32, List.of(new Dim("X", 4))),
                ((Signature.OfRef) r).places(),
                List.of(new Dim("X", 4)),
                null,
                null);
    refused(leaf(c, 2, small), "is ref f32[X:60000], and that of its signature is ref f32[X:4]");
    refused(leaf(c, 3, _ -> ArrayType.scalar(DType.FLOAT64)), "is f32[]", "signature is f64[]");
    refused(leaf(c, 3, _ -> new ArrayType(DType.FLOAT32, List.of(new Dim("X", 6)))), "is f32[]");
    refused(leaf(c, 3, _ -> leaves.get(2)), "its program takes");
    // One storage for two numbers, numbers out of order, two types of one storage.
    refused(leaf(c, 1, r -> numbered(r, 1)), "reference 1 of its signature");
    refused(leaf(c, 2, r -> numbered(r, 0)), "reference 0 of its signature");
    refused(leaf(c, 2, r -> numbered(r, 7)), "reference 7 of its signature");
    refused(leaf(c, 0, r -> numbered(r, -1)), "reference -1 of its signature");
    refused(takes(c, s, leaves.subList(0, 3)), "4 leaves, and its signature has 3");
    refused(takes(c, new Tree.Leaf(), leaves), "its arguments are no list");
    refused(takes(c, array().signature().structure(), leaves), "1 leaves");
    refused(
        takes(array(), array().signature().structure(), List.of(numbered(leaves.get(2), 0))),
        "is f32[], and that of its signature is ref");
  }

  private static Object numbered(Object leaf, int storage) {
    var r = (Signature.OfRef) leaf;
    return new Signature.OfRef(storage, r.base(), r.places(), r.axes(), r.valid(), r.present());
  }

  @Test
  void a_result_is_that_of_the_program() {
    ExportFile.Content c = array();
    var leaf = new Tree.Leaf();
    refused(gives(c, new Tree.Empty()), "gives 1 arrays, and its result has 0");
    refused(gives(c, new Tree.OfList(List.of(leaf, leaf))), "its result has 2");
    refused(gives(c, new Tree.OfOptional(List.of(leaf, leaf))), "an optional has 2 parts");
    refused(
        gives(c, new Tree.OfMap(List.of("a", "a"), List.of(leaf, new Tree.Empty()))),
        "a map of 2 parts has the keys [a, a]");
  }

  @Test
  void what_fits_is_loaded() {
    ExportFile.Content c = array();
    Path file = folder.resolve("copy");
    ExportFile.write(
        file,
        gives(
            captures(c, new ArrayList<>(c.root().captured())),
            new Tree.OfMap(List.of("a"), List.of(new Tree.OfOptional(List.of(new Tree.Leaf()))))));
    assertThat(Exported.load(file).call(scalar(2f)))
        .isInstanceOfSatisfying(
            Map.class,
            m ->
                assertThat(((NamedArray) ((Optional<?>) m.get("a")).orElseThrow()).item())
                    .isEqualTo(6));
    ExportFile.write(file, references());
    NamedRef r = newRef(full(1f, X));
    NamedRef o = newRef(zeros(BIG));
    Exported.load(file).call(r.slice(X.at(0)), r.slice(X.range(1, 4)), o, scalar(5f));
    assertThat(r.get().toFloatArray()).containsExactly(5, 6, 6, 6, 1, 1);
  }
}
