package dev.axial.bench.rows;

import static dev.axial.Axial.*;
import static dev.axial.bench.rows.Size.always;
import static dev.axial.bench.rows.Size.size;

import dev.axial.*;
import dev.axial.nn.optim.Adam;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Training steps with their state in references, and decoding with a cache in references. */
final class ModelRows {
  private static final double RATE = 1e-3;

  private ModelRows() {}

  /** The sizes of the model that is trained. */
  static final Size[] GPT = {
    size("layers", 4, 1, 1),
    size("heads", 4, 2, 2),
    size("d", 128, 32, 8),
    size("positions", 128, 16, 5),
    size("batch", 16, 2, 2),
    size("vocab", 65, 65, 11)
  };

  static List<Row> rows() {
    return List.of(
        Row.of(
            "mlp-step",
            "MLP 784-512-512-10, batch 128, a step with Adam",
            new Target.Faster(1.2),
            ModelRows::mlp,
            size("in", 784, 64, 12),
            size("hidden", 512, 32, 8),
            always("classes", 10),
            size("batch", 128, 16, 4)),
        Row.of(
            "gpt-step",
            "GPT of 4 layers, 4 heads, d 128, 128 positions, batch 16, a step with Adam",
            new Target.Faster(2),
            ModelRows::gpt,
            GPT),
        Row.of(
            "decode-small",
            "GPT of 4 layers, d 128, a token",
            new Target.AtMost(100e-6),
            ModelRows::decode,
            size("layers", 4, 2, 1),
            size("heads", 4, 2, 2),
            size("d", 128, 32, 8),
            size("positions", 128, 32, 6),
            size("vocab", 65, 65, 11)),
        Row.of(
            "decode-big",
            "GPT of 8 layers, d 512, 1,024 positions, a token",
            new Target.AtMost(3.5e-3),
            ModelRows::decode,
            size("layers", 8, 2, 1),
            size("heads", 8, 4, 2),
            size("d", 512, 64, 8),
            size("positions", 1024, 64, 6),
            size("vocab", 65, 65, 11)));
  }

  // ---------------------------------------------------------------- training

  /** What a step reads and writes, in references. */
  record State<P>(P params, Adam.State<P> adam, NamedRef loss) {
    static <P> State<P> of(P start) {
      Adam.State<P> adam = Adam.of(RATE).init(start);
      return new State<>(Tree.toRefs(start), Tree.toRefs(adam), newRef(scalar(0.0)));
    }
  }

  /** The loss of a model. */
  @FunctionalInterface
  interface Loss<P> {
    NamedArray of(P params, NamedArray x, NamedArray y);
  }

  /** A step that takes the gradient and lets Adam move the parameters where they are. */
  static <P> void step(State<P> s, NamedArray x, NamedArray y, Loss<P> loss, double rate) {
    var r = valueAndGrad((P p) -> loss.of(p, x, y)).apply(Tree.values(s.params));
    Adam.of(rate).updateInPlace(s.params, r.grad(), s.adam);
    s.loss.set(r.value());
  }

  /** The first loss is the expected one, and the steps make it smaller. */
  private static <P> Calls train(
      P start, NamedArray x, NamedArray y, Loss<P> loss, double expected) {
    State<P> state = State.of(start);
    Proc3<State<P>, NamedArray, NamedArray> f = jitProc((s, u, v) -> step(s, u, v, loss, RATE));
    return Calls.of(
        () -> f.run(state, x, y),
        () -> {
          f.run(state, x, y);
          double first = state.loss.item();
          Check.close("the first loss", expected, first, 1e-5);
          for (int k = 0; k < 3; k++) {
            f.run(state, x, y);
          }
          double later = state.loss.item();
          Check.that(later < first, "the loss goes from %s to %s", first, later);
        });
  }

  /** A layer of the MLP. */
  record Layer(Tensor weight, Tensor bias) {}

  private static Work mlp(Sizes s) {
    int[] widths = {s.get("in"), s.get("hidden"), s.get("hidden"), s.get("classes")};
    Axis Batch = axis("Batch", s.get("batch"));
    var axes = new ArrayList<Axis>();
    var layers = new ArrayList<Layer>();
    for (int k = 0; k < widths.length; k++) {
      axes.add(axis("Layer" + k, widths[k]));
      if (k > 0) {
        double deviation = Math.sqrt(2.0 / widths[k - 1]);
        NamedArray weight = Data.normal(k, deviation, axes.get(k - 1), axes.get(k));
        layers.add(new Layer(weight, zeros(axes.get(k))));
      }
    }
    float[] in = Data.normal(Batch.size() * widths[0], 10);
    int[] classes = Data.integers(Batch.size(), s.get("classes"), 11);
    Loss<List<Layer>> loss =
        (p, x, y) -> {
          NamedArray h = x;
          for (int k = 0; k < p.size(); k++) {
            Layer l = p.get(k);
            h = dot(h, l.weight.value(), axes.get(k)).plus(l.bias.value());
            h = k < p.size() - 1 ? relu(h) : h;
          }
          Axis Class = axes.getLast();
          return mean(logSoftmax(h, Class).get(Class.at(y))).unaryMinus();
        };
    double expected = plainMlp(layers, in, classes);
    NamedArray x = array(in, Batch, axes.getFirst());
    return train(List.copyOf(layers), x, array(classes, Batch), loss, expected);
  }

  private static double plainMlp(List<Layer> layers, float[] in, int[] classes) {
    List<float[]> weights = layers.stream().map(l -> l.weight.value().toFloatArray()).toList();
    List<float[]> biases = layers.stream().map(l -> l.bias.value().toFloatArray()).toList();
    int width = in.length / classes.length;
    double total = 0;
    for (int b = 0; b < classes.length; b++) {
      float[] h = Arrays.copyOfRange(in, b * width, (b + 1) * width);
      for (int k = 0; k < weights.size(); k++) {
        h = Plain.linear(h, weights.get(k), biases.get(k));
        if (k < weights.size() - 1) {
          Plain.relu(h);
        }
      }
      total += Plain.crossEntropy(h, classes[b]);
    }
    return total / classes.length;
  }

  /** A batch of sequences, and the same one symbol later. */
  record Batch(Axis sequence, int[][] tokens, NamedArray inputs, NamedArray targets) {
    static Batch of(Sizes s, Gpt.Axes a) {
      int length = a.position().size();
      Axis batch = axis("Batch", s.get("batch"));
      var tokens = new int[batch.size()][];
      var inputs = new int[batch.size() * length];
      var targets = new int[batch.size() * length];
      for (int b = 0; b < tokens.length; b++) {
        tokens[b] = Data.integers(length + 1, a.vocab().size(), 50L + b);
        System.arraycopy(tokens[b], 0, inputs, b * length, length);
        System.arraycopy(tokens[b], 1, targets, b * length, length);
      }
      return new Batch(
          batch, tokens, array(inputs, batch, a.position()), array(targets, batch, a.position()));
    }
  }

  private static Work gpt(Sizes s) {
    Gpt.Axes a = Gpt.Axes.of(s);
    Gpt start = Gpt.init(a);
    Batch batch = Batch.of(s, a);
    var plain = new PlainGpt(start, a);
    var losses = new float[Math.toIntExact(batch.inputs.size())];
    double total = 0;
    int k = 0;
    for (int[] tokens : batch.tokens) {
      float[][] logits = plain.logits(Arrays.copyOf(tokens, tokens.length - 1));
      for (int t = 0; t < logits.length; t++) {
        losses[k] = (float) Plain.crossEntropy(logits[t], tokens[t + 1]);
        total += losses[k++];
      }
    }
    Calls work =
        train(
            start,
            batch.inputs,
            batch.targets,
            (p, x, y) -> p.loss(x, y, a),
            total / losses.length);
    Fn3<Gpt, NamedArray, NamedArray, NamedArray> each =
        jit((p, x, y) -> rearrange(p.losses(x, y, a), batch.sequence(), a.position()));
    return work.checkFirst(() ->
        Check.close("the losses", losses, each.apply(start, batch.inputs, batch.targets), 1e-4));
  }

  // ---------------------------------------------------------------- decoding

  /** Keys and values of all layers. */
  record Cache(NamedRef keys, NamedRef values) {}

  /** Positions at the start whose symbols are compared. */
  private static final int COMPARED = 4;

  private static Work decode(Sizes s) {
    Gpt.Axes a = Gpt.Axes.of(s);
    Gpt model = Gpt.init(a);
    Axis[] axes = {a.layer(), a.heads(), a.position(), a.headSize()};
    var cache = new Cache(emptyRef(DType.FLOAT32, axes), emptyRef(DType.FLOAT32, axes));
    Fn4<Gpt, NamedArray, NamedArray, Cache, NamedArray> f =
        jit((p, token, index, c) -> p.decode(token, index, c.keys, c.values, a));
    Fn4<Gpt, NamedArray, NamedArray, Cache, NamedArray> logits =
        jit((p, token, index, c) -> p.decodeLogits(token, index, c.keys, c.values, a));
    var indices = new ArrayList<NamedArray>();
    for (int t = 0; t < a.position().size(); t++) {
      indices.add(scalar(t));
    }
    class Decoder {
      NamedArray token = scalar(1);
      int at;

      void next() {
        token = f.apply(model, token, indices.get(at), cache);
        at = (at + 1) % indices.size();
        Calls.consume(token);
      }
    }
    var decoder = new Decoder();
    return Calls.of(
        decoder::next,
        () -> {
          var tokens = new int[COMPARED + 1];
          tokens[0] = (int) decoder.token.item();
          for (int t = 0; t < COMPARED; t++) {
            decoder.next();
            tokens[t + 1] = (int) decoder.token.item();
          }
          float[][] expected = new PlainGpt(model, a).logits(Arrays.copyOf(tokens, COMPARED));
          for (int t = 0; t < COMPARED; t++) {
            float best = Float.NEGATIVE_INFINITY;
            for (float v : expected[t]) {
              best = Math.max(best, v);
            }
            Check.close("the logit of symbol " + t, best, expected[t][tokens[t + 1]], 1e-4);
            NamedArray got = logits.apply(model, scalar(tokens[t]), indices.get(t), cache);
            Check.close("the logits at " + t, expected[t], got, 1e-4);
          }
        });
  }
}
