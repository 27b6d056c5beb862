package dev.axial.bench.rows;

/** Layers in plain Java, for the checks. */
final class Plain {
  private Plain() {}

  static float[] layerNorm(float[] x, float[] gain, float[] bias) {
    double mean = 0;
    for (float v : x) {
      mean += v;
    }
    mean /= x.length;
    double variance = 0;
    for (float v : x) {
      variance += (v - mean) * (v - mean);
    }
    double factor = 1 / Math.sqrt(variance / x.length + 1e-5);
    var y = new float[x.length];
    for (int k = 0; k < x.length; k++) {
      y[k] = (float) ((x[k] - mean) * factor * gain[k] + bias[k]);
    }
    return y;
  }

  /** {@code x · weight + bias}, where the weight has a row for each element of x. */
  static float[] linear(float[] x, float[] weight, float[] bias) {
    float[] y = bias.clone();
    int out = y.length;
    for (int i = 0; i < x.length; i++) {
      float v = x[i];
      for (int o = 0; o < out; o++) {
        y[o] += v * weight[i * out + o];
      }
    }
    return y;
  }

  static void add(float[] x, float[] y) {
    for (int k = 0; k < x.length; k++) {
      x[k] += y[k];
    }
  }

  static void relu(float[] x) {
    for (int k = 0; k < x.length; k++) {
      x[k] = Math.max(x[k], 0);
    }
  }

  static void gelu(float[] x) {
    for (int k = 0; k < x.length; k++) {
      double v = x[k];
      x[k] =
          (float) (0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v))));
    }
  }

  /** The negative logarithm of what the softmax of the logits gives to the target. */
  static double crossEntropy(float[] logits, int target) {
    double total = 0;
    for (float v : logits) {
      total += Math.exp(v);
    }
    return Math.log(total) - logits[target];
  }
}
