package dev.axial.cpu.random;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.ir.ArrayType;
import dev.axial.ir.Program;
import java.util.ArrayList;
import java.util.Collections;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs on which the engines once differed, small as they were found. */
class FoundProgramsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        // A divided sum whose result keeps an axis of size 1.
        """
        program(v0: f32[a:25, b:12], v1: f32[c:146, e:1]) {
          v2: f32[e:1] = dot[axes=[c, b, a]] v1, v0
          return v2
        }
        """
      })
  void engines_agree(String text) {
    Program p = Program.parse(text);
    for (int seed = 0; seed < 5; seed++) {
      var random = new SplittableRandom(seed);
      var inputs = new ArrayList<Object>();
      for (var v : p.inputs()) {
        ArrayType t = v.type().array();
        inputs.add(Data.array(t.dtype(), true, (int) t.size(), random));
      }
      var tolerances = Collections.nCopies(p.outputs().size(), 1e-6);
      assertThat(new Trial(p, inputs, tolerances).run()).isNull();
    }
  }
}
