package dev.axial.cpu.plan;

import dev.axial.ir.Op;
import dev.axial.ir.Type;
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
