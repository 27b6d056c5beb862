package dev.axial.cpu.emit;

import static dev.axial.cpu.llvm.Asm.i64;

import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The micro-kernels: C[r, :] (+)= Σ_k A[r, k] B[k, :] for a tile of C in registers.
 *
 * <p>There is one for every number of rows and of vectors, so that no row is computed in vain; the
 * last vector is masked. Each element of C is one chain of fma in the order of k, whatever the tile
 * it lies in: how the work is cut never shows in the result.
 */
final class GemmKernels {
  /** The parameters of a kernel; strides are in bytes. */
  private static final String PARAMETERS =
      "(ptr noalias %a, ptr noalias %b, ptr noalias %c, i64 %k, i64 %bs, i64 %cs, i64 %lanes,"
          + " i64 %add, i64 %ar, i64 %ak)";

  private static final Val A = new Val(Ty.PTR, "%a");
  private static final Val B = new Val(Ty.PTR, "%b");
  private static final Val C = new Val(Ty.PTR, "%c");
  private static final Val K = new Val(Ty.I64, "%k");
  private static final Val B_STRIDE = new Val(Ty.I64, "%bs");
  private static final Val C_STRIDE = new Val(Ty.I64, "%cs");
  private static final Val LANES = new Val(Ty.I64, "%lanes");
  private static final Val ADD = new Val(Ty.I64, "%add");
  private static final Val A_ROW = new Val(Ty.I64, "%ar");
  private static final Val A_K = new Val(Ty.I64, "%ak");

  private final Tile tile;
  private final Set<String> declarations;

  GemmKernels(Tile tile, Set<String> declarations) {
    this.tile = tile;
    this.declarations = declarations;
  }

  /** All kernels, and the table by which the driver finds them: [vectors - 1][rows - 1]. */
  String text() {
    var out = new StringBuilder();
    var names = new ArrayList<String>();
    for (int v = 1; v <= tile.vectors(); v++) {
      for (int r = 1; r <= tile.rows(); r++) {
        String name = tile.symbol("_%dx%d".formatted(r, v));
        names.add("ptr " + name);
        out.append(kernel(name, r, v));
      }
    }
    out.append(
        "%s = private unnamed_addr constant [%d x ptr] [%s]\n"
            .formatted(tile.symbol("_kernels"), names.size(), String.join(", ", names)));
    return out.toString();
  }

  private String kernel(String name, int rows, int vectors) {
    var f = new Asm("define internal void " + name + PARAMETERS, declarations);
    Val mask = tile.first(f, f.sub(LANES, i64((vectors - 1L) * tile.lanes())));
    List<Val> c = new ArrayList<>();
    for (int r = 0; r < rows; r++) {
      c.add(r == 0 ? C : f.at(c.getLast(), "i8", C_STRIDE));
      // C is needed last: it may come from memory while the loop runs.
      for (int v = 0; v < vectors; v++) {
        f.prefetch(f.at(c.getLast(), "i8", i64(v * 64L)), true, 3);
      }
    }
    List<Val> sums = new ArrayList<>();
    for (int i = 0; i < rows * vectors; i++) {
      sums.add(f.variable(Asm.zero(tile.vector())));
    }
    products(f, rows, vectors, mask, sums);
    f.branch(
        f.cmp("icmp ne", ADD, i64(0)),
        () -> results(f, c, sums, vectors, mask, true),
        () -> results(f, c, sums, vectors, mask, false));
    f.leave();
    return f.text();
  }

  private void products(Asm f, int rows, int vectors, Val mask, List<Val> sums) {
    Val pb = f.variable(B);
    Val pa = f.variable(A);
    f.loop(
        i64(0),
        K,
        1,
        _ -> {
          Val pbNow = f.get(pb, Ty.PTR);
          List<Val> b = new ArrayList<>();
          for (int v = 0; v < vectors; v++) {
            Val p = f.at(pbNow, "i8", i64((long) v * tile.target().vectorBytes()));
            b.add(load(f, p, v == vectors - 1, mask));
          }
          Val paNow = f.get(pa, Ty.PTR);
          Val row = paNow;
          for (int r = 0; r < rows; r++) {
            Val a = tile.loadSplat(f, row);
            row = f.at(row, "i8", A_ROW);
            for (int v = 0; v < vectors; v++) {
              Val s = sums.get(r * vectors + v);
              f.put(s, tile.fma(f, a, b.get(v), f.get(s, tile.vector())));
            }
          }
          f.put(pb, f.at(pbNow, "i8", B_STRIDE));
          f.put(pa, f.at(paNow, "i8", A_K));
        });
  }

  private Val load(Asm f, Val p, boolean last, Val mask) {
    return last && tile.masks()
        ? f.maskedLoad(tile.vector(), p, tile.bytes(), mask)
        : f.load(tile.vector(), p, tile.bytes());
  }

  private void results(Asm f, List<Val> c, List<Val> sums, int vectors, Val mask, boolean add) {
    for (int i = 0; i < sums.size(); i++) {
      int v = i % vectors;
      boolean last = v == vectors - 1;
      Val p = f.at(c.get(i / vectors), "i8", i64((long) v * tile.target().vectorBytes()));
      Val s = f.get(sums.get(i), tile.vector());
      Val x = add ? tile.sum(f, load(f, p, last, mask), s) : s;
      if (last && tile.masks()) {
        f.maskedStore(x, p, tile.bytes(), mask);
      } else {
        f.store(x, p, tile.bytes());
      }
    }
  }
}
