package dev.axial;

import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Transformed functions as values: two are equal when the same transformation was applied to equal
 * functions with equal options, whatever the lambda that does the work.
 */
final class Same {
  private Same() {}

  /** What makes it equal to another one of its class. */
  private abstract static class Keyed {
    private final List<Object> key;

    Keyed(List<Object> key) {
      this.key = key;
    }

    @Override
    public final boolean equals(@Nullable Object o) {
      return o instanceof Keyed k && k.getClass() == getClass() && k.key.equals(key);
    }

    @Override
    public final int hashCode() {
      return key.hashCode();
    }

    @Override
    public final String toString() {
      return key.toString();
    }
  }

  static <R> Supplier<R> function0(List<Object> key, Supplier<R> call) {
    final class Transformed extends Keyed implements Supplier<R> {
      Transformed() {
        super(key);
      }

      @Override
      public R get() {
        return call.get();
      }
    }
    return new Transformed();
  }

  static Runnable procedure0(List<Object> key, Runnable call) {
    final class Transformed extends Keyed implements Runnable {
      Transformed() {
        super(key);
      }

      @Override
      public void run() {
        call.run();
      }
    }
    return new Transformed();
  }

  static <A, R> Function<A, R> function1(List<Object> key, Function<A, R> call) {
    final class Transformed extends Keyed implements Function<A, R> {
      Transformed() {
        super(key);
      }

      @Override
      public R apply(A a) {
        return call.apply(a);
      }
    }
    return new Transformed();
  }

  static <A> Proc1<A> procedure1(List<Object> key, Proc1<A> call) {
    final class Transformed extends Keyed implements Proc1<A> {
      Transformed() {
        super(key);
      }

      @Override
      public void run(A a) {
        call.run(a);
      }
    }
    return new Transformed();
  }

  static <A, B, R> BiFunction<A, B, R> function2(List<Object> key, BiFunction<A, B, R> call) {
    final class Transformed extends Keyed implements BiFunction<A, B, R> {
      Transformed() {
        super(key);
      }

      @Override
      public R apply(A a, B b) {
        return call.apply(a, b);
      }
    }
    return new Transformed();
  }

  static <A, B> Proc2<A, B> procedure2(List<Object> key, Proc2<A, B> call) {
    final class Transformed extends Keyed implements Proc2<A, B> {
      Transformed() {
        super(key);
      }

      @Override
      public void run(A a, B b) {
        call.run(a, b);
      }
    }
    return new Transformed();
  }

  static <A, B, C, R> Fn3<A, B, C, R> function3(List<Object> key, Fn3<A, B, C, R> call) {
    final class Transformed extends Keyed implements Fn3<A, B, C, R> {
      Transformed() {
        super(key);
      }

      @Override
      public R apply(A a, B b, C c) {
        return call.apply(a, b, c);
      }
    }
    return new Transformed();
  }

  static <A, B, C> Proc3<A, B, C> procedure3(List<Object> key, Proc3<A, B, C> call) {
    final class Transformed extends Keyed implements Proc3<A, B, C> {
      Transformed() {
        super(key);
      }

      @Override
      public void run(A a, B b, C c) {
        call.run(a, b, c);
      }
    }
    return new Transformed();
  }

  static <A, B, C, D, R> Fn4<A, B, C, D, R> function4(List<Object> key, Fn4<A, B, C, D, R> call) {
    final class Transformed extends Keyed implements Fn4<A, B, C, D, R> {
      Transformed() {
        super(key);
      }

      @Override
      public R apply(A a, B b, C c, D d) {
        return call.apply(a, b, c, d);
      }
    }
    return new Transformed();
  }

  static <A, B, C, D> Proc4<A, B, C, D> procedure4(List<Object> key, Proc4<A, B, C, D> call) {
    final class Transformed extends Keyed implements Proc4<A, B, C, D> {
      Transformed() {
        super(key);
      }

      @Override
      public void run(A a, B b, C c, D d) {
        call.run(a, b, c, d);
      }
    }
    return new Transformed();
  }

  /** What writes the result of a function of four arguments. */
  @FunctionalInterface
  interface Into4<A, B, C, D> {
    void run(NamedRef out, A a, B b, C c, D d);
  }

  static <R> Jitted.Of0<R> jitted0(List<Object> key, Supplier<R> call, Proc1<NamedRef> into) {
    final class Transformed extends Keyed implements Jitted.Of0<R> {
      Transformed() {
        super(key);
      }

      @Override
      public R get() {
        return call.get();
      }

      @Override
      public void applyInto(NamedRef out) {
        into.run(out);
      }
    }
    return new Transformed();
  }

  static <A, R> Jitted.Of1<A, R> jitted1(
      List<Object> key, Function<A, R> call, Proc2<NamedRef, A> into) {
    final class Transformed extends Keyed implements Jitted.Of1<A, R> {
      Transformed() {
        super(key);
      }

      @Override
      public R apply(A a) {
        return call.apply(a);
      }

      @Override
      public void applyInto(NamedRef out, A a) {
        into.run(out, a);
      }
    }
    return new Transformed();
  }

  static <A, B, R> Jitted.Of2<A, B, R> jitted2(
      List<Object> key, BiFunction<A, B, R> call, Proc3<NamedRef, A, B> into) {
    final class Transformed extends Keyed implements Jitted.Of2<A, B, R> {
      Transformed() {
        super(key);
      }

      @Override
      public R apply(A a, B b) {
        return call.apply(a, b);
      }

      @Override
      public void applyInto(NamedRef out, A a, B b) {
        into.run(out, a, b);
      }
    }
    return new Transformed();
  }

  static <A, B, C, R> Jitted.Of3<A, B, C, R> jitted3(
      List<Object> key, Fn3<A, B, C, R> call, Proc4<NamedRef, A, B, C> into) {
    final class Transformed extends Keyed implements Jitted.Of3<A, B, C, R> {
      Transformed() {
        super(key);
      }

      @Override
      public R apply(A a, B b, C c) {
        return call.apply(a, b, c);
      }

      @Override
      public void applyInto(NamedRef out, A a, B b, C c) {
        into.run(out, a, b, c);
      }
    }
    return new Transformed();
  }

  static <A, B, C, D, R> Jitted.Of4<A, B, C, D, R> jitted4(
      List<Object> key, Fn4<A, B, C, D, R> call, Into4<A, B, C, D> into) {
    final class Transformed extends Keyed implements Jitted.Of4<A, B, C, D, R> {
      Transformed() {
        super(key);
      }

      @Override
      public R apply(A a, B b, C c, D d) {
        return call.apply(a, b, c, d);
      }

      @Override
      public void applyInto(NamedRef out, A a, B b, C c, D d) {
        into.run(out, a, b, c, d);
      }
    }
    return new Transformed();
  }
}
