package dev.axial.cpu.plan;

import dev.axial.DType;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Fn;
import dev.axial.ir.Op;
import dev.axial.numerics.ProductOrder;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Plans contractions: products of matrices, or sums of products in plain loops. */
final class Products {
  private final Steps steps;

  Products(Steps steps) {
    this.steps = steps;
  }

  /** Values with more users are not asked in which order these want them. */
  private static final int MANY_USERS = 4;

  /** Sums that lie where a product was put, and more products may be added to. */
  private final Set<Node> sums = new HashSet<>();

  /**
   * Whether the matrix of a product with a vector has two bytes, and the axis innermost that stays:
   * loops of vectors then convert as they read, and need no copy in float32.
   */
  private static boolean widenedRows(Op.Dot d, Node a, Node b) {
    Node matrix = a.type().size() > b.type().size() ? a : b;
    return matrix.op() instanceof Op.Cast
        && matrix.in().getFirst().type().dtype().isHalf()
        && !d.axes().contains(matrix.type().dims().getLast().name());
  }

  void dot(Op.Dot d, Item i) {
    Node a = i.node(0);
    Node b = i.node(1);
    ArrayType union = a.type().union(b.type());
    Node out = i.result();
    DType t = out.type().dtype();
    Contraction c = Contraction.of(d, a.type(), b.type(), out.type());
    ProductOrder.Form form = ProductOrder.form(d, a.type(), b.type());
    boolean plain =
        form == ProductOrder.Form.SUM
            || form == ProductOrder.Form.VECTOR && c.batch() == 1 && widenedRows(d, a, b);
    if (plain) {
      Node product = steps.virtual(union, new Op.Binary(Fn.Binary.MUL), List.of(a, b), i);
      steps.merges(product, i.site());
      steps.root(
          new Root.Reduce(Fn.Reduce.SUM, product, d.axes(), steps.place(out, "products"), out),
          i.site());
      return;
    }
    Mem sum = added(i);
    Mem to = sum != null ? sum : place(out);
    if (!c.fitsOut(to)) {
      Contraction turned = Contraction.of(d, b.type(), a.type(), out.type());
      if (turned.fitsOut(to)) { // B·A with rows and columns changing places
        c = turned;
        a = i.node(1);
        b = i.node(0);
      }
    }
    Mem am = steps.inMemory(a, i.site());
    Mem bm = steps.inMemory(b, i.site());
    c.loosen(am, bm);
    if (c.fit(am, true) == null) {
      am = c.copy(steps::copied, a, true, i.site());
    }
    if (c.fit(bm, false) == null) {
      bm = c.copy(steps::copied, b, false, i.site());
    }
    Mem direct = c.fitsOut(to) ? to : null;
    Mem result =
        direct != null ? direct : c.ownOut(steps.planner.scratch(t, out.type().size(), "product"));
    boolean adds = sum != null && direct != null;
    Step.Matrices shape = c.matrices(am, bm, result);
    var pair = new Step.Pair(am, bm);
    int at = adds ? extended(shape, pair, result) : -1;
    if (at < 0) {
      at =
          steps.add(
              new Step.Contract(
                  shape, List.of(pair), result, adds, out, c.resultAxes(), i.site(), null));
    }
    am.buffer().alive(steps.moment(at));
    bm.buffer().alive(steps.moment(at));
    steps.read(a, at);
    steps.read(b, at);
    steps.made(out, result, at, am);
    if (adds || direct != null && zeroAddend(i)) {
      Node r = out.users.getFirst().result();
      steps.made(r, result, at, am);
    }
  }

  /** The place of a product: where its sum goes, or in the order in which it is asked for. */
  private Mem place(Node product) {
    Node s = sink(product);
    List<Dim> order = s == product && !steps.destination.containsKey(s) ? wanted(s) : null;
    if (order == null) {
      return steps.place(s, "products");
    }
    ArrayType t = s.type().with(order);
    return Mem.rows(steps.planner.scratch(t.dtype(), t.size(), "products"), t);
  }

  /** The order of axes in which all that asks for a value asks for it; null if they differ. */
  private static @Nullable List<Dim> wanted(Node n) {
    if (n.output || n.users.size() > MANY_USERS) {
      return null;
    }
    List<Dim> order = null;
    for (Item user : n.users) {
      List<Dim> his = wanted(n, user);
      if (his == null || order != null && !order.equals(his)) {
        return null;
      }
      order = his;
    }
    return order;
  }

  /** The same of one user, looked through if it is computed where it is asked for itself. */
  private static @Nullable List<Dim> wanted(Node n, Item user) {
    return switch (user.op()) {
      case Op.RefSet s when s.access().sels().isEmpty() && !s.access().masked() ->
          user.cell().type().dims();
      case Op.Unary _,
          Op.Binary _,
          Op.Compare _,
          Op.Fma _,
          Op.Select _,
          Op.Cast _,
          Op.Broadcast _ -> {
        Node r = user.result();
        List<Dim> dims = r.type().dims();
        if (!r.type().sameDims(n.type())) {
          yield null;
        }
        boolean turns = !dims.equals(n.type().dims());
        yield turns || !r.isVirtual() ? dims : wanted(r);
      }
      default -> null; // not over Op: others do not ask for all elements where they are
    };
  }

  /** The last step, if it makes products of this shape and this one can be added to them; or -1. */
  private int extended(Step.Matrices shape, Step.Pair pair, Mem to) {
    int at = steps.last();
    if (at >= 0
        && steps.list.get(at) instanceof Step.Contract c
        && c.shape().equals(shape)
        && c.to().equals(to)) {
      steps.list.set(at, c.plus(pair));
      return at;
    }
    return -1;
  }

  /** The sum that a product is added to and nothing else; null if there is none. */
  private static @Nullable Node addition(Node product) {
    if (product.output || product.users.size() != 1) {
      return null;
    }
    Item user = product.users.getFirst();
    return user.op() instanceof Op.Binary b
            && b.fn() == Fn.Binary.ADD
            && user.node(0) != user.node(1)
            && user.result().type().sameDims(product.type())
            && user.result().owner == product.owner
        ? user.result()
        : null;
  }

  private static Node other(Item addition, Node product) {
    return addition.node(0) == product ? addition.node(1) : addition.node(0);
  }

  /** Where a sum of products lies so far that this product is added to; nobody else wants it. */
  private @Nullable Mem added(Item i) {
    Node r = addition(i.result());
    if (r == null) {
      return null;
    }
    Node x = other(i.result().users.getFirst(), i.result());
    boolean mine = x.owner == steps.owner && !x.output && x.users.size() == 1 && sums.contains(x);
    if (!mine) {
      return null;
    }
    sums.add(r);
    return x.mem();
  }

  /** Whether what a product is added to is nothing but zeros. */
  private boolean zeroAddend(Item i) {
    Node r = addition(i.result());
    if (r == null) {
      return false;
    }
    Node x = other(i.result().users.getFirst(), i.result());
    boolean zero =
        x.op() instanceof Op.Broadcast
            && x.in().getFirst().op() instanceof Op.Const k
            && k.doubleValue() == 0;
    if (zero) {
      sums.add(r);
    }
    return zero;
  }

  /** Where a chain of sums of products ends: that place is meant by all of them. */
  private static Node sink(Node product) {
    Node end = product;
    for (Node r = addition(product); r != null; r = chained(r)) {
      end = r;
    }
    return end;
  }

  private static @Nullable Node chained(Node sum) {
    if (sum.output || sum.users.size() != 1) {
      return null;
    }
    Item user = sum.users.getFirst();
    boolean adds = user.op() instanceof Op.Binary b && b.fn() == Fn.Binary.ADD;
    return adds
            && user.node(0) != user.node(1)
            && other(user, sum).op() instanceof Op.Dot
            && addition(other(user, sum)) == user.result()
        ? user.result()
        : null;
  }
}
