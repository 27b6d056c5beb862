package dev.axial.cpu.plan;

import dev.axial.ir.Op;
import java.util.ArrayList;
import java.util.List;

/** Which values are computed where they are asked for, and which are stored. */
final class Virtual {
  /** A value that costs no more than this is computed again by each of its users. */
  private static final int CHEAP = 2;

  /**
   * A value that is computed where it is asked for stands on no more values than this that are too:
   * whoever walks them calls itself for each, on whatever stack there is. The next one is stored,
   * mostly in a register of the same loops.
   */
  static final int DEEP = 32;

  /** How far users are looked for behind values that only look at others. */
  private static final int LOOKS = 8;

  private record Use(Item item, long points) {}

  /** The users of a value, seen through those that only look at it otherwise. */
  private static void uses(Node n, int looks, List<Use> out) {
    for (Item i : n.users) {
      if (looks > 0 && Costs.free(i.op()) && !i.result().isScalar()) {
        uses(i.result(), looks - 1, out);
        if (i.result().output) {
          out.add(new Use(i, i.result().type().size()));
        }
      } else {
        out.add(new Use(i, points(i, n)));
      }
    }
  }

  /** How many elements of a value its user asks for, at most. */
  private static long points(Item i, Node n) {
    return switch (i.op()) {
      case Op.Scan _, Op.While _, Op.Cond _ -> Long.MAX_VALUE;
      case Op.Reduce _, Op.ArgReduce _, Op.CumSum _, Op.ArgSort _, Op.Merge _ -> n.type().size();
      case Op.Dot _ -> i.node(0).type().union(i.node(1).type()).size();
      case Op.RefSet s -> s.access().result(i.cell().type(), i.types(2)).size();
      case Op.RefCombine s -> s.access().result(i.cell().type(), i.types(2)).size();
      case Op.RefSwap _, Op.RefGet _, Op.Index _ -> i.result().type().size();
      default -> // not over Op: the others ask once for each element of their result
          i.out().isEmpty() || !(i.out().getFirst() instanceof Node r)
              ? n.type().size()
              : Math.max(n.type().size(), r.type().size());
    };
  }

  static void decide(Item i) {
    int depth = depth(i);
    for (Object o : i.out()) {
      if (!(o instanceof Node n) || n.isScalar()) {
        continue;
      }
      n.depth = depth;
      n.virtual = depth <= DEEP && suits(i.op(), n);
    }
  }

  /** How many values that are computed where they are asked for stand on each other, with this. */
  private static int depth(Item i) {
    int below = 0;
    for (Object x : i.in()) {
      if (x instanceof Node n && n.isVirtual()) {
        below = Math.max(below, n.depth);
      }
    }
    return below + 1;
  }

  private static boolean suits(Op op, Node n) {
    return switch (op) {
      case Op.Rename _, Op.Broadcast _, Op.Split _, Op.Iota _ -> true;
      case Op.Unary _,
          Op.Binary _,
          Op.Compare _,
          Op.Fma _,
          Op.Select _,
          Op.Cast _,
          Op.Bitcast _,
          Op.Threefry _,
          Op.KeyWrap _,
          Op.KeyData _,
          Op.Index _,
          Op.RefGet _ ->
          staysVirtual(n);
      case Op.Merge _ -> true; // a view if its operand's memory allows; otherwise it is stored
      case Op.Dot _,
          Op.Reduce _,
          Op.Concat _,
          Op.CumSum _,
          Op.ArgSort _,
          Op.ArgReduce _,
          Op.Scatter _,
          Op.RefSwap _,
          Op.RefFreeze _,
          Op.StackPop _,
          Op.Scan _,
          Op.While _,
          Op.Cond _,
          Op.Const _,
          Op.StopGradient _,
          Op.RefNew _,
          Op.RefSet _,
          Op.RefCombine _,
          Op.StackNew _,
          Op.StackPush _,
          Op.Call _,
          Op.CustomVjp _,
          Op.CustomJvp _,
          Op.LaneIndex _,
          Op.LaneReduce _,
          Op.LaneGather _,
          Op.Callback _ ->
          false;
    };
  }

  private static boolean staysVirtual(Node n) {
    var uses = new ArrayList<Use>();
    uses(n, LOOKS, uses);
    int count = uses.size() + (n.output ? 1 : 0);
    // The operands' own decisions were made before: what is virtual below is computed here too.
    n.virtual = true;
    int cost = Costs.deep(n);
    for (Use u : uses) {
      boolean wide = u.points > n.type().size();
      if (wide && (cost > CHEAP || u.points == Long.MAX_VALUE && cost > 1)) {
        return false;
      }
      if (u.item.op() instanceof Op.Dot && cost > 1) {
        return false;
      }
    }
    return count <= 1 || cost <= CHEAP;
  }

  /** When the elements of a virtual operand may be asked for at the latest. */
  static void need(Item i, Object owner) {
    int last = i.position();
    for (Object o : i.out()) { // of several results some may be stored and others not
      if (o instanceof Node n && n.isVirtual()) {
        last = Math.max(last, n.lastNeeded);
      }
    }
    for (Object x : i.in()) {
      if (x instanceof Node n && n.owner == owner) {
        n.lastNeeded = Math.max(n.lastNeeded, last);
      }
    }
    for (int k = 0; k < i.op().carries(); k++) { // what goes in may be the memory of what comes out
      if (i.in().get(k) instanceof Node n && n.owner == owner) {
        n.lastNeeded = Math.max(n.lastNeeded, ((Node) i.out().get(k)).lastNeeded);
      }
    }
  }
}
