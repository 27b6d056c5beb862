package dev.axial.cpu.random;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.DType;
import dev.axial.cpu.runtime.GuardedRun;
import dev.axial.engine.Executable;
import dev.axial.engine.Storage;
import dev.axial.engine.Store;
import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Builder;
import dev.axial.ir.Checker;
import dev.axial.ir.Dim;
import dev.axial.ir.Edge;
import dev.axial.ir.Fn;
import dev.axial.ir.Half;
import dev.axial.ir.Mode;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.RefType;
import dev.axial.ir.Sel;
import dev.axial.ir.Type;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Indices of any size, through every selector and mode, on arrays and references between pages that
 * nobody may touch: nothing outside is read or written, and the results are the interpreter's.
 */
class SafetyTest {
  private static final int ROUNDS = 6;

  /** The sizes of the axis that is indexed: around the number of lanes of a vector. */
  private static final int[] SIZES = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 130};

  /** Which elements are selected, and along which axes each index array lies. */
  record Selection(String name, List<Sel> sels, List<List<Dim>> indices) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Arguments> cases() {
    var out = new ArrayList<Arguments>();
    int turn = 0;
    for (DType t : DType.values()) {
      for (int kind = 0; kind < selections(4).size(); kind++) {
        int n = SIZES[turn++ % SIZES.length];
        out.add(Arguments.of(t, n, selections(n).get(kind)));
      }
    }
    return out.stream();
  }

  private static List<Selection> selections(int n) {
    var a = new Dim("a", n);
    var b = new Dim("b", 3);
    var k = new Dim("k", n + 1);
    var j = new Dim("j", 2);
    int half = n / 2 + 1;
    return List.of(
        new Selection("at", List.of(new Sel.At("a")), List.of(List.of())),
        new Selection("at inner", List.of(new Sel.At("b")), List.of(List.of())),
        new Selection("window", List.of(new Sel.Ds("a", half)), List.of(List.of())),
        new Selection(
            "windows",
            List.of(new Sel.Ds("a", half), new Sel.Ds("b", 2)),
            List.of(List.of(), List.of())),
        new Selection("windows by row", List.of(new Sel.Ds("a", half)), List.of(List.of(b))),
        new Selection("indices", List.of(new Sel.At("a")), List.of(List.of(k))),
        new Selection("indices inner", List.of(new Sel.At("b")), List.of(List.of(k))),
        new Selection("indices aligned", List.of(new Sel.At("b")), List.of(List.of(a))),
        new Selection("indices aligned outer", List.of(new Sel.At("a")), List.of(List.of(b, j))),
        new Selection(
            "indices paired",
            List.of(new Sel.At("b"), new Sel.At("a")),
            List.of(List.of(k), List.of(k))),
        new Selection(
            "indices product",
            List.of(new Sel.At("a"), new Sel.At("b")),
            List.of(List.of(j), List.of(k))),
        new Selection(
            "indices and window",
            List.of(new Sel.At("a"), new Sel.Ds("b", 2)),
            List.of(List.of(k), List.of())),
        new Selection(
            "indices, back",
            List.of(new Sel.At("b"), new Sel.Window("a", n - 1, -1, n)),
            List.of(List.of(j))));
  }

  @ParameterizedTest(name = "{0}, {1} elements, {2}")
  @MethodSource("cases")
  void nothing_outside_is_touched(DType dtype, int n, Selection s) {
    inside(
        program(dtype, n, s), n, n + 1000L * dtype.name().hashCode() + s.name().hashCode(), ROUNDS);
  }

  /** Into references, so that the results lie between such pages too. */
  @ParameterizedTest
  @EnumSource(DType.class)
  void sorts_sums_and_squares_stay_inside(DType t) {
    for (int rows : new int[] {1, 16, 33}) {
      for (int columns : new int[] {1, 7, 16, 65, 130}) {
        inside(movement(t, rows, columns), columns, rows, 2);
      }
    }
    inside(movement(t, 1, 40_003), 40_003, 1, 2); // sorted by several threads
    inside(movement(t, 130, 1100), 1100, 1, 2);
  }

  private static Program movement(DType t, int rows, int columns) {
    String type = t == DType.KEY ? "key" : t.shortName();
    String sums =
        t == DType.KEY || t == DType.BOOL
            ? ""
            : """
              v6: %1$s[a:%2$d, b:%3$d] = cum_sum[axis=b, reverse=false] v0
              ref_set[access={}, reverse=false] v3, v6
              v7: %1$s[a:%2$d, b:%3$d] = cum_sum[axis=a, reverse=true] v0
              ref_set[access={}, reverse=false] v3, v7
            """;
    return Program.parse(
        """
        program(v0: %1$s[a:%2$d, b:%3$d], v1: ref i32[a:%2$d, b:%3$d], v2: ref %1$s[b:%3$d, a:%2$d], v3: ref %1$s[a:%2$d, b:%3$d]) {
          v4: i32[a:%2$d, b:%3$d] = arg_sort[axis=b, descending=false] v0
          ref_set[access={}, reverse=false] v1, v4
          v5: %1$s[b:%3$d, a:%2$d] = broadcast[dims=[b:%3$d, a:%2$d]] v0
          ref_set[access={}, reverse=false] v2, v5
        SUMS  return
        }
        """
            .replace("SUMS", sums)
            .formatted(type, rows, columns));
  }

  private static void inside(Program p, int n, long seed, int rounds) {
    Executable expected = Trial.INTERPRETER.compile(p);
    var random = new SplittableRandom(seed);
    for (int round = 0; round < rounds; round++) {
      var inputs = new ArrayList<Object>();
      for (Var v : p.inputs()) {
        inputs.add(elements(v.type().array(), n, random));
      }
      List<Store> want = run(expected, p, inputs);
      List<Store> got = Objects.requireNonNull(GuardedRun.of(p, inputs, round % 2 == 0));
      for (int k = 0; k < want.size(); k++) {
        assertThat(bits(got.get(k)))
            .as("result %d, round %d of%n%s", k, round, new Trial(p, inputs, List.of()))
            .isEqualTo(bits(want.get(k)));
      }
    }
  }

  private static List<Long> bits(Store s) {
    var out = new ArrayList<Long>();
    for (int k = 0; k < s.length(); k++) {
      out.add(s.dtype().isFloating() ? Double.doubleToLongBits(s.getDouble(k)) : s.getLong(k));
    }
    return out;
  }

  // ---------------------------------------------------------------- programs

  /** Every operation with this selection, with and without a mask. */
  private static Program program(DType dtype, int n, Selection s) {
    var b = new Builder();
    var dims =
        n % 2 == 0
            ? List.of(new Dim("a", n), new Dim("b", 3))
            : List.of(new Dim("b", 3), new Dim("a", n));
    var of = new ArrayType(dtype, dims);
    Var array = b.input(of);
    var refs = new ArrayList<Var>();
    for (int k = 0; k < 3; k++) {
      refs.add(b.input(new RefType(of)));
    }
    var operands = new ArrayList<Var>();
    for (int k = 0; k < s.indices().size(); k++) {
      DType t = new DType[] {DType.INT64, DType.INT32, DType.UINT32}[(n + k) % 3];
      operands.add(b.input(new ArrayType(t, s.indices().get(k))));
    }
    var plain = new Access(s.sels(), false);
    ArrayType selected = plain.result(of, Program.types(operands));
    Var mask = b.input(new ArrayType(DType.BOOL, selected.dims()));
    Var value = b.input(selected);
    var outs = new ArrayList<Var>();
    for (boolean masked : new boolean[] {false, true}) {
      var access = new Access(s.sels(), masked);
      var index = new ArrayList<>(operands);
      if (masked) {
        index.add(mask);
      }
      for (Mode m : masked ? List.of(Mode.DROP) : List.of(Mode.values())) {
        outs.addAll(b.emit(new Op.Index(access, m), with(index, array)));
        outs.addAll(b.emit(new Op.RefGet(access, m), with(index, refs.get(0))));
        if (dtype != DType.KEY) {
          // An addition, and for each dtype one of the others, which touch the same places.
          var other = Fn.Combine.values()[1 + dtype.ordinal() % 3];
          for (Fn.Combine fn :
              m == Mode.DROP ? List.of(Fn.Combine.ADD, other) : List.of(Fn.Combine.ADD)) {
            outs.addAll(b.emit(new Op.Scatter(fn, access, m), with(index, array, value)));
            b.emit(new Op.RefCombine(fn, access, m), with(index, refs.get(1), value));
          }
        }
      }
      outs.addAll(b.emit(new Op.Scatter(null, access, Mode.DROP), with(index, array, value)));
      for (boolean reverse : new boolean[] {false, true}) {
        b.emit(new Op.RefSet(access, reverse), with(index, refs.get(0), value));
        for (Edge e :
            dtype == DType.KEY ? List.of(Edge.CLAMP, Edge.DROP) : List.of(Edge.values())) {
          outs.addAll(b.emit(new Op.RefSwap(access, e, reverse), with(index, refs.get(2), value)));
        }
      }
    }
    return Checker.check(b.close(outs, List.of()));
  }

  private static List<Var> with(List<Var> operands, Var... first) {
    var out = new ArrayList<>(List.of(first));
    out.addAll(operands);
    return out;
  }

  /** Whole numbers; as indices, those at and beyond all edges. */
  private static Object elements(ArrayType t, int n, SplittableRandom random) {
    long[] edges = {
      Long.MIN_VALUE,
      Long.MAX_VALUE,
      Long.MIN_VALUE + n,
      Integer.MIN_VALUE,
      Integer.MAX_VALUE,
      Integer.MIN_VALUE - 1L,
      1L << 31,
      1L << 32,
      (1L << 32) + 1,
      -(1L << 32),
      -n - 1L,
      -n,
      1 - n,
      -1,
      0,
      1,
      n - 1,
      n,
      n + 1L,
      2L * n,
      -4,
      -3,
      2,
      3
    };
    Object out = Store.newArray(t.dtype(), t.size());
    for (int k = 0; k < Store.length(out); k++) {
      long i =
          switch (random.nextInt(4)) {
            case 0 -> random.nextLong();
            case 1 -> random.nextInt(-n, n + 1);
            default -> edges[random.nextInt(edges.length)]; // not over Op: an edge
          };
      switch (out) {
        case short[] a -> a[k] = Half.narrow(t.dtype(), random.nextInt(9) - 4);
        case float[] a -> a[k] = random.nextInt(9) - 4;
        case double[] a -> a[k] = random.nextInt(9) - 4;
        case int[] a -> a[k] = (int) i;
        case long[] a -> a[k] = i;
        case byte[] a -> a[k] = (byte) random.nextInt(2);
        default -> throw new IllegalStateException(); // not over Op: an array of elements
      }
    }
    return out;
  }

  // ---------------------------------------------------------------- running

  /** The results and the contents of all inputs. */
  private static List<Store> run(Executable code, Program p, List<Object> inputs) {
    var given = new ArrayList<Object>();
    var after = new ArrayList<Store>();
    for (int k = 0; k < inputs.size(); k++) {
      Type t = p.inputs().get(k).type();
      Store s = Store.of(t.array().dtype(), Store.cloneArray(inputs.get(k))).nativeCopy();
      after.add(s);
      given.add(p.inputs().get(k).isArray() ? s : new Storage(t.array(), s, "input " + k));
    }
    var out = new ArrayList<Store>();
    code.call(given).forEach(o -> out.add((Store) o));
    after.forEach(s -> out.add(s.copy()));
    return out;
  }
}
