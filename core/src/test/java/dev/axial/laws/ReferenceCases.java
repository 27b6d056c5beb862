package dev.axial.laws;

import static dev.axial.Axial.*;
import static dev.axial.laws.Pick.*;
import static dev.axial.laws.Sample.*;

import dev.axial.*;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** Every access to a reference at every kind of selection, views of views, loops and branches. */
final class ReferenceCases {
  private final List<RefCase> cases = new ArrayList<>();

  private ReferenceCases() {}

  static List<RefCase> all() {
    var c = new ReferenceCases();
    for (Pick p : Pick.all()) {
      c.accesses(p, DType.FLOAT64);
      c.views(p);
    }
    for (Pick p : Pick.all().subList(0, 24)) {
      c.accesses(p, DType.FLOAT32);
      c.accesses(p, DType.BFLOAT16);
      c.accesses(p, DType.FLOAT16);
      c.accesses(p, DType.INT32);
    }
    c.other();
    c.loops();
    c.branches();
    c.inside();
    return c.cases;
  }

  private static Sample[] with(List<Sample> operands, Sample... more) {
    var out = new ArrayList<>(operands);
    out.addAll(List.of(more));
    return out.toArray(Sample[]::new);
  }

  /** The two rules for a value: the operands of the selection come first, the value last. */
  private static Selection[] selection(Pick p, List<NamedArray> x) {
    return p.selection().apply(x.subList(0, p.operands().size()));
  }

  private void accesses(Pick p, DType t) {
    Sample x = p.source(t);
    Sample[] given = with(p.operands(), p.value(t));
    cases.add(
        RefCase.of(
            "ref.get " + p,
            (r, v) -> List.of(r.get(selection(p, v)).times(v.getLast())),
            x,
            given));
    cases.add(
        RefCase.of(
            "ref.set " + p,
            (r, v) -> {
              r.at(selection(p, v)).set(v.getLast());
              return List.of();
            },
            x,
            given));
    cases.add(
        RefCase.of(
            "ref.add " + p,
            (r, v) -> {
              r.at(selection(p, v)).add(v.getLast());
              return List.of(r.get(selection(p, v)));
            },
            x,
            given));
    if (t == DType.FLOAT64 || p.repeats()) {
      combination("times", p, x, NamedRef::times, given);
      combination("max", p, x, NamedRef::max, given);
      combination("min", p, x, NamedRef::min, given);
    }
    cases.add(
        RefCase.of(
            "ref.update " + p,
            (r, v) -> {
              r.at(selection(p, v)).update(old -> old.times(v.getLast()).plus(old));
              return List.of();
            },
            x,
            given));
    RefCase swap =
        RefCase.of(
            "ref.swap " + p, (r, v) -> List.of(r.at(selection(p, v)).swap(v.getLast())), x, given);
    cases.add(p.many() ? swap.notDischarged() : swap);
  }

  /** Of values that are sometimes less than what is there, sometimes greater, seldom near. */
  private void combination(
      String name, Pick p, Sample x, BiConsumer<NamedRef, NamedArray> write, Sample... given) {
    cases.add(
        RefCase.of(
            "ref." + name + " " + p,
            (r, v) -> {
              write.accept(r.at(selection(p, v)), v.getLast().minus(5).times(4));
              return List.of(r.get(selection(p, v)));
            },
            x,
            given));
  }

  /** The selection staged first, then read, written and selected from again. */
  private void views(Pick p) {
    Sample x = p.source(DType.FLOAT64);
    cases.add(
        RefCase.of(
            "slice.get " + p,
            (r, v) -> {
              NamedRef view = r.slice(selection(p, v));
              r.set(r.value().times(r.value()));
              return List.of(view.value());
            },
            x,
            with(p.operands())));
    List<Axis> left = p.value(DType.FLOAT64).axes().stream().filter(a -> a.size() > 1).toList();
    if (left.isEmpty()) {
      return;
    }
    Axis again = left.getLast();
    int last = again.size() - 1;
    cases.add(
        RefCase.of(
            "slice.set again-at " + p,
            (r, v) -> {
              NamedRef view = r.slice(selection(p, v));
              view.at(again.at(last)).set(sin(view.get(again.at(0))));
              return List.of(view.value());
            },
            x,
            with(p.operands())));
    cases.add(
        RefCase.of(
            "slice.add again-value " + p,
            (r, v) -> {
              NamedRef view = r.slice(selection(p, v));
              view.at(again.at(v.getLast())).add(3);
              return List.of(view.get(again.range(last, -again.size() - 1, -1)));
            },
            x,
            with(p.operands(), index(-8, 8))));
    cases.add(
        RefCase.of(
                "slice.set again-window " + p,
                (r, v) -> {
                  NamedRef view = r.slice(selection(p, v)).slice(again.ds(v.getLast(), 2));
                  view.at(again.at(-1)).set(view.get(again.at(0)).times(2));
                  return List.of(view.unsliced().get(p.axes().getLast().at(0)));
                },
                x,
                with(p.operands(), index(-8, 8)))
            .notMapped()); // a lane has no whole
    cases.add(
        RefCase.of(
            "slice.add again-indices " + p,
            (r, v) -> {
              NamedRef view = r.slice(selection(p, v)).at(again.at(v.getLast()));
              view.add(view.value());
              return List.of();
            },
            x,
            with(p.operands(), index(-8, 8, axis("again", 3)))));
  }

  private void other() {
    Sample x = real(-2, 2, A, B);
    cases.add(
        RefCase.of(
            "ref whole",
            (r, v) -> {
              NamedArray old = r.swap(v.get(0));
              r.add(old.times(old));
              r.times(v.get(0));
              r.max(v.get(0).minus(0.5));
              r.at(A.at(2)).min(0.25);
              r.at(B.at(5)).times(-1.5);
              r.set(r.value().times(1.5));
              r.update(Axial::sin);
              r.at(A.at(0)).set(2);
              r.at(A.at(1)).add(0.5);
              return List.of(old, r.at(B.at(0)).swap(1));
            },
            x,
            real(-1, 1, B, A)));
    cases.add(
        RefCase.of(
            "ref broadcast-value",
            (r, v) -> {
              r.at(A.range(0, 2)).set(v.get(0));
              r.at(B.from(4)).add(v.get(1));
              return List.of(get(r, A.at(0)), swap(r, v.get(0), A.at(2)));
            },
            x,
            real(-1, 1, B),
            real(-1, 1)));
    cases.add(
        RefCase.of(
            "ref converted-value",
            (r, v) -> {
              r.at(A.at(0)).set(v.get(0));
              r.at(A.at(1)).add(v.get(1));
              return List.of();
            },
            x,
            index(0, 9, B),
            single(-1, 1, B)));
    cases.add(
        RefCase.of(
            "ref aliases",
            (r, v) -> {
              NamedRef one = r.slice(B.range(0, 5));
              NamedRef two = r.slice(B.range(2, 7));
              one.set(two.value().rearrange(B.resize(5), A));
              two.at(B.at(0)).set(one.get(B.at(2)).times(one.get(B.at(1))));
              return List.of(one.value(), two.value());
            },
            x));
    cases.add(
        RefCase.of(
            "ref scalar",
            (r, v) -> {
              r.set(r.value().times(v.get(0)));
              r.add(1);
              return List.of(r.swap(sin(v.get(0))));
            },
            real(0.5, 2),
            real(0.5, 2)));
    cases.add(
        RefCase.of(
            "ref empty",
            (r, v) -> {
              r.set(r.value().plus(1));
              r.at(A.at(v.get(0))).add(2);
              return List.of(sum(r.value(), axis("e", 0)));
            },
            real(0, 1, A, axis("e", 0)),
            index(0, 3)));
    cases.add(
        RefCase.of(
            "ref bool",
            (r, v) -> {
              r.at(B.at(v.get(0))).set(true);
              r.update(NamedArray::not);
              return List.of(r.at(A.at(1)).swap(v.get(1)));
            },
            bool(A, B),
            index(-8, 8, axis("n", 3)),
            bool(B)));
  }

  // ---------------------------------------------------------------- loops

  private void loops() {
    Sample x = real(0.3, 1.5, B);
    cases.add(
        RefCase.of(
            "forLoop",
            (r, v) -> {
              forLoop(
                  1,
                  7,
                  i -> r.at(B.at(i)).set(sin(r.get(B.at(i.minus(1)))).plus(v.get(0).times(i))));
              return List.of();
            },
            x,
            real(-1, 1)));
    cases.add(
        RefCase.of(
            "forLoop outside-and-repeated",
            (r, v) -> {
              forLoop(
                  -3,
                  9,
                  i -> {
                    r.at(B.at(i)).add(r.get(B.at(i.plus(2))).times(0.3));
                    r.at(B.at(v.get(0))).add(0.1);
                  });
              return List.of();
            },
            x,
            index(-8, 8, axis("n", 3))));
    cases.add(
        RefCase.of(
            "forLoop combines",
            (r, v) -> {
              forLoop(
                  0,
                  5,
                  i -> {
                    r.at(B.at(v.get(0))).times(r.get(B.at(i)));
                    r.at(B.at(i.plus(3))).max(v.get(1).get(B.at(i)));
                    r.at(B.where(v.get(1).lt(1), 4)).min(r.get(B.at(i)).plus(0.5));
                  });
              return List.of();
            },
            x,
            index(-8, 8, axis("n", 3)),
            real(0.4, 1.4, B)));
    cases.add(
        RefCase.of(
            "forLoop values",
            (r, v) -> {
              forLoop(v.get(0), v.get(1), i -> r.update(y -> tanh(y.times(i))));
              forLoop(0, v.get(1), i -> r.at(B.at(i)).add(1));
              return List.of();
            },
            x,
            index(0, 3),
            index(2, 5)));
    cases.add(
        RefCase.of(
            "foriLoop",
            (r, v) ->
                List.of(
                    foriLoop(
                        0,
                        5,
                        v.get(0),
                        (i, c) -> {
                          NamedArray next = c.times(r.get(B.at(i))).plus(0.5);
                          r.at(B.at(i.plus(1))).set(next);
                          return next;
                        })),
            x,
            real(0, 1)));
    cases.add(
        RefCase.of(
            "whileLoop",
            (r, v) ->
                List.of(
                    whileLoop(
                        v.get(0),
                        i -> i.lt(6).and(stopGradient(sum(r.value())).lt(12)),
                        i -> {
                          r.at(B.at(i)).set(r.get(B.at(i)).times(r.get(B.at(i.plus(1)))));
                          return i.plus(1);
                        })),
            x,
            index(0, 4)));
    cases.add(
        RefCase.of(
            "scan",
            (r, v) -> {
              Step<NamedArray, NamedArray> s =
                  scan(
                      A,
                      sum(v.get(0)),
                      v.get(0),
                      (c, row) -> {
                        r.at(B.at(2)).add(c);
                        r.add(row);
                        return step(sin(c.times(r.get(B.at(1)))), sum(r.value().times(row)));
                      });
              return List.of(s.carry(), s.y());
            },
            x,
            real(-1, 1, A, B)));
    cases.add(
        RefCase.of(
            "fold over-a-ref",
            (r, v) ->
                List.of(
                    fold(
                        B,
                        v.get(0),
                        r,
                        (c, here) -> {
                          NamedArray next = c.times(here.value());
                          here.set(cos(next));
                          return next.plus(0.5);
                        })),
            x,
            real(0, 1)));
    cases.add(
        RefCase.of(
            "map reverse-and-unrolled",
            (r, v) ->
                List.of(
                    Scan.over(B)
                        .reverse()
                        .unroll(3)
                        .run(
                            v.get(0),
                            arange(B),
                            (NamedArray c, NamedArray i) -> {
                              r.at(B.at(i)).set(r.get(B.at(i.plus(1))).times(c));
                              return step(c.plus(0.1), r.get(B.at(i)).plus(c));
                            })
                        .y()),
            x,
            real(0, 1)));
    cases.add(
        RefCase.of(
            "map nested",
            (r, v) -> {
              NamedArray means =
                  map(
                      A,
                      v.get(0),
                      row -> {
                        forLoop(0, 6, i -> r.at(B.at(i)).add(row.get(B.at(i.plus(1)))));
                        return mean(r.value());
                      });
              return List.of(means);
            },
            x,
            real(-1, 1, A, B)));
    cases.add(
        RefCase.of(
            "forLoop swaps-rows",
            (r, v) -> {
              forLoop(
                  0,
                  2,
                  i -> {
                    NamedArray old = r.at(A.at(i)).swap(r.get(A.at(i.plus(1))));
                    r.at(A.at(i.plus(1))).set(old.times(v.get(0)));
                  });
              return List.of();
            },
            real(-2, 2, A, B),
            real(0, 1)));
    cases.add(
        RefCase.of(
            "forLoop never",
            (r, v) -> {
              forLoop(0, 0, i -> r.set(9));
              forLoop(v.get(0), v.get(0), i -> r.set(9));
              return List.of();
            },
            x,
            index(0, 3)));
  }

  // ---------------------------------------------------------------- branches

  private void branches() {
    Sample x = real(0.3, 1.5, B);
    for (boolean turned : new boolean[] {false, true}) {
      cases.add(
          RefCase.of(
              "condProc " + turned,
              (r, v) -> {
                condProc(
                    turned ? v.get(0).not() : v.get(0),
                    () -> r.at(B.at(v.get(1))).set(sin(r.get(B.at(0)))),
                    () -> r.update(y -> y.times(y)));
                return List.of();
              },
              x,
              bool(),
              index(-8, 8)));
    }
    cases.add(
        RefCase.of(
            "condProc combines",
            (r, v) -> {
              condProc(
                  v.get(0),
                  () -> r.at(B.at(v.get(1))).times(r.get(B.at(0))),
                  () -> r.at(B.at(v.get(1))).max(r.get(B.at(2)).plus(0.1)));
              return List.of();
            },
            x,
            bool(),
            index(-8, 8, axis("n", 3))));
    cases.add(
        RefCase.of(
            "cond",
            (r, v) ->
                List.of(
                    cond(
                        v.get(0),
                        () -> {
                          NamedArray old = r.at(B.at(3)).swap(v.get(1));
                          return old.times(v.get(1));
                        },
                        () -> sum(r.value()))),
            x,
            bool(),
            real(-1, 1)));
    cases.add(
        RefCase.of(
            "condProc in-loops",
            (r, v) -> {
              forLoop(
                  0,
                  7,
                  i ->
                      condProc(
                          v.get(0).get(B.at(i)),
                          () -> forLoop(0, 3, j -> r.at(B.at(j)).add(r.get(B.at(i)).times(0.2))),
                          () -> r.at(B.at(i)).set(r.get(B.at(0)))));
              return List.of();
            },
            x,
            bool(B)));
    cases.add(
        RefCase.of(
            "condProc nested",
            (r, v) -> {
              condProc(
                  v.get(0),
                  () ->
                      condProc(
                          v.get(1),
                          () -> r.at(B.at(0)).set(1),
                          () -> r.at(B.at(1)).add(r.get(B.at(2)))),
                  () -> {});
              return List.of();
            },
            x,
            bool(),
            bool()));
  }

  // ---------------------------------------------------------------- references made inside

  private void inside() {
    Sample x = real(0.3, 1.5, B);
    cases.add(
        RefCase.of(
            "freeze",
            (r, v) -> {
              NamedRef s = newRef(r.value().times(v.get(0)));
              s.at(B.at(2)).set(r.get(B.at(1)));
              NamedArray done = freeze(s);
              r.at(B.at(0)).set(sum(done));
              return List.of(done);
            },
            x,
            real(-1, 1)));
    cases.add(
        RefCase.of(
            "ref in-a-loop",
            (r, v) -> {
              forLoop(
                  0,
                  4,
                  i -> {
                    NamedRef s = newRef(r.get(B.range(0, 3)));
                    s.at(B.at(i)).set(v.get(0));
                    r.at(B.at(i.plus(2))).add(sum(s.value().times(s.value())).times(0.1));
                  });
              return List.of();
            },
            x,
            real(-1, 1)));
    cases.add(
        RefCase.of(
            "emptyRef",
            (r, v) -> {
              NamedRef s = emptyRef(DType.FLOAT64, A, B);
              s.at(A.at(1)).set(r.value());
              s.at(A.at(v.get(0))).add(r.value().times(r.value()));
              return List.of(s.value());
            },
            x,
            index(-4, 4)));
    cases.add(
        RefCase.of(
            "ref int-counter",
            (r, v) -> {
              NamedRef n = newRef(scalar(0));
              forLoop(
                  0,
                  5,
                  i -> {
                    r.at(B.at(n.value())).add(v.get(0));
                    n.add(1);
                    n.set(where(n.value().gt(2), 0, n.value()));
                  });
              return List.of(n.value());
            },
            x,
            real(-1, 1)));
    cases.add(
        RefCase.of(
            "checkpoint",
            (r, v) ->
                List.of(
                    checkpoint(
                            (NamedArray y) -> {
                              NamedRef s = newRef(y);
                              forLoop(0, 3, i -> s.at(B.at(i)).set(sin(s.get(B.at(i.plus(1))))));
                              return s.value();
                            })
                        .apply(r.value().times(v.get(0)))),
            x,
            real(0, 1)));
    cases.add(
        RefCase.of(
            "customJvp",
            (r, v) -> {
              Function<NamedArray, NamedArray> sine =
                  customJvp(
                      Axial::sin,
                      (NamedArray y, NamedArray d) -> {
                        NamedRef s = newRef(y);
                        s.update(Axial::cos);
                        return new Jvp<>(sin(y), s.value().times(d));
                      });
              r.update(y -> sine.apply(y.times(v.get(0))));
              return List.of();
            },
            x,
            real(0, 1)));
    cases.add(
        RefCase.of(
            "vmap inside",
            (r, v) -> {
              vmapProc((NamedRef q, NamedArray y) -> q.at(B.at(0)).set(sum(q.value()).times(y)), A)
                  .run(r, v.get(0));
              return List.of(
                  vmap(
                          (NamedArray y) -> {
                            NamedRef s = newRef(y);
                            s.at(B.at(1)).add(y.get(B.at(0)));
                            return s.value();
                          },
                          A)
                      .apply(r.value()));
            },
            real(-2, 2, A, B),
            real(-1, 1, A)));
  }
}
