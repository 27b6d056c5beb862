package dev.axial.ir;

import dev.axial.AxialException;
import dev.axial.DType;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** A dtype and an ordered list of axes with distinct names. */
public record ArrayType(DType dtype, List<Dim> dims) implements Type {
  private static final Map<DType, ArrayType> SCALARS = scalars();

  /** Copies the list and checks that names are distinct. */
  public ArrayType {
    dims = List.copyOf(dims);
    // A search of a few names by pairs is cheaper than a set, and types are made in each operation.
    for (int k = 1; k < dims.size(); k++) {
      String name = dims.get(k).name();
      for (int j = 0; j < k; j++) {
        if (dims.get(j).name().equals(name)) {
          throw new AxialException("axis '%s' appears twice in %s".formatted(name, dims));
        }
      }
    }
  }

  /** The type of a scalar. */
  public static ArrayType scalar(DType dtype) {
    return Objects.requireNonNull(SCALARS.get(dtype));
  }

  private static Map<DType, ArrayType> scalars() {
    var out = new EnumMap<DType, ArrayType>(DType.class);
    for (DType t : DType.values()) {
      out.put(t, new ArrayType(t, List.of()));
    }
    return out;
  }

  @Override
  public ArrayType array() {
    return this;
  }

  /** The number of elements. */
  public long size() {
    return elements(dims);
  }

  /**
   * The product of sizes.
   *
   * @throws AxialException if it is beyond a long; no memory has so many elements
   */
  public static long elements(List<Dim> dims) {
    try {
      return product(dims);
    } catch (ArithmeticException _) {
      BigInteger n = BigInteger.ONE;
      for (Dim d : dims) {
        n = n.multiply(BigInteger.valueOf(d.size()));
      }
      throw new AxialException(
          "an array of %,d elements was asked for, with the axes %s; an array has at most %,d. Split it along an axis."
              .formatted(
                  n,
                  dims.stream().map(d -> d.name() + "=" + d.size()).toList(),
                  Integer.MAX_VALUE - 8));
    }
  }

  /**
   * The same for those who say themselves what has so many elements.
   *
   * @throws ArithmeticException if it is beyond a long; an empty axis makes nothing of everything
   */
  public static long product(List<Dim> dims) {
    long n = 1;
    boolean beyond = false;
    for (int k = 0; k < dims.size(); k++) {
      long size = dims.get(k).size();
      if (size == 0) {
        return 0;
      }
      beyond |= Math.multiplyHigh(n, size) != 0 || n * size < 0;
      n *= size;
    }
    if (beyond) {
      throw new ArithmeticException("long overflow");
    }
    return n;
  }

  public int rank() {
    return dims.size();
  }

  public boolean isScalar() {
    return dims.isEmpty();
  }

  public boolean has(String name) {
    return indexOf(name) >= 0;
  }

  /** The position of an axis, or -1. */
  public int indexOf(String name) {
    for (int k = 0; k < dims.size(); k++) {
      if (dims.get(k).name().equals(name)) {
        return k;
      }
    }
    return -1;
  }

  /** The axis with this name. */
  public Dim dim(String name) {
    int k = indexOf(name);
    if (k < 0) {
      throw new AxialException("there is no axis '%s' in %s".formatted(name, this));
    }
    return dims.get(k);
  }

  public List<String> names() {
    return dims.stream().map(Dim::name).toList();
  }

  public ArrayType with(DType other) {
    return other == dtype ? this : new ArrayType(other, dims);
  }

  public ArrayType with(List<Dim> other) {
    return new ArrayType(dtype, other);
  }

  public ArrayType without(Collection<String> names) {
    return with(dims.stream().filter(d -> !names.contains(d.name())).toList());
  }

  public ArrayType without(String name) {
    return without(List.of(name));
  }

  /** This type with an axis in front, unless it has it already. */
  public ArrayType plusFirst(Dim d) {
    if (has(d.name())) {
      return this;
    }
    var out = new ArrayList<Dim>();
    out.add(d);
    out.addAll(dims);
    return with(out);
  }

  /** Whether this type has every axis of the other, with the same size. */
  public boolean covers(ArrayType other) {
    return dims.containsAll(other.dims);
  }

  /** Whether both have the same axes, in any order. */
  public boolean sameDims(ArrayType other) {
    return dims.size() == other.dims.size() && covers(other);
  }

  /**
   * The axes of a broadcast by name: those of the operand that has all of the other's, else the
   * first one's followed by what the second adds.
   */
  public ArrayType union(ArrayType other) {
    if (dims.equals(other.dims)) {
      return this;
    }
    if (other.dims.size() > dims.size() && other.covers(this)) {
      return other.with(dtype);
    }
    if (covers(other)) {
      return this;
    }
    var out = new ArrayList<>(dims);
    for (Dim d : other.dims) {
      int k = indexOf(d.name());
      if (k < 0) {
        out.add(d);
      } else if (dims.get(k).size() != d.size()) {
        throw new AxialException(
            "axis '%s' has size %d in %s and %d in %s"
                .formatted(d.name(), dims.get(k).size(), this, d.size(), other));
      }
    }
    return with(out);
  }

  /** Row-major strides, in elements. */
  public long[] strides() {
    var out = new long[dims.size()];
    long s = 1;
    for (int k = dims.size() - 1; k >= 0; k--) {
      out[k] = s;
      s *= dims.get(k).size();
    }
    return out;
  }

  /** As records do; without iterators, because each call of a compiled function compares types. */
  @Override
  public boolean equals(@Nullable Object other) {
    if (this == other) {
      return true;
    }
    if (!(other instanceof ArrayType t) || t.dtype != dtype || t.dims.size() != dims.size()) {
      return false;
    }
    if (t.dims == dims) {
      return true;
    }
    for (int k = 0; k < dims.size(); k++) {
      Dim a = dims.get(k);
      Dim b = t.dims.get(k);
      if (a.size() != b.size() || !a.name().equals(b.name())) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    int h = dtype.hashCode();
    for (int k = 0; k < dims.size(); k++) {
      h = (31 * h + dims.get(k).name().hashCode()) * 31 + dims.get(k).size();
    }
    return h;
  }

  @Override
  public String toString() {
    var s = new StringJoiner(", ", dtype.shortName() + "[", "]");
    for (Dim d : dims) {
      s.add(d.toString());
    }
    return s.toString();
  }
}
