package dev.axial.cpu.emit;

import static dev.axial.cpu.llvm.Asm.i64;

import dev.axial.cpu.llvm.Asm;
import dev.axial.cpu.llvm.Asm.Ty;
import dev.axial.cpu.llvm.Asm.Val;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Packing: out[k, u] = in[u, k] for a panel of a given width, u being a row of A or a column of B.
 *
 * <p>What the kernels read in the order of k lies in that order afterwards, whatever the strides
 * were. Three ways lead there: whole vectors where u is contiguous, transposed blocks where k is,
 * and single elements elsewhere. Nothing is read outside of the operand. A panel with fewer columns
 * than its width has any finite number of it in the rest.
 */
final class GemmPacking {
  private static final String PARAMETERS =
      "(ptr noalias %in, i64 %us, i64 %ks, i64 %n, i64 %k, ptr noalias %out)";

  private static final Val IN = new Val(Ty.PTR, "%in");
  private static final Val U_STRIDE = new Val(Ty.I64, "%us");
  private static final Val K_STRIDE = new Val(Ty.I64, "%ks");
  private static final Val N = new Val(Ty.I64, "%n");
  private static final Val K = new Val(Ty.I64, "%k");
  private static final Val OUT = new Val(Ty.PTR, "%out");

  private final Tile tile;
  private final int width;
  private final Set<String> declarations;

  /** The packing of panels of a width. */
  GemmPacking(Tile tile, int width, Set<String> declarations) {
    this.tile = tile;
    this.width = width;
    this.declarations = declarations;
  }

  /** The symbol of the function for a width. */
  static String symbol(Tile tile, int width) {
    return tile.symbol("_pack" + width);
  }

  /** The bytes from one k to the next in a panel. */
  private long step() {
    return (long) width * tile.bytes();
  }

  String text() {
    var f = new Asm("define internal void " + symbol(tile, width) + PARAMETERS, declarations);
    Val size = i64(tile.bytes());
    Val unit = f.cmp("icmp eq", U_STRIDE, size);
    Val copies = tile.masks() ? unit : f.op("and", unit, f.cmp("icmp eq", N, i64(width)));
    Val turns =
        f.op("and", f.cmp("icmp eq", K_STRIDE, size), f.cmp("icmp sge", K, i64(tile.lanes())));
    f.branch(copies, () -> copy(f), () -> f.branch(turns, () -> transpose(f), () -> elements(f)));
    f.leave();
    return f.text();
  }

  /** A run of elements, all or the first of which are there. */
  private record Piece(int from, Ty ty, Val mask) {}

  /**
   * A number of elements as whole vectors and then, without masks, as halves and quarters of it.
   */
  private List<Piece> pieces(Asm f, int n, Val valid) {
    int lanes = tile.lanes();
    List<Piece> out = new ArrayList<>();
    int from = 0;
    for (; from < n && (tile.masks() || from + lanes <= n); from += lanes) {
      Val mask = tile.masks() ? tile.first(f, f.sub(valid, i64(from))) : Asm.i1(true);
      out.add(new Piece(from, tile.vector(), mask));
    }
    for (int size = lanes / 2; from < n; size /= 2) {
      if (from + size <= n) {
        out.add(new Piece(from, tile.element().by(size), Asm.i1(true)));
        from += size;
      }
    }
    return out;
  }

  /** u is contiguous. */
  private void copy(Asm f) {
    List<Piece> pieces = pieces(f, width, N);
    Val in = f.variable(IN);
    Val out = f.variable(OUT);
    f.loop(
        i64(0),
        K,
        1,
        _ -> {
          Val from = f.get(in, Ty.PTR);
          Val to = f.get(out, Ty.PTR);
          for (Piece piece : pieces) {
            Val at = i64((long) piece.from * tile.bytes());
            Val p = f.at(from, "i8", at);
            Val x =
                tile.masks()
                    ? f.maskedLoad(piece.ty, p, tile.bytes(), piece.mask)
                    : f.load(piece.ty, p, tile.bytes());
            // The excess of the last vector is what the next k overwrites.
            f.store(x, f.at(to, "i8", at), tile.bytes());
          }
          f.put(in, f.at(from, "i8", K_STRIDE));
          f.put(out, f.at(to, "i8", i64(step())));
        });
  }

  /** k is contiguous: square blocks, the last of which may overlap the one before. */
  private void transpose(Asm f) {
    int lanes = tile.lanes();
    Val last = f.sub(K, i64(lanes));
    for (int u0 = 0; u0 < width; u0 += lanes) {
      int first = u0;
      int rows = Math.min(lanes, width - u0);
      List<Val> in = new ArrayList<>();
      for (int u = 0; u < rows; u++) {
        // Beyond the last row, that row again.
        Val row = f.intrinsic("smin", i64(first + u), f.sub(N, i64(1)));
        in.add(f.at(IN, "i8", f.op("mul", row, U_STRIDE)));
      }
      f.loop(
          i64(0),
          K,
          lanes,
          k0 -> {
            Val k = f.intrinsic("smin", k0, last);
            Val offset = f.times(k, tile.bytes());
            List<Val> block = new ArrayList<>();
            for (Val row : in) {
              block.add(f.load(tile.vector(), f.at(row, "i8", offset), tile.bytes()));
            }
            Val to = f.at(OUT, "i8", f.add(f.times(k, step()), i64((long) first * tile.bytes())));
            columns(f, block, to, rows);
          });
    }
  }

  private void columns(Asm f, List<Val> block, Val to, int rows) {
    List<Val> columns = transposed(f, block);
    List<Piece> pieces = pieces(f, rows, i64(rows));
    for (int c = 0; c < columns.size(); c++) {
      Val p = f.at(to, "i8", i64(c * step()));
      Val x = columns.get(c);
      for (Piece piece : pieces) {
        Val at = f.at(p, "i8", i64((long) piece.from * tile.bytes()));
        if (tile.masks() && rows < tile.lanes()) {
          f.maskedStore(x, at, tile.bytes(), piece.mask);
        } else {
          f.store(part(f, x, piece), at, tile.bytes());
        }
      }
    }
  }

  private static Val part(Asm f, Val x, Piece piece) {
    int n = piece.ty.lanes();
    if (n == x.ty().lanes()) {
      return x;
    }
    if (n == 1) {
      return f.extract(x, piece.from);
    }
    int[] lanes = new int[n];
    for (int i = 0; i < n; i++) {
      lanes[i] = piece.from + i;
    }
    return f.shuffle(x, x, lanes);
  }

  /**
   * The transpose of a square block. First within groups of 128 bits, by interleaving, which
   * processors do within a register; then the groups change places.
   */
  private List<Val> transposed(Asm f, List<Val> rows) {
    int lanes = tile.lanes();
    int e = 16 / tile.bytes();
    List<Val> x = new ArrayList<>(rows);
    while (x.size() < lanes) {
      x.add(x.getFirst());
    }
    for (int width = 1; width < e; width *= 2) {
      List<Val> y = new ArrayList<>();
      // Rows i and i + width of each e: the pairs that the steps before have made.
      for (int i = 0; i < lanes; i += 2 * width) {
        for (int j = 0; j < width; j++) {
          Val a = x.get(i + j);
          Val b = x.get(i + width + j);
          y.add(f.shuffle(a, b, interleave(lanes, e, width, 0)));
          y.add(f.shuffle(a, b, interleave(lanes, e, width, e / 2)));
        }
      }
      x = y;
    }
    return groups(f, x, e, lanes / e);
  }

  private static int[] interleave(int lanes, int e, int width, int from) {
    int[] mask = new int[lanes];
    for (int i = 0; i < lanes; i++) {
      int inGroup = i % e;
      int unit = inGroup / width;
      mask[i] =
          i - inGroup + from + unit / 2 * width + inGroup % width + (unit % 2 == 0 ? 0 : lanes);
    }
    return mask;
  }

  /** x[q·e + j] has column g·e + j of rows q·e … in its group g; the columns, each whole. */
  private List<Val> groups(Asm f, List<Val> x, int e, int groups) {
    int lanes = x.size();
    Val[] out = new Val[lanes];
    for (int j = 0; j < e; j++) {
      Val[] t = new Val[groups];
      for (int q = 0; q < groups; q++) {
        t[q] = x.get(q * e + j);
      }
      int[] even = every(lanes, e, 0);
      int[] odd = every(lanes, e, 1);
      // [0 2 | 0 2] and [1 3 | 1 3] of neighbours, once for two groups and twice for four.
      for (int n = groups; n > 1; n /= 2) {
        Val[] u = new Val[groups];
        int half = groups / 2;
        for (int p = 0; p < half; p++) {
          u[p] = f.shuffle(t[2 * p], t[2 * p + 1], even);
          u[half + p] = f.shuffle(t[2 * p], t[2 * p + 1], odd);
        }
        t = u;
      }
      for (int g = 0; g < groups; g++) {
        out[g * e + j] = t[g];
      }
    }
    return List.of(out);
  }

  private static int[] every(int lanes, int e, int first) {
    int[] mask = new int[lanes];
    for (int i = 0; i < lanes; i++) {
      mask[i] = (2 * (i / e) + first) * e + i % e;
    }
    return mask;
  }

  private void elements(Asm f) {
    f.loop(
        i64(0),
        K,
        1,
        k -> {
          Val from = f.at(IN, "i8", f.op("mul", k, K_STRIDE));
          Val to = f.at(OUT, "i8", f.times(k, step()));
          f.loop(
              i64(0),
              N,
              1,
              u -> {
                Val x =
                    f.load(
                        tile.element(), f.at(from, "i8", f.op("mul", u, U_STRIDE)), tile.bytes());
                f.store(x, f.at(to, "i8", f.times(u, tile.bytes())), tile.bytes());
              });
          f.loop(
              N,
              i64(width),
              1,
              u ->
                  f.store(
                      Asm.zero(tile.element()),
                      f.at(to, "i8", f.times(u, tile.bytes())),
                      tile.bytes()));
        });
  }
}
