package dev.axial.interpreter;

import dev.axial.engine.Engine;
import dev.axial.engine.Executable;
import dev.axial.engine.Storage;
import dev.axial.engine.Store;
import dev.axial.ir.Program;
import dev.axial.numerics.Widening;
import java.util.ArrayList;

/** The engine in plain Java. */
public final class Interpreter implements Engine {
  @Override
  public String name() {
    return "interpreter";
  }

  @Override
  public Executable compile(Program program) {
    var code = new Code(Widening.of(program));
    return inputs -> {
      var in = new Object[inputs.size()];
      for (int k = 0; k < in.length; k++) {
        in[k] =
            switch (inputs.get(k)) {
              case Storage s -> Cell.of(s.store());
              case Stack s -> s.copy();
              default -> inputs.get(k); // not over Op: what the caller passes
            };
      }
      Object[] out = code.run(in);
      var results = new ArrayList<Object>(out.length);
      for (int k = 0; k < out.length; k++) {
        results.add(
            out[k] instanceof Cell || out[k] instanceof Stack || out[k] instanceof Store
                ? out[k]
                : Store.of(program.outputs().get(k).type().array().dtype(), out[k]));
      }
      return results;
    };
  }
}
