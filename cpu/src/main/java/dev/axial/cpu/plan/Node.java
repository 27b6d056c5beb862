package dev.axial.cpu.plan;

import dev.axial.ir.ArrayType;
import dev.axial.ir.Op;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An array value of a program. */
public final class Node {
  private final ArrayType type;
  private final @Nullable Op op;
  private final List<Node> in;
  private final @Nullable Cell ref;
  private final int result;

  /** Where it lies, once that is known. */
  private @Nullable Mem mem;

  /** The root that computes it, if it is in memory because of one. */
  @Nullable Root root;

  /** The step that makes it; -1 for what is there from the start. */
  int step = -1;

  /** Those that use it, in their order; a negative number stands for the block's outputs. */
  final List<Item> users = new ArrayList<>();

  boolean output;
  boolean virtual;

  /** While it is virtual: how many such values stand on each other, up to this one. */
  int depth;

  /** The last position at which something may ask for an element. */
  int lastNeeded = -1;

  /** The block it belongs to. */
  @Nullable Object owner;

  /** The stages that ask for its elements where they stand; null in it for anything else. */
  final Set<@Nullable Stage> askedBy = new HashSet<>();

  Node(ArrayType type, @Nullable Op op, List<Node> in, @Nullable Cell ref, int result) {
    this.type = type;
    this.op = op;
    this.in = in;
    this.ref = ref;
    this.result = result;
  }

  public ArrayType type() {
    return type;
  }

  /** What computes it; null for what comes from outside. */
  public @Nullable Op op() {
    return op;
  }

  /** The operands that are arrays: for a read of a reference its index operands. */
  public List<Node> in() {
    return in;
  }

  /** The reference that it reads. */
  public @Nullable Cell ref() {
    return ref;
  }

  /** Which of the operation's results it is. */
  public int result() {
    return result;
  }

  /** The root that puts it into memory, if one does. */
  public @Nullable Root root() {
    return root;
  }

  public @Nullable Mem mem() {
    return mem;
  }

  void place(Mem m) {
    mem = m;
    virtual = false;
  }

  public boolean isScalar() {
    return type.isScalar();
  }

  /** Whether elements are computed where they are asked for. */
  public boolean isVirtual() {
    return virtual;
  }
}
