package dev.axial.cpu.llvm;

import dev.axial.AxialException;
import dev.axial.engine.Pool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Modules as addresses of functions, each text compiled once: in this process by a weak map, across
 * processes by files in the cache folder. A file's name is the hash of the text, the host, the
 * policy of features and the version of LLVM; a keyed digest binds what is in it to that name, and
 * it is written aside and moved, so that a damaged, half-written or foreign one is never linked.
 * The oldest go when the folder exceeds {@code axial.cache.bytes} (512 MB).
 */
public final class ObjectCache {
  /** Stands in a module's text for its own name, which is its hash. */
  public static final String NAME = "axial_self";

  private static final String OBJECTS = "objects";

  /** What the names of objects look like; nothing else is ever deleted. */
  static final Pattern MINE = Pattern.compile("[0-9a-f]{64}\\.o");

  private static final long LIMIT = Long.getLong("axial.cache.bytes", 512L << 20);

  /** LLVM recurses deeply on large functions, whatever the stack of the thread that asks. */
  private static final long STACK = 256L << 20;

  private final Library library;
  private final Map<String, WeakReference<Code>> loaded = new ConcurrentHashMap<>();

  /** One text is compiled by one thread; most others may be at the same time. */
  private final List<Object> locks = Stream.generate(Object::new).limit(64).toList();

  /** What is linked, until the last {@link Code} of it is gone: a symbol is defined only once. */
  private final Map<String, Live> live = new HashMap<>();

  private final AtomicBoolean warned = new AtomicBoolean();
  private volatile @Nullable CacheFolder folder;

  /** A cache of what the given library makes of modules. */
  public ObjectCache(Library library) {
    this.library = library;
    this.folder = CacheFolder.get();
  }

  private static final class Live {
    final Linked linked;
    final Set<Use> users = new HashSet<>();

    /** What it takes of memory, about. */
    final long bytes;

    Live(Linked linked, long bytes) {
      this.linked = linked;
      this.bytes = bytes;
    }
  }

  /**
   * Tells that code is unreachable. No thread waits for it, which would keep this library loaded.
   */
  private static final class Use extends PhantomReference<Code> {
    final String key;

    Use(Code code, ReferenceQueue<Code> unreachable, String key) {
      super(code, unreachable);
      this.key = key;
    }
  }

  private final ReferenceQueue<Code> unreachable = new ReferenceQueue<>();

  /** Linked code. It is unloaded once this is unreachable, when the next is asked for. */
  public static final class Code {
    private final Linked linked;

    /** Milliseconds in the compiler; zero if a cache had it. */
    public final double milliseconds;

    /** Where it came from: compiled, or the disk cache. */
    public final String origin;

    private Code(Linked linked, double milliseconds, String origin) {
      this.linked = linked;
      this.milliseconds = milliseconds;
      this.origin = origin;
    }

    /** The address of the module's k-th entry. */
    public java.lang.foreign.MemorySegment entry(int k) {
      return linked.address(k);
    }
  }

  /**
   * The code of a module.
   *
   * @param ir its text, with {@link #NAME} for its own name
   * @param entries names of the functions to look up, likewise
   */
  public Code get(String ir, List<String> entries, String passes) {
    return get(key(ir, passes), () -> ir, entries, passes);
  }

  /**
   * The code of a module that many ask for. Its text is written once, which gives its name; and
   * again only when no cache has the code any more.
   */
  public Supplier<Code> shared(Supplier<String> ir, List<String> entries, String passes) {
    var name = new AtomicReference<@Nullable String>();
    return () -> {
      String known = name.get();
      if (known != null) {
        return get(known, ir, entries, passes);
      }
      String text = ir.get();
      String key = key(text, passes);
      name.set(key);
      return get(key, () -> text, entries, passes);
    };
  }

  /** The code of a module if it is there without compiling or reading anything; else null. */
  public @Nullable Code loaded(String ir, String passes) {
    return loaded(key(ir, passes));
  }

  private @Nullable Code loaded(String key) {
    WeakReference<Code> known = loaded.get(key);
    return known == null ? null : known.get();
  }

  private String key(String ir, String passes) {
    return Hash.of(library.host() + "|" + passes + "|" + ir);
  }

  private Code get(String key, Supplier<String> ir, List<String> entries, String passes) {
    Code code = loaded(key);
    if (code != null) {
      return code;
    }
    release();
    synchronized (locks.get(Math.floorMod(key.hashCode(), locks.size()))) {
      code = loaded(key);
      if (code == null) {
        code = load(key, ir, entries, passes);
        loaded.put(key, new WeakReference<>(code));
        forget();
      }
      return code;
    }
  }

  /** Drops the names of code that is gone, once there are many. */
  private synchronized void forget() {
    if (loaded.size() > 2 * live.size() + 64) {
      loaded.values().removeIf(r -> r.get() == null);
    }
  }

  /** What is linked already, used once more; null if it is not. */
  private synchronized @Nullable Code again(String key) {
    Live l = live.get(key);
    return l == null ? null : used(key, l, 0, "memory");
  }

  private Code used(String key, Live l, double milliseconds, String origin) {
    var code = new Code(l.linked, milliseconds, origin);
    l.users.add(new Use(code, unreachable, key));
    return code;
  }

  private synchronized void release() {
    for (var u = (Use) unreachable.poll(); u != null; u = (Use) unreachable.poll()) {
      Live l = live.get(u.key);
      if (l != null && l.users.remove(u) && l.users.isEmpty()) {
        live.remove(u.key);
        l.linked.unload();
        Pool.account(-l.bytes);
      }
    }
  }

  private Code linked(
      String key, byte[] object, List<String> symbols, double milliseconds, String origin) {
    Linked image = ElfImage.of(object, symbols);
    var l = new Live(image != null ? image : library.llvm().link(object, symbols), object.length);
    Pool.account(l.bytes);
    synchronized (this) {
      live.put(key, l);
      return used(key, l, milliseconds, origin);
    }
  }

  private Code load(String key, Supplier<String> ir, List<String> entries, String passes) {
    Code known = again(key);
    if (known != null) {
      return known;
    }
    String name = "axial_" + key.substring(0, 24);
    List<String> symbols = entries.stream().map(e -> e.replace(NAME, name)).toList();
    byte[] object = read(key);
    if (object != null) {
      try {
        return linked(key, object, symbols, 0, "disk cache");
      } catch (AxialException x) {
        // A foreign file under our name: compile, and write it anew.
        object = null;
      }
    }
    long start = System.nanoTime();
    byte[] made =
        onLargeStack(() ->
            library
                .llvm()
                .compile(ir.get().replace(NAME, name), passes, library.host().features()));
    double ms = (System.nanoTime() - start) / 1e6;
    write(key, made);
    return linked(key, made, symbols, ms, "compiled");
  }

  private static byte[] onLargeStack(Supplier<byte[]> work) {
    var result = new CompletableFuture<byte[]>();
    Thread t =
        new Thread(
            null,
            () -> {
              try {
                result.complete(work.get());
              } catch (Throwable x) {
                result.completeExceptionally(x);
              }
            },
            "axial-compiler",
            STACK);
    t.setDaemon(true);
    t.start();
    try {
      return result.join();
    } catch (CompletionException x) {
      if (x.getCause() instanceof AxialException a) {
        throw a;
      }
      throw x;
    }
  }

  // ---------------------------------------------------------------- files

  private byte @Nullable [] read(String key) {
    CacheFolder f = folder;
    String name = key + ".o";
    byte[] object = f == null ? null : f.read(OBJECTS, name, CacheFolder.OBJECT);
    if (f != null && object != null) {
      touch(f.file(OBJECTS, name));
    }
    return object;
  }

  /** The time of last use orders what is dropped; a folder that cannot be written keeps its own. */
  private static void touch(Path file) {
    try {
      if (Files.getLastModifiedTime(file).toInstant().isBefore(Instant.now().minusSeconds(3600))) {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
      }
    } catch (IOException x) {
      // Only the order of dropping is lost.
    }
  }

  private void write(String key, byte[] object) {
    CacheFolder f = folder;
    if (f == null || object.length > CacheFolder.OBJECT - Hash.BYTES) {
      return;
    }
    try {
      f.write(OBJECTS, key + ".o", object);
      trim(f, object.length);
    } catch (IOException | UncheckedIOException x) {
      if (!warned.getAndSet(true)) {
        System.getLogger("dev.axial")
            .log(
                System.Logger.Level.WARNING,
                "compiled code cannot be kept in {0} ({1}); later processes compile again. Set -Daxial.cache to a folder that can be written.",
                f,
                x);
      }
      folder = null;
    }
  }

  /** Bytes written since the folder was looked at. */
  private long written;

  /** Looks at the whole folder only when this process has filled a good part of the limit. */
  private synchronized void trim(CacheFolder f, long bytes) throws IOException {
    written += bytes;
    if (written >= LIMIT / 16) {
      written = 0;
      f.trim(OBJECTS, MINE, LIMIT);
    }
  }
}
