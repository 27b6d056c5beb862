package dev.axial.html;

/**
 * The colours of a heat map: {@link #STEPS} of them for numbers of both signs, with zero in the
 * middle, and as many for numbers of one sign. Each scheme, light and dark, has its own, such that
 * what is near zero is near the page.
 */
final class Colours {
  static final int STEPS = 33;

  private static final int[] BOTH_LIGHT = {0x15508f, 0x6fa8d6, 0xf4f5f6, 0xe79a6f, 0xa62c1b};
  private static final int[] BOTH_DARK = {0x7fc0ff, 0x2f6ea8, 0x22272c, 0xa8552f, 0xffa07a};
  private static final int[] ONE_LIGHT = {0xf1f5f4, 0xa6d3c4, 0x46a08d, 0x14697a, 0x123a5c};
  private static final int[] ONE_DARK = {0x20282c, 0x1f5566, 0x2b8f8a, 0x74cda0, 0xe6f7b8};

  /** The rules. */
  static final String STYLE =
      rules(BOTH_LIGHT, ONE_LIGHT)
          + "@media (prefers-color-scheme: dark) {\n"
          + rules(BOTH_DARK, ONE_DARK)
          + "}\n";

  private Colours() {}

  private static String rules(int[] both, int[] one) {
    var out = new StringBuilder();
    for (int k = 0; k < STEPS; k++) {
      out.append(Page.format(".axial .d%d{fill:#%06x}", k, colour(both, k)));
      out.append(Page.format(".axial .q%d{fill:#%06x}\n", k, colour(one, k)));
    }
    return out.toString();
  }

  /** Between the stops, each part of a colour in proportion. */
  private static int colour(int[] stops, int k) {
    double at = (double) k / (STEPS - 1) * (stops.length - 1);
    int a = Math.min((int) at, stops.length - 2);
    double t = at - a;
    int out = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int x = stops[a] >> shift & 255;
      int y = stops[a + 1] >> shift & 255;
      out |= (int) Math.round(x + t * (y - x)) << shift;
    }
    return out;
  }
}
