package dev.axial.cpu;

import dev.axial.cpu.emit.Emitter;
import dev.axial.cpu.emit.Flat;
import dev.axial.cpu.emit.Gemm;
import dev.axial.cpu.emit.Target;
import dev.axial.cpu.llvm.Llvm;
import dev.axial.cpu.llvm.ObjectCache;
import dev.axial.cpu.plan.Planner;
import dev.axial.cpu.runtime.Compiled;
import dev.axial.cpu.runtime.Elementwise;
import dev.axial.cpu.runtime.HugePages;
import dev.axial.cpu.runtime.Product;
import dev.axial.engine.Engine;
import dev.axial.engine.Executable;
import dev.axial.engine.Pool;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import dev.axial.ir.Type;
import java.util.List;

/** The native engine. */
final class CpuEngine implements Engine {
  /** Operations on fewer elements are done by the interpreter at once. */
  private static final long FEW = 1 << 14;

  /**
   * What the emitter leaves to the optimizer: registers, common subexpressions, invariants. Vectors
   * and unrolling are the emitter's own.
   */
  private static final String PASSES =
      System.getProperty(
          "axial.llvm.passes",
          "function(sroa,early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg,loop-mssa(licm),gvn,dse,simplifycfg)");

  private final Llvm llvm;
  private final Target target;
  private final ObjectCache cache;

  CpuEngine(Llvm llvm) {
    this.llvm = llvm;
    this.target = target(llvm);
    this.cache = new ObjectCache(() -> llvm);
    if (System.getProperty("os.name").equals("Linux")) {
      Pool.large(HugePages.PAGE, HugePages::allocate);
    }
  }

  private static Target target(Llvm llvm) {
    if (llvm.has("avx512f") && llvm.has("avx512vl") && llvm.has("avx512dq")) {
      return new Target(64, 32);
    }
    return llvm.has("avx2") ? new Target(32, 16) : new Target(16, llvm.has("neon") ? 32 : 16);
  }

  @Override
  public String name() {
    return "native";
  }

  @Override
  public boolean wants(Op op, List<Type> operands) {
    long n = 0;
    for (Type t : operands) {
      n += t.array().size();
    }
    return n >= FEW;
  }

  @Override
  public Executable compile(Program program) {
    if (Flat.suits(program)) {
      Flat.Written f = Flat.write(program, target);
      return new Elementwise(
          program, cache.get(f.ir(), List.of(ObjectCache.NAME), PASSES), f.grain());
    }
    Planner.Plan plan = Planner.of(program);
    Product product = Product.of(plan, target, this::contractions);
    if (product != null) {
      return product;
    }
    Emitter.Written w = Emitter.write(plan, target);
    if (Boolean.getBoolean("axial.dump")) {
      System.getLogger("dev.axial").log(System.Logger.Level.INFO, w.ir());
    }
    ObjectCache.Code code = cache.get(w.ir(), List.of(ObjectCache.NAME), PASSES);
    ObjectCache.Code library = w.contracts() ? contractions() : null;
    return new Compiled(plan, w, code, library, () -> Explanation.of(llvm, plan, w, code));
  }

  /** The library of contractions; the cache keeps it as long as a program uses it. */
  private ObjectCache.Code contractions() {
    return cache.get(Gemm.module(target), Gemm.ENTRIES, Gemm.PASSES);
  }
}
