package dev.axial.cpu;

import static dev.axial.Axial.*;

import dev.axial.Axis;
import dev.axial.Memory;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import java.io.File;
import java.lang.ref.WeakReference;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Function;

/**
 * An application with a class loader of its own, which uses what has threads, native memory or
 * upcalls, and ends; the process says whether it was unloaded.
 */
public final class UnloadProgram {
  private UnloadProgram() {}

  /** Loads the application, and waits for its end. */
  public static void main(String[] args) throws Exception {
    WeakReference<ClassLoader> application = loaded();
    long start = System.nanoTime();
    while (application.get() != null && System.nanoTime() - start < 30_000_000_000L) {
      System.gc();
      Thread.sleep(100);
    }
    System.out.println("unloaded " + (application.get() == null));
    for (Thread t : Thread.getAllStackTraces().keySet()) {
      if (t.getName().startsWith("axial")) {
        System.out.println("thread " + t.getName());
      }
    }
  }

  private static WeakReference<ClassLoader> loaded() throws Exception {
    URL[] path =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(UnloadProgram::url)
            .toArray(URL[]::new);
    try (var own = new URLClassLoader(path, ClassLoader.getPlatformClassLoader())) {
      Thread.currentThread().setContextClassLoader(own);
      Class<?> application = own.loadClass(UnloadProgram.class.getName());
      System.out.println("engine " + application.getMethod("use").invoke(null));
      Thread.currentThread().setContextClassLoader(ClassLoader.getSystemClassLoader());
      return new WeakReference<>(own);
    }
  }

  private static URL url(String entry) {
    try {
      return Path.of(entry).toUri().toURL();
    } catch (MalformedURLException x) {
      throw new IllegalStateException(x);
    }
  }

  record Parts(NamedArray a, NamedArray b) {}

  /** What an application does; the engine that it had. */
  public static String use() throws Exception {
    Axis wide = axis("Wide", 1 << 20);
    Axis few = axis("Few", 5000);
    NamedArray x = linspace(wide, 0, 1);
    float[] _ = jit((NamedArray v) -> sum(sin(v)).plus(1)).apply(x).toFloatArray();
    Function<NamedArray, NamedArray> steep =
        v -> sum(whileLoop(v, c -> sum(c).lt(1e9), c -> c.times(1.5).plus(1)));
    float[] _ = jit(grad(steep)).apply(ones(few)).toFloatArray();
    float[] _ = grad(steep).apply(ones(few)).toFloatArray();
    Axis rows = axis("Rows", 300);
    Axis columns = axis("Columns", 300);
    float[] _ = dot(ones(rows, columns), ones(columns), columns).toFloatArray();
    NamedArray _ = sort(x.times(-1), wide);
    NamedArray _ = jit((Parts p) -> p.a().plus(p.b())).apply(new Parts(x, x));
    NamedArray _ =
        jit(
                (NamedArray v) -> {
                  debugCallback(_ -> {}, sum(v));
                  return v.plus(1);
                })
            .apply(x);
    try (var _ = Memory.scope()) {
      NamedArray _ = x.plus(3);
    }
    Path file = Files.createTempDirectory("axial-unload").resolve("values");
    try (NamedRef r = NamedRef.create(file, dev.axial.DType.FLOAT32, few)) {
      r.set(ones(few));
    }
    Files.deleteIfExists(file);
    Files.deleteIfExists(file.getParent());
    return lower((NamedArray v) -> v.plus(1), x).explain().contains("native") ? "native" : "other";
  }
}
