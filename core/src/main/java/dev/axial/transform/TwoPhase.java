package dev.axial.transform;

import dev.axial.ir.Builder;
import dev.axial.ir.Equation;
import dev.axial.ir.Program;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Cuts what a builder collected in two: a forward program that runs once, and backward programs
 * made later on the same builder, which take what the forward one left. Arrays, references and
 * stacks may cross the cut.
 */
public final class TwoPhase {
  private final Builder builder;
  private final int cut;
  private int mark;

  /** Cuts here: what is there is the forward part. */
  public TwoPhase(Builder builder) {
    this.builder = builder;
    this.cut = builder.size();
    this.mark = cut;
  }

  /** The next backward part starts here. */
  public void mark() {
    mark = builder.size();
  }

  /** The variables that the current backward part takes from the forward one. */
  public List<Var> needed(List<Var> outs) {
    var mine = new HashSet<Var>();
    builder.equations(0, cut).forEach(e -> mine.addAll(e.out()));
    var out = new LinkedHashSet<Var>();
    for (Equation e : builder.equations(mark, builder.size())) {
      for (Var v : e.in()) {
        if (mine.contains(v)) {
          out.add(v);
        }
      }
    }
    for (Var v : outs) {
      if (mine.contains(v)) {
        out.add(v);
      }
    }
    return List.copyOf(out);
  }

  /** The variables that the current backward part uses, with those of its results. */
  public Set<Var> used(List<Var> outs) {
    var out = new HashSet<>(outs);
    builder.equations(mark, builder.size()).forEach(e -> out.addAll(e.in()));
    return out;
  }

  /** The forward part, with the given inputs. Its outputs need not be arrays. */
  public Program forward(List<Var> outs, List<Var> inputs) {
    return program(0, cut, inputs, outs);
  }

  /** The current backward part, with the given inputs. */
  public Program backward(List<Var> inputs, List<Var> outs) {
    return program(mark, builder.size(), inputs, outs);
  }

  private Program program(int from, int to, List<Var> inputs, List<Var> outs) {
    var all = new ArrayList<>(builder.constants());
    all.addAll(builder.equations(from, to));
    return new Program(inputs, all, outs);
  }
}
