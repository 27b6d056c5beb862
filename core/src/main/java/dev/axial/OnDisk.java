package dev.axial;

import dev.axial.disk.RefFile;
import dev.axial.engine.Storage;
import dev.axial.ir.ArrayType;
import java.lang.ref.Cleaner;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What {@link NamedRef} does with files: opens them, and asks for blocks, flushes and ends under
 * the lock of the reference.
 */
final class OnDisk {
  /** Closes files whose references were dropped, as long as there are any. */
  private static WeakReference<Cleaner> closer = new WeakReference<>(null);

  private OnDisk() {}

  /** Each file keeps the cleaner, whose thread ends after the last one. */
  private record Close(RefFile file, Cleaner by) implements Runnable {
    @Override
    public void run() {
      file.close();
    }
  }

  private static synchronized void closeOnceDropped(Storage storage, RefFile file) {
    Cleaner by = closer.get();
    if (by == null) {
      by = Cleaner.create();
      closer = new WeakReference<>(by);
    }
    by.register(storage, new Close(file, by));
  }

  /** A reference on disk in words. */
  private record Place(Object site, Path file) {
    @Override
    public String toString() {
      return site + " (file " + file + ")";
    }
  }

  // ---------------------------------------------------------------- opening

  static NamedRef create(Path path, ArrayType type) {
    return opened("create", () -> RefFile.create(path, type));
  }

  /**
   * Opens a file.
   *
   * @param verify whether its checksums are compared first
   * @param asked what it must hold; null for anything
   */
  static NamedRef open(Path path, boolean writable, boolean verify, @Nullable ArrayType asked) {
    NamedRef r = opened("open", () -> RefFile.open(path, writable, verify));
    ArrayType there = r.core().type;
    if (asked != null && !asked.equals(there)) {
      r.close();
      throw Errors.fileDiffers(path, there, asked);
    }
    return r;
  }

  private static NamedRef opened(String what, Supplier<RefFile> open) {
    eager("NamedRef." + what);
    RefFile file = located(open);
    var site = new Place(Site.later(), file.path());
    var storage = new Storage(file.type(), file.store(), site, file.writable());
    if (file.writable()) {
      storage.replace(file.store(), file);
    }
    closeOnceDropped(storage, file);
    return NamedRef.onDisk(file, storage, site);
  }

  static Recovered recover(Path path) {
    eager("NamedRef.recover");
    RefFile.Found found = located(() -> RefFile.recover(path));
    return new Recovered(
        found.torn(),
        found.unknown(),
        found.damaged().stream().map(e -> new Recovered.Elements(e.first(), e.last())).toList());
  }

  private static void eager(String what) {
    if (Trace.current() != null) {
      throw Errors.eagerOnly(what);
    }
  }

  /** What a file gives; its errors get the user's line. */
  private static <T> T located(Supplier<T> work) {
    try {
      return work.get();
    } catch (AxialException x) {
      throw Errors.located(x);
    }
  }

  // ---------------------------------------------------------------- using

  private static RefFile file(NamedRef.Core core, String what) {
    eager(what);
    RefFile f = core.file;
    if (f == null) {
      throw Errors.onlyOnDisk(what, core.site());
    }
    return f;
  }

  /** The storage, which this thread must not have for a block. */
  private static Storage storage(NamedRef.Core core, String what) {
    Storage s = Objects.requireNonNull(core.storage);
    if (s.inBlock()) {
      throw Errors.inCommit(what, core.site());
    }
    return s;
  }

  static void commit(NamedRef.Core core, Runnable block) {
    RefFile f = file(core, "commit");
    core.writable();
    Storage s = storage(core, "commit");
    if (s.held()) {
      throw Errors.held(s.site());
    }
    s.lockForBlock();
    try {
      s.store(); // it may have been closed meanwhile
      f.commit(s, block);
    } finally {
      s.unlockAfterBlock();
    }
  }

  static void flush(NamedRef.Core core) {
    RefFile f = file(core, "flush");
    core.alive();
    Storage s = storage(core, "flush");
    NamedRef.lock(s);
    try {
      s.store();
      located(() -> {
        f.flush();
        return f;
      });
    } finally {
      s.unlock();
    }
  }

  static void close(NamedRef.Core core) {
    RefFile f = file(core, "close");
    Storage s = storage(core, "close");
    NamedRef.lock(s);
    try {
      if (s.alive()) {
        s.end(Errors.closed(core.site(), Site.here()));
        f.close();
      }
    } finally {
      s.unlock();
    }
  }
}
