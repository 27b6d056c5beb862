package dev.axial.examples.demo;

import static dev.axial.Axial.abs;
import static dev.axial.Axial.arange;
import static dev.axial.Axial.emptyRef;
import static dev.axial.Axial.full;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.jitProc;
import static dev.axial.Axial.key;
import static dev.axial.Axial.max;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.where;

import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Proc2;
import dev.axial.nn.KvCache;
import dev.axial.random.Random;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * New names, symbol by symbol. A compiled step reads the cache of keys and values through slice
 * references, one for each layer, and writes its own position; nothing is computed twice. The same
 * logits computed without a cache, all positions at once, must agree.
 */
final class Generation {
  private static final double TEMPERATURE = 0.8;

  /**
   * What a decoding step reads and writes.
   *
   * @param cache keys and values of all layers: layer, position, sample, head, element
   * @param tokens the symbols so far: sample, position
   * @param logits what the model gave at each position: position, sample, symbol
   * @param index the position that is next
   * @param key the random key that the next step splits
   */
  record State(KvCache cache, NamedRef tokens, NamedRef logits, NamedRef index, NamedRef key) {}

  /**
   * What came out.
   *
   * @param names names that are in no list
   * @param drawn how many rows were generated to find them
   * @param difference the largest between a logit with the cache and without it
   * @param cached seconds for one batch of rows with the cache
   * @param uncached seconds to compute its logits again at once
   * @param cache the keys and values of the last batch
   */
  record Result(
      List<String> names,
      int drawn,
      double difference,
      double cached,
      double uncached,
      KvCache cache) {}

  private final Config config;
  private final Axis row;
  private final Axis position;
  private final NameModel model;
  private final Proc2<NameModel, State> decode = jitProc(this::decode);
  private final BiFunction<NameModel, NamedArray, NamedArray> all = jit(NameModel::logits);

  Generation(Config config, Names names, NameModel model) {
    this.config = config;
    this.row = names.row();
    this.position = row.resize(row.size() - 1);
    this.model = model;
  }

  private State start(NamedArray key) {
    Axis sample = config.sample();
    return new State(
        KvCache.of(config.layer(), position, sample, config.head(), config.headSize()),
        newRef(full(Names.START, sample, row)),
        emptyRef(DType.FLOAT32, position, sample, Names.VOCAB),
        newRef(scalar(0)),
        newRef(key));
  }

  private void decode(NameModel m, State s) {
    NamedArray index = s.index().value();
    NamedArray token = s.tokens().get(row.at(index));
    NamedArray logits = m.decode(token, s.cache(), index);
    s.logits().slice(position.at(index)).set(logits);
    Random.Pair keys = Random.split(s.key().value());
    s.key().set(keys.first());
    NamedArray allowed = arange(Names.VOCAB).ne(Names.START);
    NamedArray scaled = where(allowed, logits.div(TEMPERATURE), Double.NEGATIVE_INFINITY);
    NamedArray drawn = Random.categorical(keys.second(), scaled, Names.VOCAB);
    NamedArray next = where(token.eq(Names.END), Names.END, drawn);
    s.tokens().slice(row.at(index.plus(1))).set(next);
    s.index().add(1);
  }

  /** Generates until there are as many new names as asked for. */
  Result run(int wanted, Set<String> known) {
    var names = new ArrayList<String>();
    var seen = new HashSet<String>(known);
    seen.add("");
    NamedArray key = Random.foldIn(key(config.seed()), 1);
    double difference = 0;
    double cached = 0;
    double uncached = 0;
    int drawn = 0;
    KvCache cache = start(key).cache();
    for (int round = 0; names.size() < wanted && round < 50; round++) {
      long start = System.nanoTime();
      State s = generate(Random.foldIn(key, round));
      cache = s.cache();
      cached = (System.nanoTime() - start) / 1e9;
      NamedArray tokens = s.tokens().value();
      start = System.nanoTime();
      NamedArray expected = uncached(tokens);
      uncached = (System.nanoTime() - start) / 1e9;
      double apart = max(abs(expected.minus(s.logits().value()))).item();
      difference = Math.max(difference, apart); // NaN stays
      int[] symbols = tokens.rearrange(config.sample(), row).toIntArray();
      for (int k = 0; k < config.sample().size() && names.size() < wanted; k++, drawn++) {
        String name = Names.name(symbols, k * row.size(), row.size());
        if (seen.add(name)) {
          names.add(name);
        }
      }
    }
    return new Result(List.copyOf(names), drawn, difference, cached, uncached, cache);
  }

  /** One row for each sample, drawn symbol by symbol. */
  State generate(NamedArray key) {
    State s = start(key);
    for (int k = 0; k < position.size(); k++) {
      decode.run(model, s);
    }
    return s;
  }

  /** The logits at each position of some rows, computed at once: position, sample, symbol. */
  NamedArray uncached(NamedArray tokens) {
    return all.apply(model, tokens.get(row.to(-1)))
        .rearrange(position, config.sample(), Names.VOCAB);
  }
}
