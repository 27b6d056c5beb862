package dev.axial;

import dev.axial.ir.Op;
import java.util.Arrays;
import java.util.List;

/**
 * The inside of random keys: what {@code dev.axial.random.Random} is made of. Programs have no need
 * of it, except to write another sampler, or to store a key.
 */
public final class Keys {
  private Keys() {}

  /** Two uint32 arrays with the same axes; the first is the high word. */
  public record Words(NamedArray first, NamedArray second) {}

  /** The key whose words these two uint32 arrays are. */
  public static NamedArray wrap(Words words) {
    Ops.aligned("a key", words.first, words.second);
    word("a key", words.first);
    word("a key", words.second);
    return Ops.emit(new Op.KeyWrap(), words.first, words.second);
  }

  /** The two words of a key. */
  public static Words words(NamedArray key) {
    return pair(Ops.emitAll(new Op.KeyData(), List.of(checked("words", key))));
  }

  /**
   * The block function: Threefry-2x32 with 20 rounds of a key at a 64-bit counter, by name. Mirrors
   * {@code jax.extend.random.threefry2x32_p}.
   */
  public static Words threefry(NamedArray key, Words counter) {
    checked("threefry", key);
    word("threefry", counter.first);
    word("threefry", counter.second);
    Ops.aligned("threefry", counter.first, counter.second);
    Ops.aligned("threefry", key, counter.first);
    Ops.aligned("threefry", key, counter.second);
    return pair(Ops.emitAll(new Op.Threefry(), Arrays.asList(key, counter.first, counter.second)));
  }

  private static Words pair(List<NamedArray> two) {
    return new Words(two.get(0), two.get(1));
  }

  private static NamedArray checked(String what, NamedArray key) {
    if (key.dtype() != DType.KEY) {
      throw Errors.error(
          "%s needs a random key; got %s. Make one with key(seed).", what, Errors.type(key.type()));
    }
    return key;
  }

  private static void word(String what, NamedArray x) {
    if (x.dtype() != DType.UINT32) {
      throw Errors.error("%s is made of uint32 words; got %s.", what, Errors.type(x.type()));
    }
  }
}
