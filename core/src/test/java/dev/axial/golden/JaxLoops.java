package dev.axial.golden;

import static dev.axial.Axial.*;
import static dev.axial.golden.Trial.*;

import dev.axial.*;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The cases of {@code grads_jax.txt} with loops: {@code scan/…}, {@code fori/…}, {@code while/…}.
 */
final class JaxLoops {
  private JaxLoops() {}

  static Map<String, Trial.Body> cases() {
    var m = new LinkedHashMap<String, Trial.Body>();
    m.put("scan/row-from-the-one-before", t -> t.derivatives(in -> sines(in.get("x"))));
    m.put(
        "scan/accumulate",
        t -> t.derivatives(in -> accumulated(in.get("xs"), in.get("c"), t.in("w"))));
    m.put("scan/carry-and-rows", t -> t.derivatives(in -> carryAndRows(in.get("x"), in.get("c"))));
    m.put("scan/over-a-ref", t -> t.derivatives(in -> overRef(in.get("x"), in.get("c"))));
    m.put("scan/reverse", t -> t.derivatives(in -> backwards(in.get("x"))));
    m.put(
        "scan/nested",
        t -> t.derivatives(in -> nested(in.get("a"), in.get("b"), in.get("x"), t.in("w"))));
    m.put("scan/ref-made-in-the-body", t -> t.derivatives(in -> localRefs(in.get("xs"))));
    m.put("fori/static-bounds", t -> t.derivatives(in -> power(in.get("x"))));
    m.put("fori/swap-two-rows", t -> t.derivatives(in -> swapRows(in.get("x"), t.in("w"))));
    m.put(
        "scan/rnn", t -> t.derivatives(in -> recurrent(in.get("wx"), in.get("wh"), in.get("xs"))));
    m.put("scan/captured-table", t -> t.derivatives(in -> captured(in.get("table"), in.get("x"))));
    m.put("scan/index-add-repeats", t -> t.derivatives(in -> addAt(in.get("xs"), in.get("y"))));
    m.put("scan/windows", t -> t.derivatives(in -> windows(in.get("x"))));
    m.put("while/grow", t -> t.derivatives(in -> grow(in.get("x"))));
    m.put("while/newton-root", t -> t.derivatives(in -> newton(in.get("a"))));
    m.put(
        "while/rows-with-a-traced-bound",
        t -> {
          NamedArray n = scalar(5);
          t.derivatives(in -> rowsUntil(in.get("x"), n, t.in("w")));
        });
    m.put(
        "fori/traced-bounds",
        t -> {
          NamedArray lo = scalar(1);
          NamedArray hi = scalar(5);
          t.derivatives(in -> {
            NamedArray x = in.get("x");
            NamedRef r = newRef(x);
            forLoop(
                lo, hi, i -> r.set(r.value().times(x).plus(i.astype(DType.FLOAT64).times(0.1))));
            return r.value();
          });
        });
    return m;
  }

  // ---------------------------------------------------------------- the programs

  /** scan/row-from-the-one-before, of a scalar. */
  static NamedArray sines(NamedArray x) {
    Axis row = axis("row", 6);
    NamedRef r = newRef(zeros64(row));
    r.at(row.at(0)).set(x);
    each(
        arange(row.resize(5)).plus(1),
        i -> r.at(row.at(i)).set(sin(r.get(row.at(i.minus(1)))).plus(x.times(0.1))));
    return r.get(row.at(5)).times(r.get(row.at(2)));
  }

  private static NamedArray accumulated(NamedArray xs, NamedArray c, NamedArray w) {
    NamedRef r = newRef(c);
    Step<NamedArray, NamedArray> s =
        scan(
            xs.axis("d0"),
            c,
            xs,
            (k, x) -> {
              r.add(x.times(x).times(k));
              return step(k.times(1.1), r.value());
            });
    return sum(s.y().times(w)).plus(s.carry());
  }

  private static NamedArray carryAndRows(NamedArray x, NamedArray c) {
    NamedRef r = newRef(x);
    Axis steps = x.axis("d0");
    Step<NamedArray, NamedArray> s =
        scan(
            steps,
            c,
            arange(steps),
            (k, i) -> {
              NamedArray next = k.times(r.get(D0.at(i))).plus(0.3);
              r.at(D0.at(i)).set(next.times(2));
              return step(next, r.get(D0.at(0)));
            });
    return s.carry().plus(sum(r.value().pow(2))).plus(sum(s.y()));
  }

  private static NamedArray overRef(NamedArray x, NamedArray c) {
    NamedRef r = newRef(x);
    NamedArray k =
        fold(
            x.axis("d0"),
            c,
            r,
            (carry, q) -> {
              NamedArray next = carry.times(q.value());
              q.set(cos(next));
              return next.plus(0.5);
            });
    return k.plus(sum(r.value().times(weights(D0))));
  }

  private static NamedArray backwards(NamedArray x) {
    NamedRef r = newRef(x);
    Axis steps = axis("d0", 4);
    NamedArray k =
        Scan.over(steps)
            .reverse()
            .run(
                number(0),
                arange(steps),
                (NamedArray c, NamedArray i) -> {
                  r.at(D0.at(i)).set(r.get(D0.at(i)).times(r.get(D0.at(i.plus(1)))));
                  return step(c.plus(r.get(D0.at(i))), List.of());
                })
            .carry();
    return k.times(r.get(D0.at(0)));
  }

  private static NamedArray nested(NamedArray a, NamedArray b, NamedArray x, NamedArray w) {
    NamedRef r = newRef(zeros64(axis("d0", 4), axis("d1", 4)));
    r.at(D0.at(0)).set(x.rename("d0", "d1"));
    r.at(D0.range(1, 4), D1.at(0)).set(x.get(D0.range(1, 4)));
    NamedArray three = arange(axis("step", 3)).plus(1);
    each(
        three,
        i ->
            each(
                three,
                j -> {
                  NamedArray above = r.get(D0.at(i.minus(1)), D1.at(j));
                  NamedArray left = r.get(D0.at(i), D1.at(j.minus(1)));
                  r.at(D0.at(i), D1.at(j)).set(above.times(a).plus(left.times(b)).plus(0.1));
                }));
    return sum(r.value().times(w));
  }

  private static NamedArray localRefs(NamedArray xs) {
    Axis pair = axis("pair", 2);
    Step<NamedArray, NamedArray> s =
        scan(
            xs.axis("d0"),
            number(0.5),
            xs,
            (k, x) -> {
              NamedRef two = newRef(stack(pair, List.of(k, x)));
              two.at(pair.at(0)).set(two.get(pair.at(0)).times(two.get(pair.at(1))));
              two.at(pair.at(1)).set(sin(two.get(pair.at(0))));
              return step(two.get(pair.at(1)).plus(k.times(0.5)), two.get(pair.at(0)));
            });
    return s.carry().times(sum(s.y()));
  }

  private static NamedArray power(NamedArray x) {
    NamedRef r = newRef(x);
    NamedArray c =
        foriLoop(
            0,
            5,
            number(0),
            (i, carry) -> {
              r.set(r.value().times(x).times(1.1));
              return carry.plus(r.value());
            });
    return c.plus(r.value());
  }

  private static NamedArray swapRows(NamedArray x, NamedArray w) {
    NamedRef r = newRef(x);
    forLoop(
        0,
        3,
        i -> {
          NamedArray a = r.get(D0.at(i));
          NamedArray b = r.get(D0.at(i.plus(1)));
          r.at(D0.at(i)).set(b.times(2));
          r.at(D0.at(i.plus(1))).set(a);
        });
    return sum(r.value().pow(2).times(w));
  }

  private static NamedArray recurrent(NamedArray wx, NamedArray wh, NamedArray xs) {
    NamedRef h = newRef(zeros64(axis("d0", 3)));
    NamedArray ys =
        map(
            axis("time", 5),
            xs.rename("d0", "time"),
            x -> {
              NamedArray before = dot(wh, h.value().rename("d0", "d1"), "d1");
              h.set(tanh(dot(wx, x, "d1").plus(before)));
              return sum(h.value().pow(2));
            });
    return sum(ys).plus(h.get(D0.at(0)));
  }

  private static NamedArray captured(NamedArray table, NamedArray x) {
    NamedRef r = newRef(zeros64(axis("row", 3)));
    Axis row = axis("row", 3);
    Axis time = axis("time", 6);
    NamedArray ys =
        map(
            time,
            array(new int[] {0, 3, 1, 3, 2, 0}, time),
            i -> {
              r.at(row.at(i.rem(3))).add(table.get(D0.at(i)).times(x));
              return r.get(row.at(0));
            });
    return sum(r.value().pow(2)).plus(sum(ys));
  }

  private static NamedArray addAt(NamedArray xs, NamedArray y) {
    NamedRef r = newRef(y);
    NamedArray twice = array(new int[] {1, 1, 0}, axis("d1", 3));
    each(xs, x -> r.at(D0.at(twice)).add(x));
    return sum(sin(r.value()));
  }

  private static NamedArray windows(NamedArray x) {
    NamedRef r = newRef(x);
    Axis steps = axis("d0", 4);
    NamedArray k =
        fold(
            steps,
            number(0),
            arange(steps),
            (c, i) -> {
              NamedArray w = r.get(D0.ds(i, 2));
              r.at(D0.at(i)).set(w.get(D0.at(0)).times(w.get(D0.at(1))));
              return c.plus(sum(w));
            });
    return k.times(sum(r.value()));
  }

  private static NamedArray grow(NamedArray x) {
    NamedRef r = newRef(x);
    NamedRef n = newRef(scalar(0));
    var _ =
        whileLoop(
            x,
            c -> c.lt(20),
            c -> {
              r.set(r.value().times(x));
              n.add(1);
              return r.value();
            });
    return r.value().times(n.value());
  }

  record Search(NamedArray steps, NamedArray gap) {}

  private static NamedArray newton(NamedArray a) {
    NamedRef r = newRef(number(1));
    var _ =
        whileLoop(
            new Search(scalar(0), number(1)),
            s -> s.gap.gt(1e-3).and(s.steps.lt(50)),
            s -> {
              NamedArray old = r.value();
              r.set(old.plus(a.div(old)).times(0.5));
              return new Search(s.steps.plus(1), abs(r.value().minus(old)));
            });
    return r.value();
  }

  private static NamedArray rowsUntil(NamedArray x, NamedArray n, NamedArray w) {
    NamedRef r = newRef(zeros64(axis("d0", 8)).at(D0.at(0)).set(x));
    NamedArray last =
        whileLoop(
            scalar(0),
            i -> i.lt(n),
            i -> {
              r.at(D0.at(i.plus(1))).set(cos(r.get(D0.at(i))).times(x));
              return i.plus(1);
            });
    return sum(r.value().times(w)).plus(r.get(D0.at(last)));
  }
}
