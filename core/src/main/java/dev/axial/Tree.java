package dev.axial;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.RecordComponent;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Trees: what transformed functions take and give. Inner nodes are records, lists, maps (in sorted
 * key order), optionals and object arrays, nested at will; leaves are {@link NamedArray}s and
 * {@link NamedRef}s; null is an empty tree. Strings, numbers, booleans, characters, enums, axes and
 * dtypes are static parts, compared by {@code equals}. Anything else is an error, unless it is
 * wrapped by {@link #fixed}.
 */
public final class Tree {
  private Tree() {}

  // ---------------------------------------------------------------- structure

  /** The form of a tree without its leaves. */
  public sealed interface Structure {}

  record Leaf() implements Structure {}

  record Empty() implements Structure {}

  /** How deep trees nest: whoever walks one calls itself for each level. */
  private static final int DEEPEST = 200;

  private static final Leaf LEAF = new Leaf();
  private static final Empty EMPTY = new Empty();

  record Static(Object value) implements Structure {}

  record OfRecord(Class<?> type, List<Structure> parts) implements Structure {}

  record OfList(List<Structure> parts) implements Structure {}

  record OfMap(List<Object> keys, List<Structure> parts) implements Structure {}

  record OfOptional(List<Structure> parts) implements Structure {}

  record OfArray(Class<?> component, List<Structure> parts) implements Structure {}

  /** The leaves of a tree, in order, and the structure that puts them together again. */
  public record Flat(List<Tensor> leaves, List<String> paths, Structure structure) {}

  private record Fixed(Object value) {}

  /** Accessors from Object to Object, and a constructor from Object[]: exact calls of them. */
  private record RecordInfo(
      List<String> names,
      List<Class<?>> types,
      List<MethodHandle> accessors,
      MethodHandle constructor) {}

  private static final Map<Class<?>, RecordInfo> REGISTERED = new ConcurrentHashMap<>();

  private static final ClassValue<RecordInfo> INFO =
      new ClassValue<>() {
        @Override
        protected RecordInfo computeValue(Class<?> c) {
          try {
            var types =
                Arrays.stream(c.getRecordComponents())
                    .map(RecordComponent::getType)
                    .toArray(Class<?>[]::new);
            Constructor<?> constructor = c.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            var accessors = new ArrayList<MethodHandle>();
            for (RecordComponent r : c.getRecordComponents()) {
              r.getAccessor().setAccessible(true);
              accessors.add(MethodHandles.lookup().unreflect(r.getAccessor()));
            }
            return info(c, accessors, MethodHandles.lookup().unreflectConstructor(constructor));
          } catch (InaccessibleObjectException | IllegalAccessException x) {
            throw new AxialException(
                "the record %s cannot be read from here. Add 'opens %s to dev.axial;' to the module-info of %s, or call Tree.register(MethodHandles.lookup(), %s.class) in it."
                    .formatted(
                        c.getName(),
                        c.getPackageName(),
                        c.getModule().getName(),
                        c.getSimpleName()),
                x);
          } catch (NoSuchMethodException x) {
            throw new AxialException("internal error: " + c, x);
          }
        }
      };

  private static RecordInfo info(
      Class<?> c, List<MethodHandle> accessors, MethodHandle constructor) {
    var names = new ArrayList<String>();
    var types = new ArrayList<Class<?>>();
    for (RecordComponent r : c.getRecordComponents()) {
      names.add(r.getName());
      types.add(r.getType());
    }
    var read = MethodType.methodType(Object.class, Object.class);
    return new RecordInfo(
        List.copyOf(names),
        List.copyOf(types),
        accessors.stream().map(a -> a.asType(read)).toList(),
        constructor
            .asSpreader(Object[].class, types.size())
            .asType(MethodType.methodType(Object.class, Object[].class)));
  }

  /** Makes a record of a module that is not open to this library usable in trees. */
  public static <R extends Record> void register(MethodHandles.Lookup lookup, Class<R> type) {
    try {
      var accessors = new ArrayList<MethodHandle>();
      for (RecordComponent r : type.getRecordComponents()) {
        accessors.add(lookup.unreflect(r.getAccessor()));
      }
      var types =
          Arrays.stream(type.getRecordComponents())
              .map(RecordComponent::getType)
              .toArray(Class<?>[]::new);
      REGISTERED.put(
          type,
          info(type, accessors, lookup.unreflectConstructor(type.getDeclaredConstructor(types))));
    } catch (ReflectiveOperationException x) {
      throw new AxialException(
          "the lookup given to Tree.register cannot read %s; make it in that record's own module."
              .formatted(type.getName()),
          x);
    }
  }

  private static RecordInfo infoOf(Class<?> c) {
    RecordInfo known = REGISTERED.get(c);
    return known != null ? known : INFO.get(c);
  }

  /** Wraps a value of any class as a static part, compared by equals. */
  public static <T> Object fixed(T value) {
    return new Fixed(value);
  }

  // ---------------------------------------------------------------- flatten

  /** The leaves and the structure of a tree. */
  public static Flat flatten(@Nullable Object tree) {
    return flatten(tree, "");
  }

  static Flat flatten(@Nullable Object tree, String path) {
    var leaves = new ArrayList<Tensor>();
    Structure s = flatten(tree, path, leaves);
    return new Flat(leaves, new Paths(() -> paths(s, path)), s);
  }

  /** Takes a tree apart. The path is a text or a {@link Step}. */
  static Structure flatten(@Nullable Object x, Object path, List<Tensor> leaves) {
    return flatten(x, path, 0, leaves);
  }

  private static Structure flatten(
      @Nullable Object x, Object path, int depth, List<Tensor> leaves) {
    if (depth > DEEPEST) {
      throw Errors.deepTree(DEEPEST);
    }
    int inside = depth + 1;
    return switch (x) {
      case null -> EMPTY;
      case Tensor t -> {
        leaves.add(t);
        yield LEAF;
      }
      case List<?> list -> {
        var parts = new ArrayList<Structure>(list.size());
        for (Object part : list) {
          parts.add(flatten(part, new Step(path, parts.size()), inside, leaves));
        }
        yield new OfList(parts);
      }
      case Map<?, ?> map -> {
        var sorted = sorted(map, path);
        var parts = new ArrayList<Structure>();
        sorted.forEach((k, v) -> parts.add(flatten(v, new Step(path, k), inside, leaves)));
        yield new OfMap(new ArrayList<>(sorted.keySet()), parts);
      }
      case Optional<?> o ->
          new OfOptional(o.isEmpty() ? List.of() : List.of(flatten(o.get(), path, inside, leaves)));
      case Object[] array -> {
        var parts = new ArrayList<Structure>(array.length);
        for (Object part : array) {
          parts.add(flatten(part, new Step(path, parts.size()), inside, leaves));
        }
        yield new OfArray(array.getClass().getComponentType(), parts);
      }
      case String _, Number _, Boolean _, Character _, Enum<?> _, Axis _, AxisName _, Fixed _ ->
          new Static(x);
      case Record r -> {
        RecordInfo info = infoOf(r.getClass());
        var parts = new ArrayList<Structure>(info.names.size());
        for (int k = 0; k < info.names.size(); k++) {
          Object part = read(info.accessors.get(k), r);
          parts.add(flatten(part, new Component(path, info.names.get(k)), inside, leaves));
        }
        yield new OfRecord(r.getClass(), parts);
      }
      default -> throw notATree(x, path.toString()); // not over Op: any Java object
    };
  }

  /** A path that is a text when a message needs it. */
  private record Step(Object outer, Object key) {
    @Override
    public String toString() {
      return outer + "[" + key + "]";
    }
  }

  private record Component(Object outer, String name) {
    @Override
    public String toString() {
      String o = outer.toString();
      return o.isEmpty() ? name : o + "." + name;
    }
  }

  /** How leaves are called, found out when one is asked for, which is for a message. */
  static final class Paths extends AbstractList<String> {
    private final Supplier<List<String>> make;
    private @Nullable List<String> all;

    Paths(Supplier<List<String>> make) {
      this.make = make;
    }

    private List<String> all() {
      List<String> known = all;
      if (known == null) {
        known = make.get();
        all = known;
      }
      return known;
    }

    @Override
    public String get(int k) {
      return all().get(k);
    }

    @Override
    public int size() {
      return all().size();
    }
  }

  /** How the leaves of a structure are called. */
  static List<String> paths(Structure s, String from) {
    var out = new ArrayList<String>();
    collect(s, from, out);
    return out;
  }

  private static void collect(Structure s, Object path, List<String> out) {
    switch (s) {
      case Leaf _ -> out.add(path.toString());
      case Empty _, Static _ -> {}
      case OfList l -> collectAll(l.parts, path, out);
      case OfArray a -> collectAll(a.parts, path, out);
      case OfOptional o -> o.parts.forEach(p -> collect(p, path, out));
      case OfMap m -> {
        for (int k = 0; k < m.parts.size(); k++) {
          collect(m.parts.get(k), new Step(path, m.keys.get(k)), out);
        }
      }
      case OfRecord r -> {
        List<String> names = infoOf(r.type).names;
        for (int k = 0; k < names.size(); k++) {
          collect(r.parts.get(k), new Component(path, names.get(k)), out);
        }
      }
    }
  }

  private static void collectAll(List<Structure> parts, Object path, List<String> out) {
    for (int k = 0; k < parts.size(); k++) {
      collect(parts.get(k), new Step(path, k), out);
    }
  }

  // ---------------------------------------------------------------- the same form again

  /** Takes leaves, as long as they are what it expects. */
  interface Sink {
    boolean add(Tensor leaf);
  }

  /**
   * Gives away the leaves of a tree if its structure is this one, which is quicker than to make the
   * structure and to compare. It may say no of a tree of the same structure that is hard to judge.
   */
  static boolean matches(Structure s, @Nullable Object x, Sink leaves) {
    return switch (s) {
      case Leaf _ -> x instanceof Tensor t && leaves.add(t);
      case Empty _ -> x == null;
      case Static c -> c.value.equals(x);
      case OfList l -> {
        if (!(x instanceof List<?> list) || x instanceof Tensor || list.size() != l.parts.size()) {
          yield false;
        }
        int k = 0;
        for (Object part : list) {
          if (k == l.parts.size() || !matches(l.parts.get(k++), part, leaves)) {
            yield false;
          }
        }
        yield k == l.parts.size();
      }
      case OfMap m -> {
        if (!(x instanceof Map<?, ?> map)
            || map instanceof SortedMap<?, ?> sorted && sorted.comparator() != null
            || map.size() != m.keys.size()) {
          yield false;
        }
        for (int k = 0; k < m.keys.size(); k++) {
          Object part = map.get(m.keys.get(k));
          if (part == null && !map.containsKey(m.keys.get(k))
              || !matches(m.parts.get(k), part, leaves)) {
            yield false;
          }
        }
        yield true;
      }
      case OfOptional o ->
          x instanceof Optional<?> given
              && given.isPresent() == !o.parts.isEmpty()
              && (given.isEmpty() || matches(o.parts.getFirst(), given.get(), leaves));
      case OfArray a -> {
        if (!(x instanceof Object[] array)
            || array.length != a.parts.size()
            || array.getClass().getComponentType() != a.component) {
          yield false;
        }
        for (int k = 0; k < array.length; k++) {
          if (!matches(a.parts.get(k), array[k], leaves)) {
            yield false;
          }
        }
        yield true;
      }
      case OfRecord r -> {
        if (x == null || x.getClass() != r.type) {
          yield false;
        }
        RecordInfo info = infoOf(r.type);
        for (int k = 0; k < r.parts.size(); k++) {
          if (!matches(r.parts.get(k), read(info.accessors.get(k), x), leaves)) {
            yield false;
          }
        }
        yield true;
      }
    };
  }

  private static @Nullable Object read(MethodHandle accessor, Object record) {
    try {
      return (Object) accessor.invokeExact(record);
    } catch (RuntimeException | Error x) {
      throw x;
    } catch (Throwable x) {
      throw new AxialException("reading a record component failed: " + x, x);
    }
  }

  private static TreeMap<Object, @Nullable Object> sorted(Map<?, ?> map, Object path) {
    try {
      return new TreeMap<>(map);
    } catch (ClassCastException | NullPointerException x) {
      throw Errors.error(
          "the map%s has keys that cannot be sorted together: %s. Use keys of one comparable class, such as strings.",
          at(path.toString()), map.keySet().stream().map(String::valueOf).sorted().toList());
    }
  }

  private static String at(String path) {
    return path.isEmpty() ? "" : " at " + path;
  }

  private static AxialException notATree(Object x, String path) {
    String what =
        x.getClass().isArray()
            ? "a raw " + x.getClass().getComponentType() + " array"
            : "an object of " + x.getClass().getName();
    String fix =
        x.getClass().isArray()
            ? "Make it a NamedArray with array(values, axes…)"
            : "Trees are made of arrays, references, records, lists, maps, optionals, and static parts such as strings, numbers and enums";
    return Errors.error(
        "%s%s is not part of a tree. %s; or wrap it with Tree.fixed(value) if it never changes.",
        what, at(path), fix);
  }

  // ---------------------------------------------------------------- unflatten

  /** The tree with this structure and these leaves. */
  public static @Nullable Object unflatten(Structure s, List<? extends @Nullable Object> leaves) {
    Iterator<? extends @Nullable Object> it = leaves.iterator();
    Object tree = build(s, it);
    if (it.hasNext()) {
      throw Errors.error("%d leaves were given for a tree with fewer.", leaves.size());
    }
    return tree;
  }

  private static @Nullable Object build(Structure s, Iterator<? extends @Nullable Object> leaves) {
    return switch (s) {
      case Leaf _ -> {
        if (!leaves.hasNext()) {
          throw Errors.error("there are fewer leaves than the tree has.");
        }
        yield leaves.next();
      }
      case Empty _ -> null;
      case Static c -> c.value;
      case OfList l -> buildAll(l.parts, leaves);
      case OfMap m -> {
        var out = new LinkedHashMap<Object, @Nullable Object>();
        for (int k = 0; k < m.keys.size(); k++) {
          out.put(m.keys.get(k), build(m.parts.get(k), leaves));
        }
        yield java.util.Collections.unmodifiableMap(out);
      }
      case OfOptional o ->
          o.parts.isEmpty()
              ? Optional.empty()
              : Optional.ofNullable(build(o.parts.getFirst(), leaves));
      case OfArray a -> {
        @Nullable Object[] out =
            (@Nullable Object[]) java.lang.reflect.Array.newInstance(a.component, a.parts.size());
        for (int k = 0; k < out.length; k++) {
          out[k] = build(a.parts.get(k), leaves);
        }
        yield out;
      }
      case OfRecord r -> {
        RecordInfo info = infoOf(r.type);
        var args = new @Nullable Object[r.parts.size()];
        for (int k = 0; k < args.length; k++) {
          Object v = build(r.parts.get(k), leaves);
          if (v != null && !info.types.get(k).isPrimitive() && !info.types.get(k).isInstance(v)) {
            throw Errors.error(
                "the component %s of %s is declared %s and cannot hold a %s. Declare it as Tensor, which holds arrays and references alike.",
                info.names.get(k),
                r.type.getSimpleName(),
                info.types.get(k).getSimpleName(),
                v.getClass().getSimpleName());
          }
          args[k] = v;
        }
        try {
          yield (Object) info.constructor.invokeExact(args);
        } catch (RuntimeException | Error x) {
          throw x;
        } catch (Throwable x) {
          throw new AxialException(
              "the constructor of %s failed: %s".formatted(r.type.getName(), x), x);
        }
      }
    };
  }

  private static List<@Nullable Object> buildAll(
      List<Structure> parts, Iterator<? extends @Nullable Object> leaves) {
    var out = new ArrayList<@Nullable Object>(parts.size());
    for (Structure part : parts) {
      out.add(build(part, leaves));
    }
    return java.util.Collections.unmodifiableList(out);
  }

  static <T> T rebuild(Structure s, List<? extends @Nullable Object> leaves) {
    return unchecked(unflatten(s, leaves));
  }

  /** A tree as the type that the caller knows it has; null where that type allows it. */
  @SuppressWarnings({"unchecked", "NullAway"})
  static <T> T unchecked(@Nullable Object tree) {
    return (T) tree;
  }

  // ---------------------------------------------------------------- for users

  /** The leaves of a tree, in order. */
  public static List<Tensor> leaves(@Nullable Object tree) {
    return flatten(tree).leaves();
  }

  /** The structure of a tree. */
  public static Structure structure(@Nullable Object tree) {
    return flatten(tree).structure();
  }

  /** The tree with f applied to each array. References and static parts stay as they are. */
  public static <T> T map(Function<NamedArray, NamedArray> f, T tree) {
    Flat flat = flatten(tree);
    var out = new ArrayList<Tensor>();
    for (Tensor t : flat.leaves()) {
      out.add(t instanceof NamedArray x ? f.apply(x) : t);
    }
    return rebuild(flat.structure(), out);
  }

  /**
   * The first tree with f applied to each of its floating-point arrays and its counterpart in the
   * second. Other leaves of the first stay as they are, so that an optimizer leaves counters and
   * tables alone. A reference in the second counts by its contents.
   *
   * @throws AxialException if the trees have different structures
   */
  public static <T> T map(BiFunction<NamedArray, NamedArray, NamedArray> f, T a, T b) {
    Flat x = flatten(a);
    Flat y = flatten(b);
    if (!x.structure().equals(y.structure())) {
      throw Errors.error(
          "Tree.map over trees of different structures: %s and %s. Both need the same records, lists and keys, with an array for each array.",
          describe(x.structure()), describe(y.structure()));
    }
    var out = new ArrayList<Tensor>();
    for (int k = 0; k < x.leaves().size(); k++) {
      Tensor t = x.leaves().get(k);
      out.add(
          t instanceof NamedArray v && v.dtype().isFloating()
              ? f.apply(v, y.leaves().get(k).value())
              : t);
    }
    return rebuild(x.structure(), out);
  }

  /**
   * The tree with each array put into a new reference.
   *
   * @throws AxialException if a record component is declared NamedArray; declare it Tensor
   */
  public static <T> T toRefs(T tree) {
    Flat flat = flatten(tree);
    return rebuild(
        flat.structure(),
        flat.leaves().stream().map(t -> t instanceof NamedArray x ? NamedRef.make(x) : t).toList());
  }

  /** The tree with each reference replaced by its contents now. */
  public static <T> T values(T tree) {
    Flat flat = flatten(tree);
    return rebuild(flat.structure(), flat.leaves().stream().map(Tensor::value).toList());
  }

  /** Where two structures differ first, in words; null if they do not. */
  static @Nullable String difference(Structure a, Structure b, String path) {
    if (a.equals(b)) {
      return null;
    }
    List<Structure> x = parts(a);
    List<Structure> y = parts(b);
    if (sameNode(a, b) && x.size() == y.size()) {
      for (int k = 0; k < x.size(); k++) {
        String d = difference(x.get(k), y.get(k), part(a, path, k));
        if (d != null) {
          return d;
        }
      }
    }
    return "%s is %s, and %s was given".formatted(path, inWords(a), inWords(b));
  }

  private static String inWords(Structure s) {
    return s instanceof Leaf ? "an array or reference" : describe(s);
  }

  private static List<Structure> parts(Structure s) {
    return switch (s) {
      case Leaf _, Empty _, Static _ -> List.of();
      case OfList l -> l.parts;
      case OfArray a -> a.parts;
      case OfOptional o -> o.parts;
      case OfMap m -> m.parts;
      case OfRecord r -> r.parts;
    };
  }

  private static boolean sameNode(Structure a, Structure b) {
    return switch (a) {
      case Leaf _, Empty _, Static _ -> false;
      case OfList _ -> b instanceof OfList;
      case OfArray x -> b instanceof OfArray y && x.component == y.component;
      case OfOptional _ -> b instanceof OfOptional;
      case OfMap x -> b instanceof OfMap y && x.keys.equals(y.keys);
      case OfRecord x -> b instanceof OfRecord y && x.type == y.type;
    };
  }

  private static String part(Structure s, String path, int k) {
    return switch (s) {
      case Leaf _, Empty _, Static _, OfOptional _ -> path;
      case OfList _, OfArray _ -> new Step(path, k).toString();
      case OfMap m -> new Step(path, m.keys.get(k)).toString();
      case OfRecord r -> new Component(path, infoOf(r.type).names.get(k)).toString();
    };
  }

  static String describe(Structure s) {
    return switch (s) {
      case Leaf _ -> "*";
      case Empty _ -> "null";
      case Static c -> String.valueOf(c.value);
      case OfList l -> "[" + describe(l.parts) + "]";
      case OfArray a -> a.component.getSimpleName() + "[" + describe(a.parts) + "]";
      case OfOptional o -> "Optional(" + describe(o.parts) + ")";
      case OfRecord r -> r.type.getSimpleName() + "(" + describe(r.parts) + ")";
      case OfMap m -> {
        var out = new ArrayList<String>();
        for (int k = 0; k < m.keys.size(); k++) {
          out.add(m.keys.get(k) + "=" + describe(m.parts.get(k)));
        }
        yield "{" + String.join(", ", out) + "}";
      }
    };
  }

  private static String describe(List<Structure> parts) {
    return String.join(", ", parts.stream().map(Tree::describe).toList());
  }
}
