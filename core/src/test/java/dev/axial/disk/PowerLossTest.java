package dev.axial.disk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.disk.FaultyDisk.Choice;
import dev.axial.disk.FaultyDisk.Fault;
import dev.axial.engine.Storage;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The power goes, or the disk fails, at every step of making a file, of blocks, flushes, closes and
 * recoveries, and what was not forced is on disk or not in any mixture ({@link FaultyDisk}). Then
 * the file has the contents of one moment that was promised, or says that it has not.
 *
 * <p>{@code -Daxial.losses=200} asks for so many mixtures at each step.
 */
class PowerLossTest {
  private static final int MIXTURES = Integer.getInteger("axial.losses", 8);
  private static final Path PATH = Path.of("/disk/x.ref");
  private static final int WORDS = 3 * 512 + 70;
  private static final ArrayType TYPE = new ArrayType(DType.INT64, List.of(new Dim("x", WORDS)));

  /** An open reference and what its file may hold. */
  private static final class Use {
    final FaultyDisk disk;

    /** The words of the file are all in one of these. */
    List<Set<Long>> allowed = List.of();

    boolean made;
    @Nullable RefFile file;
    @Nullable Storage storage;

    Use(FaultyDisk disk) {
      this.disk = disk;
    }

    void create() {
      opened(RefFile.create(disk, PATH, TYPE));
      made = true;
      allowed = List.of(Set.of(0L));
    }

    void open() {
      opened(RefFile.open(disk, PATH, true, false));
    }

    private void opened(RefFile f) {
      file = f;
      storage = new Storage(TYPE, f.store(), "here");
      storage.replace(f.store(), f);
    }

    void block(long word) {
      var before = allowed;
      allowed = new ArrayList<>(before);
      allowed.add(Set.of(word));
      storage.lockForBlock();
      try {
        file.commit(storage, () -> fill(0, WORDS, word));
        allowed = List.of(Set.of(word));
      } finally {
        storage.unlockAfterBlock();
      }
    }

    /** A write outside of blocks, which may be there in part until the next flush. */
    void write(int from, int to, long word) {
      allowed =
          List.of(
              java.util.stream.Stream.concat(
                      allowed.stream().flatMap(Set::stream), java.util.stream.Stream.of(word))
                  .collect(Collectors.toSet()));
      storage.guard().writes(from, to);
      fill(from, to, word);
    }

    void flushed(long word) {
      file.flush();
      allowed = List.of(Set.of(word));
    }

    void close() {
      RefFile f = file;
      file = null;
      storage = null;
      f.close();
    }

    private void fill(int from, int to, long word) {
      for (int k = from; k < to; k++) {
        storage.store().segment().setAtIndex(ValueLayout.JAVA_LONG, k, word);
      }
    }

    void drop() {
      if (file != null) {
        try {
          file.close();
        } catch (AxialException _) {
          // it has no power
        }
      }
    }
  }

  private interface Stage {
    void run(Use u);
  }

  private static final List<Stage> STAGES =
      List.of(
          Use::create,
          u -> u.block(1),
          u -> u.write(0, WORDS, 2),
          u -> u.flushed(2),
          u -> u.block(3),
          u -> u.write(700, 703, 4),
          u -> u.write(0, 9, 4),
          u -> u.block(5),
          u -> u.block(6),
          Use::close,
          Use::open,
          u -> u.block(7),
          Use::close,
          Use::open,
          u -> u.write(5, WORDS, 8),
          u -> u.write(0, 5, 8),
          u -> {
            u.close();
            u.allowed = List.of(Set.of(8L));
          });

  private static final class Run {
    final Use use;
    boolean cut;

    Run(Fault fault, int at) {
      use = new Use(new FaultyDisk(fault, at));
      try {
        for (Stage s : STAGES) {
          s.run(use);
        }
      } catch (AxialException _) {
        cut = true;
      }
    }
  }

  /** What a file holds; null with a named error if that may be. */
  private static @Nullable Set<Long> words(FaultyDisk disk, boolean writable, boolean verify) {
    RefFile f = RefFile.open(disk, PATH, writable, verify);
    try {
      return Arrays.stream(f.store().segment().toArray(ValueLayout.JAVA_LONG))
          .boxed()
          .collect(Collectors.toSet());
    } finally {
      f.close();
    }
  }

  private static void check(FaultyDisk left, Use u, String when) {
    if (!u.made && isMadeAnew(left, when)) {
      return;
    }
    var before = left.files().stream().map(p -> Arrays.hashCode(left.contents(p))).toList();
    Set<Long> read = words(left, false, false);
    assertThat(left.files().stream().map(p -> Arrays.hashCode(left.contents(p))).toList())
        .as("reading writes nothing, %s", when)
        .isEqualTo(before);
    promised(read, u, when);
    verified(left, when);
    assertThat(words(left, true, false)).as(when).isEqualTo(read);
    assertThat(words(left, false, true)).as("verified after recovery, %s", when).isEqualTo(read);
    assertThat(left.files()).as(when).containsExactly(PATH);
  }

  private static void promised(Set<Long> words, Use u, String when) {
    List<Set<Long>> allowed = u.made ? u.allowed : List.of(Set.of(0L));
    assertThat(allowed).as("%s; found %s", when, words).anyMatch(a -> a.containsAll(words));
  }

  private static void verified(FaultyDisk left, String when) {
    try {
      Set<Long> _ = words(left, false, true);
    } catch (AxialException x) {
      assertThat(x).as(when).hasMessageContaining("ended before the checksums were");
    }
  }

  /** Before it is made, there may be no file or one that can be made anew. */
  private static boolean isMadeAnew(FaultyDisk left, String when) {
    try {
      Set<Long> _ = words(left, false, false);
      return false;
    } catch (AxialException x) {
      assertThat(x).as(when).hasMessageMatching("(?s).*(does not exist|holds no reference yet).*");
    }
    RefFile.create(left, PATH, TYPE).close();
    assertThat(words(left, false, true)).as(when).containsExactly(0L);
    return true;
  }

  @Test
  void the_power_goes_at_any_step() {
    int steps = new Run(Fault.NONE, -1).use.disk.steps().size();
    assertThat(steps).isGreaterThan(100);
    int cut = 0;
    var random = new SplittableRandom(1);
    for (int n = 0; n <= steps; n++) {
      var run = new Run(Fault.POWER, n);
      cut += run.cut ? 1 : 0;
      FaultyDisk disk = run.use.disk;
      run.use.drop();
      for (Choice c : FaultyDisk.choices(random, MIXTURES)) {
        check(disk.left(c), run.use, "after step " + n + ", " + disk.steps().getLast());
      }
    }
    assertThat(cut).isGreaterThan(steps * 9 / 10); // an empty journal that stays is no failure
  }

  @Test
  void and_again_at_any_step_of_the_recovery() {
    int steps = new Run(Fault.NONE, -1).use.disk.steps().size();
    var random = new SplittableRandom(2);
    for (int n = 0; n < steps; n++) {
      var run = new Run(Fault.POWER, n);
      run.use.drop();
      if (!run.use.made) {
        continue;
      }
      for (Choice c : few(random)) {
        for (int m = 0; ; m++) {
          FaultyDisk left = run.use.disk.left(c);
          left.failAt(Fault.POWER, m);
          boolean whole = opens(left);
          String when = "step %d, then %d: %s".formatted(n, m, left.steps());
          for (Choice again : few(random)) {
            check(left.left(again), run.use, when);
          }
          if (whole) {
            break;
          }
        }
      }
    }
  }

  /** The newest, and some mixtures. */
  private static List<Choice> few(SplittableRandom random) {
    List<Choice> all = FaultyDisk.choices(random, 2 + MIXTURES);
    return MIXTURES > 8 ? all : List.of(all.get(1), all.get(4));
  }

  private static boolean opens(FaultyDisk disk) {
    try {
      Set<Long> _ = words(disk, true, false);
      return true;
    } catch (AxialException _) {
      return false;
    }
  }

  /** After an error nothing is claimed that is not on disk; the next flush makes it whole. */
  @Test
  void the_disk_fails_once_at_any_step() {
    int steps = new Run(Fault.NONE, -1).use.disk.steps().size();
    var random = new SplittableRandom(3);
    int whole = 0;
    for (int n = 0; n < steps; n++) {
      var run = new Run(Fault.ERROR, n);
      Use u = run.use;
      String when = "error at step " + n + ", " + u.disk.steps().get(n);
      if (!u.made) {
        assertThat(run.cut).as(when).isTrue();
        assertThat(u.disk.files()).as(when).doesNotContain(PATH);
        continue;
      }
      if (run.cut && (u.storage == null || !u.storage.alive())) {
        for (Choice c : FaultyDisk.choices(random, 4)) {
          check(u.disk.left(c), u, when);
        }
        u.open();
      }
      if (run.cut && goesOn(u)) {
        whole++;
        for (Choice c : FaultyDisk.choices(random, 4)) {
          Set<Long> words = words(u.disk.left(c), true, false);
          assertThat(words).as("flushed, " + when).containsExactly(9L);
          verified(u.disk.left(c), when);
        }
      }
      u.drop();
    }
    assertThat(whole).isGreaterThan(40);
  }

  private static boolean goesOn(Use u) {
    try {
      u.write(0, WORDS, 9);
      u.file.flush();
      return true;
    } catch (AxialException _) {
      return false;
    }
  }
}
