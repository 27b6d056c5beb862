package dev.axial;

import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.RefType;
import dev.axial.ir.Type;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What code is compiled for: the trees of the arguments with their static parts, and for each leaf
 * the type of an array, or what is fixed of a reference.
 *
 * @param leaves an {@link ArrayType} or an {@link OfRef} for each leaf
 */
record Signature(Tree.Structure structure, List<Object> leaves) {

  /**
   * A view of a reference apart from its data, which is where it lies.
   *
   * @param storage references with the same number are views of one storage
   */
  record OfRef(
      int storage,
      ArrayType base,
      List<Place> places,
      List<Dim> axes,
      @Nullable ArrayType valid,
      @Nullable ArrayType present) {
    static OfRef of(int storage, View v) {
      NamedArray valid = v.valid();
      NamedArray present = v.present();
      return new OfRef(
          storage,
          v.base(),
          placesOf(v),
          v.axes(),
          valid == null ? null : valid.type(),
          present == null ? null : present.type());
    }

    /** Whether a view is of this kind. */
    boolean fits(View v) {
      return v.isWhole() && whole() ? base.equals(v.base()) : equals(of(storage, v));
    }

    private boolean whole() {
      for (int k = 0; k < places.size(); k++) {
        if (!(places.get(k) instanceof Whole)) {
          return false;
        }
      }
      return valid == null && present == null;
    }

    private void inputs(String path, List<String> out) {
      for (int k = 0; k < places.size(); k++) {
        if (!(places.get(k) instanceof Whole)) {
          out.add("where %s lies along %s".formatted(path, base.dims().get(k).name()));
        }
      }
      if (valid != null) {
        out.add("which elements of %s may be written".formatted(path));
      }
      if (present != null) {
        out.add("which elements of %s are there".formatted(path));
      }
    }

    @Override
    public String toString() {
      return whole()
          ? "ref " + base
          : "ref %s, a view of ref %s by %s".formatted(base.with(axes), base, places);
    }
  }

  /** What is fixed of a selection along one axis. */
  sealed interface Place {}

  /** All of the axis. */
  record Whole() implements Place {
    @Override
    public String toString() {
      return "all";
    }
  }

  /** A window whose start is data. */
  record Moving(int step, int size) implements Place {
    @Override
    public String toString() {
      return "a window of " + size + (step == 1 ? "" : " by steps of " + step);
    }
  }

  /** Indices that are data. */
  record Indexed(ArrayType type, boolean raw) implements Place {
    @Override
    public String toString() {
      return type.rank() == 0 ? "an index" : "indices " + type;
    }
  }

  private static final Place WHOLE = new Whole();
  private static final Place FIXED = new Indexed(ArrayType.scalar(DType.INT32), false);

  private static List<Place> placesOf(View v) {
    var places = new ArrayList<Place>(v.places().size());
    for (int k = 0; k < v.places().size(); k++) {
      int n = v.base().dims().get(k).size();
      places.add(
          switch (v.places().get(k)) {
            case View.Range p when p.covers(n) -> WHOLE;
            case View.Range p -> new Moving(p.step(), p.size());
            case View.Moving p -> new Moving(p.step(), p.size());
            case View.Fixed _ -> FIXED;
            case View.Index p -> new Indexed(p.index().type(), p.raw());
          });
    }
    return places;
  }

  /** Where another signature differs first, in words; null if it does not. */
  @Nullable String difference(Signature given) {
    var mine = (Tree.OfArray) structure;
    var his = (Tree.OfArray) given.structure;
    if (mine.parts().size() != his.parts().size()) {
      return "it takes %d arguments, and %d were given"
          .formatted(mine.parts().size(), his.parts().size());
    }
    for (int k = 0; k < mine.parts().size(); k++) {
      String d = Tree.difference(mine.parts().get(k), his.parts().get(k), "arg" + k);
      if (d != null) {
        return d;
      }
    }
    var paths = new ArrayList<String>();
    for (int k = 0; k < mine.parts().size(); k++) {
      paths.addAll(Tree.paths(mine.parts().get(k), "arg" + k));
    }
    for (int k = 0; k < leaves.size(); k++) {
      if (!leaves.get(k).equals(given.leaves.get(k))) {
        return "%s is %s, and %s was given"
            .formatted(paths.get(k), leaves.get(k), given.leaves.get(k));
      }
    }
    return null;
  }

  /** What the first inputs of the program are, in the order of {@link Jit}; captures follow. */
  List<String> inputs() {
    var out = new ArrayList<String>();
    var seen = new HashSet<Integer>();
    List<String> paths = new ArrayList<>();
    List<Tree.Structure> parts = ((Tree.OfArray) structure).parts();
    for (int k = 0; k < parts.size(); k++) {
      paths.addAll(Tree.paths(parts.get(k), "arg" + k));
    }
    for (int k = 0; k < leaves.size(); k++) {
      String path = paths.get(k);
      if (leaves.get(k) instanceof OfRef r) {
        if (seen.add(r.storage)) {
          out.add(path);
        }
        r.inputs(path, out);
      } else {
        out.add(path);
      }
    }
    return out;
  }

  /**
   * The types of the first inputs of the program, in the same order. A storage is an input where
   * its number first comes; numbers count from 0.
   *
   * @throws AxialException if the numbers of storages are none, or a storage has two types
   */
  List<Type> types() {
    var out = new ArrayList<Type>();
    var bases = new ArrayList<ArrayType>();
    for (Object leaf : leaves) {
      if (!(leaf instanceof OfRef r)) {
        out.add((ArrayType) leaf);
        continue;
      }
      if (r.storage == bases.size()) {
        bases.add(r.base);
        out.add(new RefType(r.base));
      }
      if (r.storage < 0 || r.storage >= bases.size() || !bases.get(r.storage).equals(r.base)) {
        throw new AxialException(
            "reference %d of its signature is %s, after those with the numbers from 0: %s"
                .formatted(r.storage, r.base, bases));
      }
      for (Place p : r.places) {
        switch (p) {
          case Whole _ -> {}
          case Moving _ -> out.add(ArrayType.scalar(DType.INT32));
          case Indexed i -> out.add(i.type);
        }
      }
      if (r.valid != null) {
        out.add(r.valid);
      }
      if (r.present != null) {
        out.add(r.present);
      }
    }
    return out;
  }

  /** The leaves by their paths. */
  List<String> describe() {
    var out = new ArrayList<String>();
    List<Tree.Structure> parts = ((Tree.OfArray) structure).parts();
    int leaf = 0;
    for (int k = 0; k < parts.size(); k++) {
      for (String path : Tree.paths(parts.get(k), "arg" + k)) {
        out.add(path + ": " + leaves.get(leaf++));
      }
    }
    return List.copyOf(out);
  }
}
