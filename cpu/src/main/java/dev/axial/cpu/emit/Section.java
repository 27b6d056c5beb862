package dev.axial.cpu.emit;

import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import dev.axial.cpu.llvm.ObjectCache;
import dev.axial.cpu.plan.Buffer;
import dev.axial.cpu.plan.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One function of a program's control flow: the entry, or a stretch of its steps. A compiler takes
 * more than twice as long for a function of twice the length, so an entry that has become long
 * calls functions for the rest. What a stretch asks for from outside comes in a table of words, and
 * the scalars that it computes go back there.
 */
final class Section {
  /** An entry whose text is longer goes on in other functions, and so do these. */
  private static final int LONG_ENTRY = 1 << 16;

  private static final int LONG = 1 << 14;

  private static final String NAME = "@" + ObjectCache.NAME + "_s";

  final Asm asm;
  private final @Nullable Section around;
  private final Val env = new Val(Ty.PTR, "%env");
  private final Map<Buffer, Val> addresses = new IdentityHashMap<>();
  private final Map<Buffer, Val> pointers = new IdentityHashMap<>();
  private final Map<String, Val> slots = new HashMap<>();
  private final Map<Node, Val> scalars = new IdentityHashMap<>();

  /** What comes from outside, and after it the scalars that go there. */
  private final List<Object> words = new ArrayList<>();

  private final List<Node> made = new ArrayList<>();

  /** How many loops and branches are open: what is computed in one is not for others. */
  private int open;

  private @Nullable Eval eval;

  private Section(Asm asm, @Nullable Section around) {
    this.asm = asm;
    this.around = around;
  }

  /** The entry of a program. */
  static Section entry(Set<String> declarations) {
    return new Section(
        new Asm(Emitter.ENTRY.formatted("", "@" + ObjectCache.NAME), declarations), null);
  }

  /** A stretch of steps of this function. */
  Section inside(Set<String> declarations) {
    String header = "define internal void %s#(ptr %%table, ptr %%env) noinline #0".formatted(NAME);
    return new Section(new Asm(header, declarations), this);
  }

  boolean isEntry() {
    return around == null;
  }

  /** Whether what follows belongs into another function. */
  boolean isLong() {
    return asm.size() >= (isEntry() ? LONG_ENTRY : LONG);
  }

  /** Evaluates what is asked for in this function. */
  Eval eval(Frame frame) {
    Eval e = eval;
    if (e == null) {
      e = new Eval(frame);
      eval = e;
    }
    return e;
  }

  // ---------------------------------------------------------------- what is known

  /** A slot of the program's table, loaded at the start. */
  Val slot(int k, Ty ty) {
    var table = new Val(Ty.PTR, "%table");
    return slots.computeIfAbsent(k + " " + ty, _ -> asm.early(ty, table, k));
  }

  /** The address of what lies in the same place all the time. */
  Val address(Buffer b, java.util.function.Supplier<Val> make) {
    Val v = addresses.get(b);
    if (v == null) {
      v = make.get();
      addresses.put(b, v);
    }
    return v;
  }

  /** The variable that holds an address: one for all functions. */
  Val pointer(Buffer b) {
    return pointers.computeIfAbsent(b, _ -> around == null ? asm.alloca("ptr", 8) : word(b));
  }

  private Val word(Object from) {
    words.add(from);
    return asm.early(from instanceof Buffer ? Ty.PTR : Ty.I64, env, words.size() - 1L);
  }

  private boolean knows(Node n) {
    return scalars.containsKey(n) || around != null && around.knows(n);
  }

  /** A scalar that was computed here or around; null if it was not. */
  @Nullable Val scalar(Node n) {
    Val v = scalars.get(n);
    if (v == null && around != null && around.knows(n)) {
      Ty ty = Types.register(n.type().dtype());
      v = Words.narrowed(word(n), ty, (t, instruction) -> asm.early(t, instruction));
      scalars.put(n, v);
    }
    return v;
  }

  /** A scalar has been computed. */
  void computed(Node n, Val v) {
    scalars.put(n, v);
    if (open == 0) {
      made.add(n);
    }
  }

  /** Writes the inside of a loop or branch. */
  void within(Runnable body) {
    open++;
    body.run();
    open--;
  }

  // ---------------------------------------------------------------- ends

  /** Ends this function and calls it. */
  void call(Emitter e) {
    Section to = Objects.requireNonNull(around);
    int given = words.size();
    for (int k = 0; k < made.size(); k++) {
      Val v = Objects.requireNonNull(scalars.get(made.get(k)));
      asm.store(Words.widened(asm, v), asm.at(env, "i64", Asm.i64(given + k)), 8);
    }
    asm.leave();
    Asm a = to.asm;
    Val table = a.alloca("[%d x i64]".formatted(Math.max(1, given + made.size())), 8);
    for (int k = 0; k < given; k++) {
      Val v =
          switch (words.get(k)) {
            case Buffer b -> to.pointer(b);
            case Node n -> Words.widened(a, Objects.requireNonNull(to.scalar(n)));
            default -> // not over Op: what is put there
                throw new dev.axial.AxialException("internal error: a word");
          };
      a.store(v, a.at(table, "i64", Asm.i64(k)), 8);
    }
    a.run(e.function(asm, NAME), false, new Val(Ty.PTR, "%table"), table);
    for (int k = 0; k < made.size(); k++) {
      Node n = made.get(k);
      Val w = a.load(Ty.I64, a.at(table, "i64", Asm.i64(given + k)), 8);
      to.computed(n, Words.narrowed(w, Types.register(n.type().dtype()), (t, s) -> a.define(t, s)));
    }
  }
}
