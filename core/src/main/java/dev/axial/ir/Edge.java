package dev.axial.ir;

/**
 * What a swap does at an index out of range, or where its mask is false. CLAMP reads the nearest
 * place and writes nothing. ADD adds its value to the nearest place and yields zero. DROP does
 * nothing and yields zero. The transpose of a swap is the swap in the other direction with CLAMP
 * and ADD exchanged.
 */
public enum Edge {
  CLAMP,
  ADD,
  DROP;

  public Edge transpose() {
    return switch (this) {
      case CLAMP -> ADD;
      case ADD -> CLAMP;
      case DROP -> DROP;
    };
  }
}
