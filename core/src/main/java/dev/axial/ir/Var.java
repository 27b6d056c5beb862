package dev.axial.ir;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A variable: the result of an equation or an input. The owner is the builder that made it; it
 * decides what a nested program has to capture. Identity is equality.
 */
public final class Var {
  private static final AtomicLong COUNT = new AtomicLong();

  private final Type type;
  private final Object owner;
  private final long id = COUNT.getAndIncrement();

  /** The constant this stands for: rebuilt where it is needed, never captured or saved. */
  private final Op.@Nullable Const constant;

  /** A variable of the given type. */
  public Var(Type type, Object owner) {
    this(type, owner, null);
  }

  Var(Type type, Object owner, Op.@Nullable Const constant) {
    this.type = type;
    this.owner = owner;
    this.constant = constant;
  }

  public Type type() {
    return type;
  }

  /** The builder that made this. */
  public Object owner() {
    return owner;
  }

  /** A number that grows with creation, for stable orders. */
  public long id() {
    return id;
  }

  /** The scalar this is known to be, or null. */
  public Op.@Nullable Const constant() {
    return constant;
  }

  /** The type of an array variable. */
  public ArrayType array() {
    return (ArrayType) type;
  }

  public boolean isArray() {
    return type instanceof ArrayType;
  }

  @Override
  public String toString() {
    return "v" + id;
  }
}
