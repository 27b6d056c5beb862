package dev.axial;

import static dev.axial.Axial.*;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.zip.CRC32C;

/**
 * The file of a saved function: it is read, or an error of ours. The first byte of an input says
 * whether length and checksum are made right.
 */
public final class ExportTarget {
  private static final int HEAD = 28;

  /** What the function of the seed takes and gives. */
  public record Parts(
      NamedArray a,
      List<NamedRef> refs,
      Optional<NamedArray> maybe,
      Map<String, NamedArray> map,
      String name,
      DType dtype,
      Axis axis) {}

  private ExportTarget() {}

  /** What the fuzzer calls. */
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    byte[] file = Arrays.copyOfRange(input, 1, input.length);
    if (input[0] % 2 == 0 && file.length >= HEAD) {
      var crc = new CRC32C();
      crc.update(file, HEAD, file.length - HEAD);
      ByteBuffer.wrap(file).putLong(12, file.length - HEAD).putLong(20, crc.getValue());
    }
    try {
      ExportFile.Content _ = ExportFile.read(Path.of("input"), file);
    } catch (AxialException _) {
      // that is what it should say
    }
  }

  /** A function whose file has every kind of part. */
  public static Lowered seed() {
    Axis X = axis("X", 6);
    Axis Y = axis("Y", 3);
    NamedArray captured = arange(X, DType.FLOAT32);
    NamedArray flags = arange(Y).eq(1);
    Function<Parts, Parts> f =
        jit((Parts q) -> {
          q.refs().get(0).at(X.at(1)).set(q.a().sum(X));
          q.refs().get(1).add(captured);
          return new Parts(
              q.a().plus(captured).times(q.refs().get(0).get()),
              List.of(),
              q.maybe().map(v -> where(flags, v, v.plus(1))),
              Map.of("z", sum(q.map().get("k"))),
              q.name(),
              q.dtype(),
              q.axis());
        });
    var arg =
        new Parts(
            ones(X),
            List.of(newRef(zeros(X)), newRef(zeros(X)).slice(X.range(0, 6))),
            Optional.of(arange(Y)),
            Map.of("k", ones(X, Y)),
            "a name",
            DType.INT32,
            Y);
    return lower(f, arg);
  }
}
