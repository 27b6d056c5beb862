package dev.axial.cpu.plan;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the loops that ask for a product, and lets them follow it at once: they may begin for some
 * of its rows while others are still being made.
 */
final class Epilogues {
  /** What a step touches. */
  private static final class Touched {
    final Set<Buffer> read = new HashSet<>();
    final Set<Buffer> written = new HashSet<>();
    final Set<Node> scalars = new HashSet<>();
    final Set<Node> defined = new HashSet<>();

    /** Whether this may come before the other one although it stood after it. */
    boolean passes(Touched before) {
      return apart(written, before.read)
          && apart(written, before.written)
          && apart(read, before.written)
          && before.defined.stream().noneMatch(scalars::contains)
          && defined.stream().noneMatch(before.scalars::contains);
    }

    private static boolean apart(Set<Buffer> a, Set<Buffer> b) {
      return a.stream().noneMatch(x -> b.stream().anyMatch(x::mayBe));
    }
  }

  private final Steps steps;
  private final List<@Nullable Step> list;

  private Epilogues(Steps steps) {
    this.steps = steps;
    this.list = new ArrayList<>(steps.list);
  }

  /** Joins such loops to the products before them. */
  static void attach(Steps steps) {
    var e = new Epilogues(steps);
    for (int k = 0; k < e.list.size(); k++) {
      if (e.list.get(k) instanceof Step.Contract c && c.then() == null) { // once: it may go down
        e.follow(c, k);
      }
    }
    steps.list.clear();
    for (Step s : e.list) {
      if (s != null) {
        steps.list.add(s);
      }
    }
  }

  /** Looks for the loops that read a product; they come up to it, or it goes down to them. */
  private void follow(Step.Contract c, int at) {
    Touched product = Objects.requireNonNull(touched(c));
    var between = new ArrayList<Touched>();
    for (int k = at + 1; k < list.size(); k++) {
      Step s = list.get(k);
      if (s == null) {
        continue;
      }
      Touched t = touched(s);
      if (t == null) {
        return;
      }
      if (t.read.stream().anyMatch(c.to().buffer()::mayBe)) {
        if (s instanceof Step.Loops l && suits(c, l.nest())) {
          if (between.stream().allMatch(t::passes)) {
            join(c, l.nest(), at, k, t, at);
          } else if (between.stream().allMatch(b -> b.passes(product))) {
            join(c, l.nest(), at, k, product, k);
          }
        }
        return;
      }
      between.add(t);
    }
  }

  /** Puts both at one of their places; what the other one touches lives at that moment too. */
  private void join(Step.Contract c, Nest nest, int first, int second, Touched moved, int to) {
    int moment = steps.moment(to);
    moved.read.forEach(b -> b.alive(moment));
    moved.written.forEach(b -> b.alive(moment));
    for (Node n : moved.scalars) {
      Mem m = n.mem();
      if (m != null) {
        m.buffer().alive(moment);
      }
    }
    list.set(first, null);
    list.set(second, null);
    list.set(to, c.then(nest));
  }

  /** Whether the loops write nothing that making the product uses, in places known beforehand. */
  private static boolean suits(Step.Contract c, Nest nest) {
    var used = new HashSet<Buffer>();
    used.add(c.to().buffer());
    for (Step.Pair p : c.pairs()) {
      used.add(p.a().buffer());
      used.add(p.b().buffer());
    }
    for (Stage s : nest.stages) {
      for (Root r : s.roots) {
        Node d = r.defines();
        if (r instanceof Root.Write || d != null && d.isScalar()) {
          return false;
        }
        Buffer to = r.to().buffer();
        boolean unknown = to.kind() == Buffer.Kind.POINTER && to.steps() == 0;
        if (nest.stored(r) && (unknown || used.stream().anyMatch(to::mayBe))) {
          return false;
        }
      }
    }
    return true;
  }

  // ---------------------------------------------------------------- what steps touch

  /** What a step touches; null where that is not known here. */
  private static @Nullable Touched touched(Step s) {
    var t = new Touched();
    switch (s) {
      case Step.Scalars x -> x.nodes().forEach(n -> scalar(n, x.cones().get(n), t));
      case Step.Loops l -> nest(l.nest(), t);
      case Step.Contract c -> {
        for (Step.Pair p : c.pairs()) {
          memory(p.a(), t);
          memory(p.b(), t);
        }
        memory(c.to(), t);
        t.written.add(c.to().buffer());
        if (c.then() != null) {
          nest(c.then(), t);
        }
      }
      case Step.Cumulate _,
          Step.Order _,
          Step.NewStack _,
          Step.Push _,
          Step.Pop _,
          Step.Host _,
          Step.Loop _,
          Step.Branch _ -> {
        return null;
      }
    }
    return t;
  }

  private static void nest(Nest nest, Touched t) {
    for (Stage s : nest.stages) {
      for (Root r : s.roots) {
        cone(nest.cone(r), t);
        if (r instanceof Root.Write w) {
          memory(w.into(), t);
          Mem old = w.old();
          if (old != null) {
            t.written.add(old.buffer());
          }
        }
        if (nest.stored(r)) {
          t.written.add(r.to().buffer());
        }
        Node d = r.defines();
        if (d != null && d.isScalar()) {
          t.defined.add(d);
        }
      }
    }
  }

  private static void scalar(Node n, @Nullable Cone cone, Touched t) {
    t.defined.add(n);
    if (cone != null) {
      cone(cone, t);
    } else { // from its memory into a register
      memory(Objects.requireNonNull(n.mem()), t);
    }
  }

  private static void cone(Cone c, Touched t) {
    c.asks().forEach(a -> memory(a.mem(), t));
    c.cells().forEach(x -> t.read.add(x.mem().buffer()));
    t.scalars.addAll(c.scalars());
    for (Node n : c.scalars()) {
      Mem m = n.mem();
      if (m != null) {
        t.read.add(m.buffer());
      }
    }
  }

  private static void memory(Mem m, Touched t) {
    t.read.add(m.buffer());
    m.shifts().forEach(s -> t.scalars.add(s.index()));
  }
}
