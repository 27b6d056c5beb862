package dev.axial.cpu.plan;

import dev.axial.ir.Op;
import dev.axial.ir.StackType;
import java.util.List;

/** Plans what is pushed on stacks and popped. */
final class Stacks {
  private final Steps steps;
  private final List<Item> items;

  Stacks(Steps steps, List<Item> items) {
    this.steps = steps;
    this.items = items;
  }

  void push(Op.StackPush p, Item i) {
    Frames f = i.frames();
    Node value = i.node(1);
    steps.merges(value, i.site());
    StackType t = f.type();
    Node mask = p.masked() ? i.node(2) : null;
    var address =
        steps.planner.add(new Buffer(Buffer.Kind.POINTER, 0, t.of().dtype(), f.frame(), "frame"));
    boolean lanes = !t.lanes().isEmpty();
    Mem rows = lanes ? steps.rows(value, i.site()) : null;
    if (mask != null && !mask.isScalar()) {
      steps.inMemory(mask, i.site());
    }
    var nest = new Nest();
    var stage = new Stage();
    nest.outer.addAll(value.type().dims());
    nest.stages.add(stage);
    Root.Store store = new Root.Store(value, Mem.rows(address, t.of()), null);
    stage.roots.add(store);
    int at = steps.add(new Step.Push(f, address, nest, mask, rows), i.nodes(1));
    steps.alive(f, steps.moment(at));
    Cone cone = Cone.of(store);
    nest.cones.put(store, cone);
    steps.computes(cone, at);
    if (rows != null) {
      rows.buffer().alive(steps.moment(at));
    }
    if (mask != null && mask.mem() != null) {
      mask.mem().buffer().alive(steps.moment(at));
    }
  }

  void pop(Op.StackPop p, Item i) {
    Frames f = i.frames();
    StackType t = f.type();
    Node n = i.result();
    Node mask = p.masked() ? i.node(1) : null;
    boolean lanes = !t.lanes().isEmpty();
    if (mask != null && !mask.isScalar()) {
      steps.inMemory(mask, i.site());
    }
    boolean pushedLater =
        items.stream()
            .skip(i.position() + 1L)
            .anyMatch(j -> !(j.op() instanceof Op.StackPop) && j.in().contains(f));
    var address =
        steps.planner.add(new Buffer(Buffer.Kind.POINTER, 0, t.of().dtype(), f.frame(), "frame"));
    Buffer fixed = f.fixed();
    if (fixed != null) {
      address.oneOf(List.of(fixed));
    }
    boolean copies = lanes || mask != null || pushedLater || n.isScalar();
    Mem copy = copies ? steps.rowsPlace(n, "popped") : null;
    int at = steps.add(new Step.Pop(f, n, address, copy, mask), i.nodes(1));
    steps.alive(f, steps.moment(at));
    if (mask != null && mask.mem() != null) {
      mask.mem().buffer().alive(steps.moment(at));
    }
    Mem m = copy != null ? copy : Mem.rows(address, n.type());
    m.buffer().alive(steps.moment(at));
    n.place(m);
    steps.done(n, at);
  }
}
