package dev.axial.laws;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.*;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A reference on disk is a reference: the whole catalogue of accesses gives the same bits on it,
 * eager and compiled, outside and inside of a block of commit, and after opening it again.
 */
class DiskReferenceLawsTest {
  @TempDir private static Path folder;

  /** One file for each kind of source, because to make one takes the disk a while. */
  private static final class Files implements AutoCloseable {
    private final Map<Sample, NamedRef> open = new HashMap<>();
    private final Map<Sample, NamedArray> last = new HashMap<>();

    NamedRef of(Sample s) {
      Sample kind = Sample.of(s.dtype(), null, s.axes().toArray(Axis[]::new));
      return open.computeIfAbsent(
          kind,
          k ->
              NamedRef.create(
                  folder.resolve(open.size() + ".ref"), k.dtype(), k.axes().toArray(Axis[]::new)));
    }

    void remember(Sample s, NamedArray contents) {
      last.put(Sample.of(s.dtype(), null, s.axes().toArray(Axis[]::new)), contents);
    }

    /** Closes all, and finds the last contents of each when it is opened again. */
    @Override
    public void close() {
      int k = 0;
      assertThat(open).isNotEmpty();
      var names = new HashMap<Sample, Path>();
      for (var e : open.entrySet()) {
        NamedRef r = e.getValue();
        names.put(e.getKey(), path(r));
        r.close();
      }
      for (var e : last.entrySet()) {
        Sample s = e.getKey();
        try (NamedRef r =
            NamedRef.openReadOnly(names.get(s), s.dtype(), s.axes().toArray(Axis[]::new))) {
          same("after opening again", r.value(), e.getValue());
          k++;
        }
      }
      assertThat(k).isEqualTo(open.size());
    }

    private static Path path(NamedRef r) {
      return r.file().orElseThrow();
    }
  }

  private static void same(String what, NamedArray got, NamedArray want) {
    assertThat(got.axes()).as(what).isEqualTo(want.axes());
    assertThat(got.dtype()).as(what).isEqualTo(want.dtype());
    assertThat(got.segment().mismatch(want.segment()))
        .as("%s: %s, expected %s", what, got, want)
        .isEqualTo(-1);
  }

  private static void same(String what, List<NamedArray> got, List<NamedArray> want) {
    assertThat(got).as(what).hasSameSizeAs(want);
    for (int k = 0; k < got.size(); k++) {
      same(what, got.get(k), want.get(k));
    }
  }

  /** What a case gives on a reference, and what is left in it. */
  private static List<NamedArray> run(
      RefCase c, NamedRef r, NamedArray source, List<NamedArray> x) {
    r.set(source);
    var out = new ArrayList<>(c.body().apply(r, x));
    out.add(r.value());
    return out;
  }

  @Test
  void the_catalogue_gives_the_same_bits_on_disk() {
    try (var files = new Files()) {
      for (RefCase c : ReferenceCases.all()) {
        var random = new SplittableRandom(7);
        NamedArray source = c.source().draw(random);
        List<NamedArray> x = c.operands().stream().map(s -> s.draw(random)).toList();
        NamedRef disk = files.of(c.source());
        NamedRef memory = newRef(zeros(source.dtype(), source.axes().toArray(Axis[]::new)));

        List<NamedArray> want = run(c, memory, source, x);
        same(c + ", eager", run(c, disk, source, x), want);
        Function<NamedRef, List<NamedArray>> compiled = jit(r -> run(c, r, source, x));
        List<NamedArray> wanted = compiled.apply(memory);
        same(c + ", compiled", compiled.apply(disk), wanted);
        disk.set(zerosLike(source));
        disk.commit(() -> same(c + ", in a block", compiled.apply(disk), wanted));
        same(c + ", after the block", disk.value(), wanted.getLast());
        files.remember(c.source(), wanted.getLast());
      }
    }
  }
}
