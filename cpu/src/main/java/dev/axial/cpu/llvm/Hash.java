package dev.axial.cpu.llvm;

import dev.axial.AxialException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Names of files by what is in them. */
final class Hash {
  private Hash() {}

  /** SHA-256 of a text, in hexadecimal digits. */
  static String of(String s) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(s.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException x) {
      throw new AxialException("internal error: " + x, x);
    }
  }
}
