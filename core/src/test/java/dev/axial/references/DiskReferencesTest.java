package dev.axial.references;

import static dev.axial.Axial.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.*;
import dev.axial.random.Random;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * References whose contents are a file: what they keep, what they refuse, and blocks of commit.
 *
 * <p>It is long because what a reference in memory can do is done to one on disk as well.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@SuppressWarnings("ReturnValueIgnored") // what a use does to references is the question
class DiskReferencesTest {
  private static final Axis R = axis("Row", 300);
  private static final Axis C = axis("Column", 70);

  @TempDir private Path folder;

  private Path path() {
    return folder.resolve("table.ref");
  }

  private NamedRef create(DType t, Axis... axes) {
    return NamedRef.create(path(), t, axes);
  }

  private NamedRef floats() {
    return create(DType.FLOAT32, R, C);
  }

  private static NamedArray numbers(DType t) {
    return switch (t) {
      case KEY -> Random.split(Random.key(3), R, C);
      case BOOL -> arange(R).plus(arange(C)).rem(3).eq(1);
      case BFLOAT16, FLOAT16, FLOAT32, FLOAT64, INT32, INT64, UINT32 ->
          arange(R).times(7).plus(arange(C)).rem(251).astype(t);
    };
  }

  private static void same(NamedArray got, NamedArray want) {
    assertThat(got.axes()).isEqualTo(want.axes());
    assertThat(got.dtype()).isEqualTo(want.dtype());
    assertThat(got.segment().mismatch(want.segment())).isEqualTo(-1);
  }

  /** The message, the user's line apart. */
  private static void refused(Runnable r, String message) {
    assertThatThrownBy(r::run)
        .isInstanceOf(AxialException.class)
        .message()
        .satisfies(m ->
            assertThat(
                    m.replaceAll("DiskReferencesTest\\.[\\w<>]+\\(\\w+\\.java:\\d+\\)", "<line>")
                        .replaceAll("\n  at .*", ""))
                .isEqualTo(message));
  }

  // ---------------------------------------------------------------- what is kept

  @ParameterizedTest
  @EnumSource
  void contents_of_each_dtype_are_there_again(DType t) {
    NamedArray want = numbers(t);
    try (NamedRef r = create(t, R, C)) {
      assertThat(r.axes()).containsExactly(R, C);
      assertThat(r.file()).contains(path());
      r.set(want);
    }
    try (NamedRef r = NamedRef.open(path(), t, R, C)) {
      same(r.value(), want);
      r.at(R.at(17)).set(want.get(R.at(18)));
    }
    try (NamedRef r = NamedRef.openReadOnly(path())) {
      assertThat(r.axes()).containsExactly(R, C);
      assertThat(r.dtype()).isEqualTo(t);
      same(r.get(R.at(17)), want.get(R.at(18)));
      same(r.get(R.range(18, 300)), want.get(R.range(18, 300)));
    }
    assertThat(folder.toFile().list()).containsExactly("table.ref");
  }

  @Test
  void a_scalar_and_no_elements() {
    try (NamedRef r = create(DType.INT64)) {
      r.commit(() -> r.add(41));
      r.add(1);
    }
    try (NamedRef r = NamedRef.open(path(), DType.INT64)) {
      assertThat(r.item()).isEqualTo(42);
    }
    Axis none = axis("none", 0);
    try (NamedRef r = NamedRef.create(folder.resolve("empty"), DType.BOOL, none, R)) {
      r.commit(() -> r.set(true));
      assertThat(r.value().shape()).containsEntry("none", 0);
    }
  }

  @Test
  void names_of_axes_are_any_text() {
    Axis odd = axis("Größe, [=\n✓", 2);
    try (NamedRef r = create(DType.FLOAT64, odd)) {
      r.set(new double[] {1, 2});
    }
    try (NamedRef r = NamedRef.open(path())) {
      assertThat(r.axes()).containsExactly(odd);
      assertThat(r.value().toDoubleArray()).containsExactly(1, 2);
    }
  }

  @Test
  void derivatives_mapped_functions_and_loops_leave_their_results_on_disk() {
    Axis step = axis("step", 300);
    NamedArray xs = numbers(DType.FLOAT32).rename("Row", "step").div(100);
    Function<NamedRef, NamedArray> work =
        jit(r -> {
          fold(
              step,
              scalar(0f),
              arange(step),
              (sum, k) -> {
                NamedArray row = xs.get(step.at(k));
                r.at(R.at(k)).set(row.times(2));
                return sum.plus(r.get(R.at(k)).sum());
              });
          vmapProc((NamedRef row, NamedArray x) -> row.add(x.sum()), R)
              .run(r, xs.rename("step", "Row"));
          NamedArray g =
              grad(
                      (NamedArray x) -> {
                        r.at(R.at(5)).set(stopGradient(x));
                        return sum(x.times(x));
                      })
                  .apply(arange(C, DType.FLOAT32));
          r.at(R.at(6)).set(g);
          return r.get(R.at(6));
        });
    NamedRef memory = newRef(zeros(R, C));
    NamedArray want = work.apply(memory);
    try (NamedRef r = floats()) {
      same(work.apply(r), want);
    }
    try (NamedRef r = NamedRef.open(path())) {
      same(r.value(), memory.value());
    }
  }

  @Test
  void gradients_add_up_on_disk() {
    NamedArray x = numbers(DType.FLOAT32).div(10);
    try (NamedRef g = floats()) {
      var pull = vjp((NamedArray v) -> sum(v.times(v)), x).withRefs(g);
      pull.apply(scalar(1f));
      g.commit(() -> pull.apply(scalar(2f)));
    }
    try (NamedRef g = NamedRef.open(path())) {
      NamedRef want = newRef(zeros(R, C));
      var pull = vjp((NamedArray v) -> sum(v.times(v)), x).withRefs(want);
      pull.apply(scalar(1f));
      pull.apply(scalar(2f));
      same(g.value(), want.value());
    }
  }

  @Test
  void a_pullback_goes_on_after_a_block_replaced_the_memory() {
    try (NamedRef r = floats()) {
      r.set(3);
      var pull = vjp((NamedArray v) -> sum(v.times(r.get(R.at(1)))), arange(C, DType.FLOAT32));
      r.commit(() -> r.at(R.at(2)).set(4));
      assertThat(pull.apply(scalar(1f)).toFloatArray()).containsOnly(3);
    }
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC}) // whose file systems know holes
  void a_file_of_64_gigabytes_takes_the_room_of_its_rows() throws IOException {
    Axis rows = axis("Row", 1 << 24);
    Axis columns = axis("Column", 1 << 10);
    long free = Files.getFileStore(folder).getUsableSpace();
    BiFunction<NamedRef, NamedArray, NamedArray> write =
        jit((r, k) -> {
          r.at(rows.at(k)).add(arange(columns));
          r.at(rows.at(k), columns.at(7)).set(70);
          return r.get(rows.at(k)).sum();
        });
    double sum = 1023 * 512 + 63;
    try (NamedRef r = NamedRef.create(path(), DType.FLOAT32, rows, columns)) {
      assertThat(Files.size(path())).isGreaterThan(1L << 36);
      r.at(rows.at(rows.size() - 1)).set(5);
      assertThat(write.apply(r, scalar(rows.size() - 2)).item()).isEqualTo(sum);
      Axis two = axis("two", 2);
      NamedArray index = array(new int[] {3, rows.size() - 3}, two);
      r.at(rows.at(index)).set(arange(two).plus(1));
      assertThat(r.get(columns.at(scalar(9)), rows.at(index)).toFloatArray()).containsExactly(1, 2);
      r.at(columns.at(11), rows.range(1 << 23, (1 << 23) + 3)).set(new float[] {1, 2, 3});
    }
    assertThat(free - Files.getFileStore(folder).getUsableSpace()).isLessThan(1L << 35);
    try (NamedRef r = NamedRef.open(path())) {
      assertThat(r.get(rows.at(rows.size() - 1)).toFloatArray()).containsOnly(5);
      assertThat(r.get(rows.at(rows.size() - 2)).sum().item()).isEqualTo(sum);
      assertThat(r.get(rows.at(rows.size() - 3), columns.at(1023)).item()).isEqualTo(2);
      assertThat(r.get(rows.at((1 << 23) + 2)).sum().item()).isEqualTo(3);
      assertThat(r.get(rows.at(1 << 22)).sum().item()).isZero();
      refused(
          () -> r.set(1),
          "an array of 17,179,869,184 elements was asked for; an array has at most 2,147,483,639. Split it along an axis.");
    }
  }

  @Test
  void the_sample_of_the_documentation() {
    Axis Row = axis("Row", 1000);
    Axis Embed = axis("Embed", 64);
    // @start region=disk
    Path path = folder.resolve("table.ref");
    NamedRef.create(path, DType.FLOAT32, Row, Embed).close();
    Proc1<NamedRef> step = jitProc(r -> r.at(Row.at(7)).add(1)); // in place, in the file's pages

    try (NamedRef table = NamedRef.open(path, DType.FLOAT32, Row, Embed)) {
      table.at(Row.at(3)).set(2);
      table.commit(() -> { // all of it or nothing, whatever happens
        step.run(table);
        table.at(Row.at(8)).add(1);
      });
    }
    // @end
    try (NamedRef table = NamedRef.openReadOnly(path)) {
      assertThat(table.value().sum().item()).isEqualTo(4 * 64);
    }
  }

  @Test
  void the_end_of_a_scope_leaves_the_file_open() {
    try (NamedRef r = opened()) {
      r.add(1);
    }
    assertThat(first(path())).isEqualTo(2);
  }

  private NamedRef opened() {
    try (var _ = Memory.scope()) {
      NamedRef r = floats();
      r.commit(() -> r.set(1));
      return r;
    }
  }

  // ---------------------------------------------------------------- headers

  @Test
  void other_axes_or_another_dtype_are_refused() {
    floats().close();
    String there = path() + " holds a reference of type float32[Row=300, Column=70]; ";
    String todo =
        " was asked for. Ask for what it holds, with the axes in that order, or open it without dtype and axes.";
    refused(
        () -> NamedRef.open(path(), DType.INT32, R, C), there + "int32[Row=300, Column=70]" + todo);
    refused(
        () -> NamedRef.open(path(), DType.FLOAT32, C, R),
        there + "float32[Column=70, Row=300]" + todo);
    refused(
        () -> NamedRef.openReadOnly(path(), DType.FLOAT32, R.resize(299), C),
        there + "float32[Row=299, Column=70]" + todo);
    NamedRef.open(path(), DType.FLOAT32, R, C).close(); // and it is not left open
  }

  @Test
  void what_is_no_reference_is_refused() throws IOException {
    refused(
        () -> NamedRef.open(path()), path() + " does not exist. NamedRef.create makes a new one.");
    Files.writeString(path(), "something else, and long enough to have been a header of ours");
    String not =
        path()
            + " does not hold a reference: it does not begin with AXIALREF. Was it written by NamedRef.create, and was that not interrupted?";
    refused(() -> NamedRef.open(path()), not);
    Files.write(path(), new byte[10]);
    refused(() -> NamedRef.openReadOnly(path()), not);
    refused(
        () -> create(DType.BOOL),
        path() + " exists already. Open it with NamedRef.open, or delete it first.");
    assertThat(folder.toFile().list()).containsExactly("table.ref");
  }

  @Test
  void what_no_file_holds_is_refused() {
    Axis most = axis("a", Integer.MAX_VALUE);
    refused(
        () -> create(DType.FLOAT64, most, axis("b", Integer.MAX_VALUE)),
        path() + " would have more than 2^63 bytes, which no file has. Make an axis shorter.");
    refused(
        () -> create(DType.BOOL, axis("x".repeat(1 << 20), 1)),
        "the names of the axes take more than 1,048,576 bytes, which a file's header does not hold; shorten them.");
    assertThat(folder.toFile().list()).isEmpty();
  }

  @Test
  void a_later_version_is_refused() throws IOException {
    floats().close();
    change(8, 3);
    refused(
        () -> NamedRef.open(path()),
        path()
            + " holds a reference of version 3; this library reads versions 1 to 2. Use the library that wrote it, or a later one.");
  }

  @Test
  void a_changed_header_is_refused() throws IOException {
    floats().close();
    byte[] good = Files.readAllBytes(path());
    int n = ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getInt(12);
    for (int k = 0; k < n; k++) {
      byte[] bad = good.clone();
      bad[k] ^= 4;
      Files.write(path(), bad);
      assertThatThrownBy(() -> NamedRef.open(path()))
          .as("byte %d", k)
          .isInstanceOf(AxialException.class)
          .hasMessageMatching(
              "(?s).*(does not hold a reference|of version|is damaged: the (length|checksum) of the header).*");
    }
    Files.write(path(), good);
    NamedRef.open(path()).close();
  }

  @Test
  void a_shortened_file_is_refused() throws IOException {
    floats().close();
    long size = Files.size(path());
    assertThat(size).isEqualTo(65536 + 131072 + 8192 + 4 * 21); // 21 pages
    Files.write(path(), java.util.Arrays.copyOf(Files.readAllBytes(path()), (int) size - 1));
    refused(
        () -> NamedRef.open(path()),
        path()
            + " is damaged: it has 204,883 bytes and should have 204,884. Restore it from a copy.");
  }

  @Test
  void what_is_damaged_is_listed_and_taken_as_it_is() throws IOException {
    try (NamedRef r = floats()) {
      r.set(1);
    }
    assertThat(NamedRef.recover(path()).isWhole()).isTrue();
    change(65536 + 4096 + 7, 3);
    change(65536 + 2 * 4096, 3);
    Recovered found = NamedRef.recover(path());
    assertThat(found)
        .isEqualTo(
            new Recovered(false, false, List.of(new Recovered.Elements(1024, 3 * 1024 - 1))));
    NamedRef.verify(path());
    try (NamedRef r = NamedRef.open(path())) {
      assertThat(r.get().sum().item()).isNotEqualTo(r.size());
      assertThatThrownBy(() -> NamedRef.recover(path()))
          .hasMessageContaining(" is open already, in this process");
    }
    assertThat(NamedRef.recover(path()).isWhole()).isTrue();
  }

  private void change(int at, int to) throws IOException {
    byte[] all = Files.readAllBytes(path());
    all[at] = (byte) to;
    Files.write(path(), all);
  }

  // ---------------------------------------------------------------- reading only

  @Test
  void no_write_gets_through_to_a_file_open_for_reading() throws IOException {
    try (NamedRef r = floats()) {
      r.set(1);
    }
    byte[] before = Files.readAllBytes(path());
    NamedArray row = arange(C, DType.FLOAT32);
    NamedRef other = newRef(zeros(C));
    try (NamedRef r = NamedRef.openReadOnly(path())) {
      List<Runnable> writes =
          List.of(
              () -> r.set(2),
              () -> r.set(row),
              () -> r.set(true),
              () -> r.at(R.at(1)).set(new float[70]),
              () -> r.add(1),
              () -> r.at(R.at(1)).add(row),
              () -> r.update(x -> x),
              () -> r.swap(1),
              () -> r.at(R.at(1)).swap(row),
              () -> r.commit(() -> {}),
              () -> jitProc((NamedRef x) -> x.at(R.at(1)).set(row)).run(r),
              () ->
                  jitProc(
                          (NamedRef x) -> {
                            other.set(row);
                            x.at(R.at(0)).add(1);
                          })
                      .run(r),
              () -> jitProc((NamedArray x) -> r.at(R.at(1)).set(x)).run(row),
              () -> map(R, arange(R), k -> r.at(R.at(k)).swap(1f)),
              () ->
                  jitProc((NamedRef x, NamedArray p) -> condProc(p, () -> x.set(2), () -> {}))
                      .run(r, scalar(false)),
              () -> vmapProc((NamedRef x) -> x.set(2), R).run(r),
              () -> vjp((NamedArray x) -> sum(x), ones(R, C)).withRefs(r).apply(scalar(1f)));
      for (Runnable w : writes) {
        refused(
            w,
            "the reference made at <line> (file %s) was opened for reading only, and this would write it. Open it with NamedRef.open to write it, or write a copy: newRef(ref.value())."
                .formatted(path()));
      }
      r.flush();
      Function<NamedRef, NamedArray> read = jit(x -> x.get(R.at(1)).sum());
      assertThat(read.apply(r).item()).isEqualTo(70);
    }
    assertThat(other.value().toFloatArray()).containsOnly(0);
    assertThat(Files.readAllBytes(path())).isEqualTo(before);
  }

  // ---------------------------------------------------------------- blocks of commit

  private Path copy(String name) throws IOException {
    return Files.copy(path(), folder.resolve(name)); // as a process that is killed leaves it
  }

  private static float first(Path copy) {
    try (NamedRef r = NamedRef.openReadOnly(copy)) {
      return (float) r.get(R.at(0), C.at(0)).item();
    }
  }

  @Test
  void the_file_has_nothing_of_a_block_before_its_end() throws IOException {
    Proc1<NamedRef> fill = jitProc(r -> r.set(7));
    try (NamedRef r = floats()) {
      r.set(1);
      r.commit(() -> {
        fill.run(r);
        r.at(R.at(0)).add(1);
        assertThat(r.get(R.at(0), C.at(0)).item()).isEqualTo(8);
        assertThat(first(copied("during"))).isEqualTo(1);
      });
      assertThat(first(copy("after"))).isEqualTo(8);
      assertThat(r.get(R.at(0), C.at(0)).item()).isEqualTo(8);
      assertThat(r.get(R.at(299), C.at(69)).item()).isEqualTo(7);
    }
  }

  private Path copied(String name) {
    try {
      return copy(name);
    } catch (IOException x) {
      throw new java.io.UncheckedIOException(x);
    }
  }

  @Test
  void a_block_that_throws_leaves_what_was_there() {
    try (NamedRef r = floats()) {
      r.set(1);
      NamedRef view = r.at(R.at(3));
      assertThatThrownBy(() ->
              r.commit(() -> {
                r.set(2);
                throw new IllegalStateException("no");
              }))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("no");
      assertThat(r.value().toFloatArray()).containsOnly(1);
      view.commit(() -> view.set(5)); // of the whole file, by way of a view
      assertThat(view.value().toFloatArray()).containsOnly(5);
    }
    assertThat(first(path())).isEqualTo(1);
  }

  @Test
  void what_a_block_refuses() {
    NamedRef memory = newRef(zeros(C));
    try (NamedRef r = floats()) {
      String made = "the reference made at <line> (file " + path() + ")";
      r.commit(() -> {
        String where = made + ", inside its own block of commit. ";
        refused(() -> r.commit(() -> {}), "commit of " + where + "Commit it after the block.");
        refused(r::flush, "flush of " + where + "Flush it after the block.");
        refused(r::close, "close of " + where + "Close it after the block.");
        refused(
            () ->
                r.update(x -> {
                  r.set(1);
                  return x;
                }),
            made
                + " is used inside the function given to its own update, or in a callback of a call that holds it. Use the value the function receives, or move the access outside.");
      });
      refused(
          () ->
              r.update(x -> {
                r.commit(() -> {});
                return x;
              }),
          made
              + " is used inside the function given to its own update, or in a callback of a call that holds it. Use the value the function receives, or move the access outside.");
      refused(
          () -> jitProc((NamedRef x) -> r.commit(() -> {})).run(memory),
          "commit works on a file, so it is for eager code, and this is inside a traced function. Call it outside, around the call of the compiled function.");
      String ends =
          made
              + " is on disk, so it cannot be %s: its memory is the file's. Take a copy with value(), and close() it.";
      refused(r::freeze, ends.formatted("frozen"));
      refused(() -> free(r), ends.formatted("freed"));
    }
    String only =
        " is for references on disk, which NamedRef.open and NamedRef.create give; the one made at <line> is in memory.";
    refused(() -> memory.commit(() -> {}), "commit" + only);
    refused(memory::flush, "flush" + only);
    refused(memory::close, "close" + only);
    refused(
        () -> jitProc((NamedRef x) -> NamedRef.open(path())).run(memory),
        "NamedRef.open works on a file, so it is for eager code, and this is inside a traced function. Call it outside, around the call of the compiled function.");
    assertThat(memory.file()).isEmpty();
  }

  @Test
  void blocks_of_two_files_nest() {
    try (NamedRef a = floats();
        NamedRef b = NamedRef.create(folder.resolve("b"), DType.FLOAT32, C)) {
      Proc2<NamedRef, NamedRef> both =
          jitProc((x, y) -> {
            x.set(1);
            y.set(2);
          });
      assertThatThrownBy(() ->
              a.commit(() -> {
                b.commit(() -> both.run(a, b));
                throw new IllegalStateException();
              }))
          .isInstanceOf(IllegalStateException.class);
      assertThat(a.value().toFloatArray()).containsOnly(0);
      assertThat(b.value().toFloatArray()).containsOnly(2);
    }
  }

  @Test
  void other_threads_see_a_block_whole() throws Exception {
    try (NamedRef r = floats();
        var pool = Executors.newFixedThreadPool(3)) {
      Function<NamedRef, NamedArray> ends =
          jit(x -> x.get(R.at(0), C.at(0)).minus(x.get(R.at(299), C.at(69))));
      var done = new CountDownLatch(1);
      var readers =
          List.of(
              pool.submit(() -> {
                while (done.getCount() > 0) {
                  assertThat(ends.apply(r).item()).isZero();
                }
              }),
              pool.submit(() -> {
                while (done.getCount() > 0) {
                  NamedArray all = r.value();
                  assertThat(all.max().item()).isEqualTo(all.min().item());
                }
              }),
              pool.submit(() -> {
                while (done.getCount() > 0) {
                  r.commit(() -> r.set((float) r.get(R.at(0), C.at(0)).item() + 1));
                }
              }));
      for (int k = 0; k < 50; k++) {
        r.commit(() -> {
          for (int row = 0; row < R.size(); row++) {
            r.at(R.at(row)).add(1);
          }
        });
      }
      done.countDown();
      for (var f : readers) {
        f.get(60, TimeUnit.SECONDS);
      }
      assertThat(r.get(R.at(0), C.at(0)).item()).isGreaterThanOrEqualTo(50);
    }
  }

  @Test
  void an_interrupted_thread_commits() {
    try (NamedRef r = floats()) {
      Thread.currentThread().interrupt();
      r.commit(() -> r.set(3));
      r.flush();
      assertThat(Thread.interrupted()).isTrue();
      r.commit(() -> r.at(R.at(1)).set(4));
    }
    assertThat(first(path())).isEqualTo(3);
  }

  @Test
  void a_file_that_was_moved_or_deleted_takes_no_promise() throws IOException {
    String gone =
        " of %s failed: java.io.IOException: it was deleted or moved while it was open, so nobody would find what is written to it"
            .formatted(path());
    NamedRef r = floats();
    Files.move(path(), folder.resolve("elsewhere"));
    refused(() -> r.commit(() -> r.set(1)), "mapping a copy for commit" + gone);
    assertThat(r.get(R.at(0), C.at(0)).item()).isZero();
    refused(
        () -> NamedRef.open(folder.resolve("elsewhere")),
        folder.resolve("elsewhere")
            + " is open already, in this process: a file is open once for writing, or several times for reading. Use the reference that is open, or close() it first.");
    refused(
        this::floats,
        "%s.journal is the journal of another reference, so %s cannot be opened for writing: its journal has that name. Move the one or the other elsewhere."
            .formatted(path(), path()));
    Files.writeString(path(), "another");
    refused(() -> r.commit(() -> r.set(1)), "mapping a copy for commit" + gone);
    refused(r::flush, gone.replaceFirst(" of", "flushing"));
    r.close();
    assertThat(folder.resolve("table.ref.journal")).doesNotExist();
    try (NamedRef d = NamedRef.create(folder.resolve("d"), DType.FLOAT32, C)) {
      Files.delete(folder.resolve("d"));
      d.set(5);
      refused(
          d::flush,
          gone.replaceFirst(" of", "flushing")
              .replace(path().toString(), "" + folder.resolve("d")));
    }
  }

  // ---------------------------------------------------------------- the end

  @Test
  void a_use_after_close_is_an_error() {
    NamedRef r = floats();
    NamedRef view = r.at(R.at(1));
    Function<NamedRef, NamedArray> read = jit(x -> x.get(C.at(1)).sum());
    Function<NamedArray, NamedArray> captured = jit(x -> x.plus(r.get(R.at(1))));
    NamedArray row = ones(C);
    read.apply(r);
    captured.apply(row);
    r.close();
    r.close();
    List<Runnable> uses =
        List.of(
            () -> r.get(),
            () -> view.get(),
            () -> view.set(1),
            () -> r.add(row),
            () -> r.at(R.at(1)),
            () -> read.apply(r),
            () -> read.apply(view.unsliced()),
            () -> captured.apply(row),
            () -> r.commit(() -> {}),
            () -> r.flush());
    for (Runnable use : uses) {
      refused(
          use,
          "the reference made at <line> (file %s) was closed at <line> and cannot be used any more; open the file again."
              .formatted(path()));
    }
    assertThat(r).hasToString("NamedRef(float32[Row=300, Column=70])");
  }

  @Test
  void close_waits_for_calls_that_run() throws Exception {
    Axis steps = axis("step", 2000);
    Function<NamedRef, NamedArray> slow =
        jit(r ->
            fold(
                steps,
                scalar(0f),
                arange(steps),
                (s, k) -> {
                  r.add(1);
                  return s.plus(r.get(R.at(k.rem(300))).sum());
                }));
    try (var pool = Executors.newFixedThreadPool(2)) {
      for (int round = 0; round < 10; round++) {
        NamedRef r = NamedRef.create(folder.resolve("f" + round), DType.FLOAT32, R, C);
        var started = new CountDownLatch(2);
        Runnable use =
            () -> {
              started.countDown();
              while (true) {
                slow.apply(r);
                r.at(R.at(2)).set(1);
              }
            };
        var one = pool.submit(use);
        var two = pool.submit(use);
        started.await();
        Thread.sleep(20);
        r.close();
        for (var f : List.of(one, two)) {
          assertThatThrownBy(() -> f.get(60, TimeUnit.SECONDS))
              .hasMessageContaining("was closed at");
        }
      }
    }
  }

  // ---------------------------------------------------------------- who may open

  @Test
  void a_file_is_open_once_for_writing_or_often_for_reading() throws IOException {
    String writing =
        " is open already, in this process: a file is open once for writing, or several times for reading. Use the reference that is open, or close() it first.";
    String reading =
        " is open for writing already, in this process, so it cannot be read now. Use the reference that is open, or close() it first.";
    try (NamedRef r = floats()) {
      refused(() -> NamedRef.open(path()), path() + writing);
      refused(() -> NamedRef.openReadOnly(path()), path() + reading);
      Path link = Files.createSymbolicLink(folder.resolve("link"), path());
      refused(() -> NamedRef.open(link), link + writing);
      r.set(1);
    }
    NamedRef a = NamedRef.openReadOnly(path());
    try (NamedRef b = NamedRef.openReadOnly(path())) {
      refused(() -> NamedRef.open(path()), path() + writing);
      a.close();
      refused(() -> NamedRef.open(path()), path() + writing);
      assertThat(b.get(R.at(0), C.at(0)).item()).isEqualTo(1);
    }
    NamedRef.open(path()).close();
  }

  @Test
  void a_reference_that_was_dropped_is_closed() throws InterruptedException {
    openAndDrop();
    for (int k = 0; k < 200; k++) {
      System.gc();
      Thread.sleep(10);
      try (NamedRef r = NamedRef.open(path())) {
        assertThat(r.get(R.at(0), C.at(0)).item()).isEqualTo(9);
        return;
      } catch (AxialException x) {
        assertThat(x).hasMessageContaining("is open already");
      }
    }
    throw new AssertionError("not collected");
  }

  private void openAndDrop() {
    floats().set(9);
  }
}
