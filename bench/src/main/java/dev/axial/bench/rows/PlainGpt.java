package dev.axial.bench.rows;

import dev.axial.Tensor;
import java.util.ArrayList;
import java.util.List;

/** The forward pass of a {@link Gpt} in plain Java, for the checks. */
final class PlainGpt {
  private final Gpt model;
  private final int d;
  private final int heads;

  /** The parameters are read once. */
  private record Layer(
      float[] gain1,
      float[] bias1,
      float[] qkv,
      float[] qkvBias,
      float[] proj,
      float[] projBias,
      float[] gain2,
      float[] bias2,
      float[] up,
      float[] upBias,
      float[] down,
      float[] downBias) {}

  private final List<Layer> layers = new ArrayList<>();

  PlainGpt(Gpt model, Gpt.Axes a) {
    this.model = model;
    this.d = a.embed().size();
    this.heads = a.heads().size();
    for (Gpt.Block b : model.blocks()) {
      layers.add(
          new Layer(
              raw(b.norm1().gain()),
              raw(b.norm1().bias()),
              raw(b.qkv()),
              raw(b.qkvBias()),
              raw(b.proj()),
              raw(b.projBias()),
              raw(b.norm2().gain()),
              raw(b.norm2().bias()),
              raw(b.up()),
              raw(b.upBias()),
              raw(b.down()),
              raw(b.downBias())));
    }
  }

  private static float[] raw(Tensor t) {
    return t.value().toFloatArray();
  }

  /** The logits at each position of a sequence. */
  float[][] logits(int[] tokens) {
    float[] symbols = raw(model.symbols());
    float[] positions = raw(model.positions());
    int n = tokens.length;
    var x = new float[n][d];
    for (int t = 0; t < n; t++) {
      for (int k = 0; k < d; k++) {
        x[t][k] = symbols[tokens[t] * d + k] + positions[t * d + k];
      }
    }
    for (Layer l : layers) {
      attend(l, x);
      for (float[] row : x) {
        float[] wide = Plain.linear(Plain.layerNorm(row, l.gain2, l.bias2), l.up, l.upBias);
        Plain.gelu(wide);
        Plain.add(row, Plain.linear(wide, l.down, l.downBias));
      }
    }
    float[] gain = raw(model.norm().gain());
    float[] bias = raw(model.norm().bias());
    float[] head = raw(model.head());
    var out = new float[n][];
    for (int t = 0; t < n; t++) {
      out[t] = Plain.linear(Plain.layerNorm(x[t], gain, bias), head, new float[head.length / d]);
    }
    return out;
  }

  private void attend(Layer l, float[][] x) {
    int n = x.length;
    var qkv = new float[n][];
    for (int t = 0; t < n; t++) {
      qkv[t] = Plain.linear(Plain.layerNorm(x[t], l.gain1, l.bias1), l.qkv, l.qkvBias);
    }
    for (int t = 0; t < n; t++) {
      var mixed = new float[d];
      for (int h = 0; h < heads; h++) {
        mix(qkv, t, h * d / heads, mixed);
      }
      Plain.add(x[t], Plain.linear(mixed, l.proj, l.projBias));
    }
  }

  /** One head at one position; its elements start at {@code from}. */
  private void mix(float[][] qkv, int t, int from, float[] mixed) {
    int size = d / heads;
    var weights = new double[t + 1];
    double total = 0;
    for (int s = 0; s <= t; s++) {
      double score = 0;
      for (int k = from; k < from + size; k++) {
        score += qkv[t][k] * qkv[s][d + k];
      }
      weights[s] = Math.exp(score / Math.sqrt(size));
      total += weights[s];
    }
    for (int s = 0; s <= t; s++) {
      for (int k = from; k < from + size; k++) {
        mixed[k] += (float) (weights[s] / total * qkv[s][2 * d + k]);
      }
    }
  }
}
