package dev.axial.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** When garbage is collected, by a clock of its own. */
class WindowTest {
  private static final long MILLI = 1_000_000;
  private static final long MB = 1L << 20;

  private long now = 1;

  /** Hands out results that are dropped at once; gives the part of the time in collections. */
  private double share(Window w, long live, long bytes, long nanos, long gc, int calls) {
    long used = live;
    long most = 0;
    long collecting = 0;
    long start = now;
    for (int k = 0; k < calls; k++) {
      if (w.due(used + bytes, now)) {
        long before = used;
        long began = now;
        now += gc;
        collecting += gc;
        used = live;
        w.collected(before, used, began, now);
      }
      used += bytes;
      most = Math.max(most, used);
      now += nanos;
    }
    assertThat(most).isLessThanOrEqualTo(2 * live + Window.MOST + 2 * bytes);
    return (double) collecting / (now - start);
  }

  @Test
  void collections_take_under_a_tenth_where_there_is_room() {
    var w = new Window(now, 20 * MILLI);
    assertThat(share(w, 100 * MB, MB, 2 * MILLI, 25 * MILLI, 20_000)).isBetween(0.01, 0.101);
  }

  @Test
  void and_at_most_a_quarter_where_memory_would_pass_its_bound() {
    var w = new Window(now, 20 * MILLI);
    assertThat(share(w, 0, 4 * MB, MILLI, 25 * MILLI, 20_000)).isBetween(0.1, 0.25);
  }

  @Test
  void who_hands_out_little_is_left_alone() {
    var w = new Window(now, MILLI);
    now += 1_000_000 * MILLI;
    assertThat(w.due(Window.LEAST, now)).isFalse();
    assertThat(w.due(Window.LEAST + 1, now)).isTrue();
  }

  @Test
  void collections_that_free_nothing_get_rarer() {
    var w = new Window(now, 20 * MILLI);
    long used = 0;
    int collections = 0;
    for (int k = 0; k < 10_000; k++) { // all of it stays: 100 GB in 1,000 s
      used += 10 * MB;
      now += 100 * MILLI;
      if (w.due(used, now)) {
        collections++;
        long began = now;
        now += 20 * MILLI;
        w.collected(used, used, began, now);
      }
    }
    assertThat(collections).isBetween(5, 150);
  }
}
