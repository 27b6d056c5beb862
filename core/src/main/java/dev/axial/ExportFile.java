package dev.axial;

import dev.axial.disk.Disk;
import dev.axial.disk.NewFile;
import dev.axial.engine.Storage;
import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Equation;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The file of an exported function: a word that says what it is, a version, the length and the
 * CRC-32C of the rest; then the function's name, its signature, the form of its result, the listing
 * of the program, and the captured arrays. Numbers are big-endian, elements little-endian.
 */
final class ExportFile {
  private static final byte[] MAGIC = "AXIALFN\n".getBytes(StandardCharsets.US_ASCII);
  private static final int VERSION = 2;

  /** The one whose programs wrote functional updates otherwise; the rest of it is the same. */
  private static final int FIRST = 1;

  /** Bytes before the body. */
  private static final int HEAD = MAGIC.length + 20;

  /** Trees in trees, and no more. */
  private static final int DEEPEST = 1000;

  /** An array has no more axes. */
  private static final int MOST_AXES = 1024;

  /** What a file holds: a function's name, what it takes, and the traced program. */
  record Content(String what, Signature signature, Tracing.Root root) {}

  private ExportFile() {}

  // ---------------------------------------------------------------- writing

  static void write(Path file, Content c) {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      calls(c.root.program());
      text(out, c.what);
      structure(out, c.signature.structure(), "the arguments");
      out.writeInt(c.signature.leaves().size());
      for (Object leaf : c.signature.leaves()) {
        leaf(out, leaf);
      }
      structure(out, c.root.out(), "the result");
      text(out, c.root.program().toString());
      out.writeInt(c.root.captured().size());
      for (Object x : c.root.captured()) {
        captured(out, x);
      }
    } catch (IOException x) {
      throw new UncheckedIOException(x); // not of memory
    }
    save(file, bytes.toByteArray());
  }

  private static void save(Path file, byte[] body) {
    ByteBuffer head = ByteBuffer.allocate(HEAD);
    head.put(MAGIC).putInt(VERSION).putLong(body.length).putLong(checksum(body));
    try {
      NewFile.write(Disk.SYSTEM, file, head.flip(), ByteBuffer.wrap(body));
    } catch (IOException x) {
      throw new UncheckedIOException("the function cannot be saved to " + file, x);
    }
  }

  private static long checksum(byte[] body) {
    var sum = new CRC32C();
    sum.update(body);
    return sum.getValue();
  }

  /** A callback is Java code, which no file holds. */
  private static void calls(Program p) {
    for (Equation e : p.equations()) {
      if (e.op() instanceof Op.Callback c) {
        throw Errors.error(
            "the function calls Java code (%s, at %s), which cannot be saved. Lower a function without debugPrint and debugCallback.",
            c.name(), String.valueOf(e.site()));
      }
      e.op().bodies().forEach(ExportFile::calls);
    }
  }

  private static void text(DataOutputStream out, String s) throws IOException {
    byte[] bytes = s.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static void type(DataOutputStream out, ArrayType t) throws IOException {
    text(out, t.dtype().name());
    dims(out, t.dims());
  }

  private static void dims(DataOutputStream out, List<Dim> dims) throws IOException {
    out.writeInt(dims.size());
    for (Dim d : dims) {
      text(out, d.name());
      out.writeInt(d.size());
    }
  }

  private static void optional(DataOutputStream out, @Nullable ArrayType t) throws IOException {
    out.writeBoolean(t != null);
    if (t != null) {
      type(out, t);
    }
  }

  private static void leaf(DataOutputStream out, Object leaf) throws IOException {
    out.writeBoolean(leaf instanceof Signature.OfRef);
    if (!(leaf instanceof Signature.OfRef r)) {
      type(out, (ArrayType) leaf);
      return;
    }
    out.writeInt(r.storage());
    type(out, r.base());
    dims(out, r.axes());
    optional(out, r.valid());
    optional(out, r.present());
    for (Signature.Place p : r.places()) {
      switch (p) {
        case Signature.Whole _ -> out.writeByte(0);
        case Signature.Moving m -> {
          out.writeByte(1);
          out.writeInt(m.step());
          out.writeInt(m.size());
        }
        case Signature.Indexed i -> {
          out.writeByte(2);
          type(out, i.type());
          out.writeBoolean(i.raw());
        }
      }
    }
  }

  private static void captured(DataOutputStream out, Object x) throws IOException {
    if (x instanceof Storage s) {
      throw Errors.error(
          "the function captured a reference, made at %s, which exists in this process only. Pass it as an argument, so that it is part of the signature.",
          s.site());
    }
    Store s = (Store) x;
    text(out, s.dtype().name());
    out.writeInt(s.length());
    MemorySegment m = s.segment();
    byte[] bytes = m.toArray(ValueLayout.JAVA_BYTE);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static void structure(DataOutputStream out, Tree.Structure s, String where)
      throws IOException {
    switch (s) {
      case Tree.Leaf _ -> out.writeByte('*');
      case Tree.Empty _ -> out.writeByte('0');
      case Tree.Static c -> {
        out.writeByte('=');
        constant(out, c.value(), where);
      }
      case Tree.OfList l -> {
        out.writeByte('[');
        parts(out, l.parts(), where);
      }
      case Tree.OfOptional o -> {
        out.writeByte('?');
        parts(out, o.parts(), where);
      }
      case Tree.OfArray a -> {
        out.writeByte('a');
        text(out, a.component().getName());
        parts(out, a.parts(), where);
      }
      case Tree.OfRecord r -> {
        out.writeByte('r');
        text(out, r.type().getName());
        parts(out, r.parts(), where);
      }
      case Tree.OfMap m -> {
        out.writeByte('{');
        parts(out, m.parts(), where);
        for (Object k : m.keys()) {
          constant(out, k, where);
        }
      }
    }
  }

  private static void parts(DataOutputStream out, List<Tree.Structure> parts, String where)
      throws IOException {
    out.writeInt(parts.size());
    for (Tree.Structure p : parts) {
      structure(out, p, where);
    }
  }

  private static void constant(DataOutputStream out, Object value, String where)
      throws IOException {
    switch (value) {
      case String s -> tagged(out, 's', s);
      case Integer n -> tagged(out, 'i', n.toString());
      case Long n -> tagged(out, 'l', n.toString());
      case Float n -> tagged(out, 'f', n.toString());
      case Double n -> tagged(out, 'd', n.toString());
      case Short n -> tagged(out, 'h', n.toString());
      case Byte n -> tagged(out, 'y', n.toString());
      case Boolean b -> tagged(out, 'b', b.toString());
      case Character c -> tagged(out, 'c', c.toString());
      case Axis a -> {
        tagged(out, 'x', a.name());
        out.writeInt(a.size());
      }
      case Enum<?> e -> {
        tagged(out, 'e', e.getDeclaringClass().getName());
        text(out, e.name());
      }
      default -> // not over Op: any class with equals
          throw Errors.error(
              "%s have a static part of %s, %s, which has no place in a file. Strings, numbers, booleans, characters, enums and axes have.",
              where, value.getClass().getName(), value);
    }
  }

  private static void tagged(DataOutputStream out, char tag, String s) throws IOException {
    out.writeByte(tag);
    text(out, s);
  }

  // ---------------------------------------------------------------- reading

  static Content read(Path file) {
    byte[] all;
    try {
      all = Files.readAllBytes(file);
    } catch (IOException x) {
      throw new UncheckedIOException("the function in %s cannot be read".formatted(file), x);
    } catch (OutOfMemoryError x) {
      throw new AxialException(
          "%s is too large to be a saved function that this process can hold: %s"
              .formatted(file, x.getMessage()),
          x);
    }
    return read(file, all);
  }

  /** What the bytes of a file hold. */
  static Content read(Path file, byte[] all) {
    byte[] body = body(file, all);
    int version = ByteBuffer.wrap(all, MAGIC.length, Integer.BYTES).getInt();
    try (var in = new DataInputStream(new ByteArrayInputStream(body))) {
      Content c = content(in, text -> program(file, version, text));
      if (in.available() > 0) {
        throw new IOException("%,d bytes too many".formatted(in.available()));
      }
      return ExportCheck.check(file, c);
    } catch (AxialException x) {
      throw x;
    } catch (IOException | RuntimeException x) { // a constructor refused what the file says
      throw damaged(file, x);
    }
  }

  private static AxialException damaged(Path file, Exception x) {
    return new AxialException(
        "%s is damaged although its checksum is right: %s. Save the function again."
            .formatted(file, x),
        x);
  }

  private static byte[] body(Path file, byte[] all) {
    if (all.length < HEAD || !Arrays.equals(all, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw Errors.error(
          "%s is no saved function: it does not begin with AXIALFN. Such files are written by Lowered.serialize.",
          file);
    }
    var head = ByteBuffer.wrap(all, MAGIC.length, 20);
    int version = head.getInt();
    if (version < FIRST || version > VERSION) {
      throw Errors.error(
          "%s has version %d of the format, and this library reads versions %d to %d. Load it with the library that wrote it or a later one, or save the function again with this one.",
          file, version, FIRST, VERSION);
    }
    long length = head.getLong();
    long sum = head.getLong();
    byte[] body = Arrays.copyOfRange(all, HEAD, all.length);
    if (length != body.length || sum != checksum(body)) {
      throw Errors.error(
          "%s is damaged: it has %,d bytes after its head with checksum %x, and should have %,d with %x. Save the function again.",
          file, body.length, checksum(body), length, sum);
    }
    return body;
  }

  private static Program program(Path file, int version, String text) {
    try {
      return Program.parse(text);
    } catch (AxialException x) {
      if (version == VERSION) {
        throw x;
      }
      throw new AxialException(
          "%s has version %d of the format, which Axial 0.1.0-SNAPSHOT wrote until functional updates (at(...).set, add, max and others) said how they combine; this library writes version %d, and reads of version %d what has no such updates: %s. Save the function again with this library."
              .formatted(file, version, VERSION, version, x.getMessage()),
          x);
    }
  }

  private static Content content(DataInputStream in, Function<String, Program> parse)
      throws IOException {
    String what = text(in);
    Tree.Structure structure = structure(in, 0);
    var leaves = new ArrayList<Object>();
    int n = count(in);
    for (int k = 0; k < n; k++) {
      leaves.add(leaf(in));
    }
    Tree.Structure out = structure(in, 0);
    Program p = parse.apply(text(in));
    var captured = new ArrayList<Object>();
    int count = count(in);
    for (int k = 0; k < count; k++) {
      captured.add(captured(in));
    }
    return new Content(
        what,
        new Signature(structure, List.copyOf(leaves)),
        new Tracing.Root(p, List.copyOf(captured), out));
  }

  /** A number of things that follow, each of a byte at least: it is no larger than what is left. */
  private static int count(DataInputStream in) throws IOException {
    int n = in.readInt();
    if (n < 0 || n > in.available()) {
      throw new IOException("%,d things in %,d bytes".formatted(n, in.available()));
    }
    return n;
  }

  private static byte[] bytes(DataInputStream in) throws IOException {
    return in.readNBytes(count(in));
  }

  private static String text(DataInputStream in) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(bytes(in));
    return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
  }

  private static ArrayType type(DataInputStream in) throws IOException {
    DType t = DType.valueOf(text(in));
    return new ArrayType(t, dims(in));
  }

  private static List<Dim> dims(DataInputStream in) throws IOException {
    var out = new ArrayList<Dim>();
    int n = count(in);
    if (n > MOST_AXES) {
      throw new IOException("%,d axes".formatted(n));
    }
    for (int k = 0; k < n; k++) {
      String name = text(in);
      int size = in.readInt();
      if (size < 0) {
        throw new IOException("an axis of size %d".formatted(size));
      }
      out.add(new Dim(name, size));
    }
    return List.copyOf(out);
  }

  private static @Nullable ArrayType optional(DataInputStream in) throws IOException {
    return in.readBoolean() ? type(in) : null;
  }

  private static Object leaf(DataInputStream in) throws IOException {
    if (!in.readBoolean()) {
      return type(in);
    }
    int storage = in.readInt();
    ArrayType base = type(in);
    List<Dim> axes = dims(in);
    ArrayType valid = optional(in);
    ArrayType present = optional(in);
    var places = new ArrayList<Signature.Place>();
    for (int k = 0; k < base.rank(); k++) {
      places.add(
          switch (in.readByte()) {
            case 0 -> new Signature.Whole();
            case 1 -> {
              int step = in.readInt();
              yield new Signature.Moving(step, in.readInt());
            }
            case 2 -> {
              ArrayType t = type(in);
              yield new Signature.Indexed(t, in.readBoolean());
            }
            default -> throw new IOException("an unknown selection"); // not over Op
          });
    }
    return new Signature.OfRef(storage, base, places, axes, valid, present);
  }

  private static Store captured(DataInputStream in) throws IOException {
    DType t = DType.valueOf(text(in));
    int length = in.readInt();
    byte[] bytes = bytes(in);
    if (length < 0 || (long) length * t.bytes() != bytes.length) {
      throw new IOException("%,d bytes for %,d elements of %s".formatted(bytes.length, length, t));
    }
    for (int k = 0; t == DType.BOOL && k < length; k++) {
      if (bytes[k] < 0 || bytes[k] > 1) {
        throw new IOException("a boolean of %d".formatted(bytes[k]));
      }
    }
    Store s = Store.zeros(t, length).retain();
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, s.segment(), 0, bytes.length);
    return s;
  }

  private static Tree.Structure structure(DataInputStream in, int depth) throws IOException {
    char tag = (char) in.readByte();
    return switch (tag) {
      case '*' -> new Tree.Leaf();
      case '0' -> new Tree.Empty();
      case '=' -> new Tree.Static(constant(in));
      case '[' -> new Tree.OfList(parts(in, depth));
      case '?' -> new Tree.OfOptional(parts(in, depth));
      case 'a' -> {
        Class<?> component = named(text(in));
        yield new Tree.OfArray(component, parts(in, depth));
      }
      case 'r' -> {
        Class<?> type = named(text(in));
        if (!type.isRecord()) {
          throw Errors.error(
              "%s was a record when the function was saved, and is none now.", type.getName());
        }
        Tree.OfRecord r = new Tree.OfRecord(type, parts(in, depth));
        if (type.getRecordComponents().length != r.parts().size()) {
          throw Errors.error(
              "the record %s had %d components when the function was saved, and has %d now.",
              type.getName(), r.parts().size(), type.getRecordComponents().length);
        }
        yield r;
      }
      case '{' -> {
        List<Tree.Structure> parts = parts(in, depth);
        var keys = new ArrayList<Object>();
        for (int k = 0; k < parts.size(); k++) {
          keys.add(constant(in));
        }
        yield new Tree.OfMap(keys, parts);
      }
      default -> throw new IOException("an unknown tree: " + tag); // not over Op
    };
  }

  private static List<Tree.Structure> parts(DataInputStream in, int depth) throws IOException {
    var out = new ArrayList<Tree.Structure>();
    int n = count(in);
    if (depth >= DEEPEST) {
      throw new IOException("trees that are nested more than %,d deep".formatted(DEEPEST));
    }
    for (int k = 0; k < n; k++) {
      out.add(structure(in, depth + 1));
    }
    return out;
  }

  private static Object constant(DataInputStream in) throws IOException {
    char tag = (char) in.readByte();
    String s = text(in);
    return switch (tag) {
      case 's' -> s;
      case 'i' -> Integer.valueOf(s);
      case 'l' -> Long.valueOf(s);
      case 'f' -> Float.valueOf(s);
      case 'd' -> Double.valueOf(s);
      case 'h' -> Short.valueOf(s);
      case 'y' -> Byte.valueOf(s);
      case 'b' -> Boolean.valueOf(s);
      case 'c' -> character(s);
      case 'x' -> new Axis(s, in.readInt());
      case 'e' -> constantOf(named(s), text(in));
      default -> throw new IOException("an unknown constant: " + tag); // not over Op
    };
  }

  private static char character(String s) throws IOException {
    if (s.length() != 1) {
      throw new IOException("a character of %d".formatted(s.length()));
    }
    return s.charAt(0);
  }

  private static Object constantOf(Class<?> type, String name) {
    if (!type.isEnum()) {
      throw Errors.error("%s was an enum when the function was saved, and is none now.", type);
    }
    for (Object c : type.getEnumConstants()) {
      if (((Enum<?>) c).name().equals(name)) {
        return c;
      }
    }
    throw Errors.error(
        "the enum %s had a constant %s when the function was saved, and has none now.",
        type.getName(), name);
  }

  private static Class<?> named(String name) {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    try {
      return Class.forName(
          name, false, loader != null ? loader : ExportFile.class.getClassLoader());
    } catch (ClassNotFoundException | LinkageError x) {
      throw new AxialException(
          "the saved function takes or gives a %s, which is not on the class path. Add it, or set the thread's context class loader to one that has it."
              .formatted(name),
          x);
    }
  }
}
