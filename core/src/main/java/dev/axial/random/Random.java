package dev.axial.random;

/** Random numbers from explicit keys. */
public final class Random {
  private Random() {}
}
