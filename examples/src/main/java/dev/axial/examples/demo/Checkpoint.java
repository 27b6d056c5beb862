package dev.axial.examples.demo;

import static dev.axial.Axial.newRef;

import dev.axial.Axis;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Tensor;
import dev.axial.Tree;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;

/**
 * A tree of references as a file. It begins with a magic number, a version, the byte order, and the
 * steps and the seed of the run; then come the path, dtype and axes of each leaf with its elements,
 * and a checksum. It is written beside its place and moved there, so that a file is either the old
 * one or the new one, whole.
 */
final class Checkpoint {
  private static final long MAGIC = 0x415849414c434b50L; // AXIALCKP
  private static final int VERSION = 1;

  /**
   * What a checkpoint says of itself before its arrays.
   *
   * @param steps how many steps the run was to take
   * @param seed where its random numbers started
   */
  record Header(int steps, long seed) {}

  private record Leaf(String path, String dtype, List<Axis> axes) {
    static Leaf of(String path, Tensor t) {
      return new Leaf(path, t.dtype().toString(), t.axes());
    }

    @Override
    public String toString() {
      return "%s %s%s".formatted(path, dtype, axes);
    }
  }

  private Checkpoint() {}

  // ---------------------------------------------------------------- writing

  /** Writes what the references hold now. */
  static void save(Path file, Header header, Object tree) throws IOException {
    Path beside = file.resolveSibling(file.getFileName() + ".new");
    Files.createDirectories(file.toAbsolutePath().getParent());
    try (var out = new FileOutputStream(beside.toFile())) {
      var buffered = new BufferedOutputStream(out, 1 << 16);
      var sum = new CheckedOutputStream(buffered, new CRC32());
      write(new DataOutputStream(sum), header, Tree.flatten(tree));
      new DataOutputStream(buffered).writeLong(sum.getChecksum().getValue());
      buffered.flush();
      out.getFD().sync();
    }
    try {
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException _) {
      Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static void write(DataOutputStream out, Header header, Tree.Flat flat)
      throws IOException {
    out.writeLong(MAGIC);
    out.writeInt(VERSION);
    out.writeUTF(ByteOrder.nativeOrder().toString());
    out.writeInt(header.steps);
    out.writeLong(header.seed);
    out.writeInt(flat.leaves().size());
    for (int k = 0; k < flat.leaves().size(); k++) {
      Tensor t = flat.leaves().get(k);
      var leaf = Leaf.of(flat.paths().get(k), t);
      out.writeUTF(leaf.path);
      out.writeUTF(leaf.dtype);
      out.writeInt(leaf.axes.size());
      for (Axis a : leaf.axes) {
        out.writeUTF(a.name());
        out.writeInt(a.size());
      }
      out.write(t.value().segment().toArray(ValueLayout.JAVA_BYTE));
    }
  }

  // ---------------------------------------------------------------- reading

  /** What the file says of its run. */
  static Header header(Path file) {
    return read(file, Source::header);
  }

  /**
   * Puts what the file holds into the references of a tree. Nothing is changed unless all of the
   * file is as it should be.
   */
  static void load(Path file, Object tree) {
    Tree.Flat flat = Tree.flatten(tree);
    List<NamedArray> values =
        read(
            file,
            source -> {
              Header _ = source.header();
              return source.values(flat);
            });
    for (int k = 0; k < values.size(); k++) {
      ((NamedRef) flat.leaves().get(k)).set(values.get(k));
    }
  }

  private interface Reader<T> {
    T read(Source source) throws IOException;
  }

  private static <T> T read(Path file, Reader<T> reader) {
    if (!Files.exists(file)) {
      throw new DemoException(
          "there is no checkpoint to resume from. Start a run without --resume; Ctrl-C leaves one.");
    }
    try (var in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      return reader.read(new Source(in));
    } catch (EOFException _) {
      throw broken(file, "it ends too early");
    } catch (Broken x) {
      throw broken(file, x.why);
    } catch (IOException x) {
      throw broken(file, "reading it failed with " + x);
    }
  }

  private static DemoException broken(Path file, String why) {
    return new DemoException(
        "%s cannot be used: %s. Start anew without --resume.".formatted(file.getFileName(), why));
  }

  /** A file that is not what it should be. */
  private static final class Broken extends IOException {
    private static final long serialVersionUID = 1L;

    private final String why;

    Broken(String why) {
      super(why);
      this.why = why;
    }
  }

  private static final class Source {
    private final CheckedInputStream sum;
    private final DataInputStream in;

    Source(InputStream from) {
      sum = new CheckedInputStream(from, new CRC32());
      in = new DataInputStream(sum);
    }

    private static void require(boolean holds, String why, Object... args) throws Broken {
      if (!holds) {
        throw new Broken(why.formatted(args));
      }
    }

    Header header() throws IOException {
      require(in.readLong() == MAGIC, "it is not a checkpoint of this demo");
      int version = in.readInt();
      require(
          version == VERSION,
          "it has version %d, and this demo reads version %d",
          version,
          VERSION);
      String order = in.readUTF();
      String own = ByteOrder.nativeOrder().toString();
      require(order.equals(own), "its numbers are %s, and this machine is %s", order, own);
      return new Header(in.readInt(), in.readLong());
    }

    List<NamedArray> values(Tree.Flat flat) throws IOException {
      int wanted = flat.leaves().size();
      int n = in.readInt();
      require(n == wanted, "it holds %d arrays, and the run has %d", n, wanted);
      var values = new ArrayList<NamedArray>();
      for (int k = 0; k < n; k++) {
        Tensor t = flat.leaves().get(k);
        var expected = Leaf.of(flat.paths().get(k), t);
        Leaf given = leaf();
        require(given.equals(expected), "it holds %s where the run has %s", given, expected);
        byte[] bytes = in.readNBytes(bytes(t));
        require(bytes.length == bytes(t), "it ends too early");
        Axis[] axes = t.axes().toArray(Axis[]::new);
        values.add(newRef(MemorySegment.ofArray(bytes), t.dtype(), axes).freeze());
      }
      long expected = sum.getChecksum().getValue();
      require(in.readLong() == expected, "its checksum is wrong: some of it was changed");
      return values;
    }

    private static int bytes(Tensor t) {
      int n = t.dtype().bytes();
      for (Axis a : t.axes()) {
        n *= a.size();
      }
      return n;
    }

    private Leaf leaf() throws IOException {
      String path = in.readUTF();
      String dtype = in.readUTF();
      int rank = in.readInt();
      require(rank >= 0 && rank < 100, "it holds an array with %d axes", rank);
      var axes = new ArrayList<Axis>();
      for (int k = 0; k < rank; k++) {
        String name = in.readUTF();
        int size = in.readInt();
        require(size >= 0 && !name.isBlank(), "it holds an axis '%s' of size %d", name, size);
        axes.add(new Axis(name, size));
      }
      return new Leaf(path, dtype, axes);
    }
  }
}
