package dev.axial.cpu.llvm;

import dev.axial.AxialException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a user asks of the processor, to see what another one would compute.
 *
 * @param level the highest level to use: {@code axial.llvm.level}; null for what the host has
 * @param features changes of the list, or another list: {@code axial.llvm.features}
 * @param vectorBytes the widest vectors: an eighth of {@code axial.llvm.width}
 */
public record Wanted(@Nullable Level level, String features, int vectorBytes) {
  /** All that is tested. */
  public static final Wanted ALL = new Wanted(null, "", 64);

  /** A level with vectors of some width. */
  public static Wanted at(Level level, int vectorBytes) {
    return new Wanted(level, "", vectorBytes);
  }

  /**
   * What the properties ask for.
   *
   * @throws AxialException if a level or a width is none
   */
  static Wanted given() {
    String level = System.getProperty("axial.llvm.level", "");
    Level found = Level.of(level);
    if (found == null && !level.isEmpty()) {
      throw new AxialException(
          "axial.llvm.level is '%s'; expected one of %s."
              .formatted(
                  level,
                  Arrays.stream(Level.values())
                      .map(l -> l.text)
                      .collect(Collectors.joining(", "))));
    }
    String width = System.getProperty("axial.llvm.width", "512");
    if (!List.of("128", "256", "512").contains(width)) {
      throw new AxialException(
          "axial.llvm.width is '%s'; expected one of 128, 256, 512.".formatted(width));
    }
    return new Wanted(
        found, System.getProperty("axial.llvm.features", ""), Integer.parseInt(width) / 8);
  }

  /** The same at a level that is lower. */
  Wanted lowered(Level to) {
    return new Wanted(to, "", vectorBytes);
  }
}
