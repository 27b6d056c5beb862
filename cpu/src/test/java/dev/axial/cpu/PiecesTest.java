package dev.axial.cpu;

import static dev.axial.Axial.axis;
import static dev.axial.Axial.foriLoop;
import static dev.axial.Axial.lower;
import static dev.axial.Axial.ones;
import static dev.axial.Axial.sum;
import static dev.axial.Axial.tanh;
import static org.assertj.core.api.Assertions.assertThat;

import dev.axial.Axis;
import dev.axial.Lowered;
import dev.axial.NamedArray;
import dev.axial.engine.Executable;
import dev.axial.engine.Piece;
import dev.axial.ir.Program;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** What runs, as data: it adds up to what the explanation says. */
class PiecesTest {
  private static final Axis M = axis("M", 32);
  private static final Axis K = axis("K", 48);
  private static final Axis N = axis("N", 16);

  private static Executable compiled(Lowered l) {
    return new CpuProvider().create().compile(Program.parse(l.program().toString()));
  }

  @Test
  void piecesAddUpToTheTotals() {
    Executable code =
        compiled(
            lower(
                (NamedArray a, NamedArray b) ->
                    foriLoop(0, 7, ones(M, N), (_, x) -> tanh(x.plus(a.dot(b, K)))).plus(sum(a)),
                ones(M, K),
                ones(K, N)));
    List<Piece> pieces = code.pieces();
    assertThat(code.explain())
        .contains(
            String.format(
                Locale.ROOT,
                "%,d bytes moved and %,d operations by loops, %,d flops by products",
                pieces.stream().mapToLong(Piece::moved).sum(),
                pieces.stream().mapToLong(p -> p.times() * p.operations()).sum(),
                pieces.stream().mapToLong(p -> p.times() * p.flops()).sum()));
    assertThat(pieces).allSatisfy(p -> assertThat(code.explain()).contains(p.text()));
    assertThat(pieces).anySatisfy(p -> assertThat(p.times()).isEqualTo(7));
    Piece product = pieces.stream().filter(p -> p.flops() > 0).findFirst().orElseThrow();
    assertThat(product.flops()).isEqualTo(2L * 32 * 48 * 16);
    assertThat(product.site()).startsWith("PiecesTest.").contains("(PiecesTest.java:");
  }

  @Test
  void codeThatIsThereAlreadyHasAPieceToo() {
    Piece product =
        compiled(lower((NamedArray a, NamedArray b) -> a.dot(b, K), ones(M, K), ones(K, N)))
            .pieces()
            .getFirst();
    assertThat(product.arithmetic()).isEqualTo(2L * 32 * 48 * 16);
    Piece sum =
        compiled(lower((NamedArray a, NamedArray b) -> a.plus(b), ones(M, K), ones(M, K)))
            .pieces()
            .getFirst();
    assertThat(sum.moved()).isEqualTo(3L * 32 * 48 * 4);
    assertThat(sum.arithmetic()).isEqualTo(32 * 48);
    assertThat(sum.site()).contains("(PiecesTest.java:");
  }
}
