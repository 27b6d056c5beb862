package dev.axial.errors;

import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.key;
import static dev.axial.Axial.ones;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.zeros;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.Tensor;
import dev.axial.Tree;
import dev.axial.nn.CausalSelfAttention;
import dev.axial.nn.Embedding;
import dev.axial.nn.LayerNorm;
import dev.axial.nn.Linear;
import dev.axial.nn.Losses;
import dev.axial.nn.optim.Adam;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The whole text of each error of layers, losses and optimizers, the user's line included. */
class LayerErrorsTest {
  private static final Axis EMBED = axis("Embed", 3);
  private static final Axis HIDDEN = axis("Hidden", 5);
  private static final Axis BATCH = axis("Batch", 2);
  private static final Axis VOCAB = axis("Vocab", 4);
  private static final Linear LAYER = Linear.init(key(0), EMBED, HIDDEN);

  private static void assertError(ThrowingCallable call, String message) {
    assertThatThrownBy(call)
        .isInstanceOf(AxialException.class)
        .satisfies(x -> {
          String[] lines = x.getMessage().split("\n");
          assertThat(lines[0]).isEqualTo(message);
          assertThat(lines).hasSize(2);
          assertThat(lines[1])
              .matches(" {2}at LayerErrorsTest\\.\\w+\\(LayerErrorsTest\\.java:\\d+\\)");
        });
  }

  @Test
  void aMissingAxis() {
    assertError(
        () -> LAYER.apply(ones(BATCH)),
        "Linear from [Embed=3] to [Hidden=5]: the input has no axis 'Embed'; it is float32[Batch=2]. Rename the axis that is meant, or build the layer for another one.");
    assertError(
        () -> LayerNorm.init(EMBED).apply(scalar(1.0)),
        "LayerNorm: the input has no axis 'Embed'; it is float32[]. Rename the axis that is meant, or build the layer for another one.");
  }

  @Test
  void anotherSize() {
    assertError(
        () -> LAYER.apply(ones(BATCH, EMBED.resize(4))),
        "Linear from [Embed=3] to [Hidden=5]: axis 'Embed' has size 4 in the input float32[Batch=2, Embed=4]; the layer was made for size 3.");
  }

  @Test
  void anOutputAxisThatIsThere() {
    assertError(
        () -> LAYER.apply(ones(EMBED, HIDDEN)),
        "Linear from [Embed=3] to [Hidden=5]: the input float32[Embed=3, Hidden=5] already has the axis 'Hidden' that the layer makes; the two would be paired. Rename the input's.");
  }

  @Test
  void anAxisOnBothSides() {
    assertError(
        () -> Linear.init(key(0), List.of(EMBED), List.of(HIDDEN, EMBED)),
        "Linear: axis 'Embed' is among the inputs and the outputs, and one weight cannot have it twice. Give the output another name with alias(\"…\") and rename the result.");
  }

  @Test
  void symbolsThatAreNoIntegers() {
    Embedding table = Embedding.init(key(0), VOCAB, EMBED);
    assertError(
        () -> table.apply(ones(BATCH)),
        "Embedding of Vocab=4: integer indices are expected; got float32[Batch=2]. Cast them with astype(INT32).");
    assertError(
        () -> table.apply(zeros(DType.INT32, EMBED)),
        "Embedding of Vocab=4: the input int32[Embed=3] already has the axis 'Embed' that the layer makes; the two would be paired. Rename the input's.");
    assertError(
        () -> table.unembed(ones(BATCH)),
        "Embedding.unembed: the input has no axis 'Embed'; it is float32[Batch=2]. Rename the axis that is meant, or build the layer for another one.");
  }

  @Test
  void attentionWithoutPositions() {
    CausalSelfAttention layer =
        CausalSelfAttention.init(key(0), EMBED, axis("Head", 1), axis("HeadSize", 3));
    assertError(
        () -> layer.apply(ones(BATCH, EMBED), axis("Position", 4)),
        "there is no axis 'Position' here; the axes are [Batch=2, Embed=3].");
  }

  @Test
  void targets() {
    NamedArray logits = ones(BATCH, VOCAB);
    assertError(
        () -> Losses.crossEntropy(logits, VOCAB, ones(BATCH)),
        "crossEntropy: integer indices are expected; got float32[Batch=2]. Cast them with astype(INT32).");
    assertError(
        () -> Losses.crossEntropy(logits, VOCAB, zeros(DType.INT32, BATCH, VOCAB)),
        "crossEntropy: the targets int32[Batch=2, Vocab=4] have the axis 'Vocab' of the logits. They are class numbers without it; argmax(oneHot, Vocab) makes them of one-hot rows.");
    assertError(
        () -> Losses.crossEntropy(ones(BATCH), VOCAB, zeros(DType.INT32, BATCH)),
        "crossEntropy: the input has no axis 'Vocab'; it is float32[Batch=2]. Rename the axis that is meant, or build the layer for another one.");
  }

  // ---------------------------------------------------------------- optimizers

  record Model(Tensor weight, List<Tensor> more) {}

  @Test
  void adamOverTreesThatDiffer() {
    Adam adam = Adam.of(1);
    var one = new Model(ones(BATCH), List.of());
    var two = new Model(ones(BATCH), List.of(ones(BATCH)));
    assertError(
        () -> adam.update(one, two, adam.init(one)),
        "Tree.map over trees of different structures: Model(*, []) and Model(*, [*]). Both need the same records, lists and keys, with an array for each array.");
    assertError(
        () -> adam.update(one, one, adam.init(two)),
        "Tree.map over trees of different structures: Model(*, []) and Model(*, [*]). Both need the same records, lists and keys, with an array for each array.");
  }

  @Test
  void adamInPlaceOfArrays() {
    Adam adam = Adam.of(1);
    var model = new Model(ones(BATCH), List.of());
    Adam.State<Model> state = Tree.toRefs(adam.init(model));
    assertError(
        () -> adam.updateInPlace(model, model, state),
        "Adam.updateInPlace: 'weight' is an array, which cannot be written. Put the tree into references with Tree.toRefs, or use update.");
    assertError(
        () -> adam.updateInPlace(Tree.toRefs(model), model, adam.init(model)),
        "Adam.updateInPlace: 'state.step' is an array, which cannot be written. Put the tree into references with Tree.toRefs, or use update.");
    assertThat(state.step().value().item()).isEqualTo(0);
  }

  @Test
  void adamOutOfRange() {
    assertError(
        () -> Adam.of(1).withBetas(1, 0.9), "Adam: beta1 is 1.0; it lies from 0 to below 1.");
    assertError(
        () -> Adam.of(1).withBetas(0.9, -0.1), "Adam: beta2 is -0.1; it lies from 0 to below 1.");
    assertError(() -> Adam.of(1).withDecay(-1), "Adam: decay is -1.0; it is at least 0.");
    assertError(
        () -> new Adam(Adam.of(1).rate(), 0.9, 0.9, -1e-8, 0),
        "Adam: epsilon is -1.0E-8; it is at least 0.");
  }

  @Test
  void theLineIsTheUsers() {
    NamedArray x = array(new float[] {1, 2}, BATCH);
    int line = new Throwable().getStackTrace()[0].getLineNumber() + 1;
    assertThatThrownBy(() -> LAYER.apply(x))
        .hasMessageEndingWith("LayerErrorsTest.java:" + line + ")");
  }
}
