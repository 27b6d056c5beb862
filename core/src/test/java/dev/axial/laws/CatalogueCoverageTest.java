package dev.axial.laws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axial;
import dev.axial.NamedArray;
import dev.axial.Traced;
import dev.axial.ir.Equation;
import dev.axial.ir.Fn;
import dev.axial.ir.Op;
import dev.axial.ir.Program;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** That no function and no operation is left out of the catalogue in silence. */
class CatalogueCoverageTest {
  /** Functions that give arrays and stand elsewhere, with the reason. */
  private static final Map<String, String> ELSEWHERE =
      Map.of(
          "value", "an array is its own value",
          "swap", "every access to a reference stands in ReferenceCases");

  /** Operations that no case makes, with the reason. */
  private static final Map<String, String> NOT_MADE =
      Map.of(
          "Callback", "it calls Java, which is not read back",
          "CustomVjp", "forward mode refuses it; the golden gradients use it",
          "LaneIndex", "vmap replaces it before a program is whole",
          "LaneReduce", "vmap replaces it before a program is whole",
          "LaneGather", "vmap replaces it before a program is whole");

  @Test
  void every_function_of_arrays_has_cases() {
    Set<String> cases =
        OpCatalogueTest.ALL.stream().map(OpCase::subject).collect(Collectors.toSet());
    var missing = new TreeSet<String>();
    Stream.concat(
            Arrays.stream(Axial.class.getMethods()), Arrays.stream(NamedArray.class.getMethods()))
        .filter(m -> m.getReturnType() == NamedArray.class)
        .map(Method::getName)
        .filter(n -> !cases.contains(n))
        .forEach(missing::add);
    assertThat(missing).containsExactlyInAnyOrderElementsOf(ELSEWHERE.keySet());
  }

  @Test
  void every_case_has_a_name_of_its_own() {
    assertThat(OpCatalogueTest.ALL.stream().map(OpCase::toString)).doesNotHaveDuplicates();
  }

  @Test
  void every_operation_is_made() {
    var made = new HashSet<String>();
    for (OpCase c : OpCatalogueTest.ALL) {
      List<NamedArray> x = c.draw(0);
      Traced t = Traced.of(() -> c.function().apply(x));
      collect(t.program(), made);
      if (c.differentiable()) {
        collect(t.gradient().program(), made);
      }
    }
    var all = new TreeSet<String>();
    for (Class<?> op : Op.kinds()) {
      all.add(op.getSimpleName());
    }
    for (Enum<?>[] group :
        List.of(Fn.Unary.values(), Fn.Binary.values(), Fn.Compare.values(), Fn.Reduce.values())) {
      Arrays.stream(group).forEach(f -> all.add(f.name()));
    }
    all.removeAll(made);
    assertThat(all).containsExactlyInAnyOrderElementsOf(NOT_MADE.keySet());
  }

  private static void collect(Program p, Set<String> made) {
    for (Equation e : p.equations()) {
      made.add(e.op().getClass().getSimpleName());
      switch (e.op()) {
        case Op.Unary u -> made.add(u.fn().name());
        case Op.Binary b -> made.add(b.fn().name());
        case Op.Compare c -> made.add(c.fn().name());
        case Op.Reduce r -> made.add(r.fn().name());
        default -> {}
      }
      e.op().bodies().forEach(q -> collect(q, made));
    }
  }
}
