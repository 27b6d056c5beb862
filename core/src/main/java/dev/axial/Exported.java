package dev.axial;

import dev.axial.engine.Executable;
import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Op;
import dev.axial.ir.Var;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A function that was traced earlier and saved by {@link Lowered#serialize}. It is called with
 * arguments of the signature it was saved with, and updates the references among them.
 *
 * <p>Mirrors {@code jax.export.Exported}.
 */
public final class Exported {
  private final ExportFile.Content content;
  private final Executable code;

  private Exported(ExportFile.Content content) {
    this.content = content;
    this.code = content.root().code();
  }

  /**
   * Reads a file and compiles its program, or takes it from the cache of compiled code. Records and
   * enums of the signature are found by their names with the loader of the calling thread's
   * context.
   *
   * @throws AxialException if the file is not one of these, is damaged, is of a later version, or
   *     needs a class that is not there
   * @throws java.io.UncheckedIOException if it cannot be read
   */
  public static Exported load(Path file) {
    return new Exported(ExportFile.read(file));
  }

  /**
   * Calls it. In a traced function its program becomes a part of that function's, which can then be
   * compiled, differentiated and mapped like any other.
   *
   * @return the tree that the function gave; null for a procedure
   * @throws AxialException if the arguments are not of the saved signature; the first difference is
   *     named
   */
  public @Nullable Object call(@Nullable Object... args) {
    if (Trace.current() != null) {
      return Jit.nested(content.what(), this::inline, args);
    }
    Jit.Call c = Jit.apart(content.what(), args);
    check(c.signature());
    c.data.addAll(content.root().captured());
    return Tree.unflatten(
        content.root().out(), Eager.wrap(content.root().program(), Eager.call(code, c.data)));
  }

  private void check(Signature given) {
    String difference = content.signature().difference(given);
    if (difference != null) {
      throw Errors.error(
          "%s was saved for other arguments: %s. It takes %s.",
          content.what(), difference, inputs().isEmpty() ? "none" : String.join("; ", inputs()));
    }
  }

  /** Puts the program into the current trace. */
  private @Nullable Object inline(@Nullable Object[] args) {
    Trace t = Tracing.currentTrace();
    Tree.Flat flat = Tracing.flatten(args);
    var keys = new ArrayList<Object>();
    var operands = new ArrayList<Var>();
    var refs = new HashMap<Var, Integer>();
    for (Tensor x : flat.leaves()) {
      switch (x) {
        case NamedArray a -> {
          keys.add(a.type());
          operands.add(a.in(t));
        }
        case NamedRef r -> {
          Var v = r.core().in(t);
          Integer known = refs.get(v);
          if (known == null) {
            known = refs.size();
            refs.put(v, known);
            operands.add(v);
          }
          keys.add(Signature.OfRef.of(known, r.view()));
          r.view().data(new Operands(t, operands));
        }
      }
    }
    check(new Signature(flat.structure(), keys));
    dev.axial.ir.Program p = content.root().program();
    for (Object x : content.root().captured()) {
      operands.add(captured(t, p.inputs().get(operands.size()).type().array(), (Store) x));
    }
    return Tree.unflatten(content.root().out(), Tracing.arrays(t.builder().inline(p, operands)));
  }

  /**
   * An array that the function captured. It is the function's own, so its axes are not those that a
   * vmap around the call maps over, even if they have their names.
   */
  private static Var captured(Trace t, ArrayType type, Store store) {
    var lanes = t.lanes().stream().map(Axis::name).toList();
    var taken = new HashSet<>(type.names());
    taken.addAll(lanes);
    var dims = new ArrayList<Dim>();
    var from = new ArrayList<String>();
    var to = new ArrayList<String>();
    for (Dim d : type.dims()) {
      String name = d.name();
      if (lanes.contains(name)) {
        while (!taken.add(name)) {
          name += "'";
        }
        from.add(name);
        to.add(d.name());
      }
      dims.add(new Dim(name, d.size()));
    }
    Var v = NamedArray.concrete(type.with(dims), store).in(t);
    return from.isEmpty() ? v : t.builder().one(new Op.Rename(from, to), v);
  }

  /** Where a view lies, as operands in a trace. */
  private record Operands(Trace trace, List<Var> to) implements View.Data {
    @Override
    public void number(int place) {
      to.add(trace.builder().constant(Op.Const.of(DType.INT32, place)));
    }

    @Override
    public void window(View.Moving place) {
      array(View.inRange(place));
    }

    @Override
    public void array(NamedArray indices) {
      to.add(indices.in(trace));
    }
  }

  /** The arrays and references it takes, each with its path and type. */
  public List<String> inputs() {
    return content.signature().describe();
  }

  /** The program. */
  public Program program() {
    return new Program(content.root().program());
  }

  /** What the engine makes of the program; see {@link Lowered#code}. */
  public String code() {
    return code.explain();
  }
}
