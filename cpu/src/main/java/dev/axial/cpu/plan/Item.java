package dev.axial.cpu.plan;

import dev.axial.ir.Effects;
import dev.axial.ir.Equation;
import dev.axial.ir.Op;
import dev.axial.ir.RefType;
import dev.axial.ir.Type;
import dev.axial.ir.Var;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One equation of a block, its operands resolved. Calls are gone: what they do stands in their
 * place.
 *
 * @param in nodes, cells and frames
 * @param out likewise
 */
record Item(int position, Op op, List<Object> in, List<Object> out, @Nullable String site) {
  Node node(int k) {
    return (Node) in.get(k);
  }

  Cell cell() {
    return (Cell) in.getFirst();
  }

  Frames frames() {
    return (Frames) in.getFirst();
  }

  /** The references that it writes, or makes. */
  List<Cell> written() {
    if (op instanceof Op.RefNew) {
      return List.of((Cell) out.getFirst());
    }
    var standIns = new LinkedHashMap<Var, Object>();
    in.forEach(x -> standIns.put(new Var(type(x), this), x));
    var e = new Equation(op, List.copyOf(standIns.keySet()), List.of(), site);
    return Effects.written(e).stream()
        .map(standIns::get)
        .filter(x -> x instanceof Cell)
        .map(x -> (Cell) x)
        .toList();
  }

  private static Type type(Object operand) {
    return operand instanceof Cell c
        ? new RefType(c.type())
        : operand instanceof Frames f ? f.type() : ((Node) operand).type();
  }

  Node result() {
    return (Node) out.getFirst();
  }

  /** The operands from k on, which are nodes. */
  List<Node> nodes(int k) {
    return in.subList(k, in.size()).stream().map(x -> (Node) x).toList();
  }

  /** The types of the operands from k on, which are nodes. */
  List<Type> types(int k) {
    return nodes(k).stream().<Type>map(Node::type).toList();
  }
}
