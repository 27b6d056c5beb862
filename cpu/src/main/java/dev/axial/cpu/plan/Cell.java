package dev.axial.cpu.plan;

import dev.axial.ir.ArrayType;
import java.util.ArrayList;
import java.util.List;

/** A reference while a program runs: memory that steps read and write. */
public final class Cell {
  private final ArrayType type;
  private final Mem mem;
  private final String site;

  /** Reads that are still virtual. */
  final List<Node> pending = new ArrayList<>();

  Cell(ArrayType type, Mem mem, String site) {
    this.type = type;
    this.mem = mem;
    this.site = site;
  }

  public ArrayType type() {
    return type;
  }

  public Mem mem() {
    return mem;
  }

  public String site() {
    return site;
  }
}
