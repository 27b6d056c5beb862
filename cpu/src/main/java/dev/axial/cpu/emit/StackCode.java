package dev.axial.cpu.emit;

import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.cpu.plan.Buffer;
import dev.axial.cpu.plan.Frames;
import dev.axial.cpu.plan.Mem;
import dev.axial.cpu.plan.Node;
import dev.axial.cpu.plan.Step;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Stacks: a record with the address of the frames, their number, and a height for each lane. */
final class StackCode {
  private static final int DATA = 0;
  private static final int CAPACITY = 1;
  private static final int HEIGHTS = 2;

  /** The status of a program that popped what was never pushed. */
  static final long EMPTY = 2;

  private StackCode() {}

  private static Val word(Asm a, Val record, Val k) {
    return a.at(record, "i64", k);
  }

  static void create(Emitter e, Frames f) {
    Asm a = e.asm();
    Val record = e.address(f.record());
    Buffer fixed = f.fixed();
    if (fixed != null) {
      a.store(e.address(fixed), word(a, record, Asm.i64(DATA)), 8);
      a.store(Asm.i64(Long.MAX_VALUE), word(a, record, Asm.i64(CAPACITY)), 8);
    }
    // A growing stack keeps its frames when it is made anew; the runtime starts it with none.
    a.loop(
        Asm.i64(0),
        Asm.i64(f.lanes()),
        1,
        k -> a.store(Asm.i64(0), word(a, record, a.add(k, Asm.i64(HEIGHTS))), 8));
  }

  /** Makes room for more frames than {@code height}. */
  private static void room(Emitter e, Frames f, Val height) {
    if (f.fixed() != null) {
      return;
    }
    Asm a = e.asm();
    Val record = e.address(f.record());
    Val capacity = a.load(Ty.I64, word(a, record, Asm.i64(CAPACITY)), 8);
    a.branch(
        a.cmp("icmp sge", height, capacity),
        () -> {
          a.run(
              e.slot(Table.GROW, Ty.PTR).name(),
              false,
              e.slot(Table.CONTEXT, Ty.I64),
              record,
              Asm.i64(f.frame() * f.type().of().dtype().bytes()),
              a.add(height, Asm.i64(1)));
          e.leaveIfFailed();
        },
        null);
  }

  private static Val frame(Emitter e, Frames f, Val height) {
    Asm a = e.asm();
    Val data = a.load(Ty.PTR, word(a, e.address(f.record()), Asm.i64(DATA)), 8);
    String element = Types.memory(f.type().of().dtype()).scalar();
    return a.at(data, element, a.times(height, f.frame()));
  }

  // ---------------------------------------------------------------- push

  static void push(Emitter e, Step.Push p) {
    Frames f = p.frames();
    if (p.value() != null) {
      pushLanes(e, p);
      return;
    }
    Asm a = e.asm();
    Runnable now =
        () -> {
          Val at = word(a, e.address(f.record()), Asm.i64(HEIGHTS));
          Val h = a.load(Ty.I64, at, 8);
          room(e, f, h);
          e.point(p.address(), frame(e, f, h));
          new Kernels(e).nest(p.store());
          a.store(a.add(h, Asm.i64(1)), at, 8);
        };
    Node mask = p.mask();
    if (mask == null) {
      now.run();
    } else {
      a.branch(e.scalar(mask), now, null);
    }
  }

  private static void pushLanes(Emitter e, Step.Push p) {
    Frames f = p.frames();
    Asm a = e.asm();
    Val record = e.address(f.record());
    Val most = a.variable(Asm.i64(0));
    lanes(
        e,
        f,
        p.mask(),
        (lane, on) -> {
          Val h = a.load(Ty.I64, word(a, record, a.add(lane, Asm.i64(HEIGHTS))), 8);
          Val higher = a.intrinsic("smax", a.get(most, Ty.I64), h);
          a.put(most, a.select(on, higher, a.get(most, Ty.I64)));
        });
    room(e, f, a.get(most, Ty.I64));
    elements(
        e,
        f,
        p.mask(),
        (index, lane, on) ->
            a.branch(
                on,
                () -> {
                  Val h = a.load(Ty.I64, word(a, record, a.add(lane, Asm.i64(HEIGHTS))), 8);
                  copy(e, f, Objects.requireNonNull(p.value()), frame(e, f, h), index, false);
                },
                null));
    move(e, f, p.mask(), 1);
  }

  /** Each lane that counts goes up or down. */
  private static void move(Emitter e, Frames f, @Nullable Node mask, long by) {
    Asm a = e.asm();
    Val record = e.address(f.record());
    lanes(
        e,
        f,
        mask,
        (lane, on) -> {
          Val at = word(a, record, a.add(lane, Asm.i64(HEIGHTS)));
          Val h = a.load(Ty.I64, at, 8);
          a.store(a.select(on, a.add(h, Asm.i64(by)), h), at, 8);
        });
  }

  // ---------------------------------------------------------------- pop

  static void pop(Emitter e, Step.Pop p) {
    Frames f = p.frames();
    Asm a = e.asm();
    if (!f.type().lanes().isEmpty()) {
      popLanes(e, p);
      return;
    }
    Mem copy = p.copy();
    Runnable now =
        () -> {
          Val at = word(a, e.address(f.record()), Asm.i64(HEIGHTS));
          Val h = a.load(Ty.I64, at, 8);
          guard(e, h);
          Val below = a.sub(h, Asm.i64(1));
          a.store(below, at, 8);
          Val top = frame(e, f, below);
          if (copy == null) {
            e.point(p.address(), top);
          } else {
            bytes(a, e.address(copy), top, f);
          }
        };
    Node mask = p.mask();
    if (mask == null) {
      now.run();
    } else {
      Mem to = Objects.requireNonNull(copy);
      a.branch(
          e.scalar(mask),
          now,
          () ->
              a.run(
                  "@llvm.memset.p0.i64",
                  true,
                  e.address(to),
                  Asm.integer(Ty.I8, 0),
                  Asm.i64(f.frame() * f.type().of().dtype().bytes()),
                  Asm.i1(false)));
    }
  }

  private static void bytes(Asm a, Val to, Val from, Frames f) {
    a.run(
        "@llvm.memcpy.p0.p0.i64",
        true,
        to,
        from,
        Asm.i64(f.frame() * f.type().of().dtype().bytes()),
        Asm.i1(false));
  }

  private static void guard(Emitter e, Val height) {
    Asm a = e.asm();
    a.branch(a.cmp("icmp sle", height, Asm.i64(0)), () -> e.fail(EMPTY), null);
    e.leaveIfFailed();
  }

  private static void popLanes(Emitter e, Step.Pop p) {
    Frames f = p.frames();
    Asm a = e.asm();
    Val record = e.address(f.record());
    Val lowest = a.variable(Asm.i64(0));
    move(e, f, p.mask(), -1);
    lanes(
        e,
        f,
        null,
        (lane, _) -> {
          Val h = a.load(Ty.I64, word(a, record, a.add(lane, Asm.i64(HEIGHTS))), 8);
          a.put(lowest, a.intrinsic("smin", a.get(lowest, Ty.I64), h));
        });
    guard(e, a.add(a.get(lowest, Ty.I64), Asm.i64(1)));
    Mem to = Objects.requireNonNull(p.copy());
    elements(
        e,
        f,
        p.mask(),
        (index, lane, on) ->
            a.branch(
                on,
                () -> {
                  Val h = a.load(Ty.I64, word(a, record, a.add(lane, Asm.i64(HEIGHTS))), 8);
                  copy(e, f, to, frame(e, f, h), index, true);
                },
                () -> {
                  Ty ty = Types.memory(f.type().of().dtype());
                  Val at = a.at(e.address(to), ty.scalar(), offset(a, f.type().of(), index));
                  a.store(Asm.zero(ty), at, f.type().of().dtype().bytes());
                }));
  }

  // ---------------------------------------------------------------- loops over lanes and elements

  private interface EachLane {
    void run(Val lane, Val on);
  }

  private interface EachElement {
    void run(Map<String, Idx> index, Val lane, Val on);
  }

  private static void lanes(Emitter e, Frames f, @Nullable Node mask, EachLane each) {
    ArrayType lanes = f.type().of().with(f.type().laneDims());
    over(e.asm(), lanes, index -> each.run(offset(e.asm(), lanes, index), on(e, mask, index)));
  }

  private static void elements(Emitter e, Frames f, @Nullable Node mask, EachElement each) {
    ArrayType lanes = f.type().of().with(f.type().laneDims());
    over(
        e.asm(),
        f.type().of(),
        index -> each.run(index, offset(e.asm(), lanes, index), on(e, mask, index)));
  }

  private static Val on(Emitter e, @Nullable Node mask, Map<String, Idx> index) {
    return mask == null ? Asm.i1(true) : new Eval(e).at(mask, index, Point.start().in(index));
  }

  private static Val offset(Asm a, ArrayType t, Map<String, Idx> index) {
    long[] strides = t.strides();
    Val o = Asm.i64(0);
    for (int k = 0; k < strides.length; k++) {
      Idx i = Objects.requireNonNull(index.get(t.dims().get(k).name()));
      o = a.add(o, a.times(i.base(), strides[k]));
    }
    return o;
  }

  private static void over(Asm a, ArrayType t, Consumer<Map<String, Idx>> body) {
    nest(a, t, 0, new LinkedHashMap<>(), body);
  }

  private static void nest(
      Asm a, ArrayType t, int k, Map<String, Idx> index, Consumer<Map<String, Idx>> body) {
    if (k == t.rank()) {
      body.accept(Map.copyOf(index));
      return;
    }
    Dim d = t.dims().get(k);
    a.loop(
        Asm.i64(0),
        Asm.i64(d.size()),
        1,
        i -> {
          index.put(d.name(), Idx.of(i));
          nest(a, t, k + 1, index, body);
        });
  }

  /** One element between an array in rows and a frame. */
  private static void copy(
      Emitter e, Frames f, Mem array, Val frame, Map<String, Idx> index, boolean out) {
    Asm a = e.asm();
    ArrayType t = f.type().of();
    Ty ty = Types.memory(t.dtype());
    Val o = offset(a, t, index);
    Val mine = a.at(e.address(array), ty.scalar(), o);
    Val there = a.at(frame, ty.scalar(), o);
    a.store(
        a.load(ty, out ? there : mine, t.dtype().bytes()), out ? mine : there, t.dtype().bytes());
  }
}
