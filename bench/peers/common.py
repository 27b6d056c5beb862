"""Timing of one row, and what its process prints.  Standard library only."""
import gc, json, statistics, sys, time

REG = {}       # row -> function of its sizes
QUICK = 1.0    # scales the measuring budgets


def row(*names):
  """Registers a function under the names of its rows."""
  def deco(fn):
    for n in names:
      REG[n] = fn
    return fn
  return deco


def measure(fn, *, sync=None, inner=1, budget=1.5, min_n=5, max_n=400, warm=2):
  """Seconds per call of fn: (min, median, n). With inner > 1 each sample is the mean of `inner` calls."""
  for _ in range(warm):
    fn()
  if sync: sync()
  gc.collect(); gc.disable()
  ts, end = [], time.perf_counter() + budget * QUICK
  try:
    while len(ts) < min_n or (time.perf_counter() < end and len(ts) < max_n):
      t = time.perf_counter_ns()
      for _ in range(inner):
        fn()
      if sync: sync()
      ts.append((time.perf_counter_ns() - t) / inner * 1e-9)
  finally:
    gc.enable()
  return min(ts), statistics.median(ts), len(ts)


def emit(who, m, per=1):
  lo, med, n = m
  print("@@" + json.dumps(dict(who=who, min=lo / per, median=med / per, n=n)), flush=True)


def main(versions):
  global QUICK
  if sys.argv[1:] == ["--versions"]:
    print(json.dumps(versions())); return
  name, sizes = sys.argv[1], json.loads(sys.argv[2])
  QUICK = sizes.pop("quick", 1.0)
  REG[name](**sizes)
