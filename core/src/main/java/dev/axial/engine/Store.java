package dev.axial.engine;

import dev.axial.AxialException;
import dev.axial.DType;
import dev.axial.ir.Half;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A row of elements: a Java array when it is small, native memory of the {@link Pool} when it is
 * large. Elements are short (bfloat16, float16), float, double, int (int32, uint32), long (int64,
 * key) or byte (bool).
 */
public final class Store {
  /** From this many bytes on, memory is native. */
  public static final long NATIVE_FROM = 1 << 14;

  private final DType dtype;
  private final long size;
  private @Nullable Object array;
  private @Nullable MemorySegment segment;
  private final Pool.@Nullable Block block;

  /** Whether it stays whatever scopes end. */
  private volatile boolean handedOut;

  /** Whether the end of a scope frees it, so that its uses are counted. */
  private volatile boolean scoped;

  /**
   * The uses under way, and {@link #ENDED} once it was freed: the last one gives the memory back.
   */
  private volatile int uses;

  /** The reference that has it for its contents. */
  private volatile @Nullable Storage owner;

  private static final int ENDED = 1 << 30;

  private static final AtomicIntegerFieldUpdater<Store> USES =
      AtomicIntegerFieldUpdater.newUpdater(Store.class, "uses");

  private Store(
      DType dtype,
      long size,
      @Nullable Object array,
      @Nullable MemorySegment segment,
      Pool.@Nullable Block block) {
    this.dtype = dtype;
    this.size = size;
    this.array = array;
    this.segment = segment;
    this.block = block;
    if (block != null) {
      Pool.watch(this, block);
    }
  }

  /** One that a scope on this thread frees. */
  private static Store made(
      DType t, int n, @Nullable Object array, @Nullable MemorySegment s, Pool.@Nullable Block b) {
    var out = new Store(t, n, array, s, b);
    if (Pool.created(out)) { // a volatile write takes as long as all else here
      out.scoped = true;
    }
    return out;
  }

  /** A store of the given elements. The array must not be written afterwards. */
  public static Store of(DType dtype, Object array) {
    int n = length(array);
    long bytes = (long) n * dtype.bytes();
    if (bytes < NATIVE_FROM) {
      return made(dtype, n, array, null, null);
    }
    Pool.Block block = Pool.allocate(bytes);
    MemorySegment.copy(heapSegment(array), 0, block.segment(), 0, bytes);
    return made(dtype, n, null, block.segment().asSlice(0, bytes), block);
  }

  /** A store of zeros in native memory, for a reference. */
  public static Store zeros(DType dtype, long length) {
    Store s = inNative(dtype, length);
    s.segment().fill((byte) 0);
    return s;
  }

  /** Elements in memory that is somebody else's, such as a file's. There may be any number. */
  public static Store mapped(DType dtype, long size, MemorySegment memory) {
    return new Store(dtype, size, null, memory, null);
  }

  /** A store in native memory, however small, whose contents the caller writes at once. */
  public static Store inNative(DType dtype, long length) {
    int n = checkLength(length);
    long bytes = (long) n * dtype.bytes();
    Pool.Block block = Pool.allocate(bytes);
    return made(dtype, n, null, block.segment().asSlice(0, bytes), block);
  }

  /** A store of the same elements in native memory, for a reference: its address stays. */
  public Store nativeCopy() {
    Store s = inNative(dtype, size);
    copyTo(s.segment());
    return s;
  }

  /** A store whose contents the caller writes at once. */
  public static Store uninitialized(DType dtype, long length) {
    int n = checkLength(length);
    long bytes = (long) n * dtype.bytes();
    if (bytes < NATIVE_FROM) {
      Object a = newArray(dtype, n);
      return made(dtype, n, a, null, null);
    }
    return inNative(dtype, n);
  }

  /** A store of the same elements that shares nothing. */
  public Store copy() {
    Store s = uninitialized(dtype, size);
    copyTo(s.segment());
    return s;
  }

  public DType dtype() {
    return dtype;
  }

  /** The number of elements of an array. */
  public int length() {
    return checkLength(size);
  }

  /** The number of elements, which may be more than an array has. */
  public long size() {
    return size;
  }

  /** The memory. */
  public MemorySegment segment() {
    Object a = heap();
    MemorySegment s = segment;
    if (s == null) { // few small arrays are asked for it
      if (a == null) {
        throw gone();
      }
      s = heapSegment(a);
      segment = s;
    }
    return s;
  }

  /** The memory for a caller to keep; the pool does not recycle it any more. */
  public synchronized MemorySegment handOut() {
    handedOut = true;
    if (block != null) {
      block.keep();
    }
    return segment().asReadOnly();
  }

  /** The Java array behind a small store, or null. */
  public @Nullable Object heap() {
    Object a = array;
    if (uses == ENDED) {
      throw gone();
    }
    return a;
  }

  private static AxialException gone() {
    return new AxialException(
        "this array was freed at the end of a Memory.scope(). Keep what leaves the scope with scope.keep(x).");
  }

  /** The elements as a Java array: the one behind a small store, a copy of a large one. */
  public Object toArray() {
    Object a = heap();
    if (a != null) {
      return a;
    }
    Object out = newArray(dtype, size);
    copyTo(heapSegment(out));
    return out;
  }

  private void copyTo(MemorySegment to) {
    boolean counted = use();
    try {
      MemorySegment.copy(segment(), 0, to, 0, size * dtype.bytes());
    } finally { // until then the pool must not give the memory to somebody else
      done(counted);
      Reference.reachabilityFence(this);
    }
  }

  /**
   * Gives the memory back, at once or at the end of the last use that is under way; a later use is
   * an error.
   */
  public synchronized void free() {
    if (!handedOut && USES.getAndUpdate(this, u -> u | ENDED) == 0) {
      release();
    }
  }

  private void release() {
    array = null;
    if (block != null) {
      block.release();
    }
  }

  // ---------------------------------------------------------------- uses, and the end of a scope

  /**
   * Begins a use of the memory: until its end nobody else gets it, whatever scope ends meanwhile.
   * Nothing is counted where no scope can free it.
   *
   * @return whether it was counted, for {@link #done}
   */
  public boolean use() {
    if (!scoped) {
      return false;
    }
    if ((USES.getAndIncrement(this) & ENDED) != 0) {
      done(true);
      throw gone();
    }
    return true;
  }

  /** The end of a use. */
  public void done(boolean counted) {
    if (counted && USES.decrementAndGet(this) == ENDED) {
      release();
    }
  }

  /** Begins the use of all stores among the inputs of a call; whether {@link #doneAll} is due. */
  public static boolean useAll(List<Object> inputs) {
    if (!Pool.scopesWereUsed()) {
      return false;
    }
    int n = 0;
    try {
      for (; n < inputs.size(); n++) {
        if (inputs.get(n) instanceof Store s) {
          s.use();
        }
      }
    } catch (AxialException x) {
      doneAll(inputs.subList(0, n));
      throw x;
    }
    return true;
  }

  /** The end of the use of all of them. */
  public static void doneAll(List<Object> inputs) {
    for (Object x : inputs) {
      if (x instanceof Store s) {
        s.done(s.scoped);
      }
    }
  }

  /** Takes it out of all scopes for good: it belongs to what stays, such as compiled code. */
  public synchronized Store retain() {
    if ((uses & ENDED) != 0) {
      throw gone();
    }
    scoped = false;
    handedOut = true;
    return this;
  }

  /**
   * Says which reference it is the contents of; null once it is an array, or nobody's. Only the end
   * of a scope asks; another store must not keep its reference alive, which is closed when nobody
   * has it any more.
   */
  void owner(@Nullable Storage o) {
    if (scoped) {
      owner = o;
    } else if (owner != null) {
      owner = null;
    }
  }

  /** The reference that it is the contents of. */
  @Nullable Storage owner() {
    return owner;
  }

  /** One element of a floating store. */
  public double getDouble(long k) {
    boolean counted = use();
    try {
      return switch (dtype) {
        case BFLOAT16, FLOAT16 ->
            Half.widen(dtype, segment().getAtIndex(ValueLayout.JAVA_SHORT, k));
        case FLOAT32 -> segment().getAtIndex(ValueLayout.JAVA_FLOAT, k);
        case FLOAT64 -> segment().getAtIndex(ValueLayout.JAVA_DOUBLE, k);
        case INT32, INT64, UINT32, BOOL, KEY -> getLong(k);
      };
    } finally {
      done(counted);
      Reference.reachabilityFence(this);
    }
  }

  /** One element of an integer, boolean or key store. */
  public long getLong(long k) {
    boolean counted = use();
    try {
      return switch (dtype) {
        case INT32 -> segment().getAtIndex(ValueLayout.JAVA_INT, k);
        case UINT32 -> segment().getAtIndex(ValueLayout.JAVA_INT, k) & 0xffffffffL;
        case INT64, KEY -> segment().getAtIndex(ValueLayout.JAVA_LONG, k);
        case BOOL -> segment().get(ValueLayout.JAVA_BYTE, k);
        case BFLOAT16, FLOAT16, FLOAT32, FLOAT64 -> (long) getDouble(k);
      };
    } finally {
      done(counted);
      Reference.reachabilityFence(this);
    }
  }

  // ---------------------------------------------------------------- Java arrays by dtype

  /** A Java array for n elements. */
  public static Object newArray(DType t, long n) {
    int k = checkLength(n);
    return switch (t) {
      case BFLOAT16, FLOAT16 -> new short[k];
      case FLOAT32 -> new float[k];
      case FLOAT64 -> new double[k];
      case INT32, UINT32 -> new int[k];
      case INT64, KEY -> new long[k];
      case BOOL -> new byte[k];
    };
  }

  /** The length of an array, checked to be one that Java arrays can have. */
  public static int checkLength(long n) {
    if (n > Integer.MAX_VALUE - 8) {
      throw new AxialException(
          "an array of %,d elements was asked for; an array has at most %,d. Split it along an axis."
              .formatted(n, Integer.MAX_VALUE - 8));
    }
    return (int) n;
  }

  /** The length of a primitive array. */
  public static int length(Object array) {
    return switch (array) {
      case short[] a -> a.length;
      case float[] a -> a.length;
      case double[] a -> a.length;
      case int[] a -> a.length;
      case long[] a -> a.length;
      case byte[] a -> a.length;
      default -> // not over Op: an array of any type
          throw new AxialException("internal error: not an element array: " + array.getClass());
    };
  }

  /** A primitive array as a segment. */
  public static MemorySegment heapSegment(Object array) {
    return switch (array) {
      case short[] a -> MemorySegment.ofArray(a);
      case float[] a -> MemorySegment.ofArray(a);
      case double[] a -> MemorySegment.ofArray(a);
      case int[] a -> MemorySegment.ofArray(a);
      case long[] a -> MemorySegment.ofArray(a);
      case byte[] a -> MemorySegment.ofArray(a);
      default -> // not over Op: an array of any type
          throw new AxialException("internal error: not an element array: " + array.getClass());
    };
  }

  /** Copies a primitive array. */
  public static Object cloneArray(Object array) {
    return switch (array) {
      case short[] a -> Arrays.copyOf(a, a.length);
      case float[] a -> Arrays.copyOf(a, a.length);
      case double[] a -> Arrays.copyOf(a, a.length);
      case int[] a -> Arrays.copyOf(a, a.length);
      case long[] a -> Arrays.copyOf(a, a.length);
      case byte[] a -> Arrays.copyOf(a, a.length);
      default -> // not over Op: an array of any type
          throw new AxialException("internal error: not an element array: " + array.getClass());
    };
  }
}
