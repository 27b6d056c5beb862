package dev.axial.html;

import dev.axial.engine.Piece;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/** What pieces cost, as shares of all. */
final class Costs {
  private static final int MOST = 12;

  /** Parts of one: of the operations and flops, and of the bytes. */
  record Share(double arithmetic, double bytes) {
    double most() {
      return Math.max(arithmetic, bytes);
    }
  }

  private final List<Piece> pieces;
  private final double arithmetic;
  private final double bytes;
  private final Map<String, Share> bySite = new HashMap<>();

  Costs(List<Piece> pieces) {
    this.pieces = List.copyOf(pieces);
    arithmetic = total(Piece::arithmetic);
    bytes = total(Piece::moved);
    for (Piece p : pieces) {
      String site = p.site();
      if (site != null) {
        bySite.merge(
            site, of(p), (a, b) -> new Share(a.arithmetic + b.arithmetic, a.bytes + b.bytes));
      }
    }
  }

  private double total(ToLongFunction<Piece> cost) {
    return Math.max(1, pieces.stream().mapToLong(cost).sum());
  }

  List<Piece> pieces() {
    return pieces;
  }

  Share of(Piece p) {
    return new Share(p.arithmetic() / arithmetic, p.moved() / bytes);
  }

  Share of(String site) {
    return bySite.getOrDefault(site, new Share(0, 0));
  }

  /** Source lines with at least this share of something, the most first. */
  List<Map.Entry<String, Share>> hottest(double least) {
    return bySite.entrySet().stream()
        .filter(e -> e.getValue().most() >= least)
        .sorted(
            Comparator.comparingDouble((Map.Entry<String, Share> e) -> -e.getValue().most())
                .thenComparing(Map.Entry::getKey))
        .limit(MOST)
        .toList();
  }
}
