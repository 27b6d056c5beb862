package dev.axial.cpu.llvm;

import dev.axial.AxialException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Names of files by what is in them, and digests that only the owner of a key can make. */
final class Hash {
  /** How long a digest is. */
  static final int BYTES = 32;

  private static final int BLOCK = 64;

  private Hash() {}

  /** SHA-256 of a text, in hexadecimal digits. */
  static String of(String s) {
    return hex(sha256().digest(s.getBytes(StandardCharsets.UTF_8)));
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException x) {
      throw new AxialException("internal error: " + x, x);
    }
  }

  /**
   * HMAC-SHA256 (RFC 2104) of a name, a zero and contents. By hand, because the JDK's starts the
   * whole of its cryptography, which takes longer than to link what is checked.
   */
  static byte[] keyed(byte[] key, String name, byte[] contents) {
    var inner = new byte[BLOCK];
    var outer = new byte[BLOCK];
    for (int k = 0; k < BLOCK; k++) {
      byte b = k < key.length ? key[k] : 0; // a key is no longer than a block
      inner[k] = (byte) (b ^ 0x36);
      outer[k] = (byte) (b ^ 0x5c);
    }
    MessageDigest d = sha256();
    d.update(inner);
    d.update(name.getBytes(StandardCharsets.UTF_8));
    d.update((byte) 0);
    byte[] first = d.digest(contents);
    d.update(outer);
    return d.digest(first);
  }
}
