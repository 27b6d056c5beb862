package dev.axial.bench.rows;

import static dev.axial.Axial.*;
import static dev.axial.bench.rows.Size.size;

import dev.axial.*;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/** Compiled loops that change rows of a reference; the time is that of a round. */
final class LoopRows {
  private static final int WIDTH = 64;
  private static final Axis X = axis("X", WIDTH);

  private LoopRows() {}

  static List<Row> rows() {
    var rows = new ArrayList<Row>();
    rows.add(write("1k", size("rows", 1_000, 1_000, 10)));
    rows.add(write("10k", size("rows", 10_000, 2_000, 10)));
    rows.add(write("100k", size("rows", 100_000, 5_000, 50)));
    rows.add(write("1M", size("rows", 1_000_000, 20_000, 100)));
    pattern(rows, "loop-swap", "two rows swapped", LoopRows::swap);
    pattern(rows, "loop-poppush", "a row taken out, another put in", LoopRows::popPush);
    pattern(rows, "loop-cmpx", "two elements compared and exchanged", LoopRows::compareExchange);
    return List.copyOf(rows);
  }

  private static final Size STEPS = size("steps", 10_000, 10_000, 30);

  private static Row write(String label, Size rows) {
    return Row.of(
        "loop-write-" + label,
        "a row of 64 of " + label + " written, a round",
        new Target.Faster(1 / 0.6),
        LoopRows::write,
        rows,
        STEPS);
  }

  private static void pattern(
      List<Row> rows, String name, String what, java.util.function.Function<Sizes, Work> ours) {
    Target target = new Target.AtMost(30e-9);
    Size small = size("rows", 1_000, 1_000, 10);
    Size large = size("rows", 100_000, 5_000, 50);
    rows.add(Row.of(name + "-1k", what + ", of 1k, a round", target, ours, small, STEPS));
    rows.add(Row.of(name + "-100k", what + ", of 100k, a round", target, ours, large, STEPS));
  }

  private static Work write(Sizes s) {
    Axis Row = axis("Row", s.get("rows"));
    int steps = s.get("steps");
    float[] row = Data.normal(WIDTH, 1);
    NamedRef ref = emptyRef(DType.FLOAT32, Row, X);
    NamedArray value = array(row, X);
    Proc2<NamedRef, NamedArray> f =
        jitProc((r, v) -> forLoop(0, steps, i -> r.at(Row.at(i.rem(Row.size()))).set(v.plus(i))));
    return Calls.of(
            () -> f.run(ref, value),
            () -> {
              f.run(ref, value);
              int written = Math.min(Row.size(), steps);
              var expected = new float[written * WIDTH];
              for (int i = 0; i < steps; i++) {
                for (int x = 0; x < WIDTH; x++) {
                  expected[i % Row.size() * WIDTH + x] = row[x] + i;
                }
              }
              Check.close("the rows", expected, ref.get(Row.range(0, written)), 0);
            })
        .per(steps);
  }

  /** The state of a pattern: its reference, and the same in plain Java. */
  private record State(Axis row, int steps, NamedRef ref, float[] plain) {
    static State of(Sizes s) {
      Axis row = axis("Row", s.get("rows"));
      float[] plain = Data.normal(row.size() * WIDTH, 2);
      return new State(row, s.get("steps"), newRef(array(plain, row, X)), plain);
    }

    int first(int i) {
      return i % row.size();
    }

    int second(int i) {
      return (i * 7 + 3) % row.size();
    }

    NamedArray first(NamedArray i) {
      return i.rem(row.size());
    }

    NamedArray second(NamedArray i) {
      return i.times(7).plus(3).rem(row.size());
    }

    void check() {
      Check.close("the reference", plain, ref.get(), 0);
    }
  }

  private static Work swap(Sizes s) {
    State st = State.of(s);
    Axis Row = st.row;
    Proc1<NamedRef> f =
        jitProc(r ->
            forLoop(
                0,
                st.steps,
                i -> {
                  NamedArray a = st.first(i);
                  NamedArray b = st.second(i);
                  NamedArray x = r.get(Row.at(a));
                  NamedArray y = r.get(Row.at(b));
                  r.at(Row.at(a)).set(y);
                  r.at(Row.at(b)).set(x);
                }));
    return Calls.of(
            () -> f.run(st.ref),
            () -> {
              f.run(st.ref);
              for (int i = 0; i < st.steps; i++) {
                int a = st.first(i) * WIDTH;
                int b = st.second(i) * WIDTH;
                for (int x = 0; x < WIDTH; x++) {
                  float old = st.plain[a + x];
                  st.plain[a + x] = st.plain[b + x];
                  st.plain[b + x] = old;
                }
              }
              st.check();
            })
        .per(st.steps);
  }

  private static Work popPush(Sizes s) {
    State st = State.of(s);
    Axis Row = st.row;
    float[] row = Data.normal(WIDTH, 3);
    NamedArray value = array(row, X);
    BiFunction<NamedRef, NamedArray, NamedArray> f =
        jit((r, v) ->
            foriLoop(
                0,
                st.steps,
                scalar(0.0),
                (i, c) -> c.plus(sum(r.at(Row.at(st.first(i))).swap(v)))));
    return Calls.of(
            () -> Calls.consume(f.apply(st.ref, value)),
            () -> {
              double got = f.apply(st.ref, value).item();
              double expected = 0;
              for (int i = 0; i < st.steps; i++) {
                for (int x = 0; x < WIDTH; x++) {
                  expected += st.plain[st.first(i) * WIDTH + x];
                  st.plain[st.first(i) * WIDTH + x] = row[x];
                }
              }
              Check.close("the sum of what was taken", expected, got, 5e-2);
              st.check();
            })
        .per(st.steps);
  }

  private static Work compareExchange(Sizes s) {
    State st = State.of(s);
    Axis Row = st.row;
    Proc1<NamedRef> f =
        jitProc(r ->
            forLoop(
                0,
                st.steps,
                i -> {
                  NamedRef a = r.at(Row.at(st.first(i)), X.at(0));
                  NamedRef b = r.at(Row.at(st.second(i)), X.at(0));
                  NamedArray x = a.get();
                  NamedArray y = b.get();
                  a.set(minimum(x, y));
                  b.set(maximum(x, y));
                }));
    return Calls.of(
            () -> f.run(st.ref),
            () -> {
              f.run(st.ref);
              for (int i = 0; i < st.steps; i++) {
                int a = st.first(i) * WIDTH;
                int b = st.second(i) * WIDTH;
                float x = st.plain[a];
                float y = st.plain[b];
                st.plain[a] = Math.min(x, y);
                st.plain[b] = Math.max(x, y);
              }
              st.check();
            })
        .per(st.steps);
  }
}
