package dev.axial.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.AxialException;
import dev.axial.cpu.llvm.Library;
import dev.axial.cpu.llvm.Natives;
import dev.axial.cpu.llvm.Wanted;
import dev.axial.engine.Engine;
import dev.axial.engine.Executable;
import dev.axial.engine.Store;
import dev.axial.interpreter.Interpreter;
import dev.axial.ir.Program;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.Test;

/** An engine is used once it has computed what the interpreter computes, and no other one. */
class SelfTestTest {
  private static final Engine ORACLE = new Interpreter();
  private static final Library LIBRARY = new Library(Natives.libLlvm(), Wanted.ALL);

  /** An engine that is wrong in the first bytes of the first result of some programs. */
  private record Wrong(Engine right, Predicate<Program> where) implements Engine {
    @Override
    public String name() {
      return "wrong";
    }

    @Override
    public Executable compile(Program p) {
      Executable e = right.compile(p);
      return inputs -> {
        List<Object> out = e.call(inputs);
        if (where.test(p)) {
          ((Store) out.getFirst())
              .segment()
              .set(ValueLayout.JAVA_LONG_UNALIGNED, 0, 0x5555_5555_5555_5555L);
        }
        return out;
      };
    }
  }

  /** A program's text without the numbers of its variables, which are others each time. */
  private static String shape(Program p) {
    return p.toString().replaceAll("v[0-9]+", "v");
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
    assertThat(SelfTest.difference(new CpuEngine(LIBRARY), ORACLE)).isNull();
  }

  @Test
  void each_program_is_looked_at() {
    Engine right = new CpuEngine(LIBRARY);
    SelfTest.programs()
        .forEach((name, text) -> {
          String wrong = shape(Program.parse(text));
          var engine = new Wrong(right, p -> shape(p).equals(wrong));
          assertThat(SelfTest.difference(engine, ORACLE))
              .startsWith(name + ": element 0 of output ");
        });
  }

  @Test
  void what_is_wrong_is_dropped_once_and_for_all() {
    var made = new ArrayList<String>();
    Function<Library, Engine> make =
        l -> {
          made.add(l.host().level());
          return new Wrong(new CpuEngine(l), _ -> l.host().equals(LIBRARY.host()));
        };
    Library lower = LIBRARY.lower();
    assertThat(lower).isNotNull();
    String question = question();
    List<String> first =
        logged(() -> assertThat(Tested.engine(LIBRARY, question, ORACLE, make).name()).isNotNull());
    assertThat(made).containsExactly(LIBRARY.host().level(), lower.host().level());
    assertThat(first).hasSize(1);
    assertThat(first.getFirst())
        .contains("computes wrong numbers (conversions: element 0 of output 0 is ")
        .contains("it is compiled without ")
        .contains(LIBRARY.host().without(lower.host()).iterator().next());
    Engine untested = new Wrong(ORACLE, _ -> true); // not asked: the verdict is known
    assertThat(logged(() -> Tested.engine(LIBRARY, question, untested, make))).isEqualTo(first);
  }

  @Test
  void where_all_is_wrong_there_is_no_engine() {
    assertThatThrownBy(() ->
            Tested.engine(LIBRARY, question(), ORACLE, l -> new Wrong(new CpuEngine(l), _ -> true)))
        .isInstanceOf(AxialException.class)
        .hasMessageStartingWith("code for this processor (")
        .hasMessageContaining("computes wrong numbers at every level: conversions: element 0");
  }
}
