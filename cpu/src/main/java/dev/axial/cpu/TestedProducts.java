package dev.axial.cpu;

import dev.axial.AxialException;
import dev.axial.cpu.emit.Gemm;
import dev.axial.cpu.emit.Target;
import dev.axial.cpu.llvm.Library;
import dev.axial.cpu.llvm.ObjectCache;
import dev.axial.engine.Engine;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The library of contractions, once it has computed what the interpreter computes: a program that
 * multiplies needs it compiled anyway, so that to test it then costs a few products. Where it is
 * wrong, the same text is compiled without features, a level at a time.
 */
final class TestedProducts implements Supplier<ObjectCache.Code> {
  /** It is wrong at every level. */
  static final class Wrong extends AxialException {
    private static final long serialVersionUID = 1L;

    Wrong(String message) {
      super(message);
    }
  }

  private final Library library;
  private final Engine oracle;
  private @Nullable Supplier<ObjectCache.Code> chosen;
  private @Nullable Wrong wrong;

  /**
   * The library of contractions for a libLLVM.
   *
   * @param oracle an engine that is right
   */
  TestedProducts(Library library, Engine oracle) {
    this.library = library;
    this.oracle = oracle;
  }

  /** It as text, compiled when it is asked for. */
  static Supplier<ObjectCache.Code> untested(ObjectCache cache, Target target) {
    return cache.shared(() -> Gemm.module(target), Gemm.ENTRIES, Gemm.PASSES);
  }

  @Override
  public ObjectCache.Code get() {
    return chosen().get();
  }

  private synchronized Supplier<ObjectCache.Code> chosen() {
    Supplier<ObjectCache.Code> known = chosen;
    if (known != null) {
      return known;
    }
    if (wrong != null) {
      throw wrong;
    }
    Target target = Target.of(library.host());
    try {
      Supplier<ObjectCache.Code> right =
          Verdicts.first(
              library,
              SelfTest.PRODUCTS + " of " + target,
              l -> untested(new ObjectCache(l), target),
              code -> SelfTest.productDifference(new CpuEngine(library, code), oracle));
      chosen = right;
      return right;
    } catch (AxialException x) {
      wrong = new Wrong(String.valueOf(x.getMessage()));
      throw wrong;
    }
  }
}
