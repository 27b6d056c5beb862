package dev.axial.cpu.llvm;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.axial.AxialException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * LLVM's stable C API through the foreign-function API: text of a module in, an object file out,
 * and object files linked into this process by ORC. Thread-safe: each compilation has a context and
 * a target machine of its own.
 */
public final class Llvm {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final Arena FOREVER = Arena.global();

  private final SymbolLookup library;
  private final String version;
  private final String triple;
  private final String cpu;
  private final String features;
  private final MemorySegment target;
  private final Functions fn;
  private final MemorySegment jit;
  private final MemorySegment dylib;

  /** The functions that every compilation calls, bound once. */
  private record Functions(
      MethodHandle contextCreate,
      MethodHandle contextDispose,
      MethodHandle bufferCopy,
      MethodHandle bufferStart,
      MethodHandle bufferSize,
      MethodHandle bufferDispose,
      MethodHandle parse,
      MethodHandle verify,
      MethodHandle setTarget,
      MethodHandle setLayout,
      MethodHandle createLayout,
      MethodHandle disposeLayout,
      MethodHandle createMachine,
      MethodHandle disposeMachine,
      MethodHandle createOptions,
      MethodHandle disposeOptions,
      MethodHandle runPasses,
      MethodHandle emit,
      MethodHandle disposeModule,
      MethodHandle disposeMessage,
      MethodHandle errorMessage,
      MethodHandle disposeErrorMessage,
      MethodHandle tracker,
      MethodHandle addObject,
      MethodHandle lookup,
      MethodHandle remove,
      MethodHandle releaseTracker) {}

  /** What the system says, such as which library is missing; looking a library up does not tell. */
  private static @Nullable String why(Path file, IllegalArgumentException x) {
    try {
      System.load(file.toString());
      return x.getMessage();
    } catch (UnsatisfiedLinkError e) {
      return e.getMessage();
    }
  }

  /** Loads the library and starts ORC. */
  Llvm(Path file) {
    try {
      // By its name: a file in memory has no real path.
      library = SymbolLookup.libraryLookup(file.toString(), FOREVER);
    } catch (IllegalArgumentException x) {
      throw new AxialException("%s cannot be loaded: %s".formatted(file, why(file, x)), x);
    }
    version = version(file);
    for (String part : List.of("TargetInfo", "Target", "TargetMC", "AsmPrinter")) {
      call(bind("LLVMInitialize" + family() + part, null));
    }
    triple = owned(pointer(bind("LLVMGetDefaultTargetTriple", ADDRESS)));
    cpu = owned(pointer(bind("LLVMGetHostCPUName", ADDRESS)));
    features = owned(pointer(bind("LLVMGetHostCPUFeatures", ADDRESS)));
    fn = functions();
    try (Arena a = Arena.ofConfined()) {
      MemorySegment out = a.allocate(ADDRESS);
      MemorySegment message = a.allocate(ADDRESS);
      int bad =
          number(
              bind("LLVMGetTargetFromTriple", JAVA_INT, ADDRESS, ADDRESS, ADDRESS),
              a.allocateFrom(triple),
              out,
              message);
      if (bad != 0) {
        throw new AxialException(
            "libLLVM has no target %s: %s".formatted(triple, text(message.get(ADDRESS, 0))));
      }
      target = out.get(ADDRESS, 0);
      jit = startOrc(a);
    }
    dylib = pointer(bind("LLVMOrcLLJITGetMainJITDylib", ADDRESS, ADDRESS), jit);
  }

  private String version(Path file) {
    try (Arena a = Arena.ofConfined()) {
      MemorySegment v = a.allocate(JAVA_INT, 3);
      call(bind("LLVMGetVersion", null, ADDRESS, ADDRESS, ADDRESS), v, v.asSlice(4), v.asSlice(8));
      int major = v.get(JAVA_INT, 0);
      if (major < 18 || major > 22) {
        throw new AxialException(
            "%s is LLVM %d; versions 18 to 22 are known to work".formatted(file, major));
      }
      return major + "." + v.get(JAVA_INT, 4) + "." + v.get(JAVA_INT, 8);
    }
  }

  private static String family() {
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    return arch.equals("aarch64") || arch.equals("arm64") ? "AArch64" : "X86";
  }

  private MemorySegment startOrc(Arena a) {
    MemorySegment builder = pointer(bind("LLVMOrcCreateLLJITBuilder", ADDRESS));
    MemorySegment machine =
        pointer(
            bind("LLVMOrcJITTargetMachineBuilderCreateFromTargetMachine", ADDRESS, ADDRESS),
            machine(a, features));
    call(
        bind("LLVMOrcLLJITBuilderSetJITTargetMachineBuilder", null, ADDRESS, ADDRESS),
        builder,
        machine);
    MemorySegment out = a.allocate(ADDRESS);
    check(pointer(bind("LLVMOrcCreateLLJIT", ADDRESS, ADDRESS, ADDRESS), out, builder));
    return out.get(ADDRESS, 0);
  }

  private Functions functions() {
    return new Functions(
        bind("LLVMContextCreate", ADDRESS),
        bind("LLVMContextDispose", null, ADDRESS),
        bind("LLVMCreateMemoryBufferWithMemoryRangeCopy", ADDRESS, ADDRESS, JAVA_LONG, ADDRESS),
        bind("LLVMGetBufferStart", ADDRESS, ADDRESS),
        bind("LLVMGetBufferSize", JAVA_LONG, ADDRESS),
        bind("LLVMDisposeMemoryBuffer", null, ADDRESS),
        bind("LLVMParseIRInContext", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS),
        bind("LLVMVerifyModule", JAVA_INT, ADDRESS, JAVA_INT, ADDRESS),
        bind("LLVMSetTarget", null, ADDRESS, ADDRESS),
        bind("LLVMSetModuleDataLayout", null, ADDRESS, ADDRESS),
        bind("LLVMCreateTargetDataLayout", ADDRESS, ADDRESS),
        bind("LLVMDisposeTargetData", null, ADDRESS),
        bind(
            "LLVMCreateTargetMachine",
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT),
        bind("LLVMDisposeTargetMachine", null, ADDRESS),
        bind("LLVMCreatePassBuilderOptions", ADDRESS),
        bind("LLVMDisposePassBuilderOptions", null, ADDRESS),
        bind("LLVMRunPasses", ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS),
        bind(
            "LLVMTargetMachineEmitToMemoryBuffer",
            JAVA_INT,
            ADDRESS,
            ADDRESS,
            JAVA_INT,
            ADDRESS,
            ADDRESS),
        bind("LLVMDisposeModule", null, ADDRESS),
        bind("LLVMDisposeMessage", null, ADDRESS),
        bind("LLVMGetErrorMessage", ADDRESS, ADDRESS),
        bind("LLVMDisposeErrorMessage", null, ADDRESS),
        bind("LLVMOrcJITDylibCreateResourceTracker", ADDRESS, ADDRESS),
        bind("LLVMOrcLLJITAddObjectFileWithRT", ADDRESS, ADDRESS, ADDRESS, ADDRESS),
        bind("LLVMOrcLLJITLookup", ADDRESS, ADDRESS, ADDRESS, ADDRESS),
        bind("LLVMOrcResourceTrackerRemove", ADDRESS, ADDRESS),
        bind("LLVMOrcReleaseResourceTracker", null, ADDRESS));
  }

  /** What it says of the processor, all features included. */
  Host host() {
    return new Host(version, triple, cpu, features, 0, Features.POLICY);
  }

  // ---------------------------------------------------------------- compiling

  private MemorySegment machine(Arena a, String used) {
    return pointer(
        fn.createMachine,
        target,
        a.allocateFrom(triple),
        a.allocateFrom(cpu),
        a.allocateFrom(used),
        2, // optimization: default
        2, // position-independent
        0); // code model: default
  }

  /**
   * Compiles a module to an object file.
   *
   * @param ir the text of the module
   * @param passes the optimizer's pipeline
   * @param features what the code may use, as {@link Host#features} has it
   */
  byte[] compile(String ir, String passes, String features) {
    MemorySegment context = pointer(fn.contextCreate);
    try (Arena a = Arena.ofConfined()) {
      MemorySegment source = a.allocateFrom(ir);
      MemorySegment buffer =
          pointer(fn.bufferCopy, source, source.byteSize() - 1, a.allocateFrom("axial"));
      MemorySegment out = a.allocate(ADDRESS);
      MemorySegment message = a.allocate(ADDRESS);
      if (number(fn.parse, context, buffer, out, message) != 0) {
        throw broken("does not parse", message, ir);
      }
      MemorySegment module = out.get(ADDRESS, 0);
      try {
        return emit(a, module, message, ir, passes, features);
      } finally {
        call(fn.disposeModule, module);
      }
    } finally {
      call(fn.contextDispose, context);
    }
  }

  private byte[] emit(
      Arena a,
      MemorySegment module,
      MemorySegment message,
      String ir,
      String passes,
      String features) {
    if (number(fn.verify, module, 2, message) != 0) { // 2: return the reason
      throw broken("is not valid", message, ir);
    }
    MemorySegment machine = machine(a, features);
    MemorySegment layout = pointer(fn.createLayout, machine);
    MemorySegment options = pointer(fn.createOptions);
    try {
      call(fn.setTarget, module, a.allocateFrom(triple));
      call(fn.setLayout, module, layout);
      check(pointer(fn.runPasses, module, a.allocateFrom(passes), machine, options));
      MemorySegment out = a.allocate(ADDRESS);
      if (number(fn.emit, machine, module, 1, message, out) != 0) { // 1: an object file
        throw broken("cannot be compiled", message, ir);
      }
      MemorySegment object = out.get(ADDRESS, 0);
      long n = (long) invoke(fn.bufferSize, object);
      byte[] bytes = pointer(fn.bufferStart, object).reinterpret(n).toArray(JAVA_BYTE);
      call(fn.bufferDispose, object);
      return bytes;
    } finally {
      call(fn.disposeOptions, options);
      call(fn.disposeLayout, layout);
      call(fn.disposeMachine, machine);
    }
  }

  private AxialException broken(String what, MemorySegment message, String ir) {
    String reason = text(message.get(ADDRESS, 0));
    call(fn.disposeMessage, message.get(ADDRESS, 0));
    return new AxialException(
        "internal error: the module %s: %s%nits text is in %s".formatted(what, reason, saved(ir)));
  }

  /** Keeps the text of a module that LLVM refuses, for whoever looks into it. */
  private static String saved(String ir) {
    try {
      return Files.writeString(Files.createTempFile("axial", ".ll"), ir).toString();
    } catch (IOException x) {
      return ir;
    }
  }

  // ---------------------------------------------------------------- linking

  private final class Tracked implements Linked {
    private final MemorySegment tracker;
    private final List<MemorySegment> addresses = new ArrayList<>();

    private Tracked(MemorySegment tracker) {
      this.tracker = tracker;
    }

    @Override
    public MemorySegment address(int k) {
      return addresses.get(k);
    }

    @Override
    public void unload() {
      synchronized (Llvm.this) {
        check(pointer(fn.remove, tracker));
        call(fn.releaseTracker, tracker);
      }
    }
  }

  /** Links an object file into the process and looks its functions up. */
  synchronized Linked link(byte[] object, List<String> symbols) {
    try (Arena a = Arena.ofConfined()) {
      MemorySegment bytes = a.allocate(Math.max(1, object.length), 16);
      MemorySegment.copy(object, 0, bytes, JAVA_BYTE, 0, object.length);
      MemorySegment buffer =
          pointer(fn.bufferCopy, bytes, (long) object.length, a.allocateFrom(symbols.getFirst()));
      MemorySegment tracker = pointer(fn.tracker, dylib);
      check(pointer(fn.addObject, jit, tracker, buffer));
      var linked = new Tracked(tracker);
      for (String s : symbols) {
        MemorySegment out = a.allocate(JAVA_LONG);
        check(pointer(fn.lookup, jit, out, a.allocateFrom(s)));
        linked.addresses.add(MemorySegment.ofAddress(out.get(JAVA_LONG, 0)));
      }
      return linked;
    }
  }

  // ---------------------------------------------------------------- calling C

  private MethodHandle bind(
      String name, @org.jspecify.annotations.Nullable MemoryLayout result, MemoryLayout... in) {
    MemorySegment address =
        library
            .find(name)
            .orElseThrow(() -> new AxialException("this libLLVM has no function " + name));
    return LINKER.downcallHandle(
        address,
        result == null ? FunctionDescriptor.ofVoid(in) : FunctionDescriptor.of(result, in));
  }

  private static Object invoke(MethodHandle f, Object... args) {
    try {
      return f.invokeWithArguments(args);
    } catch (Throwable x) {
      throw new AxialException("internal error: " + x, x);
    }
  }

  private static void call(MethodHandle f, Object... args) {
    Object _ = invoke(f, args);
  }

  private static MemorySegment pointer(MethodHandle f, Object... args) {
    return (MemorySegment) invoke(f, args);
  }

  private static int number(MethodHandle f, Object... args) {
    return (int) invoke(f, args);
  }

  private static String text(MemorySegment s) {
    return s.address() == 0 ? "no reason given" : s.reinterpret(Long.MAX_VALUE).getString(0);
  }

  /** A string that LLVM made for us, copied and given back. */
  private String owned(MemorySegment s) {
    String out = text(s);
    call(bind("LLVMDisposeMessage", null, ADDRESS), s);
    return out;
  }

  private void check(MemorySegment error) {
    if (error.address() != 0) {
      MemorySegment message = pointer(fn.errorMessage, error);
      String reason = text(message);
      call(fn.disposeErrorMessage, message);
      throw new AxialException("internal error: LLVM says: " + reason);
    }
  }
}
