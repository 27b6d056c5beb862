package dev.axial.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.DType;
import dev.axial.cpu.emit.Target;
import dev.axial.cpu.llvm.Level;
import dev.axial.cpu.llvm.Library;
import dev.axial.cpu.llvm.Natives;
import dev.axial.cpu.llvm.ObjectCache;
import dev.axial.cpu.llvm.Wanted;
import dev.axial.engine.Engine;
import dev.axial.engine.Executable;
import dev.axial.engine.Store;
import dev.axial.interpreter.Interpreter;
import dev.axial.ir.Program;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** An engine is used once it has computed what the interpreter computes, and no other one. */
class SelfTestTest {
  private static final Engine ORACLE = new Interpreter();
  private static final Library LIBRARY = library();

  /** Another one: what is linked to a library has a name in it, which is given once. */
  private static Library library() {
    return new Library(Natives.libLlvm(), Wanted.ALL);
  }

  /** An engine that is wrong in the first bytes of one result, if a program has as many. */
  private record Wrong(Engine right, int result) implements Engine {
    @Override
    public String name() {
      return "wrong";
    }

    @Override
    public Executable compile(Program p) {
      Executable e = right.compile(p);
      return inputs -> {
        List<Object> out = e.call(inputs);
        if (result < out.size()) {
          MemorySegment s = ((Store) out.get(result)).segment();
          for (int k = 0; k < Math.min(8, s.byteSize()); k++) {
            s.set(ValueLayout.JAVA_BYTE, k, (byte) (s.get(ValueLayout.JAVA_BYTE, k) ^ 0x55));
          }
        }
        return out;
      };
    }
  }

  /** Verdicts are kept: each test asks another question. */
  private static String question() {
    return "test " + System.nanoTime();
  }

  private static List<String> logged(Runnable work) {
    var out = new ArrayList<String>();
    var handler =
        new Handler() {
          @Override
          public void publish(LogRecord r) {
            out.add(new SimpleFormatter().formatMessage(r));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger log = Logger.getLogger("dev.axial");
    log.addHandler(handler);
    try {
      work.run();
    } finally {
      log.removeHandler(handler);
    }
    return out;
  }

  @Test
  void this_processor_passes() {
    var engine = new CpuEngine(library());
    assertThat(SelfTest.difference(engine, ORACLE)).isNull();
    assertThat(SelfTest.productDifference(engine, ORACLE)).isNull();
  }

  /** Where code is dropped to, and what the properties may ask for. */
  @Test
  void each_level_passes_at_each_width() {
    for (Level l : Level.values()) {
      for (int bytes : new int[] {16, 32, 64}) {
        if (LIBRARY.has(l)) {
          var at = new Library(Natives.libLlvm(), Wanted.at(l, bytes));
          assertThat(SelfTest.difference(new CpuEngine(at), ORACLE))
              .as("%s, %d", l, bytes)
              .isNull();
        }
      }
    }
  }

  @Test
  void each_result_is_looked_at() {
    Engine right = new CpuEngine(library());
    List<String> about = SelfTest.about();
    assertThat(new LinkedHashSet<>(about))
        .contains(
            "conversions", "arithmetic", "gathers and masks", "a function of what is gathered")
        .contains("axes", "sorts", "small products", "references", "a loop over lanes");
    for (int k = 0; k < about.size(); k++) {
      assertThat(SelfTest.difference(new Wrong(right, k), ORACLE))
          .startsWith(about.get(k) + ": element 0 is ");
    }
    assertThat(SelfTest.productDifference(new Wrong(right, 0), ORACLE))
        .startsWith("products: element 0 is ");
  }

  @Test
  void what_is_wrong_is_dropped_once_and_for_all() {
    var made = new ArrayList<String>();
    Function<Library, Engine> make =
        l -> {
          made.add(l.host().level());
          Engine e = new CpuEngine(l);
          return l.host().equals(LIBRARY.host()) ? new Wrong(e, 0) : e;
        };
    Library lower = LIBRARY.lower();
    assertThat(lower).isNotNull();
    String question = question();
    List<String> first =
        logged(() -> assertThat(sum(new Tested(LIBRARY, question, ORACLE, make))).isEqualTo(6.0));
    assertThat(made).containsExactly(LIBRARY.host().level(), lower.host().level());
    assertThat(first).hasSize(1);
    assertThat(first.getFirst())
        .contains("computes wrong numbers (conversions: element 0 is ")
        .contains("it is compiled without ")
        .contains(LIBRARY.host().without(lower.host()).iterator().next());
    Engine untested = new Wrong(ORACLE, 0); // not asked: the verdict is known
    assertThat(logged(() -> sum(new Tested(LIBRARY, question, untested, make)))).isEqualTo(first);
  }

  private static final String SUM =
      """
      program(v0: f32[a:3]) {
        v1: f32[] = reduce[fn=SUM, axes=[a]] v0
        return v1
      }
      """;

  private static double sum(Engine e) {
    Store in = Store.of(DType.FLOAT32, new float[] {1, 2, 3});
    return ((Store) e.compile(Program.parse(SUM)).call(List.of(in)).getFirst()).getDouble(0);
  }

  /** From several threads at once, too: there is one test, and all wait for it. */
  @Test
  void where_all_is_wrong_the_oracle_computes() throws InterruptedException {
    List<String> log =
        logged(() -> {
          var e = new Tested(LIBRARY, question(), ORACLE, l -> new Wrong(new CpuEngine(l), 0));
          assertThat(IntStream.range(0, 4).parallel().mapToDouble(_ -> sum(e)).toArray())
              .containsOnly(6.0);
          assertThat(e.name()).isEqualTo("interpreter");
        });
    assertThat(log).hasSize(1);
    assertThat(log.getFirst())
        .startsWith("code for this processor (")
        .contains("computes wrong numbers at every level: conversions: element 0 is ")
        .endsWith("; programs run on the interpreter, which is slower");
  }

  /** The other programs of the engine go on. */
  @Test
  void where_products_are_wrong_the_oracle_multiplies() {
    Supplier<ObjectCache.Code> wrong =
        () -> {
          throw new TestedProducts.Wrong("products are wrong");
        };
    var engine = new CpuEngine(LIBRARY, wrong, ORACLE);
    assertThat(SelfTest.productDifference(engine, ORACLE)).isNull();
    assertThat(engine.compile(Program.parse(SUM)).explain())
        .isNotEqualTo(ORACLE.compile(Program.parse(SUM)).explain());
    assertThat(SelfTest.productDifference(new CpuEngine(LIBRARY, wrong), ORACLE))
        .isEqualTo("products are wrong");
  }

  @Test
  void products_are_tested_before_they_are_used() {
    var products = new TestedProducts(library(), new Wrong(ORACLE, 0));
    assertThat(LIBRARY.verdict(SelfTest.PRODUCTS + " of " + Target.of(LIBRARY.host())))
        .as("what an earlier run found")
        .isIn(null, "right");
    assertThat(new TestedProducts(library(), ORACLE).get()).isNotNull();
    assertThat(products.get()).as("the verdict is known").isNotNull();
  }
}
