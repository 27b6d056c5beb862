package dev.axial.cpu;

import dev.axial.cpu.emit.Emitter;
import dev.axial.cpu.emit.Flat;
import dev.axial.cpu.emit.Target;
import dev.axial.cpu.llvm.Host;
import dev.axial.cpu.llvm.Library;
import dev.axial.cpu.llvm.ObjectCache;
import dev.axial.cpu.llvm.ProcessEnd;
import dev.axial.cpu.plan.Planner;
import dev.axial.cpu.runtime.Compiled;
import dev.axial.cpu.runtime.Elementwise;
import dev.axial.cpu.runtime.Product;
import dev.axial.engine.Engine;
import dev.axial.engine.Executable;
import dev.axial.ir.Program;
import dev.axial.numerics.Widening;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The native engine. */
final class CpuEngine implements Engine {
  private final Host host;
  private final Target target;
  private final ObjectCache cache;

  /** The library of contractions; the cache keeps it as long as a program uses it. */
  private final Supplier<ObjectCache.Code> contractions;

  /** Who computes what it cannot; null if there is nobody. */
  private final @Nullable Engine oracle;

  CpuEngine(Library library) {
    this(library, null, null);
  }

  /** One whose products come from somewhere. */
  CpuEngine(Library library, Supplier<ObjectCache.Code> contractions) {
    this(library, contractions, null);
  }

  /** One that leaves to the oracle what multiplies, where its products are wrong. */
  CpuEngine(
      Library library, @Nullable Supplier<ObjectCache.Code> contractions, @Nullable Engine oracle) {
    this.host = library.host();
    this.target = Target.of(host);
    this.cache = new ObjectCache(library);
    this.contractions =
        contractions != null ? contractions : TestedProducts.untested(cache, target);
    this.oracle = oracle;
  }

  /** One that multiplies once its products have passed; else the oracle computes them. */
  static CpuEngine tested(Library library, Engine oracle) {
    return new CpuEngine(library, new TestedProducts(library, oracle), oracle);
  }

  @Override
  public String name() {
    return "native";
  }

  @Override
  public @Nullable Executable prepared(Program program) {
    if (!Flat.suits(program)) {
      return null;
    }
    Flat.Written f = Flat.write(program, target);
    ObjectCache.Code code = cache.loaded(f.ir(), Emitter.PASSES);
    return code == null ? null : new Elementwise(program, code, f.grain());
  }

  @Override
  public boolean letsGo() {
    return ProcessEnd.skipsUnloading();
  }

  @Override
  public Executable compile(Program program) {
    try {
      return code(program);
    } catch (TestedProducts.Wrong x) {
      if (oracle == null) {
        throw x;
      }
      return oracle.compile(program);
    }
  }

  private Executable code(Program program) {
    if (Flat.suits(program)) {
      Flat.Written f = Flat.write(program, target);
      return new Elementwise(
          program, cache.get(f.ir(), List.of(ObjectCache.NAME), Emitter.PASSES), f.grain());
    }
    Planner.Plan plan = Planner.of(Widening.of(program));
    Product product = Product.of(plan, target, contractions);
    if (product != null) {
      return product;
    }
    Emitter.Written w = Emitter.write(plan, target);
    if (Boolean.getBoolean("axial.dump")) {
      System.getLogger("dev.axial").log(System.Logger.Level.INFO, w.ir());
    }
    ObjectCache.Code code = cache.get(w.ir(), List.of(ObjectCache.NAME), Emitter.PASSES);
    ObjectCache.Code library = w.contracts() ? contractions.get() : null;
    return new Compiled(plan, w, code, library, () -> Explanation.of(host, plan, w, code));
  }
}
