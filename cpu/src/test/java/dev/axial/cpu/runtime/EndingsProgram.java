package dev.axial.cpu.runtime;

import static dev.axial.Axial.axis;
import static dev.axial.Axial.debugCallback;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.jitProc;
import static dev.axial.Axial.lower;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.ones;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.sum;
import static dev.axial.Axial.zeros;

import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Proc1;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/** A process that ends while compiled code runs, or that gets no more threads. */
final class EndingsProgram {
  private static final Axis X = axis("X", 3_000_000);

  private EndingsProgram() {}

  private static Proc1<NamedRef> calling(Runnable callback) {
    return jitProc((NamedRef r) -> {
      r.add(1);
      debugCallback(_ -> callback.run(), r.get());
      r.add(1);
    });
  }

  /** Compiled code and a reference of its own, used while the process ends. */
  private static void useAtTheEnd() {
    NamedRef other = newRef(scalar(1f));
    Proc1<NamedRef> add = jitProc((NamedRef r) -> r.add(1));
    add.run(other);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> {
              add.run(other);
              System.out.println("hook " + other.item());
              System.out.flush();
            }));
  }

  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "exit" -> {
        useAtTheEnd();
        calling(() -> System.exit(7)).run(newRef(scalar(0f)));
      }
      case "exit-virtual" -> {
        useAtTheEnd();
        Proc1<NamedRef> f = calling(() -> System.exit(7));
        Thread.startVirtualThread(() -> f.run(newRef(scalar(0f)))).join();
      }
      case "exit-held" -> {
        NamedRef held = newRef(scalar(0f));
        Runtime.getRuntime()
            .addShutdownHook(
                new Thread(() -> {
                  try {
                    System.out.println("read " + held.item());
                  } catch (AxialException x) {
                    System.out.println(x.getMessage().replaceAll("made at .* is held", "is held"));
                  }
                }));
        calling(() -> System.exit(7)).run(held);
      }
      case "halt" -> calling(() -> Runtime.getRuntime().halt(9)).run(newRef(scalar(0f)));
      case "busy" -> busy();
      case "threads" -> withoutThreads();
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  /** Compiled code on all processors, until a signal ends the process. */
  private static void busy() throws InterruptedException {
    useAtTheEnd();
    Function<NamedArray, NamedArray> wide = jit((NamedArray v) -> v.times(2).minus(v));
    NamedArray x = ones(X);
    var _ = wide.apply(x);
    Proc1<NamedRef> f = calling(() -> LockSupport.parkNanos(100_000));
    NamedRef r = newRef(zeros(axis("Y", 10)));
    f.run(r);
    var ready = new CountDownLatch(2);
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          ready.countDown();
          while (true) {
            f.run(r);
          }
        });
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          ready.countDown();
          while (true) {
            var _ = wide.apply(x);
          }
        });
    ready.await();
    System.out.println("ready 1");
    System.out.flush();
    Thread.sleep(100_000);
  }

  /** Wide calls and callbacks of virtual threads where no thread can be made. */
  private static void withoutThreads() throws InterruptedException {
    NamedArray x = ones(X);
    Function<NamedArray, NamedArray> f = jit((NamedArray v) -> v.times(2).plus(1));
    lower(f, x).code();
    Proc1<NamedRef> callback = calling(() -> {});
    NamedRef r = newRef(scalar(0f));
    callback.run(r);
    Thread.startVirtualThread(() -> {}).join();
    NewThreads.refused = true;
    System.out.println("wide " + sum(f.apply(x)).item());
    System.out.println("eager " + sum(x.plus(x).times(x)).item());
    Thread.startVirtualThread(() -> callback.run(r)).join();
    System.out.println("callback " + r.item());
  }
}
