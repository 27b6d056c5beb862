package dev.axial.transform;

import static dev.axial.ir.Builder.cat;

import dev.axial.DType;
import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Builder;
import dev.axial.ir.Dim;
import dev.axial.ir.Fn;
import dev.axial.ir.Mode;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Sel;
import dev.axial.ir.Type;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The derivatives of writes that combine and are not additions, for both modes. A place of the
 * reference may be selected several times; sums run over the values that go to one place.
 *
 * <pre>
 *   r[i] max= v     now = r[i] afterwards, hold = [r[i] = now], hit = [v = now], n = hold + Σ hit
 *                   dr[i] = (hold dr[i] + Σ hit dv) / n
 *                   v̄ += hit r̄[i] / n,  r̄[i] = hold r̄[i] / n
 *   r[i] *= v       dr[i] = v dr[i] + r[i] dv          where no place is selected twice
 *                   v̄ += r[i] r̄[i],  r̄[i] = v r̄[i]
 * </pre>
 *
 * <p>So what is equal to the result shares the gradient equally, and where it is NaN nobody gets
 * any. Products are never divided, so zeros are right: where a place is selected several times, the
 * product is a loop over the values, one after another. All of it costs what the access touches:
 * the number of hits is counted in the places of the derivative that change anyway.
 */
final class Combining {
  private final Access access;
  private final List<Var> operands;
  private final boolean repeats;

  private Combining(Access access, List<Var> operands, boolean repeats) {
    this.access = access;
    this.operands = operands;
    this.repeats = repeats;
  }

  /** The access of an equation with these operands. */
  static Combining of(Op.RefCombine op, List<Var> x) {
    return new Combining(op.access(), x.subList(2, x.size()), repeats(op, x));
  }

  /** The same place, in another program. */
  Combining at(List<Var> others) {
    return new Combining(access, others, repeats);
  }

  List<Var> operands() {
    return operands;
  }

  Var get(Builder b, Var ref) {
    return b.one(new Op.RefGet(access, Mode.DROP), cat(List.of(ref), operands));
  }

  private void set(Builder b, Var ref, Var v) {
    b.emit(new Op.RefSet(access, false), cat(List.of(ref, v), operands));
  }

  private void combine(Builder b, Fn.Combine fn, Var ref, Var v) {
    b.emit(new Op.RefCombine(fn, access, Mode.DROP), cat(List.of(ref, v), operands));
  }

  // ---------------------------------------------------------------- the largest, the smallest

  /** Who is equal to the result: the value, and what was there. */
  record Equal(Var hit, Var hold) {}

  /** Emits a maximum or a minimum, and finds out. */
  Equal extremum(Builder b, Op.RefCombine op, List<Var> x) {
    Var old = get(b, x.get(0));
    b.emit(op, x);
    Var now = get(b, x.get(0));
    return new Equal(b.compare(Fn.Compare.EQ, x.get(1), now), b.compare(Fn.Compare.EQ, old, now));
  }

  /** How many share; the places of the derivative do not hold it any more. */
  private Var shares(Builder b, Var cell, Equal q) {
    DType t = cell.type().array().dtype();
    Var n = b.cast(q.hit, t);
    if (repeats) {
      set(b, cell, b.num(t, 0));
      combine(b, Fn.Combine.ADD, cell, n);
      n = get(b, cell);
    }
    n = b.add(n, b.cast(q.hold, t));
    return b.select(b.compare(Fn.Compare.EQ, n, b.num(t, 0)), b.num(t, 1), n);
  }

  private static Var where(Builder b, Var p, Var v) {
    return b.select(p, v, b.num(v.array().dtype(), 0));
  }

  /** Forward: the tangent of the reference, from its own and that of the value. */
  void extremumTangent(Builder b, Var cell, @Nullable Var dv, Equal q) {
    Var d = get(b, cell);
    Var n = shares(b, cell, q);
    Var kept = where(b, q.hold, b.div(d, n));
    Var given = dv == null ? null : where(b, q.hit, b.div(dv, n));
    if (given == null) {
      set(b, cell, kept);
    } else if (repeats) {
      set(b, cell, kept);
      combine(b, Fn.Combine.ADD, cell, given);
    } else {
      set(b, cell, b.add(kept, given));
    }
  }

  /** Backward: changes the adjoint of the reference, and gives that of the value. */
  Var extremumAdjoint(Builder b, Var cell, Equal q) {
    Var ct = get(b, cell);
    Var share = b.div(ct, shares(b, cell, q));
    set(b, cell, where(b, q.hold, share));
    return where(b, q.hit, share);
  }

  // ---------------------------------------------------------------- products

  /** Forward, where no place is selected twice; old is what was there. */
  void productTangent(Builder b, Var cell, Var v, @Nullable Var dv, Var old) {
    combine(b, Fn.Combine.MUL, cell, v);
    if (dv != null) {
      combine(b, Fn.Combine.ADD, cell, b.mul(old, dv));
    }
  }

  /** Backward, where no place is selected twice; old is what was there. */
  Var productAdjoint(Builder b, Var cell, Var v, Var old) {
    Var ct = get(b, cell);
    combine(b, Fn.Combine.MUL, cell, v);
    return b.mul(ct, old);
  }

  /** Whether a place may be selected twice: an index or a mask brings an axis of its own. */
  static boolean repeats(Op.RefCombine op, List<Var> x) {
    return !fresh(op, Program.types(x)).isEmpty();
  }

  private static List<Dim> fresh(Op.RefCombine op, List<Type> types) {
    ArrayType of = types.getFirst().array();
    List<String> gone =
        op.access().sels().stream().filter(s -> s instanceof Sel.At).map(Sel::axis).toList();
    ArrayType stays = of.without(gone);
    return op.access().result(of, types.subList(2, types.size())).dims().stream()
        .filter(d -> !stays.has(d.name()))
        .toList();
  }

  /** The write as a loop in which no place is selected twice at once. */
  static Program oneByOne(Op.RefCombine op, List<Var> x) {
    List<Type> types = Program.types(x);
    List<Dim> fresh = fresh(op, types);
    var b = new Builder();
    List<Var> all = types.stream().map(b::input).toList();
    var in = new Builder();
    Var k = in.input(ArrayType.scalar(DType.INT32));
    List<Var> at = new ArrayList<>();
    int n = 1;
    for (Dim d : fresh.reversed()) {
      Var rest = n == 1 ? k : in.div(k, in.num(DType.INT32, n));
      n *= d.size();
      boolean first = at.size() == fresh.size() - 1;
      at.addFirst(
          first ? rest : in.bin(Fn.Binary.REM, rest, in.num(DType.INT32, Math.max(1, d.size()))));
    }
    var mine = new ArrayList<Var>();
    for (Var v : all.subList(1, all.size())) {
      var sels = new ArrayList<Sel>();
      var index = new ArrayList<Var>();
      for (int j = 0; j < fresh.size(); j++) {
        if (v.array().has(fresh.get(j).name())) {
          sels.add(new Sel.At(fresh.get(j).name()));
          index.add(at.get(j));
        }
      }
      Op one = new Op.Index(new Access(sels, false), Mode.CLAMP);
      mine.add(sels.isEmpty() ? v : in.one(one, cat(List.of(v), index)));
    }
    in.emit(op, cat(List.of(all.getFirst()), mine));
    b.scan(in, List.of(), n, false, List.of());
    return b.close(List.of(), List.of());
  }
}
