package dev.axial.laws;

import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.jit;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axial;
import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.AxisSelector;
import dev.axial.DType;
import dev.axial.NamedArray;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Functions of real numbers take integers and booleans too. These are converted before anything is
 * computed, so that nothing wraps: f(x) is f(real(x)) to the bit, at the ends of each dtype. The
 * functions are found by their signatures, in {@link Axial} and {@link NamedArray}: one that gives
 * an integer for integers stands below.
 */
class RealFunctionsOfIntegersTest {
  private static final Axis X = axis("X", 6);

  /** What stays in the integers, or takes none, by name. */
  private static final Set<String> INTEGRAL =
      Set.of(
          "abs",
          "add",
          "all",
          "any",
          "and",
          "argmax",
          "argmin",
          "argsort",
          "at",
          "bitcast",
          "broadcast",
          "ceil",
          "clip",
          "cummax",
          "cummin",
          "cumprod",
          "cumsum",
          "dot",
          "eq",
          "flip",
          "floor",
          "floorDiv",
          "fmax",
          "fmin",
          "fmod",
          "fullLike",
          "ge",
          "gt",
          "hardTanh",
          "isfinite",
          "isinf",
          "isnan",
          "le",
          "lt",
          "max",
          "maximum",
          "min",
          "minimum",
          "minus",
          "nanToNum",
          "ne",
          "not",
          "onesLike",
          "or",
          "pad",
          "plus",
          "populationCount",
          "pow",
          "prod",
          "rearrange",
          "relu",
          "relu6",
          "rem",
          "roll",
          "round",
          "searchsorted",
          "shiftLeft",
          "shiftRight",
          "shiftRightLogical",
          "sign",
          "sort",
          "square",
          "stopGradient",
          "sum",
          "take",
          "takeAlong",
          "times",
          "trunc",
          "unaryMinus",
          "value",
          "where",
          "xor",
          "zerosLike");

  /** Functions of lanes, which need a vmap around them. */
  private static final Set<String> OF_LANES = Set.of("pmax", "pmean", "pmin", "psum");

  private static NamedArray extremes(DType t) {
    return switch (t) {
      case BOOL -> array(new boolean[] {false, true, true, false, true, false}, X);
      case UINT32 -> array(new long[] {0, 3, 5, 1L << 31, 0xffffffffL, 1}, X).astype(t);
      case INT32 -> array(new int[] {0, 3, -5, Integer.MAX_VALUE, Integer.MIN_VALUE, -1}, X);
      default -> array(new long[] {0, 3, -5, Long.MAX_VALUE, Long.MIN_VALUE, (1L << 32) + 1}, X);
    };
  }

  private static NamedArray reversed(DType t) {
    return Axial.flip(extremes(t), X);
  }

  /** The float that an integer alone becomes. */
  private static DType real(DType t) {
    return t.isFloating() ? t : t == DType.INT64 ? DType.FLOAT64 : DType.FLOAT32;
  }

  /** A method applied to arrays, where its other arguments are of a known kind. */
  private record Case(Method method, int arrays) {
    NamedArray of(List<NamedArray> x) {
      var in = new ArrayList<>(x);
      Object self = Modifier.isStatic(method.getModifiers()) ? null : in.removeFirst();
      Object[] args =
          Arrays.stream(method.getParameterTypes())
              .map(p -> p == NamedArray.class ? in.removeFirst() : other(p))
              .toArray();
      try {
        return (NamedArray) method.invoke(self, args);
      } catch (InvocationTargetException e) {
        throw (RuntimeException) e.getCause();
      } catch (IllegalAccessException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public String toString() {
      return method.getName() + Arrays.toString(method.getParameterTypes());
    }
  }

  private static Object other(Class<?> p) {
    return p == AxisSelector.class
        ? X
        : p == AxisSelector[].class
            ? new AxisSelector[] {X}
            : p == int.class ? (Object) 1 : p == double.class ? (Object) 0.25 : (Number) 3;
  }

  private static final Set<Class<?>> KNOWN =
      Set.of(
          NamedArray.class,
          AxisSelector.class,
          AxisSelector[].class,
          int.class,
          double.class,
          Number.class);

  /** The functions of numbers: arrays, axes and numbers in, an array out. */
  private static List<Case> functions() {
    var out = new ArrayList<Case>();
    for (Class<?> c : List.of(Axial.class, NamedArray.class)) {
      for (Method m : c.getDeclaredMethods()) {
        if (Modifier.isPublic(m.getModifiers())
            && m.getReturnType() == NamedArray.class
            && KNOWN.containsAll(List.of(m.getParameterTypes()))) {
          int arrays =
              (int) Arrays.stream(m.getParameterTypes()).filter(p -> p == NamedArray.class).count()
                  + (Modifier.isStatic(m.getModifiers()) ? 0 : 1);
          if (arrays > 0 && !OF_LANES.contains(m.getName())) {
            out.add(new Case(m, arrays));
          }
        }
      }
    }
    return out;
  }

  private static List<NamedArray> operands(DType a, DType b, int n) {
    return List.of(extremes(a), reversed(b), extremes(b)).subList(0, n);
  }

  @Test
  void what_gives_integers_for_integers_is_named() {
    var integral = new TreeSet<String>();
    for (Case c : functions()) {
      try {
        if (!c.of(operands(DType.INT32, DType.INT32, c.arrays)).dtype().isFloating()) {
          integral.add(c.method.getName());
        }
      } catch (AxialException refused) {
        integral.add(c.method.getName());
      }
    }
    assertThat(INTEGRAL).containsAll(integral);
    assertThat(functions().stream().map(c -> c.method.getName()).distinct().count())
        .isGreaterThan(100);
  }

  @ParameterizedTest
  @EnumSource(names = {"INT32", "INT64", "UINT32", "BOOL"})
  void integers_are_converted_first(DType a) {
    for (Case c : functions()) {
      if (INTEGRAL.contains(c.method.getName())) {
        continue;
      }
      check(c, operands(a, a, c.arrays), real(a));
      if (c.arrays > 1) {
        for (DType b : List.of(DType.INT32, DType.INT64, DType.UINT32, DType.BOOL)) {
          check(c, operands(a, b, c.arrays), real(DType.promote(a, b)));
        }
        for (DType b : List.of(DType.FLOAT64, DType.FLOAT32, DType.FLOAT16)) {
          List<NamedArray> mixed =
              List.of(extremes(a), reversed(DType.INT32).astype(b), extremes(a).astype(b));
          check(c, mixed.subList(0, c.arrays), DType.promote(a, b));
        }
      }
    }
  }

  /** In compiled code too, where sums may be in another order. */
  private static void check(Case c, List<NamedArray> x, DType real) {
    List<NamedArray> converted = x.stream().map(v -> v.astype(real)).toList();
    same(c + " of " + x, c.of(x), c.of(converted));
    Function<List<NamedArray>, NamedArray> compiled = jit((List<NamedArray> v) -> c.of(v));
    same(c + " of " + x + ", compiled", compiled.apply(x), compiled.apply(converted));
  }

  private static void same(String what, NamedArray got, NamedArray want) {
    assertThat(got.dtype()).as(what).isEqualTo(want.dtype());
    assertThat(got.toDoubleArray()).as(what).containsExactly(want.toDoubleArray());
  }
}
