package dev.axial.cpu;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/**
 * Runs the tests that are its arguments, {@code class} or {@code class#method(parameter types)},
 * and prints how many passed and what failed.
 */
final class LevelRun {
  private LevelRun() {}

  public static void main(String[] tests) {
    var request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(Arrays.stream(tests).map(LevelRun::selector).toList())
            .build();
    var listener = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request, listener);
    var out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    listener.getSummary().printFailuresTo(out, 5);
    long passed = listener.getSummary().getTestsSucceededCount();
    long failed = listener.getSummary().getTestsFailedCount();
    out.printf("passed %d failed %d%n", passed, failed);
    System.exit(passed > 0 && failed == 0 ? 0 : 1);
  }

  private static DiscoverySelector selector(String test) {
    return test.contains("#")
        ? DiscoverySelectors.selectMethod(test)
        : DiscoverySelectors.selectClass(test);
  }
}
