package dev.axial.ir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.axial.AxialException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Texts of programs that no function has: each is refused before an engine sees it. */
class CheckerTest {
  /** A program that takes what the first column declares; the second is its equations. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "v0: f32[X:-3] | return v0 | the size of an axis",
        "v0: f32[X:2000000, Y:2000000] | return v0 | more than",
        "v0: f32[] | v1: f32[X:2147483647, Y:2147483647, Z:4] = broadcast[dims=[X:2147483647,"
            + " Y:2147483647, Z:4]] v0 return | less than 2^63",
        "v0: f32[X:4] | v1: f32[A:-2, B:-2] = split[axis=X, to=[A:-2, B:-2]] v0 return | the size of an axis",
        "v0: f32[X:3], v1: f32[X:3] | v2: f32[X:3] = exp v0, v1 return v2 | takes 1 operands",
        "v0: f32[X:3] | v2: f32[X:3] = add v0 return v2 | takes 2 operands",
        "v0: f32[X:3] | v1: f32[X:3] = exp return v1 | takes 1 operands",
        "v0: f32[X:3] | v1: f32[X:4] = exp v0 return v1 | not",
        "v0: f32[X:3] | v1: f32[X:3] = exp v0 v1: f32[X:3] = exp v1 return v1, v9 | cannot parse",
        "v0: f32[X:3], v1: i32[X:3] | v2: f32[X:3] = add v0, v1 return v2 | different dtypes",
        "v0: f32[X:3] | v1: f32[] = reduce[fn=SUM, axes=[X, X]] v0 return v1 | an axis twice",
        "v0: f32[X:3] | v1: f32[] = dot[axes=[X, X]] v0, v0 return v1 | an axis twice",
        "v0: f32[X:3] | v1: f32[Y:3] = rename[from=[X, X], to=[Y, Z]] v0 return v1 | an axis twice",
        "v0: f32[] | v1: i32[] = const 3000000000 return v1 | int32 holds",
        "v0: f32[] | v1: bool[] = const 2 return v1 | bool holds",
        "v0: f32[] | v1: u32[] = const -1 return v1 | uint32 holds",
        "v0: ref f32[X:3], v1: f32[] | ref_set[access={X:0+4*1}, reverse=false] v0, v1 return |"
            + " leaves axis",
        "v0: ref f32[X:3], v1: f32[] | ref_set[access={X:2+-3*1}, reverse=false] v0, v1 return |"
            + " a window of -3",
        "v0: ref f32[X:3], v1: f32[], v2: i32[] | ref_set[access={X@+4}, reverse=false] v0, v1, v2"
            + " return | does not fit",
        "v0: ref f32[X:3], v1: f32[X:4] | ref_set[access={}, reverse=false] v0, v1 return |"
            + " does not fit",
        "v0: ref f32[X:3], v1: f32[], v2: f32[] | ref_set[access={X@}, reverse=false] v0, v1, v2"
            + " return | integers are expected",
        "v0: ref f32[X:3] | v1: f32[X:3] = exp v0 return v1 | should be an array",
        "v0: ref f32[X:3] | return v0 | output",
        "v0: f32[L:4], v1: bool[L:2] | v2: stack f32[L:4] lanes [L] = stack_new[type=stack"
            + " f32[L:4] lanes [L]] stack_push[masked=true] v2, v0, v1 return | mask bool[L:2] of",
        "v0: f32[L:4], v1: i32[L:4] | v2: stack f32[L:4] lanes [L] = stack_new[type=stack"
            + " f32[L:4] lanes [L]] stack_push[masked=true] v2, v0, v1 return | mask i32[L:4] of",
        "v0: f32[] | v1: f32[] = scan[body=program(b0: i32[], b1: f32[]) { return b1 }, length=3,"
            + " carry=2, reverse=false] v0 return v1 | carries 2 of 1",
        "v0: f32[] | v1: f32[] = scan[body=program(b0: i32[], b1: f32[]) { return b1 }, length=3,"
            + " carry=-1, reverse=false] v0 return v1 | carries -1 of 1",
        "v0: f32[] | v1: f32[] = scan[body=program(b0: i32[], b1: f32[]) { return v0 }, length=3,"
            + " carry=1, reverse=false] v0 return v1 | output",
        "v0: ref f32[X:3] | call[body=program(b0: ref f32[X:3], b1: ref f32[X:3]) { return },"
            + " name=f, remat=false] v0, v0 return | twice",
        "v0: f32[] | v1: f32[] = cond[yes=program() { return }, no=program() { return }] return |"
            + " without a predicate",
        "v0: f32[] | v1: f32[] = custom_jvp[primal=program(b: f32[]) { return b }, rule=program(c:"
            + " f32[], d: f32[]) { e: f32[X:2] = exp c return e, e }, wrt=[0]] v0 return v1 | not",
        "v0: f32[] | v1: f32[] = custom_jvp[primal=program(b: f32[]) { return b }, rule=program(c:"
            + " f32[], d: f32[]) { return c, d }, wrt=[3]] v0 return v1 | operand 3 of 1",
      })
  void what_no_function_has_is_refused(String inputs, String equations, String says) {
    assertThatThrownBy(() -> Program.parse(text(inputs, equations)))
        .isInstanceOf(AxialException.class)
        .hasMessageContaining(says);
  }

  private static String text(String inputs, String equations) {
    return "program(" + inputs + ") {\n" + lines(equations) + "\n}";
  }

  /** One equation a line, but for those of a body that stands in one. */
  private static String lines(String equations) {
    return equations
        .replaceAll("(?<=[a-z0-9\\]]) (?=(v\\d: \\S+ (lanes \\S+ )?=|ref_set|stack_push))", "\n")
        .replaceAll(" return", "\nreturn")
        .replaceAll(" }", "\n}");
  }

  @Test
  void these_texts_are_read_where_they_are_right() {
    Program p =
        Program.parse(
            text(
                "v0: f32[L:4], v1: bool[L:4]",
                "v2: stack f32[L:4] lanes [L] = stack_new[type=stack f32[L:4] lanes [L]]"
                    + " stack_push[masked=true] v2, v0, v1"
                    + " v3: f32[L:4] = stack_pop[masked=true] v2, v1 return v3"));
    assertThat(p.count()).isEqualTo(3);
    assertThat(Program.parse(p.toString()).toString()).isEqualTo(p.toString());
  }
}
