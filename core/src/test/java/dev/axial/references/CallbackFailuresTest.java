package dev.axial.references;

import static dev.axial.Axial.axis;
import static dev.axial.Axial.debugCallback;
import static dev.axial.Axial.forLoop;
import static dev.axial.Axial.grad;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.jitProc;
import static dev.axial.Axial.map;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.ones;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.sort;
import static dev.axial.Axial.sum;
import static dev.axial.Axial.vmap;
import static dev.axial.Axial.whileLoop;
import static dev.axial.Axial.zeros;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Proc1;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Java that runs inside of compiled code may throw anything, have no stack left, be interrupted, or
 * wait: the call ends with what was thrown, or goes on, and the process and the next call are well.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CallbackFailuresTest {
  private static final Axis X = axis("X", 1000);

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable t) throws T {
    throw (T) t;
  }

  private static final class OfNoKind extends Throwable {
    private static final long serialVersionUID = 1L;
  }

  /** Its initialization fails. */
  private static final class Broken {
    static final int VALUE = Integer.parseInt("no number");
  }

  private static int endless(int n) {
    return n < 0 ? n : endless(n + 1) + 1;
  }

  static Stream<Arguments> failures() {
    return Stream.of(
            new IOException("checked"),
            new InterruptedException("checked too"),
            new OfNoKind(),
            new IllegalStateException("unchecked"),
            new AxialException("ours"),
            new AssertionError("an error"),
            new OutOfMemoryError("no heap"),
            new StackOverflowError(),
            new LinkageError("no class"))
        .map(t -> Arguments.of(t.getClass().getSimpleName(), t));
  }

  private static void runs(boolean virtual, Runnable body) throws InterruptedException {
    var failed = new ConcurrentLinkedQueue<Throwable>();
    Thread t =
        (virtual ? Thread.ofVirtual() : Thread.ofPlatform())
            .unstarted(() -> {
              Throwable x = catchThrowable(body::run);
              if (x != null) {
                failed.add(x);
              }
            });
    t.start();
    t.join();
    assertThat(failed).isEmpty();
  }

  /** A reference is written before and after the callback, which may fail. */
  private static Proc1<NamedRef> counting(Consumer<List<NamedArray>> callback) {
    return jitProc((NamedRef r) -> {
      r.add(1);
      debugCallback(callback, sum(r.get()));
      r.add(10);
    });
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("failures")
  void what_a_callback_throws_ends_the_call(String name, Throwable thrown) throws Exception {
    for (boolean virtual : new boolean[] {false, true}) {
      var throwing = new boolean[] {true};
      Proc1<NamedRef> f =
          counting(_ -> {
            if (throwing[0]) {
              CallbackFailuresTest.<RuntimeException>sneak(thrown);
            }
          });
      runs(
          virtual,
          () -> {
            NamedRef r = newRef(zeros(X));
            for (int k = 0; k < 3; k++) {
              Throwable got = catchThrowable(() -> f.run(r));
              if (thrown instanceof Error || thrown instanceof AxialException) {
                assertThat(got).isSameAs(thrown);
              } else {
                assertThat(got).isInstanceOf(AxialException.class);
                assertThat(causes(got)).contains(thrown);
                assertThat(got.getMessage()).contains(thrown.getClass().getSimpleName());
              }
              assertThat(got.getSuppressed())
                  .as("which reference may be half-written")
                  .anyMatch(s -> s.getMessage().contains("may hold"));
            }
            throwing[0] = false;
            NamedRef next = newRef(zeros(X));
            f.run(next);
            assertThat(next.get().toFloatArray()).containsOnly(11);
            r.set(0);
            f.run(r);
            assertThat(r.get().toFloatArray()).containsOnly(11);
          });
    }
  }

  private static List<Throwable> causes(Throwable x) {
    var out = new ArrayList<Throwable>();
    for (Throwable c = x.getCause(); c != null; c = c.getCause()) {
      out.add(c);
    }
    return out;
  }

  @Test
  void a_class_that_cannot_be_initialized_ends_the_call() {
    Proc1<NamedRef> f = counting(_ -> assertThat(Broken.VALUE).isZero());
    assertThat(catchThrowable(() -> f.run(newRef(zeros(X)))))
        .isInstanceOf(ExceptionInInitializerError.class);
    assertThat(catchThrowable(() -> f.run(newRef(zeros(X)))))
        .isInstanceOf(NoClassDefFoundError.class);
  }

  @Test
  void a_callback_without_end_ends_the_call() throws Exception {
    Proc1<NamedRef> f = counting(_ -> assertThat(endless(0)).isZero());
    var platform = new Thread(null, () -> overflows(f), "small", 512 << 10);
    platform.start();
    platform.join();
    runs(true, () -> overflows(f));
  }

  private static void overflows(Proc1<NamedRef> f) {
    for (int k = 0; k < 3; k++) {
      assertThat(catchThrowable(() -> f.run(newRef(zeros(X)))))
          .isInstanceOf(StackOverflowError.class);
    }
  }

  /** Loops, branches and calls around a callback, and calls in callbacks. */
  @Test
  void a_failure_leaves_all_that_is_around_it() {
    var at = new AtomicInteger();
    Consumer<List<NamedArray>> third =
        _ -> {
          if (at.incrementAndGet() == 3) {
            CallbackFailuresTest.<RuntimeException>sneak(new IOException("the third"));
          }
        };
    Function<NamedArray, NamedArray> inner =
        jit((NamedArray v) -> {
          debugCallback(third, v);
          return v.plus(1);
        });
    Axis five = axis("Five", 5);
    List<Function<NamedArray, NamedArray>> around =
        List.of(
            jit((NamedArray v) -> sum(map(five, zeros(five), t -> inner.apply(t.plus(v))))),
            jit(v -> whileLoop(v, c -> c.lt(100), inner::apply)),
            jit((NamedArray v) -> {
              debugCallback(
                  a -> {
                    for (int k = 0; k < 5; k++) {
                      var _ = inner.apply(a.getFirst());
                    }
                  },
                  v);
              return v;
            }),
            jit(
                grad((NamedArray v) -> {
                  NamedRef r = newRef(v);
                  forLoop(0, 5, _ -> r.set(inner.apply(r.get())));
                  return r.get();
                })));
    for (var f : around) {
      for (int k = 0; k < 3; k++) {
        at.set(0);
        Throwable got = catchThrowable(() -> f.apply(scalar(1f)));
        assertThat(got).isInstanceOf(AxialException.class).hasMessageContaining("the third");
        at.set(3);
        assertThat(f.apply(scalar(1f))).isNotNull();
      }
    }
  }

  private static int deep;

  private static void down(Supplier<?> call) {
    deep++;
    if (call.get() != null) {
      down(call);
    }
  }

  /** Recursion that calls compiled code until the stack is full, as a server may survive it. */
  @ParameterizedTest
  @ValueSource(strings = {"small", "callback", "eager", "grow", "sort", "rows", "reference"})
  void a_full_stack_is_an_error_before_the_call(String kind) throws Exception {
    NamedArray x = ones(X);
    Axis rows = axis("Row", 3);
    NamedRef r = newRef(zeros(X));
    Proc1<NamedRef> add = counting(_ -> {});
    Function<NamedArray, NamedArray> f =
        switch (kind) {
          case "small" -> jit((NamedArray v) -> sum(v.times(v)));
          case "callback" ->
              jit((NamedArray v) -> {
                NamedArray s = sum(v);
                debugCallback(_ -> {}, s);
                return s.plus(1);
              });
          case "eager" -> v -> sum(v.times(v));
          case "grow" ->
              jit(
                  grad(
                      (NamedArray v) -> sum(whileLoop(v, c -> sum(c).lt(5e3), c -> c.times(1.5)))));
          case "sort" -> jit((NamedArray v) -> sum(sort(v, X)));
          case "rows" ->
              vmap(
                  (NamedArray t) -> {
                    NamedArray a = ones(axis("Y", 8000)).times(t);
                    NamedArray b = a.minus(sum(a));
                    return sum(b.times(b)).plus(sum(a));
                  },
                  rows);
          case "reference" ->
              v -> {
                add.run(r);
                return v;
              };
          default -> throw new IllegalArgumentException(kind);
        };
    NamedArray given = kind.equals("rows") ? zeros(rows) : x;
    var call = kind.equals("rows") ? jit(f) : f;
    double[] right = call.apply(given).toDoubleArray();
    var other = new ConcurrentLinkedQueue<Throwable>();
    for (int k = 0; k < 4; k++) {
      deep = 0;
      var t =
          new Thread(
              null,
              () -> {
                try {
                  down(() -> call.apply(given));
                } catch (StackOverflowError e) {
                  // as it should be
                } catch (Throwable e) {
                  other.add(e);
                }
              },
              "small",
              (200 << 10) + 4096L * k);
      t.start();
      t.join();
      assertThat(deep).as("calls before").isPositive();
      assertThat(call.apply(given).toDoubleArray()).containsExactly(right);
    }
    assertThat(other).isEmpty();
    r.add(1); // its lock is free
  }

  /** An interrupt is for the callback, and for the caller; it does not end the call. */
  @Test
  void an_interrupt_goes_through() throws Exception {
    for (boolean virtual : new boolean[] {false, true}) {
      var seen = new AtomicInteger();
      Proc1<NamedRef> f =
          counting(_ -> {
            if (Thread.currentThread().isInterrupted()) {
              seen.incrementAndGet();
            }
          });
      runs(
          virtual,
          () -> {
            NamedRef r = newRef(zeros(X));
            f.run(r);
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            Thread.currentThread().interrupt();
            f.run(r);
            assertThat(Thread.interrupted()).isTrue();
            assertThat(r.get().toFloatArray()).containsOnly(22);
          });
      assertThat(seen).hasValue(1);
    }
  }

  /** The callbacks of a virtual thread run on it, with what belongs to it. */
  @Test
  void a_callback_runs_on_the_thread_that_called() throws Exception {
    var own = new ThreadLocal<@Nullable String>();
    for (boolean virtual : new boolean[] {false, true}) {
      var seen = new ConcurrentLinkedQueue<Object>();
      Proc1<NamedRef> f =
          counting(_ -> {
            seen.add(Thread.currentThread());
            seen.add(String.valueOf(own.get()));
          });
      runs(
          virtual,
          () -> {
            own.set("mine");
            f.run(newRef(zeros(X)));
            assertThat(seen).containsExactly(Thread.currentThread(), "mine");
          });
    }
  }

  /** More callbacks wait for a reference than there are carriers, and its holder needs one. */
  @Test
  void callbacks_of_virtual_threads_wait_without_their_carriers() throws Exception {
    int n = Math.max(64, 8 * Runtime.getRuntime().availableProcessors());
    NamedRef busy = newRef(scalar(0));
    Proc1<NamedRef> f =
        jitProc((NamedRef p) -> {
          p.add(1);
          debugCallback(_ -> busy.add(1), p.get());
        });
    var failed = new ConcurrentLinkedQueue<Throwable>();
    var held = new CountDownLatch(1);
    var threads = new ArrayList<Thread>();
    threads.add(
        Thread.startVirtualThread(() ->
            busy.update(v -> {
              held.countDown();
              try {
                Thread.sleep(100);
              } catch (InterruptedException x) {
                throw new IllegalStateException(x);
              }
              return v.plus(1);
            })));
    assertThat(held.await(100, TimeUnit.SECONDS)).isTrue();
    for (int k = 0; k < n; k++) {
      NamedRef own = newRef(scalar(0));
      threads.add(
          Thread.startVirtualThread(() -> {
            Throwable x = catchThrowable(() -> f.run(own));
            if (x != null) {
              failed.add(x);
            }
          }));
    }
    for (Thread t : threads) {
      t.join();
    }
    assertThat(failed).isEmpty();
    assertThat(busy.item()).isEqualTo(n + 1);
  }
}
