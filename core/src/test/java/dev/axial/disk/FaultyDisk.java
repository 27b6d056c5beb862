package dev.axial.disk;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that fails, or loses its power, at a step that it is told, and then says what
 * may be left.
 *
 * <p>The model: a sector of 512 bytes is written whole or not. Until its file is forced, a sector
 * has on disk any of the contents that it had since it was forced, whatever the other sectors have,
 * and so has the length of the file; writes by way of a mapping are no different. Names are changed
 * in order, and for certain when their folder is forced. A force that fails leaves open what was
 * written, and the next one does not try it again: only what is written afterwards.
 */
public final class FaultyDisk implements Disk {
  private static final int SECTOR = 512;
  private static final int CAPACITY = 160 << 10;

  /** What happens at a step. */
  public enum Fault {
    /** Nothing. */
    NONE,
    /** This step fails, the others do not. */
    ERROR,
    /** This step and all after it fail. */
    POWER
  }

  /** How a disk says that something failed. */
  public static final class Failure extends IOException {
    private static final long serialVersionUID = 1L;

    Failure(String what) {
      super("Input/output error: " + what);
    }
  }

  /** A file. */
  private final class Node {
    final MemorySegment now = Arena.ofAuto().allocate(CAPACITY, 1 << 12);
    Object identity = new Object();
    long size;

    /** How far there may be something. */
    long used;

    byte[] seen = new byte[plain ? 0 : CAPACITY];
    byte[] lasting = new byte[plain ? 0 : CAPACITY];
    final List<byte[]> versions = new ArrayList<>();
    final BitSet pending = new BitSet();
    final BitSet dirty = new BitSet();

    long lastingSize;
    final Set<Long> sizes = new HashSet<>();

    int readers;
    boolean writer;

    /** As if it were new. */
    void reset() {
      now.asSlice(0, used).fill((byte) 0);
      identity = new Object();
      size = 0;
      used = 0;
      readers = 0;
      writer = false;
    }

    /** Looks for what was written since the last look. */
    void snapshot() {
      if (plain) {
        return;
      }
      byte[] all = now.toArray(ValueLayout.JAVA_BYTE);
      if (Arrays.equals(all, seen)) {
        return;
      }
      for (int k = 0; k < CAPACITY / SECTOR; k++) {
        int at = k * SECTOR;
        if (!Arrays.equals(all, at, at + SECTOR, seen, at, at + SECTOR)) {
          dirty.set(k);
          pending.set(k);
        }
      }
      versions.add(all);
      seen = all;
    }

    void force(boolean works) {
      snapshot();
      if (works && !plain) {
        for (int k = dirty.nextSetBit(0); k >= 0; k = dirty.nextSetBit(k + 1)) {
          System.arraycopy(seen, k * SECTOR, lasting, k * SECTOR, SECTOR);
          pending.clear(k);
        }
        lastingSize = size;
        sizes.clear();
        if (pending.isEmpty()) {
          versions.clear();
        }
      }
      dirty.clear();
    }
  }

  private Map<Path, Node> names = new TreeMap<>();
  private final List<Map<Path, Node>> nameVersions = new ArrayList<>(List.of(Map.of()));
  private final List<String> steps = new ArrayList<>();
  private int at = -1;
  private Fault fault = Fault.NONE;
  private boolean dead;
  private boolean plain;

  /**
   * Of a plain disk, the files that were made since it was cleared, and before them those that are
   * free.
   */
  private final List<Node> nodes = new ArrayList<>();

  private int taken;

  /** A disk that always works, and remembers nothing of what it did. */
  public static FaultyDisk working() {
    var out = new FaultyDisk(Fault.NONE, -1);
    out.plain = true;
    return out;
  }

  /** Removes all files of a disk that always works; the next ones take their memory. */
  public void clear() {
    names.clear();
    taken = 0;
  }

  private Node node() {
    if (!plain) {
      return new Node();
    }
    if (taken == nodes.size()) {
      nodes.add(new Node());
    }
    Node n = nodes.get(taken++);
    n.reset();
    return n;
  }

  /** A disk that works up to a step. */
  public FaultyDisk(Fault fault, int at) {
    this.fault = fault;
    this.at = at;
  }

  /** What was done so far. */
  public List<String> steps() {
    return steps;
  }

  /** Fails at a later step. */
  public void failAt(Fault next, int step) {
    fault = next;
    at = step;
  }

  private boolean fails(String what) throws IOException {
    if (plain) {
      return false;
    }
    names.values().forEach(Node::snapshot);
    if (dead) {
      throw new Failure("no power");
    }
    if (fault != Fault.NONE && steps.size() == at) {
      dead = fault == Fault.POWER;
      steps.add(what + " fails");
      if (dead) {
        throw new Failure("the power went at " + what);
      }
      return true;
    }
    steps.add(what);
    return false;
  }

  private void step(String what) throws IOException {
    if (fails(what)) {
      throw new Failure(what);
    }
  }

  // ---------------------------------------------------------------- what may be left

  /** Which of the contents that may be on disk are. */
  public interface Choice {
    /** For a sector: 0 is what was forced, n the latest. */
    int of(int sector, int n);
  }

  /** The choices that are taken: the oldest, the newest, cut anywhere, and any at random. */
  public static List<Choice> choices(SplittableRandom r, int random) {
    var out = new ArrayList<Choice>();
    out.add((_, _) -> 0);
    out.add((_, n) -> n);
    for (int k = 0; k < random; k++) {
      SplittableRandom own = r.split();
      int cut = own.nextInt(CAPACITY / SECTOR);
      switch (k % 4) {
        case 0 -> out.add((s, n) -> s < cut ? n : 0);
        case 1 -> out.add((s, n) -> s < cut ? 0 : n);
        default -> out.add((_, n) -> own.nextInt(n + 1));
      }
    }
    return out;
  }

  /** A disk as it may be when the power comes again. It works. */
  public FaultyDisk left(Choice c) {
    names.values().forEach(Node::snapshot);
    var out = new FaultyDisk(Fault.NONE, -1);
    var made = new HashMap<Node, Node>();
    Map<Path, Node> chosen = nameVersions.get(c.of(0, nameVersions.size() - 1));
    chosen.forEach((path, from) -> {
      Node to =
          made.computeIfAbsent(
              from,
              n -> {
                Node copy = out.new Node();
                byte[] all = n.lasting.clone();
                for (int k = n.pending.nextSetBit(0); k >= 0; k = n.pending.nextSetBit(k + 1)) {
                  int v = c.of(k, n.versions.size());
                  if (v > 0) {
                    byte[] version = n.versions.get(v - 1);
                    System.arraycopy(version, k * SECTOR, all, k * SECTOR, SECTOR);
                  }
                }
                var sizes = new ArrayList<Long>();
                sizes.add(n.lastingSize);
                sizes.addAll(n.sizes);
                copy.size = sizes.get(c.of(1, sizes.size() - 1));
                Arrays.fill(all, (int) copy.size, CAPACITY, (byte) 0);
                copy.lasting = all;
                copy.seen = all.clone();
                copy.lastingSize = copy.size;
                copy.now.copyFrom(MemorySegment.ofArray(all));
                return copy;
              });
      out.names.put(path, to);
    });
    out.nameVersions.set(0, Map.copyOf(out.names));
    return out;
  }

  /** The bytes of a file; null if there is none. */
  public byte @Nullable [] contents(Path path) {
    Node n = names.get(path);
    return n == null ? null : n.now.asSlice(0, n.size).toArray(ValueLayout.JAVA_BYTE);
  }

  /** Whether a file has these bytes and no others. */
  public boolean holds(Path path, byte[] bytes) {
    Node n = names.get(path);
    return n != null
        && n.size == bytes.length
        && n.now.asSlice(0, n.size).mismatch(MemorySegment.ofArray(bytes)) < 0;
  }

  /** All names. */
  public Set<Path> files() {
    return names.keySet();
  }

  /** Puts a file there, which is on disk. */
  public void put(Path path, byte[] bytes) {
    Node n = node();
    n.size = bytes.length;
    n.used = n.size;
    n.now.copyFrom(MemorySegment.ofArray(bytes));
    if (!plain) {
      System.arraycopy(bytes, 0, n.lasting, 0, bytes.length);
      n.seen = n.lasting.clone();
      n.lastingSize = n.size;
    }
    names.put(path, n);
    if (!plain) {
      nameVersions.clear();
      nameVersions.add(Map.copyOf(names));
    }
  }

  // ---------------------------------------------------------------- names

  private void named() {
    if (plain) {
      return;
    }
    nameVersions.add(Map.copyOf(names));
  }

  @Override
  public @Nullable Seen look(Path path) throws IOException {
    if (dead) {
      throw new Failure("no power");
    }
    Node n = names.get(path);
    return n == null ? null : new Seen(n.identity, true, n.size);
  }

  @Override
  public Path real(Path path) throws IOException {
    if (look(path) == null) {
      throw new NoSuchFileException(path.toString());
    }
    return path;
  }

  @Override
  public void protect(Path path, Path like) {}

  @Override
  public void rename(Path from, Path to) throws IOException {
    step("rename " + from + " to " + to);
    Node n = names.remove(from);
    if (n == null) {
      throw new NoSuchFileException(from.toString());
    }
    names.put(to, n);
    named();
  }

  @Override
  public void delete(Path path) throws IOException {
    step("delete " + path);
    names.remove(path);
    named();
  }

  @Override
  public void forceFolder(Path file) throws IOException {
    step("force the folder of " + file);
    nameVersions.clear();
    named();
  }

  // ---------------------------------------------------------------- files

  @Override
  public Handle open(Path path, How how, @Nullable Path like) throws IOException {
    Node n = names.get(path);
    if (how == How.NEW) {
      if (n != null) {
        throw new FileAlreadyExistsException(path.toString());
      }
      step("make " + path);
      n = node();
      names.put(path, n);
      named();
    } else if (n == null) {
      throw new NoSuchFileException(path.toString());
    } else if (dead) {
      throw new Failure("no power");
    }
    return new Open(path, n);
  }

  private final class Open implements Handle {
    private final Path path;
    private final Node node;
    private boolean exclusive;
    private boolean locked;

    Open(Path path, Node node) {
      this.path = path;
      this.node = node;
    }

    @Override
    public long size() {
      return node.size;
    }

    @Override
    public int read(long from, ByteBuffer to) {
      int n = (int) Math.clamp(node.size - from, 0, to.remaining());
      if (n > 0) {
        to.put(node.now.asSlice(from, n).asByteBuffer());
      }
      return n;
    }

    @Override
    public void write(long to, ByteBuffer from) throws IOException {
      step("write " + from.remaining() + " bytes at " + to + " of " + path);
      int n = from.remaining();
      if (to > CAPACITY - n) {
        throw new Failure("no space is left");
      }
      MemorySegment.copy(MemorySegment.ofBuffer(from), 0, node.now, to, n);
      from.position(from.limit());
      for (int k = (int) to / SECTOR; k <= (to + n - 1) / SECTOR; k++) {
        node.dirty.set(k);
        node.pending.set(k);
      }
      node.snapshot();
      if (node.versions.isEmpty() && !plain) {
        node.versions.add(node.seen);
      }
      resize(Math.max(node.size, to + n));
    }

    private void resize(long to) {
      node.size = to;
      node.used = Math.max(node.used, to);
      if (!plain) {
        node.sizes.add(to);
      }
    }

    @Override
    public void truncate(long size) throws IOException {
      step("shorten " + path + " to " + size);
      if (size < node.size) {
        node.now.asSlice(size, node.size - size).fill((byte) 0);
        resize(size);
        node.snapshot();
      }
    }

    @Override
    public void force() throws IOException {
      boolean fails = fails("force " + path);
      node.force(!fails);
      if (fails) {
        throw new Failure("force " + path);
      }
    }

    @Override
    public boolean lock(boolean all) {
      if (node.writer || all && node.readers > 0) {
        return false;
      }
      locked = true;
      exclusive = all;
      node.writer = all;
      node.readers += all ? 0 : 1;
      return true;
    }

    @Override
    public MemorySegment map(boolean writable, long bytes, Arena arena) {
      MemorySegment all = node.now.asSlice(0, bytes);
      return writable ? all : all.asReadOnly();
    }

    @Override
    public void force(MemorySegment mapping) throws IOException {
      boolean fails = fails("force the mapping of " + path);
      node.force(!fails);
      if (fails) {
        throw new Failure("force the mapping of " + path);
      }
    }

    @Override
    public MemorySegment copy(long bytes, Arena arena) {
      return arena.allocate(bytes, 1 << 16).copyFrom(node.now.asSlice(0, bytes));
    }

    @Override
    public void close() {
      if (locked && exclusive) {
        node.writer = false;
      } else if (locked) {
        node.readers--;
      }
      locked = false;
    }
  }
}
