package dev.axial.examples.demo;

import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.Lowered;
import dev.axial.NamedRef;
import dev.axial.Tensor;
import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The demo, started by {@code ./axial demo}: trains a small transformer to spell names with all of
 * its state in references, generates new names with a cache in a reference, and writes a report.
 */
public final class Demo {
  private static final int NAMES = 10;
  private static final double TOLERANCE = 1e-4;
  private static final String TRAINING = "train";

  private final PrintStream out;
  private final PrintStream err;
  private final boolean terminal;
  private final Path folder;
  private final Map<String, Double> timings = new LinkedHashMap<>();
  private long lap = System.nanoTime();

  Demo(PrintStream out, PrintStream err, boolean terminal, Path folder) {
    this.out = out;
    this.err = err;
    this.terminal = terminal;
    this.folder = folder;
  }

  /** Runs the demo with the options of {@code --help}. */
  public static void main(String[] args) {
    Path folder = Path.of(System.getProperty("axial.home", "."), "target", "demo");
    boolean terminal = Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    int code = new Demo(System.out, System.err, terminal, folder).run(Config.standard(), args);
    System.exit(code);
  }

  /**
   * Runs with a configuration that the options may change: 0 if all went well, 2 for a wrong call,
   * else 1.
   */
  int run(Config base, String... args) {
    try {
      Options options = Options.parse(args);
      if (options.help()) {
        out.print(Options.USAGE);
        return 0;
      }
      Config config = config(base, options);
      return train(config, options.resume()) ? 0 : 1;
    } catch (DemoException x) {
      err.println("axial demo: " + x.getMessage());
      return 2;
    } catch (IOException | AxialException x) {
      err.println("axial demo: failed: " + x);
      return 1;
    }
  }

  private Path checkpoint() {
    return folder.resolve("checkpoint");
  }

  /** The configuration with the options, which a checkpoint must not contradict. */
  private Config config(Config base, Options options) {
    Config config = base;
    if (options.resume()) {
      Checkpoint.Header header = Checkpoint.header(checkpoint());
      if (options.steps().orElse(header.steps()) != header.steps()
          || options.seed().orElse(header.seed()) != header.seed()) {
        throw new DemoException(
            "the checkpoint belongs to a run with --steps %d --seed %d; resume it without these options, or start anew without --resume"
                .formatted(header.steps(), header.seed()));
      }
      return config.withSteps(header.steps()).withSeed(header.seed());
    }
    if (options.steps().isPresent()) {
      config = config.withSteps(options.steps().getAsInt());
    }
    return options.seed().isPresent() ? config.withSeed(options.seed().getAsLong()) : config;
  }

  // ---------------------------------------------------------------- the run

  private boolean train(Config config, boolean resume) throws IOException {
    say("Axial demo: a transformer learns to spell names");
    Names names = Names.load();
    say(
        "  data      %,d names to train on, %d to validate, %d symbols",
        names.train().size(), names.validation().size(), Names.VOCAB.size());
    lap("load the names");
    var training = new Training(config, names);
    if (resume) {
      Checkpoint.load(checkpoint(), training.state());
      say("  resumed   after step %d", training.taken());
    }
    lap("make the parameters");
    Lowered lowered = training.lowered();
    lap("trace and differentiate a step");
    say(
        "  model     %d layers of width %d, %,d parameters",
        config.layer().size(), config.embed().size(), training.state().model().parameters());
    say(
        "  step      one program of %,d lines, its state in references",
        lowered.program().toString().lines().count());
    if (!steps(config, training)) {
      return false;
    }
    return results(config, names, training, lowered);
  }

  /** Trains to the end, or until somebody ends the process. */
  private boolean steps(Config config, Training training) throws IOException {
    var header = new Checkpoint.Header(config.steps(), config.seed());
    int from = training.taken();
    var progress = new Progress(out, terminal, from, config.steps(), config.batch().size());
    try (var interruption = new Interruption()) {
      int evaluation = 0;
      while (config.evaluationStep(evaluation) < from) {
        evaluation++;
      }
      timings.put(TRAINING, 0.0);
      for (int taken = from; ; taken++) {
        if (evaluation <= config.evaluations() && config.evaluationStep(evaluation) == taken) {
          progress.validated(taken, training.measure(evaluation++));
          lap("validate");
          Checkpoint.save(checkpoint(), header, training.state());
          lap("write checkpoints");
        }
        if (taken == config.steps()) {
          break;
        }
        if (interruption.requested()) {
          Checkpoint.save(checkpoint(), header, training.state());
          progress.end();
          say("  stopped   after step %d; ./axial demo --resume continues", taken);
          out.flush();
          return false;
        }
        progress.stepped(taken + 1, training.advance());
        lap(TRAINING);
      }
    }
    progress.end();
    if (config.steps() > from) {
      timings.put(
          "one step, on average", timings.getOrDefault(TRAINING, 0.0) / (config.steps() - from));
    }
    return true;
  }

  private boolean results(Config config, Names names, Training training, Lowered lowered)
      throws IOException {
    double[] validation = training.validation();
    double last = validation[validation.length - 1];
    double unigram = names.unigramEntropy();
    say("  validation loss %.3f, unigram entropy %.3f (nats for each symbol)", last, unigram);
    var known = new HashSet<>(names.train());
    known.addAll(names.validation());
    Generation.Result generation =
        new Generation(config, names, training.state().model()).run(NAMES, known);
    String rows = "%d rows".formatted(config.sample().size());
    timings.put("generate " + rows + ", symbol by symbol with the cache", generation.cached());
    timings.put("the logits of " + rows + " at once, without it", generation.uncached());
    boolean same = generation.difference() < TOLERANCE;
    say(
        "  cache     logits with and without it differ by at most %.1e: %s",
        generation.difference(), same ? "the same" : "TOO MUCH");
    say("  new names %s", String.join(", ", generation.names()));
    Path report = folder.resolve("report.html");
    Files.createDirectories(folder);
    var page =
        new Report(
            config,
            summary(config, training, last, unigram),
            training.losses(),
            validation,
            unigram,
            generation,
            lowered.toHtml(),
            pictures(config, training.state().model(), generation),
            timings,
            system(lowered));
    Files.writeString(report, page.html());
    Path here = Path.of("").toAbsolutePath();
    Path absolute = report.toAbsolutePath();
    say("  report    %s", absolute.startsWith(here) ? here.relativize(absolute) : absolute);
    return same;
  }

  private static Map<String, String> pictures(
      Config config, NameModel model, Generation.Result generation) {
    var out = new LinkedHashMap<String, String>();
    out.put("The vector of each symbol", picture(model.symbols().weight()));
    out.put(
        "The queries of the first layer's attention",
        picture(model.blocks().getFirst().attention().query().weight()));
    NamedRef keys = generation.cache().keys();
    Axis layer = config.layer();
    out.put(
        "The cache after the last names: the last layer's keys of one name",
        keys.slice(layer.at(layer.size() - 1), config.sample().at(0)).toHtml());
    return out;
  }

  private static String picture(Tensor parameter) {
    return parameter instanceof NamedRef r ? r.toHtml() : parameter.value().toHtml();
  }

  private Map<String, String> summary(
      Config config, Training training, double validation, double unigram) {
    var out = new LinkedHashMap<String, String>();
    out.put("validation loss, nats", format("%.3f", validation));
    out.put("unigram entropy, nats", format("%.3f", unigram));
    out.put("parameters", format("%,d", training.state().model().parameters()));
    out.put("steps of %d names".formatted(config.batch().size()), format("%,d", config.steps()));
    return out;
  }

  private static Map<String, String> system(Lowered lowered) {
    var out = new LinkedHashMap<String, String>();
    lowered
        .explain()
        .lines()
        .findFirst()
        .ifPresent(engine -> out.put("Engine", engine.replace("engine: ", "")));
    out.put("Java", Runtime.version() + ", " + System.getProperty("java.vm.name"));
    out.put(
        "Operating system", System.getProperty("os.name") + ", " + System.getProperty("os.arch"));
    out.put("Processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
    out.put("Heap", format("%,d MB at most", Runtime.getRuntime().maxMemory() >> 20));
    return out;
  }

  /** Adds the time since the last call to a row of the table of timings. */
  private void lap(String what) {
    long now = System.nanoTime();
    timings.merge(what, (now - lap) / 1e9, Double::sum);
    lap = now;
  }

  private void say(String f, Object... args) {
    out.println(format(f, args));
  }

  private static String format(String f, Object... args) {
    return String.format(Locale.ROOT, f, args);
  }
}
