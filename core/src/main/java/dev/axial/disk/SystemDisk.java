package dev.axial.disk;

import dev.axial.engine.Engines;
import dev.axial.engine.FilePages;
import dev.axial.engine.Finished;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The files of the system.
 *
 * <p>An interrupt closes Java's usual channels, and with them the locks of the file. Asynchronous
 * ones stay open; here their work is done at once, by the thread that asks for it. Only a channel
 * of the usual kind maps, so that is done by a thread that nobody knows.
 */
final class SystemDisk implements Disk {
  /** Runs a task at once. */
  private static final class Here extends AbstractExecutorService {
    @Override
    public void execute(Runnable task) {
      task.run();
    }

    @Override
    public void shutdown() {}

    @Override
    public List<Runnable> shutdownNow() {
      return List.of();
    }

    @Override
    public boolean isShutdown() {
      return false;
    }

    @Override
    public boolean isTerminated() {
      return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return true;
    }
  }

  /** On Windows the channel's own threads wait for the system's answers. */
  private static final @Nullable ExecutorService EXECUTOR =
      System.getProperty("os.name", "").startsWith("Windows") ? null : new Here();

  private static final boolean LINUX = System.getProperty("os.name", "").equals("Linux");

  /** A lock is on a byte that no file has. */
  private static final long LOCKED = Long.MAX_VALUE - 1;

  /** A channel copies what it writes out of the heap, so it gets pieces of so many bytes. */
  private static final int PIECE = 1 << 20;

  // ---------------------------------------------------------------- names

  @Override
  public @Nullable Seen look(Path path) throws IOException {
    try {
      var a = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      Object key = a.fileKey();
      return new Seen(key == null ? path.toAbsolutePath() : key, a.isRegularFile(), a.size());
    } catch (NoSuchFileException _) {
      return null;
    }
  }

  @Override
  public Path real(Path path) throws IOException {
    return path.toRealPath();
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void delete(Path path) throws IOException {
    Files.deleteIfExists(path);
  }

  @Override
  public void forceFolder(Path file) throws IOException {
    AsynchronousFileChannel folder;
    try {
      folder =
          AsynchronousFileChannel.open(
              file.toAbsolutePath().resolveSibling("."), Set.of(StandardOpenOption.READ), EXECUTOR);
    } catch (IOException _) {
      return; // Windows opens no folders; its file systems log changes of names by themselves
    }
    try (folder) {
      folder.force(true);
    }
  }

  // ---------------------------------------------------------------- who may use a file

  private static @Nullable PosixFileAttributeView posix(Path path) {
    return Files.getFileAttributeView(
        path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
  }

  private static FileAttribute<?>[] mode(@Nullable Path like) throws IOException {
    PosixFileAttributeView view = like == null ? null : posix(like);
    return view == null
        ? new FileAttribute<?>[0]
        : new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(owners(view.readAttributes().permissions()))
        };
  }

  private static Set<PosixFilePermission> owners(Set<PosixFilePermission> all) {
    var out = EnumSet.noneOf(PosixFilePermission.class);
    out.addAll(all);
    out.retainAll(EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE));
    return out;
  }

  /** A group's rights go to the same group or to nobody. */
  @Override
  public void protect(Path path, Path like) throws IOException {
    PosixFileAttributeView to = posix(path);
    PosixFileAttributeView from = posix(like);
    if (to == null || from == null) {
      return;
    }
    PosixFileAttributes want = from.readAttributes();
    PosixFileAttributes now = to.readAttributes();
    var mode = new HashSet<>(want.permissions());
    if (!now.owner().equals(want.owner())) {
      try {
        to.setOwner(want.owner());
      } catch (IOException _) {
        // only an administrator gives files away; whose it is may read it
      }
    }
    if (!now.group().equals(want.group())) {
      try {
        to.setGroup(want.group());
      } catch (IOException _) {
        mode.removeAll(
            EnumSet.of(
                PosixFilePermission.GROUP_READ,
                PosixFilePermission.GROUP_WRITE,
                PosixFilePermission.GROUP_EXECUTE));
      }
    }
    if (!now.permissions().equals(mode)) {
      to.setPermissions(mode);
    }
  }

  // ---------------------------------------------------------------- open files

  @Override
  public Handle open(Path path, How how, @Nullable Path like) throws IOException {
    Seen before = look(path);
    if (how != How.NEW && before == null) {
      throw new NoSuchFileException(path.toString());
    }
    if (how != How.NEW && before != null && !before.isFile()) {
      throw new FileSystemException(path.toString(), null, "it is no file, but a link or a folder");
    }
    var options = new HashSet<OpenOption>();
    options.add(LinkOption.NOFOLLOW_LINKS);
    options.add(StandardOpenOption.READ);
    if (how != How.READ) {
      options.add(StandardOpenOption.WRITE);
    }
    if (how == How.NEW) {
      options.add(StandardOpenOption.CREATE_NEW);
    }
    var channel = AsynchronousFileChannel.open(path, options, EXECUTOR, mode(like));
    var out = new Open(path, how != How.READ, channel, how == How.NEW ? look(path) : before);
    try {
      if (like != null) {
        protect(path, like);
      }
      out.same();
      return out;
    } catch (IOException | RuntimeException x) {
      out.close();
      throw x;
    }
  }

  /** An open file. What else opens it under the same name finds the same file, or fails. */
  private final class Open implements Handle {
    private final Path path;
    private final boolean writable;
    private final AsynchronousFileChannel channel;
    private final @Nullable Object identity;
    private FilePages.@Nullable Opened system;
    private @Nullable FileChannel mapper;
    private long length;
    private boolean resized = true;

    Open(Path path, boolean writable, AsynchronousFileChannel channel, @Nullable Seen seen) {
      this.path = path;
      this.writable = writable;
      this.channel = channel;
      identity = seen == null ? null : seen.identity();
    }

    /** Fails if the name leads to another file now. */
    void same() throws IOException {
      Seen now = look(path);
      if (now == null) {
        throw new NoSuchFileException(path.toString());
      }
      if (!now.identity().equals(identity)) {
        throw new FileSystemException(path.toString(), null, "another file has its name now");
      }
    }

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public int read(long at, ByteBuffer to) throws IOException {
      int begin = to.position();
      int end = to.limit();
      for (int n = 0; n >= 0 && to.position() < end; ) {
        to.limit(Math.min(end, to.position() + PIECE));
        n = result(channel.read(to, at + to.position() - begin));
      }
      to.limit(end);
      return to.position() - begin;
    }

    @Override
    public void write(long at, ByteBuffer from) throws IOException {
      int begin = from.position();
      int end = from.limit();
      while (from.position() < end) {
        from.limit(Math.min(end, from.position() + PIECE));
        int _ = result(channel.write(from, at + from.position() - begin));
      }
      if (at + end - begin > length) {
        length = channel.size();
        resized = true;
      }
    }

    @Override
    public void truncate(long size) throws IOException {
      channel.truncate(size);
      length = channel.size();
      resized = true;
    }

    /** Without a new length there is no more to write than the contents. */
    @Override
    public void force() throws IOException {
      channel.force(resized);
      resized = false;
    }

    /**
     * By the system's lock of an open file, where the engine reaches it. Java's other kind is the
     * process's, which loses it when it closes the file anywhere, after a copy for instance.
     */
    @Override
    public boolean lock(boolean exclusive) throws IOException {
      FilePages.Opened own = system();
      if (own != null && own.lock(exclusive)) {
        return true;
      }
      try {
        return channel.tryLock(LOCKED, 1, !exclusive) != null;
      } catch (OverlappingFileLockException _) {
        return false;
      }
    }

    private FilePages.@Nullable Opened system() throws IOException {
      if (system == null) {
        FilePages pages = Engines.filePages();
        system = pages == null ? null : pages.open(path, writable);
        same();
      }
      return system;
    }

    @Override
    public MemorySegment map(boolean write, long bytes, Arena arena) throws IOException {
      MapMode mode = write ? MapMode.READ_WRITE : MapMode.READ_ONLY;
      return apart(() -> mapper(writable).map(mode, 0, bytes, arena));
    }

    /** On Linux the one includes the other, and each may wait for the disk. */
    @Override
    public void force(MemorySegment mapping) throws IOException {
      if (!LINUX) {
        mapping.force();
      }
      force();
    }

    /** Without a claim on memory where the engine can map so, else Java's. */
    @Override
    public MemorySegment copy(long bytes, Arena arena) throws IOException {
      FilePages.Opened own = system();
      MemorySegment lazy = own == null ? null : own.privateMapping(bytes, arena);
      if (lazy != null) {
        return lazy;
      }
      if (!writable && mapper != null) {
        mapper.close(); // Java maps a copy of what may be written only
        mapper = null;
      }
      return apart(() -> mapper(true).map(MapMode.PRIVATE, 0, bytes, arena));
    }

    private FileChannel mapper(boolean write) throws IOException {
      FileChannel known = mapper;
      if (known != null && known.isOpen()) {
        return known;
      }
      var options = new HashSet<OpenOption>();
      options.add(LinkOption.NOFOLLOW_LINKS);
      options.add(StandardOpenOption.READ);
      if (write) {
        options.add(StandardOpenOption.WRITE);
      }
      FileChannel made = FileChannel.open(path, options);
      mapper = made;
      same();
      return made;
    }

    @Override
    public void close() throws IOException {
      try (channel;
          FileChannel _ = mapper;
          FilePages.Opened _ = system) {
        mapper = null;
        system = null;
      }
    }
  }

  // ---------------------------------------------------------------- whatever interrupts

  private static int result(Future<Integer> of) throws IOException {
    return done(of);
  }

  private static <T> T apart(Callable<T> work) throws IOException {
    var task = new FutureTask<>(work);
    Thread.ofPlatform().daemon().name("axial-map").start(task);
    return done(task);
  }

  private static <T> T done(Future<T> of) throws IOException {
    try {
      return Finished.get(of);
    } catch (ExecutionException x) {
      switch (x.getCause()) {
        case IOException e -> throw e;
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        case null, default -> throw new IOException(x); // not over Op
      }
    }
  }
}
