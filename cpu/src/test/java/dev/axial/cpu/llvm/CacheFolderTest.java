package dev.axial.cpu.llvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in the cache is used only if this user wrote it, and it is as it was written. */
class CacheFolderTest {
  private static final byte[] CODE = "machine code".getBytes(StandardCharsets.UTF_8);

  @TempDir private Path temporary;
  private Path place;

  @BeforeEach
  void on_posix() {
    assumeThat(FileSystems.getDefault().supportedFileAttributeViews()).contains("unix");
    place = temporary.resolve("above").resolve("cache");
  }

  private static String mode(Path p) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(p));
  }

  private static void setMode(Path p, String mode) throws IOException {
    Files.setPosixFilePermissions(p, PosixFilePermissions.fromString(mode));
  }

  private static void refused(Path p, String why) {
    assertThatThrownBy(() -> CacheFolder.open(p))
        .isInstanceOf(CacheFolder.Refused.class)
        .hasMessageContaining(why);
  }

  private CacheFolder written() throws IOException {
    CacheFolder c = CacheFolder.open(place);
    c.write("objects", "one", CODE);
    assertThat(c.read("objects", "one", 1000)).isEqualTo(CODE);
    return c;
  }

  @Test
  void what_is_made_is_for_its_owner_alone() throws IOException {
    CacheFolder c = written();
    assertThat(mode(place)).isEqualTo("rwx------");
    assertThat(mode(place.getParent())).isEqualTo("rwx------");
    assertThat(mode(place.resolve("objects"))).isEqualTo("rwx------");
    assertThat(mode(place.resolve("key"))).isEqualTo("rw-------");
    assertThat(mode(c.file("objects", "one"))).isEqualTo("rw-------");
    assertThat(CacheFolder.open(place).read("objects", "one", 1000)).isEqualTo(CODE);
  }

  @Test
  void a_folder_that_others_can_write_is_refused() throws IOException {
    CacheFolder c = written();
    for (String mode : List.of("rwxrwxrwx", "rwxrwx---", "rwx----w-")) {
      setMode(place, mode);
      refused(place, "so that others can write it; chmod go-w would mend that");
    }
    setMode(place, "rwxr-xr-x");
    CacheFolder.open(place);
    setMode(place.resolve("objects"), "rwxrwxrwx");
    assertThat(c.read("objects", "one", 1000)).isNull();
    assertThatThrownBy(() -> c.write("objects", "two", CODE))
        .isInstanceOf(CacheFolder.Refused.class);
  }

  @Test
  void a_folder_that_anybody_can_replace_is_refused() throws IOException {
    written();
    setMode(place.getParent(), "rwxrwxrwx");
    refused(place, "anybody can replace it, since " + place.getParent().toRealPath());
    Files.setAttribute(place.getParent(), "unix:mode", 01777);
    CacheFolder.open(place); // as in the temporary folder of a system
  }

  @Test
  void what_belongs_to_others_is_refused() throws IOException {
    Path foreign = Path.of("/");
    if (Files.getAttribute(temporary, "unix:uid").equals(0)) {
      written();
      Files.setAttribute(place, "unix:uid", 54321);
      foreign = place;
    }
    refused(foreign, " belongs to user ");
  }

  @Test
  void a_key_that_others_can_read_is_refused() throws IOException {
    written();
    setMode(place.resolve("key"), "rw-r-----");
    refused(place, "so that others can read or write it; chmod go-rwx would mend that");
    setMode(place.resolve("key"), "rw-------");
    Files.write(place.resolve("key"), new byte[31]);
    refused(place, "has 31 bytes, not 32; delete it");
    Files.write(place.resolve("key"), new byte[33]);
    refused(place, "has 33 bytes, and at most 32 are expected");
    Path other = Files.move(place.resolve("key"), temporary.resolve("elsewhere"));
    Files.createSymbolicLink(place.resolve("key"), other);
    assertThatThrownBy(() -> CacheFolder.open(place)).isInstanceOf(IOException.class);
  }

  @Test
  void contents_are_bound_to_their_name_and_their_key() throws IOException {
    CacheFolder c = written();
    Path one = c.file("objects", "one");
    Path two = c.file("objects", "two");
    Files.copy(one, two);
    assertThat(c.read("objects", "two", 1000)).isNull();
    Path note = c.folder("hosts").resolve("one");
    Files.copy(one, note);
    assertThat(c.read("hosts", "one", 1000)).isNull();

    byte[] good = Files.readAllBytes(one);
    for (int k = 0; k < good.length; k++) {
      byte[] bad = good.clone();
      bad[k] ^= 1;
      Files.write(one, bad);
      assertThat(c.read("objects", "one", 1000)).as("byte %d", k).isNull();
      Files.write(one, Arrays.copyOf(good, k));
      assertThat(c.read("objects", "one", 1000)).as("%d bytes", k).isNull();
    }
    Files.write(one, good);
    assertThat(c.read("objects", "one", 1000)).isEqualTo(CODE);

    Files.delete(place.resolve("key"));
    assertThat(CacheFolder.open(place).read("objects", "one", 1000)).isNull();
  }

  @Test
  void files_that_are_not_read() throws IOException {
    CacheFolder c = written();
    Path one = c.file("objects", "one");
    assertThat(c.read("objects", "one", Hash.BYTES + CODE.length)).isNotNull();
    assertThat(c.read("objects", "one", Hash.BYTES + CODE.length - 1)).isNull();
    setMode(one, "rw-rw-rw-");
    assertThat(c.read("objects", "one", 1000)).isNull();
    setMode(one, "rw-------");
    Path moved = Files.move(one, temporary.resolve("moved"));
    Files.createSymbolicLink(one, moved);
    assertThat(c.read("objects", "one", 1000)).isNull();
    Files.delete(one);
    Files.createDirectory(one);
    assertThat(c.read("objects", "one", 1000)).isNull();
    assertThat(c.read("objects", "none", 1000)).isNull();
    assertThat(c.read("nowhere", "none", 1000)).isNull();
  }

  @Test
  void trimming_deletes_what_is_ours() throws IOException {
    CacheFolder c = written();
    Pattern mine = Pattern.compile("[0-9]\\.o");
    for (int k = 0; k < 5; k++) {
      c.write("objects", k + ".o", new byte[100]);
      Path p = c.file("objects", k + ".o");
      Files.setLastModifiedTime(p, FileTime.from(1_000_000 + k, TimeUnit.SECONDS));
    }
    Path folder = c.folder("objects");
    Path thesis = Files.write(folder.resolve("thesis.tex"), new byte[100_000]);
    Path old = Files.write(folder.resolve("writing123.part"), new byte[10]);
    Path young = Files.write(folder.resolve("writing124.part"), new byte[10]);
    for (Path p : List.of(thesis, old)) {
      Files.setLastModifiedTime(p, FileTime.from(1000, TimeUnit.SECONDS));
    }
    Files.createSymbolicLink(folder.resolve("9.o"), thesis);
    Files.createDirectory(folder.resolve("8.o"));
    c.trim("objects", mine, 2 * (100 + Hash.BYTES));
    try (var left = Files.list(folder)) {
      assertThat(left.map(p -> p.getFileName().toString()).toList())
          .containsExactlyInAnyOrder(
              "3.o", "4.o", "8.o", "9.o", "one", "thesis.tex", young.getFileName().toString());
    }
  }

  @Test
  void a_home_that_is_not_known_is_no_place() {
    for (String home : new String[] {null, "", " ", "?", "relative/home", "."}) {
      assertThat(CacheFolder.place("Linux", home, null, null)).as(home).isNull();
      assertThat(CacheFolder.place("Linux", home, "", null)).as(home).isNull();
      assertThat(CacheFolder.place("Linux", home, "relative", null)).as(home).isNull();
    }
    Path home = temporary.toAbsolutePath();
    Path whole = home.resolve("x");
    assertThat(CacheFolder.place("Linux", home.toString(), null, null))
        .isEqualTo(home.resolve(".cache/axial"));
    assertThat(CacheFolder.place("Linux", "?", whole.toString(), null))
        .isEqualTo(whole.resolve("axial"));
    assertThat(CacheFolder.place("Mac OS X", home.toString(), null, null))
        .isEqualTo(home.resolve("Library/Caches/axial"));
    assertThat(CacheFolder.place("Windows 11", "?", null, whole.toString()))
        .isEqualTo(whole.resolve("axial/cache"));
  }

  @Test
  void an_unpacked_library_is_known_by_its_digest() throws IOException {
    CacheFolder c = CacheFolder.open(place);
    Path lib = Files.write(c.folder("llvm").resolve("lib"), CODE);
    assertThat(Natives.isKept(c, lib, "lib.note")).isFalse();
    Natives.sign(c, lib, "lib.note", Hash.hex(Hash.sha256().digest(CODE)));
    assertThat(Natives.isKept(c, lib, "lib.note")).isTrue();
    Files.setLastModifiedTime(lib, FileTime.from(1000, TimeUnit.SECONDS));
    assertThat(Natives.isKept(c, lib, "lib.note")).as("touched, and digested again").isTrue();
    byte[] other = CODE.clone();
    other[3] ^= 1;
    FileTime time = Files.getLastModifiedTime(lib);
    Files.write(lib, other);
    Files.setLastModifiedTime(lib, time);
    assertThat(Natives.isKept(c, lib, "lib.note")).as("as long, and as old").isFalse();
    Files.write(lib, CODE);
    assertThat(Natives.isKept(c, lib, "lib.note")).isTrue();
    byte[] note = Objects.requireNonNull(c.read("llvm", "lib.note", 1000));
    c.write("llvm", "other.note", note);
    assertThat(Natives.isKept(c, lib, "other.note")).isTrue();
    Files.copy(c.file("llvm", "other.note"), c.file("llvm", "third.note"));
    assertThat(Natives.isKept(c, lib, "third.note")).isFalse();
  }

  /** As the JDK computes it. */
  @Test
  void the_digest_is_hmac_sha256() throws Exception {
    byte[] key = new byte[32];
    Arrays.fill(key, (byte) 11);
    var mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    mac.update("objects/one".getBytes(StandardCharsets.UTF_8));
    mac.update((byte) 0);
    assertThat(Hash.keyed(key, "objects/one", CODE)).isEqualTo(mac.doFinal(CODE));
  }
}
