package dev.axial.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.disk.FaultyDisk.Choice;
import dev.axial.disk.FaultyDisk.Fault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A saved function is there whole, the old one or the new one, whenever the power goes. */
class NewFileTest {
  private static final Path PATH = Path.of("/disk/saved");
  private static final byte[] OLD = filled(3000, 1);
  private static final byte[] NEW = filled(5000, 2);

  private static byte[] filled(int n, int with) {
    byte[] out = new byte[n];
    Arrays.fill(out, (byte) with);
    return out;
  }

  private static FaultyDisk disk(boolean old, Fault fault, int at) {
    var disk = new FaultyDisk(fault, at);
    if (old) {
      disk.put(PATH, OLD);
    }
    return disk;
  }

  private static boolean saved(FaultyDisk disk) {
    try {
      NewFile.write(disk, PATH, ByteBuffer.wrap(NEW));
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whenever_the_power_goes(boolean old) {
    var random = new SplittableRandom(6);
    boolean done = false;
    for (int n = 0; !done; n++) {
      FaultyDisk disk = disk(old, Fault.POWER, n);
      done = saved(disk);
      for (Choice c : FaultyDisk.choices(random, 30)) {
        byte[] left = disk.left(c).contents(PATH);
        if (done) {
          assertThat(left).isEqualTo(NEW);
        } else if (old) {
          assertThat(left).as("step %d", n).isIn(OLD, NEW);
        } else {
          assertThat(left).as("step %d", n).isIn(null, NEW);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whenever_the_disk_fails(boolean old) {
    int steps = 0;
    for (int n = 0; ; n++) {
      FaultyDisk disk = disk(old, Fault.ERROR, n);
      if (saved(disk)) {
        break;
      }
      steps++;
      if (disk.contents(PATH) == null || Arrays.equals(disk.contents(PATH), OLD)) {
        assertThat(disk.files()).hasSize(old ? 1 : 0);
      } else {
        assertThat(disk.contents(PATH)).isEqualTo(NEW);
        assertThat(disk.files()).hasSize(1);
      }
    }
    assertThat(steps).isEqualTo(5); // make, write, force, rename, force the folder
  }

  @Test
  void the_error_is_the_disk_s() {
    assertThatThrownBy(() -> NewFile.write(disk(true, Fault.ERROR, 2), PATH, ByteBuffer.wrap(NEW)))
        .isInstanceOf(FaultyDisk.Failure.class);
  }
}
