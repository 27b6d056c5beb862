package dev.axial.interpreter;

import dev.axial.engine.Storage;
import dev.axial.engine.Store;
import dev.axial.ir.Access;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Edge;
import dev.axial.ir.Fn;
import dev.axial.ir.Mode;
import dev.axial.ir.Type;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Accesses to references outside of programs: direct memory accesses. The caller holds the lock.
 * Plans are kept for the types they were made for.
 */
public final class EagerRefs {
  private static final int CACHE = 4096;
  private static final Map<Key, Accesses> PLANS = new ConcurrentHashMap<>();

  private record Key(Access access, ArrayType of, List<Type> operands, @Nullable ArrayType value) {}

  private EagerRefs() {}

  private static Accesses plan(Storage s, Access a, List<Type> types, @Nullable ArrayType value) {
    Key key = new Key(a, s.type(), types, value);
    Accesses p = PLANS.get(key);
    if (p == null) {
      p = new Accesses(a, s.type(), types, value);
      if (PLANS.size() > CACHE) {
        PLANS.clear();
      }
      PLANS.put(key, p);
    }
    return p;
  }

  private static Object[] arrays(List<Store> stores) {
    return stores.stream().map(Store::toArray).toArray();
  }

  /** The type of a read. */
  public static ArrayType type(Storage s, Access a, List<Type> operands) {
    return a.result(s.type(), operands);
  }

  /** Reads a selection. */
  public static Store get(Storage s, Access a, Mode mode, List<Store> operands, List<Type> types) {
    if (a.equals(Access.ALL)) {
      return s.store().copy();
    }
    Object out =
        plan(s, a, types, null).read(Cell.of(s.store()), arrays(operands), mode == Mode.CLAMP);
    return Store.of(s.type().dtype(), out);
  }

  /** Overwrites a selection; nothing out of range. */
  public static void set(
      Storage s, Access a, Store value, ArrayType type, List<Store> operands, List<Type> types) {
    plan(s, a, types, type).set(Cell.of(s.store()), value.toArray(), arrays(operands), false);
  }

  /** Combines a selection with a value; nothing out of range. */
  public static void combine(
      Fn.Combine fn,
      Storage s,
      Access a,
      Store value,
      ArrayType type,
      List<Store> operands,
      List<Type> types) {
    plan(s, a, types, type)
        .combine(fn, Cell.of(s.store()), value.toArray(), arrays(operands), false);
  }

  /** Overwrites a selection and gives what was there; out of range it reads clamped. */
  public static Store swap(
      Storage s, Access a, Store value, ArrayType type, List<Store> operands, List<Type> types) {
    // Before anything is written: there may be no memory.
    Store result = Store.uninitialized(s.type().dtype(), type(s, a, types).size());
    Object out =
        plan(s, a, types, type)
            .swap(Cell.of(s.store()), value.toArray(), arrays(operands), Edge.CLAMP, false);
    MemorySegment from = Store.heapSegment(out);
    MemorySegment.copy(from, 0, result.segment(), 0, from.byteSize());
    return result;
  }
}
