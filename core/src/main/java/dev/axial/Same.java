package dev.axial;

import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Transformed functions as values: two are equal when the same transformation was applied to equal
 * functions with equal options, whatever the lambda that does the work.
 */
final class Same {
  private Same() {}

  private record F0<R>(List<Object> key, Supplier<R> call) implements Supplier<R> {
    @Override
    public R get() {
      return call.get();
    }

    @Override
    public boolean equals(Object o) {
      return o instanceof F0<?> f && f.key.equals(key);
    }

    @Override
    public int hashCode() {
      return key.hashCode();
    }

    @Override
    public String toString() {
      return key.toString();
    }
  }

  static <R> Supplier<R> function0(List<Object> key, Supplier<R> call) {
    return new F0<>(key, call);
  }

  private record P0(List<Object> key, Runnable call) implements Runnable {
    @Override
    public void run() {
      call.run();
    }

    @Override
    public boolean equals(Object o) {
      return o instanceof P0 f && f.key.equals(key);
    }

    @Override
    public int hashCode() {
      return key.hashCode();
    }

    @Override
    public String toString() {
      return key.toString();
    }
  }

  static Runnable procedure0(List<Object> key, Runnable call) {
    return new P0(key, call);
  }

  private record F1<A, R>(List<Object> key, Function<A, R> call) implements Function<A, R> {
    @Override
    public R apply(A a) {
      return call.apply(a);
    }

    @Override
    public boolean equals(Object o) {
      return o instanceof F1<?, ?> f && f.key.equals(key);
    }

    @Override
    public int hashCode() {
      return key.hashCode();
    }

    @Override
    public String toString() {
      return key.toString();
    }
  }

  static <A, R> Function<A, R> function1(List<Object> key, Function<A, R> call) {
    return new F1<>(key, call);
  }

  private record P1<A>(List<Object> key, Proc1<A> call) implements Proc1<A> {
    @Override
    public void run(A a) {
      call.run(a);
    }

    @Override
    public boolean equals(Object o) {
      return o instanceof P1<?> f && f.key.equals(key);
    }

    @Override
    public int hashCode() {
      return key.hashCode();
    }

    @Override
    public String toString() {
      return key.toString();
    }
  }

  static <A> Proc1<A> procedure1(List<Object> key, Proc1<A> call) {
    return new P1<>(key, call);
  }

  private record F2<A, B, R>(List<Object> key, BiFunction<A, B, R> call)
      implements BiFunction<A, B, R> {
    @Override
    public R apply(A a, B b) {
      return call.apply(a, b);
    }

    @Override
    public boolean equals(Object o) {
      return o instanceof F2<?, ?, ?> f && f.key.equals(key);
    }

    @Override
    public int hashCode() {
      return key.hashCode();
    }

    @Override
    public String toString() {
      return key.toString();
    }
  }

  static <A, B, R> BiFunction<A, B, R> function2(List<Object> key, BiFunction<A, B, R> call) {
    return new F2<>(key, call);
  }

  private record P2<A, B>(List<Object> key, Proc2<A, B> call) implements Proc2<A, B> {
    @Override
    public void run(A a, B b) {
      call.run(a, b);
    }

    @Override
    public boolean equals(Object o) {
      return o instanceof P2<?, ?> f && f.key.equals(key);
    }

    @Override
    public int hashCode() {
      return key.hashCode();
    }

    @Override
    public String toString() {
      return key.toString();
    }
  }

  static <A, B> Proc2<A, B> procedure2(List<Object> key, Proc2<A, B> call) {
    return new P2<>(key, call);
  }

  private record F3<A, B, C, R>(List<Object> key, Fn3<A, B, C, R> call) implements Fn3<A, B, C, R> {
    @Override
    public R apply(A a, B b, C c) {
      return call.apply(a, b, c);
    }

    @Override
    public boolean equals(Object o) {
      return o instanceof F3<?, ?, ?, ?> f && f.key.equals(key);
    }

    @Override
    public int hashCode() {
      return key.hashCode();
    }

    @Override
    public String toString() {
      return key.toString();
    }
  }

  static <A, B, C, R> Fn3<A, B, C, R> function3(List<Object> key, Fn3<A, B, C, R> call) {
    return new F3<>(key, call);
  }

  private record P3<A, B, C>(List<Object> key, Proc3<A, B, C> call) implements Proc3<A, B, C> {
    @Override
    public void run(A a, B b, C c) {
      call.run(a, b, c);
    }

    @Override
    public boolean equals(Object o) {
      return o instanceof P3<?, ?, ?> f && f.key.equals(key);
    }

    @Override
    public int hashCode() {
      return key.hashCode();
    }

    @Override
    public String toString() {
      return key.toString();
    }
  }

  static <A, B, C> Proc3<A, B, C> procedure3(List<Object> key, Proc3<A, B, C> call) {
    return new P3<>(key, call);
  }

  private record F4<A, B, C, D, R>(List<Object> key, Fn4<A, B, C, D, R> call)
      implements Fn4<A, B, C, D, R> {
    @Override
    public R apply(A a, B b, C c, D d) {
      return call.apply(a, b, c, d);
    }

    @Override
    public boolean equals(Object o) {
      return o instanceof F4<?, ?, ?, ?, ?> f && f.key.equals(key);
    }

    @Override
    public int hashCode() {
      return key.hashCode();
    }

    @Override
    public String toString() {
      return key.toString();
    }
  }

  static <A, B, C, D, R> Fn4<A, B, C, D, R> function4(List<Object> key, Fn4<A, B, C, D, R> call) {
    return new F4<>(key, call);
  }

  private record P4<A, B, C, D>(List<Object> key, Proc4<A, B, C, D> call)
      implements Proc4<A, B, C, D> {
    @Override
    public void run(A a, B b, C c, D d) {
      call.run(a, b, c, d);
    }

    @Override
    public boolean equals(Object o) {
      return o instanceof P4<?, ?, ?, ?> f && f.key.equals(key);
    }

    @Override
    public int hashCode() {
      return key.hashCode();
    }

    @Override
    public String toString() {
      return key.toString();
    }
  }

  static <A, B, C, D> Proc4<A, B, C, D> procedure4(List<Object> key, Proc4<A, B, C, D> call) {
    return new P4<>(key, call);
  }
}
