package dev.axial.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.Axial;
import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedRef;
import dev.axial.Proc1;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What a reference's file is to the files beside it, and that damage is found. */
class FilesTest {
  private static final Axis R = Axial.axis("Row", 100);
  private static final Axis C = Axial.axis("Column", 100);

  @TempDir private Path folder;

  private Path path() {
    return folder.resolve("x.ref");
  }

  private NamedRef create() {
    return NamedRef.create(path(), DType.FLOAT32, R, C);
  }

  private static void refused(Runnable r, String message) {
    assertThatThrownBy(r::run).isInstanceOf(AxialException.class).hasMessageContaining(message);
  }

  // ---------------------------------------------------------------- names and modes

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void the_journal_has_the_mode_of_its_reference() throws IOException {
    create().close();
    for (String mode : new String[] {"rw-------", "rw-r-----", "rw-rw-rw-"}) {
      Files.setPosixFilePermissions(path(), PosixFilePermissions.fromString(mode));
      try (NamedRef r = NamedRef.open(path())) {
        r.commit(() -> r.set(42));
        assertThat(
                PosixFilePermissions.toString(Files.getPosixFilePermissions(Journal.side(path()))))
            .isEqualTo(mode);
      }
    }
    byte[] left = new byte[0];
    Files.write(Journal.side(path()), left); // of a process that was killed
    Files.setPosixFilePermissions(path(), PosixFilePermissions.fromString("rw-------"));
    try (NamedRef r = NamedRef.open(path())) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(Journal.side(path()))))
          .isEqualTo("rw-------");
      r.set(1);
    }
    assertThat(folder.toFile().list()).containsExactly("x.ref");
  }

  @Test
  void reading_makes_no_file() throws IOException {
    create().close();
    long changed = Files.getLastModifiedTime(folder).toMillis();
    Path notes = Files.writeString(folder.resolve("x.ref.journal"), "three years of notes\n");
    try (NamedRef a = NamedRef.openReadOnly(path());
        NamedRef b = NamedRef.openReadOnly(path())) {
      assertThat(a.value().sum().item()).isEqualTo(b.value().sum().item());
      assertThat(folder.toFile().list()).containsExactlyInAnyOrder("x.ref", "x.ref.journal");
    }
    assertThat(notes).hasContent("three years of notes\n");
    assertThat(Files.getLastModifiedTime(folder).toMillis()).isGreaterThanOrEqualTo(changed);
  }

  @Test
  void a_hard_link_is_the_same_file() throws IOException {
    Path link = folder.resolve("link");
    try (NamedRef r = create()) {
      Files.createLink(link, path());
      refused(() -> NamedRef.open(link), "link is open already, in this process");
      refused(() -> NamedRef.openReadOnly(link), "link is open for writing already");
      r.set(1);
    }
    try (NamedRef a = NamedRef.openReadOnly(path());
        NamedRef b = NamedRef.openReadOnly(link)) {
      refused(() -> NamedRef.open(link), "link is open already, in this process");
      a.close();
      refused(() -> NamedRef.open(path()), "x.ref is open already, in this process");
      assertThat(b.get(R.at(0), C.at(0)).item()).isEqualTo(1);
    }
    NamedRef.open(link).close();
  }

  @Test
  void an_interrupted_create_is_created_over() throws IOException {
    Files.createFile(path());
    refused(() -> NamedRef.open(path()), "holds no reference yet: NamedRef.create was interrupted");
    refused(() -> NamedRef.openReadOnly(path()), "holds no reference yet");
    create().close();
    NamedRef.verify(path());
    Files.write(
        path(),
        "AXIALNEW and whatever follows".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    create().close();
    NamedRef.verify(path());
    byte[] zeros = new byte[100];
    Files.write(path(), zeros);
    refused(this::create, "exists already");
    assertThat(Files.readAllBytes(path())).isEqualTo(zeros);
    Files.delete(path());
    Files.createSymbolicLink(path(), Files.createFile(folder.resolve("empty")));
    refused(this::create, "exists already");
    assertThat(folder.resolve("empty")).isEmptyFile();
    Files.delete(path());
    Files.createDirectory(path());
    refused(this::create, "exists already");
    refused(() -> NamedRef.open(path()), "is a folder or a device");
  }

  // ---------------------------------------------------------------- checksums

  private void write(NamedRef r, int how) {
    Proc1<NamedRef> compiled = Axial.jitProc(x -> x.at(R.range(3, 60)).set(7));
    switch (how) {
      case 0 -> r.set(1);
      case 1 -> r.at(R.at(17)).set(2);
      case 2 -> r.at(R.range(90, 2, -7), C.at(99)).add(3);
      case 3 -> r.at(R.at(Axial.array(new int[] {5, 80}, Axial.axis("i", 2)))).set(4);
      case 4 -> compiled.run(r);
      case 5 -> r.commit(() -> compiled.run(r));
      case 6 -> r.commit(() -> r.at(R.at(99), C.at(99)).set(5));
      case 7 -> r.flush();
      case 8 -> r.update(x -> x.times(2));
      case 9 -> r.at(R.at(4)).swap(8);
      default -> throw new AssertionError(how); // not over Op
    }
  }

  @Test
  void checksums_follow_every_way_of_writing() {
    var random = new SplittableRandom(4);
    create().close();
    for (int k = 0; k < 60; k++) {
      try (NamedRef r = k % 3 == 0 ? NamedRef.open(path(), Axial.VERIFY) : NamedRef.open(path())) {
        for (int n = random.nextInt(5); n > 0; n--) {
          write(r, random.nextInt(10));
        }
      }
      NamedRef.verify(path());
    }
    try (NamedRef r = NamedRef.openReadOnly(path(), Axial.VERIFY)) {
      assertThat(r.value().sum().item()).isNotZero();
    }
  }

  @Test
  void a_flipped_bit_is_found_and_named() throws IOException {
    try (NamedRef r = create()) {
      r.set(Axial.arange(R).times(100).plus(Axial.arange(C)).astype(DType.FLOAT32));
    }
    byte[] good = Files.readAllBytes(path());
    byte[] bad = good.clone();
    bad[65536 + 4 * 2048] ^= 16;
    Files.write(path(), bad);
    String message =
        path()
            + " is damaged: the checksum of page 2 is wrong, which holds the elements 2,048 to 3,071 ([Row=20, Column=48] to [Row=30, Column=71]). Restore it from a copy, or call NamedRef.recover(path), which lists what is damaged and takes it as it is.";
    refused(() -> NamedRef.verify(path()), message);
    refused(() -> NamedRef.open(path(), Axial.VERIFY), message);
    refused(() -> NamedRef.openReadOnly(path(), Axial.VERIFY), message);
    NamedRef.openReadOnly(path()).close();
    bad[65536 + 39_999] ^= 1;
    bad[65536 + 30_000] ^= 1;
    Files.write(path(), bad);
    refused(() -> NamedRef.verify(path()), ", and so are those of 2 further pages. Restore");
    var random = new SplittableRandom(5);
    int sums = 65536 + 65536 + 8192;
    for (int k = 0; k < 300; k++) {
      bad = good.clone();
      int at = k < 250 ? 65536 + random.nextInt(40_000) : sums + random.nextInt(good.length - sums);
      bad[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(path(), bad);
      refused(
          () -> NamedRef.verify(path()),
          "is damaged: the checksum of page "
              + (at < sums ? (at - 65536) / 4096 : (at - sums) / 4));
    }
    Files.write(path(), good);
    NamedRef.verify(path());
  }

  @Test
  void checksums_are_not_current_while_a_file_is_written_outside_of_blocks() throws IOException {
    try (NamedRef r = create()) {
      r.set(1);
      Path copy =
          Files.copy(path(), folder.resolve("copy")); // as a process that is killed leaves it
      refused(() -> NamedRef.verify(copy), "copy cannot be verified: it was written, and");
      NamedRef.open(copy).close();
      NamedRef.verify(copy);
      r.flush();
      Path flushed = Files.copy(path(), folder.resolve("flushed"));
      NamedRef.verify(flushed);
      r.commit(() -> r.set(2));
      Path committed = Files.copy(path(), folder.resolve("committed"));
      NamedRef.verify(committed);
    }
  }
}
