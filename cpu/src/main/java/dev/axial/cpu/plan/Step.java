package dev.axial.cpu.plan;

import dev.axial.ir.Dim;
import dev.axial.ir.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a block does next. */
public sealed interface Step {
  /**
   * Scalars, each in its place.
   *
   * @param cones what computing each was planned to ask for; one without is in memory already
   */
  record Scalars(List<Node> nodes, Map<Node, Cone> cones) implements Step {}

  /** Loops. */
  record Loops(Nest nest) implements Step {}

  /**
   * Products of matrices, in batches, added up in their order. All are of one shape.
   *
   * @param pairs views of the operands of each
   * @param to rows of the result
   * @param adds whether they are added to what lies there
   * @param axes of the result: those of the batches, the rows and the columns
   * @param site the user's line, of the first of them
   * @param then loops that may follow for each group of rows as soon as they are done
   */
  record Contract(
      Matrices shape,
      List<Pair> pairs,
      Mem to,
      boolean adds,
      Node defines,
      List<Dim> axes,
      @Nullable String site,
      @Nullable Nest then)
      implements Step {
    public Contract {
      pairs = List.copyOf(pairs);
      axes = List.copyOf(axes);
    }

    /** The same with one more product. */
    Contract plus(Pair p) {
      var all = new ArrayList<>(pairs);
      all.add(p);
      return new Contract(shape, all, to, adds, defines, axes, site, then);
    }

    /** The same, with loops that follow. */
    Contract then(Nest nest) {
      return new Contract(shape, pairs, to, adds, defines, axes, site, nest);
    }
  }

  /** The operands of a product. */
  record Pair(Mem a, Mem b) {}

  /** Sizes and strides of a contraction as matrices. */
  record Matrices(
      long m,
      long n,
      long k,
      List<Long> batch,
      List<Long> aBatch,
      List<Long> bBatch,
      List<Long> cBatch,
      long aRow,
      long aCol,
      long bRow,
      long bCol,
      long cRow,
      long cCol) {
    /** The size of the last batch axis, or 1. */
    public long lastBatch() {
      return batch.isEmpty() ? 1 : batch.getLast();
    }
  }

  /** Running sums along an axis; both are rows of one type. */
  record Cumulate(Op.CumSum op, Node value, Mem from, Mem to) implements Step {}

  /** The order of the elements along an axis. */
  record Order(Op.ArgSort op, Node value, Mem from, Mem to) implements Step {}

  /** An empty stack. */
  record NewStack(Frames frames) implements Step {}

  /** A frame is written through {@code store}, whose target is the frame's address. */
  record Push(Frames frames, Buffer address, Nest store, @Nullable Node mask, @Nullable Mem value)
      implements Step {}

  /** The top frame; the node's place is the frame's address, or memory it is copied to. */
  record Pop(Frames frames, Node node, Buffer address, @Nullable Mem copy, @Nullable Node mask)
      implements Step {}

  /** Java code. */
  record Host(Op.Callback op, List<Node> operands, List<Mem> at) implements Step {}

  /**
   * A loop. Carries that are scalars live in registers; of an array carry the current and the next
   * contents change places.
   *
   * @param condition null for a counted loop
   * @param index the counter
   */
  record Loop(
      long length,
      boolean reverse,
      @Nullable Node index,
      @Nullable Block condition,
      Block body,
      List<Carry> carries)
      implements Step {}

  /**
   * One value that a loop carries.
   *
   * @param init what it starts as
   * @param inside the carry in the body
   * @param next what the body gives
   * @param after the carry after the loop
   * @param from where the first contents of an array carry lie, in rows
   * @param current the address of the current contents
   * @param other the address of the next contents, first the one and then the other of two
   */
  record Carry(
      Node init,
      Node inside,
      Node next,
      Node after,
      @Nullable Mem from,
      @Nullable Buffer current,
      @Nullable Buffer other,
      @Nullable Buffer first,
      @Nullable Buffer second) {
    /** The same with what the body gives. */
    Carry giving(Node made) {
      return new Carry(init, inside, made, after, from, current, other, first, second);
    }
  }

  /** One of two blocks; results come by copies into {@code results}' places. */
  record Branch(Node predicate, Block yes, Block no, List<Node> results) implements Step {}
}
