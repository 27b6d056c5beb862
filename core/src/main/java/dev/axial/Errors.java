package dev.axial;

import dev.axial.engine.Storage;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Dim;
import dev.axial.ir.Fn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Every message to users is made here: what was given, what was expected, what to do, and where.
 */
final class Errors {
  private Errors() {}

  /** A message with the user's line. */
  static AxialException error(String format, Object... args) {
    return new AxialException(format.formatted(args) + "\n  at " + Site.here());
  }

  static String axes(Collection<Dim> dims) {
    return dims.stream()
        .map(d -> d.name() + "=" + d.size())
        .collect(Collectors.joining(", ", "[", "]"));
  }

  static String type(ArrayType t) {
    return t.dtype() + axes(t.dims());
  }

  /** The stack of a thread has ended. */
  static AxialException tooDeep(String what, StackOverflowError end) {
    return new AxialException(
        "the stack of this thread ended while %s: functions call each other without end, or too deeply for it. Let a loop do what they repeat, or run this in a thread with a larger stack: new Thread(null, task, name, 64L << 20)."
                .formatted(what)
            + "\n  at "
            + Site.here(),
        end);
  }

  static AxialException deepTree(int most) {
    return error(
        "a tree of more than %d levels was given; lists, records, maps and optionals nest at most so deep. Put the arrays into one list.",
        most);
  }

  // ---------------------------------------------------------------- axes and selections

  static AxialException noAxis(String name, List<Dim> dims) {
    return error("there is no axis '%s' here; the axes are %s.", name, axes(dims));
  }

  static AxialException noAxisToSelect(String name, List<Dim> free, String staged) {
    if (staged.isEmpty()) {
      return error(
          "cannot select axis '%s': there is no such axis. The axes are %s.", name, axes(free));
    }
    return error(
        "cannot select axis '%s': it is not free. Staged already: %s. Axes still free: %s. Use unsliced() to start from the whole reference.",
        name, staged, axes(free));
  }

  static AxialException selectedTwice(String name, List<Dim> dims) {
    return error(
        "axis '%s' is selected twice in one selection; select it once, or slice in two steps. The axes are %s.",
        name, axes(dims));
  }

  static AxialException positionConflict(String name, int position) {
    return error(
        "axis '%s' is selected by name, and the selector at position %d, which has no name, would fill it too. Name the axis of both.",
        name, position);
  }

  static AxialException tooManyPositions(int given, List<Dim> dims) {
    return error(
        "%d selectors without a name for the axes %s; give at most one for each axis.",
        given, axes(dims));
  }

  static AxialException twoEllipses() {
    return error(
        "a selection has more than one ELLIPSIS; one stands for all axes that are not selected.");
  }

  static AxialException outOfRange(int index, Dim d) {
    return error(
        "index %d is out of range for axis '%s' of size %d; expected %d to %d.",
        index, d.name(), d.size(), -d.size(), d.size() - 1);
  }

  static AxialException pastTheEnd(String what, Axis axis, Number value, DType t) {
    return error(
        "%s along %s has the number %s, which is past the end of %s. Give numbers of the dtype, or make it of a wider one and convert with astype.",
        what, axis, value, t);
  }

  static AxialException tooLong(String what, long n) {
    return error(
        "%s would make an axis of %,d elements; an axis has at most %,d. Leave the axes apart, or reduce first.",
        what, n, Integer.MAX_VALUE);
  }

  static AxialException windowTooLarge(int size, Dim d) {
    return error(
        "a window of %d elements does not fit axis '%s' of size %d; give at most %d elements.",
        size, d.name(), d.size(), d.size());
  }

  static AxialException indexDtype(String axis, NamedArray index) {
    if (index.dtype() == DType.BOOL) {
      return error(
          "the index of axis '%s' is boolean. A mask needs a count that is known beforehand: use where(mask, count).",
          axis);
    }
    return error(
        "the index of axis '%s' has dtype %s; an integer array is expected. Cast it with astype(INT32).",
        axis, index.dtype());
  }

  static AxialException indexAxisSize(Dim index, Dim own) {
    return error(
        "the index array's axis '%s' (size %d) is aligned with the axis of that name that is not indexed (size %d); the sizes must be equal. Rename one of them if they are not meant to be paired.",
        index.name(), index.size(), own.size());
  }

  static AxialException indexAxesDiffer(String name, int a, int b) {
    return error(
        "two index arrays are paired along axis '%s', and its size is %d in one and %d in the other. Rename the axis of one of them to select all combinations.",
        name, a, b);
  }

  // ---------------------------------------------------------------- values

  static AxialException length(int given, List<Dim> dims, long expected) {
    return error(
        "%d values were given for the axes %s, which hold %d; give that many, or other axes.",
        given, axes(dims), expected);
  }

  static AxialException sizesDiffer(String what, String name, ArrayType a, ArrayType b) {
    return error(
        "%s: axis '%s' has size %d in %s and %d in %s. Axes of the same name must have the same size; rename one of them if they are different things.",
        what, name, a.dim(name).size(), type(a), b.dim(name).size(), type(b));
  }

  static AxialException doesNotFit(ArrayType value, ArrayType into) {
    for (Dim d : value.dims()) {
      if (!into.has(d.name())) {
        return error(
            "a value with axes %s cannot be written to a selection with axes %s: axis '%s' is not in the selection. Index or reduce it first.",
            axes(value.dims()), axes(into.dims()), d.name());
      }
      if (into.dim(d.name()).size() != d.size()) {
        return error(
            "a value with axes %s cannot be written to a selection with axes %s: axis '%s' has size %d, and %d in the selection. Select as many as the value has, or write a value of the selection's size.",
            axes(value.dims()), axes(into.dims()), d.name(), d.size(), into.dim(d.name()).size());
      }
    }
    return error(
        "a value of type %s cannot be written to a selection of type %s.", type(value), type(into));
  }

  static AxialException lossy(DType from, String what, DType into) {
    return error(
        "a value of dtype %s cannot be written into %s of dtype %s without loss; cast it with astype(DType.%s) if that is meant.",
        from, what, into, into.name());
  }

  static AxialException combinedKeys(Fn.Combine fn) {
    return error(
        "%s into random keys: a key takes part in no arithmetic; draw numbers from it with Random, or overwrite it with set.",
        combines(fn));
  }

  /** What a method is called that combines by fn. */
  static String combines(Fn.Combine fn) {
    return fn == Fn.Combine.MUL ? "times" : Ops.label(fn);
  }

  static AxialException traced(String what) {
    return error(
        "%s needs concrete values, and this one is traced: the function runs once to learn its program, so its values are not there. Use where, cond or a loop instead of a Java decision, and debugPrint to look inside.",
        what);
  }

  /**
   * A traced value outside of its trace; {@code function} is whose, or empty if that is not known.
   */
  static AxialException leaked(Object what, String function) {
    return error(
        "%s belongs to a traced function that is over, or that runs on another thread%s. A traced value lives only inside its function: return it, or pass it as an argument.",
        what, function.isEmpty() ? "" : " (" + function + ")");
  }

  static AxialException notScalar(String what, ArrayType t) {
    return error("%s needs a scalar; got %s.", what, type(t));
  }

  // ---------------------------------------------------------------- references

  /** What a use of a reference after its end says; {@code how} is frozen or freed. */
  static String ended(String made, String how, String where) {
    return "the reference made at %s was %s at %s and cannot be used any more; freeze it after its last use, or make a new reference."
        .formatted(made, how, where);
  }

  /** What a use after close says. */
  static String closed(String made, String where) {
    return "the reference made at %s was closed at %s and cannot be used any more; open the file again."
        .formatted(made, where);
  }

  static AxialException frozenElsewhere(String made, String path) {
    return error(
        "freeze is for the function that made the reference; this one%s was made outside, at %s. Read it with get(), or freeze it where it was made.",
        path, made);
  }

  static AxialException returnsRef(String function, String path, String made) {
    return error(
        "%s returns a reference (%s, made at %s). References do not leave a transformed function: return value() or freeze it, or make the reference outside and pass it in.",
        function, path, made);
  }

  static AxialException passedTwice(String function, String a, String b, String made) {
    return error(
        "the reference made at %s comes into %s twice, as %s and %s, and the two may overlap. Pass it once; views of one reference may come in together when they are disjoint.",
        made, function, a, b);
  }

  static AxialException closedOverAndPassed(String function, String made, String path) {
    return error(
        "the reference made at %s is passed to %s as %s and also used in it from outside. Use the argument in the function, or do not pass it.",
        made, function, path);
  }

  static AxialException intoOne(String function, @Nullable Object result) {
    return error(
        "applyInto writes one array, and the result of %s is %s. Write several references in a procedure: jitProc((a, b) -> { a.set(…); b.set(…); }).",
        function, result == null ? "null" : "a " + result.getClass().getSimpleName());
  }

  static AxialException held(String made) {
    return error(
        "the reference made at %s is used inside the function given to its own update, or in a callback of a call that holds it. Use the value the function receives, or move the access outside.",
        made);
  }

  static AxialException readOnly(String made) {
    return error(
        "the reference made at %s was opened for reading only, and this would write it. Open it with NamedRef.open to write it, or write a copy: newRef(ref.value()).",
        made);
  }

  static AxialException onlyOnDisk(String what, String made) {
    return error(
        "%s is for references on disk, which NamedRef.open and NamedRef.create give; the one made at %s is in memory.",
        what, made);
  }

  static AxialException eagerOnly(String what) {
    return error(
        "%s works on a file, so it is for eager code, and this is inside a traced function. Call it outside, around the call of the compiled function.",
        what);
  }

  static AxialException inCommit(String what, String made) {
    return error(
        "%s of the reference made at %s, inside its own block of commit. %s it after the block.",
        what, made, Character.toUpperCase(what.charAt(0)) + what.substring(1));
  }

  static AxialException onDiskEnds(String how, String made) {
    return error(
        "the reference made at %s is on disk, so it cannot be %s: its memory is the file's. Take a copy with value(), and close() it.",
        made, how);
  }

  static AxialException fileDiffers(Path file, ArrayType there, ArrayType asked) {
    return error(
        "%s holds a reference of type %s; %s was asked for. Ask for what it holds, with the axes in that order, or open it without dtype and axes.",
        file, type(there), type(asked));
  }

  /** An error that a file gave, with the user's line. */
  static AxialException located(AxialException x) {
    return new AxialException(x.getMessage() + "\n  at " + Site.here(), x);
  }

  /** Added to what ended a call while it ran. */
  static AxialException torn(Storage[] given, int n) {
    var made = new ArrayList<String>();
    for (int k = 0; k < n; k++) {
      made.add(given[k].site());
    }
    return error(
        "the call ended while it ran: the references it was given, made at %s, may hold a part of what it writes. Set them anew before they are used again.",
        String.join(", ", made));
  }

  static AxialException unslicedShared(String path) {
    return error(
        "unsliced() on %s: another view of the same reference was passed together with it, so the whole reference cannot be used here. Pass the whole reference instead of the views.",
        path);
  }

  static AxialException plumbing(String path, String made, String write) {
    return error(
        "a value that carries a derivative is written into the reference %s, made at %s, which is not differentiated%s. Wrap the value in stopGradient(...) where it is written if the reference only records it; to differentiate with respect to a reference, use vjp(f, ref).withRefs(gradRef).",
        path, made, write.isEmpty() ? "" : " (written at " + write + ")");
  }

  static AxialException gradOfRef(String what, String path, String made) {
    return error(
        "%s was given a bare reference (%s, made at %s). To differentiate with respect to a reference, use vjp(f, ref).withRefs(gradRef), which accumulates into gradRef; to differentiate with respect to its contents, pass ref.value().",
        what, path, made);
  }

  static AxialException nothingToDifferentiate(String what) {
    return error(
        "%s: the argument holds no floating-point array, so there is nothing to differentiate.",
        what);
  }
}
