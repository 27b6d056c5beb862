package dev.axial.examples.demo;

import static dev.axial.Axial.axis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.NamedArray;
import dev.axial.Tensor;
import dev.axial.Tree;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** What the demo's tests share: a run that takes a second. */
final class Tiny {
  static final Names NAMES = Names.load();

  private Tiny() {}

  static Config config() {
    return new Config(
        7,
        3,
        axis("Batch", 4),
        axis("Layer", 2),
        axis("Embed", 8),
        axis("Head", 2),
        axis("HeadSize", 4),
        axis("Hidden", 16),
        1e-2,
        3,
        axis("Sample", 16));
  }

  static byte[] bits(NamedArray x) {
    return x.segment().toArray(ValueLayout.JAVA_BYTE);
  }

  /** Compares every bit of every leaf. */
  static void assertSameBits(Object given, Object expected) {
    Tree.Flat a = Tree.flatten(given);
    List<Tensor> b = Tree.leaves(expected);
    assertThat(a.leaves()).hasSameSizeAs(b).hasSizeGreaterThan(100);
    for (int k = 0; k < b.size(); k++) {
      assertThat(a.leaves().get(k).axes()).isEqualTo(b.get(k).axes());
      assertThat(bits(a.leaves().get(k).value()))
          .as(a.paths().get(k))
          .isEqualTo(bits(b.get(k).value()));
    }
  }
}
