package dev.axial.examples;

import static dev.axial.Axial.*;
import static dev.axial.examples.Check.that;

import dev.axial.*;
import dev.axial.random.Random;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Several requests are answered at once by a small transformer, whose keys and values lie in pages:
 * one reference holds all pages of all layers, and a table says which pages a sequence consists of.
 * Sequences that begin alike share the pages of what they have in common. Pages that nobody needs
 * keep their contents until their place is wanted, the least recently used first.
 *
 * <p>The idea is that of W. Kwon et al., "Efficient Memory Management for Large Language Model
 * Serving with PagedAttention", 2023.
 */
public final class PagedCache {
  private static final Axis Layer = axis("Layer", 2);
  private static final Axis Vocab = axis("Vocab", 50);
  private static final Axis Embed = axis("Embed", 64);
  private static final Axis Head = axis("Head", 4);
  private static final Axis Size = axis("Size", 16);
  private static final Axis Mlp = axis("Mlp", 128);

  /** The requests that are answered at once, the pages of a sequence, and the tokens of a page. */
  private static final Axis Lane = axis("Lane", 4);

  private static final Axis Block = axis("Block", 12);
  private static final Axis Slot = axis("Slot", 8);
  private static final Axis Page = axis("Page", 24);
  private static final Axis Position = axis("Position", Block.size() * Slot.size());

  private PagedCache() {}

  // ---------------------------------------------------------------- the model

  /** Weights, over all layers. */
  public record Model(
      NamedArray tokens,
      NamedArray positions,
      NamedArray query,
      NamedArray key,
      NamedArray value,
      NamedArray merge,
      NamedArray up,
      NamedArray down) {
    /** Normal weights. */
    public static Model random() {
      NamedArray k = Random.split(Random.key(7), axis("Weight", 8));
      return new Model(
          weight(k, 0, 1, Vocab, Embed),
          weight(k, 1, 1, Position, Embed),
          weight(k, 2, Embed.size(), Layer, Embed, Head, Size),
          weight(k, 3, Embed.size(), Layer, Embed, Head, Size),
          weight(k, 4, Embed.size(), Layer, Embed, Head, Size),
          weight(k, 5, Embed.size(), Layer, Head, Size, Embed),
          weight(k, 6, Embed.size(), Layer, Embed, Mlp),
          weight(k, 7, Mlp.size(), Layer, Mlp, Embed));
    }

    private static NamedArray weight(NamedArray keys, int k, int in, Axis... axes) {
      return Random.normal(keys.get(at("Weight", k)), axes).times(1 / Math.sqrt(in));
    }
  }

  private static NamedArray normed(NamedArray x) {
    return x.div(sqrt(mean(square(x), Embed).plus(1e-5)));
  }

  private static NamedArray mlp(Model m, int l, NamedArray h) {
    NamedArray u = gelu(dot(normed(h), m.up().get(Layer.at(l)), Embed));
    return h.plus(dot(u, m.down().get(Layer.at(l)), Mlp));
  }

  private static NamedArray logits(Model m, NamedArray h) {
    return dot(normed(h), m.tokens(), Embed);
  }

  // ---------------------------------------------------------------- a step on the cache

  // @start region=step
  /** Keys and values of all pages, and the pages of each lane. */
  public record Cache(NamedRef keys, NamedRef values, NamedRef table) {
    /** Pages of zeros. */
    public static Cache empty() {
      return new Cache(
          newRef(zeros(Layer, Page, Slot, Head, Size)),
          newRef(zeros(Layer, Page, Slot, Head, Size)),
          newRef(zeros(DType.INT32, Lane, Block)));
    }
  }

  /** The token of each lane, which is the so-manyeth of its sequence, goes in; logits come out. */
  public static NamedArray step(Model m, Cache cache, NamedArray token, NamedArray time) {
    NamedArray table = cache.table().get();
    // A lane without work has a negative time: its page is one that does not exist, and a write
    // to such a place is dropped.
    NamedArray block = time.div(Slot.size()).astype(DType.INT32);
    NamedArray mine = where(time.ge(0), takeAlong(table, Block, maximum(block, 0)), Page.size());
    NamedArray slot = maximum(time, 0).rem(Slot.size());
    NamedArray seen = arange(Block).times(Slot.size()).plus(arange(Slot)).le(time);

    NamedArray h =
        m.tokens().get(Vocab.at(token)).plus(m.positions().get(Position.at(maximum(time, 0))));
    for (int l = 0; l < Layer.size(); l++) {
      NamedRef keys = cache.keys().slice(Layer.at(l));
      NamedRef values = cache.values().slice(Layer.at(l));
      NamedArray x = normed(h);
      keys.at(Page.at(mine), Slot.at(slot)).set(dot(x, m.key().get(Layer.at(l)), Embed));
      values.at(Page.at(mine), Slot.at(slot)).set(dot(x, m.value().get(Layer.at(l)), Embed));

      NamedArray q = dot(x, m.query().get(Layer.at(l)), Embed).div(Math.sqrt(Size.size()));
      NamedArray score = where(seen, dot(q, keys.get(Page.at(table)), Size), -1e30f);
      NamedArray weight = exp(score.minus(max(score, Block, Slot)));
      NamedArray read = dot(weight, values.get(Page.at(table)), Block, Slot);
      NamedArray attended = read.div(sum(weight, Block, Slot));
      h = mlp(m, l, h.plus(dot(attended, m.merge().get(Layer.at(l)), Head, Size)));
    }
    return logits(m, h);
  }

  // @end

  // ---------------------------------------------------------------- pages

  /** Which pages are free, used, or kept for the next that begins alike. Plain Java. */
  static final class Pages {
    private final int[] users = new int[Page.size()];
    private final Map<List<Integer>, Integer> byTokens = new HashMap<>();
    private final Map<Integer, List<Integer>> tokensOf = new HashMap<>();
    private final LinkedHashSet<Integer> unused = new LinkedHashSet<>();
    int evicted;
    int most;

    Pages() {
      for (int p = 0; p < Page.size(); p++) {
        unused.add(p);
      }
    }

    /** The page that holds the last tokens of a beginning, for one more user; -1 if none does. */
    int shared(List<Integer> beginning) {
      Integer p = byTokens.get(beginning);
      if (p == null) {
        return -1;
      }
      use(p);
      return p;
    }

    /** A page for new contents: the one that was not used for longest. */
    int fresh() {
      if (unused.isEmpty()) {
        throw new IllegalStateException("all %d pages are in use".formatted(Page.size()));
      }
      int p = unused.iterator().next();
      List<Integer> old = tokensOf.remove(p);
      if (old != null) {
        byTokens.remove(old);
        evicted++;
      }
      use(p);
      return p;
    }

    private void use(int p) {
      users[p]++;
      unused.remove(p);
      most = Math.max(most, Page.size() - unused.size());
    }

    /** A page is full: whoever begins with these tokens may share it. */
    void full(List<Integer> beginning, int p) {
      if (byTokens.putIfAbsent(List.copyOf(beginning), p) == null) {
        tokensOf.put(p, List.copyOf(beginning));
      }
    }

    void release(int p) {
      if (--users[p] == 0) {
        unused.add(p);
      }
    }
  }

  // ---------------------------------------------------------------- requests

  /** A prompt, and how many tokens are wanted. */
  record Request(List<Integer> prompt, int wanted) {}

  /** A request in a lane. */
  private static final class Running {
    final Request request;
    final List<Integer> tokens;
    final List<Integer> pages = new ArrayList<>();

    /** The tokens that the cache holds. */
    int done;

    Running(Request request) {
      this.request = request;
      this.tokens = new ArrayList<>(request.prompt);
    }

    boolean finished() {
      return tokens.size() == request.prompt.size() + request.wanted;
    }
  }

  /** What answering took. */
  record Served(Map<Request, List<Integer>> answers, int computed, int shared, Pages pages) {}

  /** Answers all requests, as many at once as there are lanes. */
  static Served serve(Model model, List<Request> requests) {
    Cache cache = Cache.empty();
    var pages = new Pages();
    Fn3<Cache, NamedArray, NamedArray, NamedArray> step =
        jit((Cache c, NamedArray t, NamedArray p) -> argmax(step(model, c, t, p), Vocab));
    var lanes = new ArrayList<@Nullable Running>(Collections.nCopies(Lane.size(), null));
    Queue<Request> waiting = new ArrayDeque<>(requests);
    var answers = new HashMap<Request, List<Integer>>();
    int computed = 0;
    int shared = 0;
    while (true) {
      var token = new int[Lane.size()];
      var time = new int[Lane.size()];
      int busy = 0;
      for (int k = 0; k < lanes.size(); k++) {
        if (lanes.get(k) == null && !waiting.isEmpty()) {
          Running next = begin(waiting.remove(), k, cache, pages);
          shared += next.done;
          lanes.set(k, next);
        }
        Running r = lanes.get(k);
        time[k] = -1;
        if (r != null) {
          if (r.done % Slot.size() == 0) {
            point(cache, r, k, pages.fresh());
          }
          token[k] = r.tokens.get(r.done);
          time[k] = r.done;
          busy++;
        }
      }
      if (busy == 0) {
        return new Served(answers, computed, shared, pages);
      }
      int[] next = step.apply(cache, array(token, Lane), array(time, Lane)).toIntArray();
      computed += busy;
      for (int k = 0; k < lanes.size(); k++) {
        Running r = lanes.get(k);
        if (r != null && advance(r, next[k], pages)) {
          answers.put(r.request, r.tokens);
          r.pages.forEach(pages::release);
          lanes.set(k, null);
        }
      }
    }
  }

  /** Takes over the pages of what is known; the last token of the prompt has to be computed. */
  private static Running begin(Request request, int k, Cache cache, Pages pages) {
    var r = new Running(request);
    while (r.done + Slot.size() < r.tokens.size()) {
      int p = pages.shared(r.tokens.subList(0, r.done + Slot.size()));
      if (p < 0) {
        break;
      }
      point(cache, r, k, p);
      r.done += Slot.size();
    }
    return r;
  }

  private static void point(Cache cache, Running r, int k, int p) {
    cache.table().at(Lane.at(k), Block.at(r.pages.size())).set(p);
    r.pages.add(p);
  }

  /** Notes that a token was computed and which one comes next; whether that was the last. */
  private static boolean advance(Running r, int next, Pages pages) {
    r.done++;
    if (r.done % Slot.size() == 0) {
      pages.full(r.tokens.subList(0, r.done), r.pages.getLast());
    }
    if (r.done == r.tokens.size()) {
      r.tokens.add(next);
    }
    return r.finished();
  }

  // ---------------------------------------------------------------- without a cache

  /** The logits after each token, all of them at once. */
  static NamedArray dense(Model m, NamedArray tokens) {
    Axis Time = tokens.axis("Time");
    Axis Key = Time.alias("Key");
    NamedArray seen = arange(Key).le(arange(Time));
    NamedArray h =
        m.tokens().get(Vocab.at(tokens)).plus(m.positions().get(Position.at(arange(Time))));
    for (int l = 0; l < Layer.size(); l++) {
      NamedArray x = normed(h);
      NamedArray q = dot(x, m.query().get(Layer.at(l)), Embed).div(Math.sqrt(Size.size()));
      NamedArray k = dot(x, m.key().get(Layer.at(l)), Embed).rename("Time", "Key");
      NamedArray v = dot(x, m.value().get(Layer.at(l)), Embed).rename("Time", "Key");
      NamedArray weight = softmax(where(seen, dot(q, k, Size), -1e30f), Key);
      h = h.plus(dot(dot(weight, v, Key), m.merge().get(Layer.at(l)), Head, Size));
      h = mlp(m, l, h);
    }
    return logits(m, h);
  }

  /** Whether each token of an answer was the likeliest, by a forward pass over all of it. */
  private static boolean right(Model m, Request request, List<Integer> tokens) {
    int[] all = tokens.stream().mapToInt(t -> t).toArray();
    NamedArray scores = dense(m, array(all, axis("Time", all.length)));
    Axis Time = scores.axis("Time");
    for (int t = request.prompt.size(); t < all.length; t++) {
      NamedArray s = scores.get(Time.at(t - 1));
      double best = max(s).item();
      if (s.get(Vocab.at(all[t])).item() < best - 1e-3) {
        return false;
      }
    }
    return true;
  }

  /** Requests of which many begin alike, as those to an assistant do. */
  private static List<Request> requests() {
    int[] draws = Random.randint(Random.key(11), 0, Vocab.size(), axis("Draw", 400)).toIntArray();
    Iterator<Integer> next = java.util.Arrays.stream(draws).iterator();
    List<List<Integer>> systems = List.of(some(next, 34), some(next, 19));
    var out = new ArrayList<Request>();
    for (int k = 0; k < 12; k++) {
      var prompt = new ArrayList<>(systems.get(k % 3 == 2 ? 1 : 0));
      prompt.addAll(some(next, 3 + k));
      out.add(new Request(prompt, 8 + 3 * (k % 4)));
    }
    return out;
  }

  private static List<Integer> some(Iterator<Integer> next, int n) {
    var out = new ArrayList<Integer>();
    for (int k = 0; k < n; k++) {
      out.add(next.next());
    }
    return out;
  }

  /** Answers requests, and checks each answer against a model without a cache. */
  public static void main(String[] args) {
    Model model = Model.random();
    List<Request> requests = requests();
    Served served = serve(model, requests);
    int tokens = 0;
    int apart = 0;
    for (Request r : requests) {
      List<Integer> answer = Objects.requireNonNull(served.answers().get(r));
      that(right(model, r, answer), "the answer is the one without a cache: " + r);
      tokens += answer.size() - 1; // the last one is not put in
      apart += (answer.size() - 2) / Slot.size() + 1;
    }
    System.out.printf(
        "%d requests, %d tokens: %d computed, %d found in shared pages%n",
        requests.size(), tokens, served.computed(), served.shared());
    System.out.printf(
        "%d pages of %d at most; each request for itself fills %d in all; %d were overwritten%n",
        served.pages().most, Page.size(), apart, served.pages().evicted);
    that(served.computed() + served.shared() == tokens, "no token is computed twice");
    that(served.shared() > tokens / 3, "a third is shared");
    that(served.pages().evicted > 0, "pages are used again");
  }
}
