package dev.axial.cpu.plan;

import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Edge;
import dev.axial.ir.Fn;
import dev.axial.ir.Mode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Something that a loop nest leaves behind. */
public sealed interface Root {
  /** The value that is in memory afterwards; null where only a reference changes. */
  @Nullable Node defines();

  /** The memory that it writes. */
  Mem to();

  /** The axes it runs over, in their order. */
  ArrayType space();

  /** The values whose elements it asks for at each point. */
  List<Node> asks();

  /** Each element of a value goes to its place. */
  record Store(Node value, Mem to, @Nullable Node defines) implements Root {
    @Override
    public ArrayType space() {
      return value.type();
    }

    @Override
    public List<Node> asks() {
      return List.of(value);
    }
  }

  /** Elements are combined along axes. */
  record Reduce(Fn.Reduce fn, Node value, List<String> axes, Mem to, Node defines) implements Root {
    @Override
    public ArrayType space() {
      return value.type();
    }

    @Override
    public List<Node> asks() {
      return List.of(value);
    }

    /** Whether floating-point numbers are added: then the order of the elements counts. */
    public boolean sumsReals() {
      return fn == Fn.Reduce.SUM && value.type().dtype().isFloating();
    }

    /** How many elements are combined into one. */
    public long count() {
      long n = 1;
      for (Dim d : summed()) {
        n *= d.size();
      }
      return n;
    }

    /** The axes along which elements are combined, in their order, but those of one element. */
    public List<Dim> summed() {
      return value.type().dims().stream()
          .filter(d -> axes.contains(d.name()) && d.size() != 1)
          .toList();
    }

    /** The axes that stay. */
    public List<Dim> kept() {
      return value.type().without(axes).dims();
    }
  }

  /** The position of the first largest or smallest element along an axis. */
  record ArgReduce(boolean max, Node value, String axis, Mem to, Node defines) implements Root {
    @Override
    public ArrayType space() {
      return value.type();
    }

    @Override
    public List<Node> asks() {
      return List.of(value);
    }
  }

  /** What an access does to memory. */
  enum Kind {
    SET,
    COMBINE,
    SWAP
  }

  /**
   * An access that writes. Points whose index varies are visited one after another.
   *
   * @param space the axes of the selection
   * @param fn what a combination makes of what is there and the value; null for the others
   * @param mode what a combination does out of range
   * @param edge what a swap does out of range
   * @param old where a swap puts what was there
   */
  record Write(
      Kind kind,
      Fn.@Nullable Combine fn,
      Mem into,
      ArrayType of,
      Access access,
      List<Node> index,
      Node value,
      Mode mode,
      Edge edge,
      boolean reverse,
      @Nullable Mem old,
      @Nullable Node defines,
      ArrayType space)
      implements Root {
    @Override
    public Mem to() {
      return into;
    }

    @Override
    public List<Node> asks() {
      var out = new java.util.ArrayList<>(index);
      out.add(value);
      return out;
    }
  }
}
