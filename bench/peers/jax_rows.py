"""The rows of `./axial bench` in JAX and NumPy.

  python jax_rows.py ROW '{"n": 1000}'   # measures one row with these sizes
  python jax_rows.py --versions

Where JAX has several ways, `jax` is its fastest and the others go by their own names, which only the saved JSON shows.
"""
import os, subprocess, sys, time
from functools import partial
from common import row, measure, emit, main

os.environ.setdefault("JAX_PLATFORMS", "cpu")
if not "".join(sys.argv[1:2]).startswith("start-"):    # their processes import it themselves
  import numpy as np
  import jax, jax.numpy as jnp
  from jax import lax
  f32 = jnp.float32


def versions():
  import jaxlib
  return dict(python=sys.version.split()[0], jax=jax.__version__, jaxlib=jaxlib.__version__, numpy=np.__version__)


def ready(x): return jax.block_until_ready(x)


def sync_ref(r):
  """jax.block_until_ready(ref) is a silent no-op, so reach for the buffer."""
  r._refs._buf.block_until_ready() if hasattr(r._refs, "_buf") else r[...].block_until_ready()


def blk(f, *a):
  """0-arg closure which calls f(*a) and blocks."""
  return lambda: jax.block_until_ready(f(*a))


def rnd(*shape, seed=0, scale=1.0):
  return jnp.asarray(np.random.default_rng(seed).standard_normal(shape, dtype=np.float32) * scale)


# ------------------------------------------------------------------------------------------------- references
@row("eager-write-1k", "eager-write-10M")
def eager_write(n):
  r = jax.new_ref(jnp.zeros(n, f32)); v = jnp.float32(2.0)
  def wr(): r[3] = v
  emit("jax", measure(wr, sync=lambda: sync_ref(r), inner=20, budget=1))


@row("jit-update-1", "jit-update-100")
def jit_update(refs):
  rs = [jax.new_ref(jnp.zeros(1024 if refs == 1 else 16, f32)) for _ in range(refs)]
  @jax.jit
  def many(rs):
    for q in rs: q[3] += 1.0
  @jax.jit
  def one(q): q[3] += 1.0
  go = (lambda: one(rs[0])) if refs == 1 else (lambda: many(rs))
  emit("jax", measure(go, sync=lambda: sync_ref(rs[-1]), inner=500 if refs == 1 else 50))


# -------------------------------------------------------------------------------------------- the ordinary call
def dropped(f, x):
  """The mean of calls whose results are dropped."""
  calls = max(1, min(20_000, (1 << 30) // (4 * x.size)))
  emit("jax", measure(blk(f, x), inner=calls, budget=1, min_n=3))


@row("call-16k", "call-64k", "call-256k", "call-1m", "call-4m", "call-16m")
def call(n):
  dropped(jax.jit(lambda x: x * 2 + 1), rnd(n))


@row("hoard")
def hoard(n):
  dropped(jax.jit(lambda x: jnp.transpose(x, (0, 3, 2, 1))), rnd(n, n, n, n))


@row("linspace-16m")
def linspace(n):
  emit("jax", measure(lambda: ready(jnp.linspace(0, 1, n, dtype=f32)), budget=1))


# ------------------------------------------------------------------------------------------------------ loops
D = 64


@row("loop-write-1k", "loop-write-10k", "loop-write-100k", "loop-write-1M")
def loop_write(rows, steps):
  r = jax.new_ref(jnp.zeros((rows, D), f32)); v = rnd(D)
  @jax.jit
  def fori(r, v):
    def body(i, c):
      r[i % rows] = v + i
      return c
    lax.fori_loop(0, steps, body, 0)
  def go(): fori(r, v); sync_ref(r)
  emit("jax", measure(go, budget=1), per=steps)


def swap(r, row, i, N, c):
  a, b = i % N, (i * 7 + 3) % N
  x, y = r[a], r[b]
  r[a] = y
  r[b] = x
  return c


def cmpx(r, row, i, N, c):
  a, b = i % N, (i * 7 + 3) % N
  x, y = r[a, 0], r[b, 0]
  r[a, 0] = jnp.minimum(x, y)
  r[b, 0] = jnp.maximum(x, y)
  return c


def pop(r, row, i, N, c):
  o = r[i % N]
  r[i % N] = row
  return c + o.sum()


def pattern(body, rows, steps):
  v = rnd(D)
  def mk(K):
    r = jax.new_ref(jnp.ones((rows, D), f32))
    @jax.jit
    def f(r, v): return lax.fori_loop(0, K, lambda i, c: body(r, v, i, rows, c), jnp.zeros(()))
    def go(): f(r, v); sync_ref(r)
    return go
  K = steps
  if rows > 1000:                      # what copies takes ms a step: a few steps tell
    t = measure(mk(50), budget=.1, min_n=2, max_n=3, warm=1)[0]
    K = steps if t < 0.01 else min(steps, 100)
  emit("jax", measure(mk(K), budget=.6, min_n=3, warm=1), per=K)


row("loop-swap-1k", "loop-swap-100k")(partial(pattern, swap))
row("loop-poppush-1k", "loop-poppush-100k")(partial(pattern, pop))
row("loop-cmpx-1k", "loop-cmpx-100k")(partial(pattern, cmpx))


# -------------------------------------------------------------------------------------------------- gradients
def recurrence(rows, steps):
  def loss(x0, w):
    r = jax.new_ref(jnp.zeros((rows, D), f32)); r[0] = x0
    def body(_, i):
      r[i] = jnp.sin(r[i - 1]) * w
      return None, None
    lax.scan(body, None, jnp.arange(1, steps))
    return jax.freeze(r).sum()
  return loss, rnd(D), rnd(D, seed=1) * .1 + .9


@row("recur-grad-1k-forward", "recur-grad-100k-forward")
def recur_forward(rows, steps):
  loss, x0, w = recurrence(rows, steps)
  emit("jax", measure(blk(jax.jit(loss), x0, w), budget=1))


@row("recur-grad-1k", "recur-grad-100k")
def recur_grad(rows, steps):
  loss, x0, w = recurrence(rows, steps)
  emit("jax", measure(blk(jax.jit(jax.value_and_grad(loss, (0, 1))), x0, w), budget=2, min_n=2 if rows > 10_000 else 3, warm=1))


# ------------------------------------------------------------------------------------------------------ growth
def places(rows):
  """Rows that lie evenly, as many for each size."""
  n = min(1000, rows)
  return lambda i: i % n * (rows // n)


def g_swap(r, row, i, at, c):
  a, b = at(i), at(i * 7 + 3)
  x, y = r[a], r[b]
  r[a] = y
  r[b] = x
  return c


def g_cmpx(r, row, i, at, c):
  a, b = at(i), at(i * 7 + 3)
  x, y = r[a, 0], r[b, 0]
  r[a, 0] = jnp.minimum(x, y)
  r[b, 0] = jnp.maximum(x, y)
  return c


def g_poppush(r, row, i, at, c):
  old = r[at(i)]
  r[at(i)] = row
  return c + old.sum()


def g_two(r, row, i, at, c):
  r[at(i + 2)] = (r[at(i + 1)] + r[at(i)]) * .5
  return c


def g_eight(r, row, i, at, c):
  r[at(i + jnp.arange(8))] += row
  return c


def g_cond(r, row, i, at, c):
  def yes(): r[at(i)] = row
  lax.cond(i % 3 == 0, yes, lambda: None)
  return c


def g_lastrow(r, row, i, at, c):
  r[at(i + 1)] = jnp.sin(r[at(i)]) * row
  return c


def slope(mk, steps):
  """The time of a step: many steps less few. Where a step takes long, few tell."""
  def once(k): return measure(mk(k), budget=.1, min_n=2, max_n=3, warm=1)[0]
  step = max(once(20) - once(5), 0) / 15
  many = max(8, min(steps, int(.3 / max(step, 1e-7)))) // 4 * 4
  a = measure(mk(many // 4), budget=.6, min_n=3, warm=1)
  b = measure(mk(many), budget=.6, min_n=3, warm=1)
  emit("jax", (max(0, b[0] - a[0]), max(0, b[1] - a[1]), min(a[2], b[2])), per=many - many // 4)


def scan(body, r, row, at, k):
  return lax.scan(lambda c, i: (body(r, row, i, at, c), None), jnp.zeros(()), jnp.arange(k))[0]


def growth(body, rows, steps):
  at, row = places(rows), rnd(D, scale=.1)
  def mk(k):
    r = jax.new_ref(jnp.ones((rows, D), f32))
    f = jax.jit(lambda r, row: scan(body, r, row, at, k))
    def go(): f(r, row); sync_ref(r)
    return go
  slope(mk, steps)


def growth_grad(body, rows, steps):
  at, row = places(rows), rnd(D, scale=.1)
  def mk(k):
    def loss(row):
      r = jax.new_ref(jnp.ones((rows, D), f32)); r[0] = row
      return scan(body, r, row, at, k) + r[at(jnp.arange(8))].sum()
    return blk(jax.jit(jax.value_and_grad(loss)), row)
  slope(mk, steps)


LANES = 16


def lanes_scan(r, by, at, k):
  def one(q, o, w, i): q[at(o + i)] += w
  def body(_, i):
    jax.vmap(one, in_axes=(1, 0, 0, None))(r, jnp.arange(LANES), by, i)
    return None, None
  lax.scan(body, None, jnp.arange(k))


def growth_vmap(rows, steps):
  at, by = places(rows), rnd(LANES, scale=.1)
  def mk(k):
    r = jax.new_ref(jnp.ones((rows, LANES), f32))
    f = jax.jit(lambda r, by: lanes_scan(r, by, at, k))
    def go(): f(r, by); sync_ref(r)
    return go
  slope(mk, steps)


def growth_vmap_grad(rows, steps):
  at, by = places(rows), rnd(LANES, scale=.1)
  def mk(k):
    def loss(by):
      r = jax.new_ref(jnp.ones((rows, LANES), f32))
      lanes_scan(r, by, at, k)
      return (r[at(jnp.arange(8))] ** 2).sum()
    return blk(jax.jit(jax.value_and_grad(loss)), by)
  slope(mk, steps)


for n in ("1k", "10k", "100k", "1M"):
  for body in (g_swap, g_cmpx, g_poppush, g_two, g_eight, g_cond, g_lastrow):
    row(f"growth-{body.__name__[2:]}-{n}")(partial(growth, body))
    row(f"growth-{body.__name__[2:]}-grad-{n}")(partial(growth_grad, body))
  row(f"growth-vmap-{n}")(growth_vmap)
  row(f"growth-vmap-grad-{n}")(growth_vmap_grad)


# ------------------------------------------------------------------------------------------------ elementwise
def elementwise(f, n): emit("jax", measure(blk(jax.jit(f), rnd(n))))


row("gelu")(partial(elementwise, lambda x: 0.5 * x * (1 + jnp.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))))
row("exp")(partial(elementwise, lambda x: jnp.exp(x)))
row("tanh")(partial(elementwise, lambda x: jnp.tanh(x)))


@row("axpy-fresh")
def axpy_fresh(n):
  emit("jax", measure(blk(jax.jit(lambda x, y: x * 2 + y), rnd(n), rnd(n, seed=1))))


@row("axpy-ref")
def axpy_ref(n):
  a, b = rnd(n), rnd(n, seed=1)
  r = jax.new_ref(b)
  @jax.jit
  def axr(a, r): r[...] = a * 2 + r[...]
  def gr(): axr(a, r); sync_ref(r)
  refs = measure(gr)
  g = jax.jit(lambda x, y: x * 2 + y, donate_argnums=1); y = [jnp.array(b)]
  def don():
    y[0] = g(a, y[0]); ready(y[0])
  donated = measure(don)
  emit("jax", min(refs, donated)); emit("jax-ref", refs); emit("jax-donated", donated)


# ------------------------------------------------------------------------------------------------- reductions
def matrix(f, rows, cols): emit("jax", measure(blk(jax.jit(f), rnd(rows, cols)), min_n=3))


@row("layernorm")
def layernorm(rows, cols):
  def ln(x, g, b):
    m = x.mean(-1, keepdims=True); v = ((x - m) ** 2).mean(-1, keepdims=True)
    return (x - m) * lax.rsqrt(v + 1e-5) * g + b
  emit("jax", measure(blk(jax.jit(ln), rnd(rows, cols), rnd(cols), rnd(cols, seed=1))))


row("softmax")(partial(matrix, lambda x: jax.nn.softmax(x, -1)))
row("sum0")(partial(matrix, lambda q: q.sum(0)))
row("sum1")(partial(matrix, lambda q: q.sum(1)))
row("sum-points")(partial(matrix, lambda q: q.sum(0)))
row("sum-odd")(partial(matrix, lambda q: q.sum(1)))
row("max0")(partial(matrix, lambda q: q.max(0)))
row("max1")(partial(matrix, lambda q: q.max(1)))
row("transpose")(partial(matrix, lambda q: q.T + 0.0))
row("cumsum")(partial(matrix, lambda q: jnp.cumsum(q, 1)))
row("argmax")(partial(elementwise, lambda a: jnp.argmax(a)))


@row("sum-middle")
def sum_middle(outer, rows, cols):
  emit("jax", measure(blk(jax.jit(lambda q: q.sum(1)), rnd(outer, rows, cols))))


@row("sort")
def sort(n):
  s = rnd(n)
  emit("jax", measure(blk(jax.jit(jnp.sort), s), min_n=3))
  emit("numpy", measure(lambda: np.sort(np.asarray(s)), min_n=3))


# --------------------------------------------------------------------------------------------------- products
def product(a, b, inner=1):
  emit("jax", measure(blk(jax.jit(jnp.matmul), a, b), inner=inner))
  x, y = np.array(a), np.array(b); o = np.empty(np.matmul(x, y).shape, np.float32)
  emit("numpy", measure(lambda: np.matmul(x, y, out=o), inner=inner))


@row("matmul-64", "matmul-512", "matmul-1024", "matmul-2048")
def matmul(n): product(rnd(n, n), rnd(n, n, seed=1), 200 if n <= 64 else 1)


@row("cliff-matmul-denormal")
def cliff_matmul(n): product(jnp.sign(rnd(n, n)) * 1e-39, rnd(n, n, seed=1))


@row("cliff-exp-denormal")
def cliff_exp_denormal(n): emit("jax", measure(blk(jax.jit(jnp.exp), jnp.asarray(np.arange(1, n + 1) % 7 * np.float32(1e-39)))))


@row("cliff-exp-special")
def cliff_exp_special(n):
  x = np.resize(np.array([np.nan, np.inf, -np.inf, 0, -0.0, 89, -104], np.float32), n)
  emit("jax", measure(blk(jax.jit(jnp.exp), jnp.asarray(x))))


@row("cliff-axpy-odd")
def cliff_axpy(n): emit("jax", measure(blk(jax.jit(lambda x, y: x * 2 + y), rnd(n), rnd(n, seed=1))))


@row("cliff-divide")
def cliff_divide(n):
  r = np.random.default_rng(1)
  a, b = jnp.asarray(r.integers(0, 1 << 30, n, np.int32)), jnp.asarray(r.integers(-1, 4, n, np.int32))
  emit("jax", measure(blk(jax.jit(jnp.floor_divide), a, b)))


@row("bmm")
def bmm(batch, n): product(rnd(batch, n, n), rnd(batch, n, n, seed=1))


@row("matvec")
def matvec(n): product(rnd(n, n), rnd(n, seed=1))


@row("conv")
def conv(batch, side, channels):
  x, k = rnd(batch, side, side, channels), rnd(3, 3, channels, channels)
  f = jax.jit(lambda x, k: lax.conv_general_dilated(x, k, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")))
  emit("jax", measure(blk(f, x, k), min_n=3, warm=1))


# ----------------------------------------------------------------------------------------------------- models
def adam_init(p): return jax.tree.map(jnp.zeros_like, p), jax.tree.map(jnp.zeros_like, p), jnp.zeros((), jnp.int32)


def adam(p, g, m, v, t, lr=1e-3, b1=.9, b2=.999, eps=1e-8):
  t = t + 1; tf = t.astype(jnp.float32)
  m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, m, g)
  v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, v, g)
  c1, c2 = 1 - b1**tf, 1 - b2**tf
  p = jax.tree.map(lambda p, m, v: p - lr * (m / c1) / (jnp.sqrt(v / c2) + eps), p, m, v)
  return p, m, v, t


def mlp_loss(p, x, y):
  for l in p[:-1]: x = jax.nn.relu(x @ l["w"] + l["b"])
  lg = x @ p[-1]["w"] + p[-1]["b"]
  return -jnp.take_along_axis(jax.nn.log_softmax(lg), y[:, None], 1).mean()


def mk_steps(loss):
  def step(p, m, v, t, x, y):
    l, g = jax.value_and_grad(loss)(p, x, y)
    return (*adam(p, g, m, v, t), l)
  def ref_step(pr, mr, vr, tr, x, y):
    get = lambda t: jax.tree.map(lambda r: r[...], t)
    p = get(pr)
    l, g = jax.value_and_grad(loss)(p, x, y)
    p, m, v, t = adam(p, g, get(mr), get(vr), tr[...])
    def put(r, a): r[...] = a
    jax.tree.map(put, (pr, mr, vr, tr), (p, m, v, t))
    return l
  return step, ref_step


def train(p, loss, x, y):
  step, ref_step = mk_steps(loss)
  jd, jr = jax.jit(step, donate_argnums=(0, 1, 2, 3)), jax.jit(ref_step)
  cp = lambda t: jax.tree.map(jnp.array, t)
  st = [cp((p, *adam_init(p)))]
  def god():
    *s, l = jd(*st[0], x, y); st[0] = tuple(s); ready(l)
  donated = measure(god, budget=3, warm=3)
  refs = jax.tree.map(jax.new_ref, cp((p, *adam_init(p))))
  inrefs = measure(blk(jr, *refs, x, y), budget=3, warm=3)
  emit("jax", min(donated, inrefs)); emit("jax-donated", donated); emit("jax-ref", inrefs)


@row("mlp-step")
def mlp_step(hidden, classes, batch, **more):
  sz = (more["in"], hidden, hidden, classes)
  p = [dict(w=rnd(i, o, seed=k, scale=(2 / i) ** .5), b=jnp.zeros(o, f32)) for k, (i, o) in enumerate(zip(sz, sz[1:]))]
  train(p, mlp_loss, rnd(batch, sz[0]), jnp.asarray(np.random.default_rng(1).integers(0, classes, batch), jnp.int32))


def gpt_init(L, d, T, V, seed=0):
  r = np.random.default_rng(seed)
  n = lambda *s, sc=.02: jnp.asarray(r.standard_normal(s, dtype=np.float32) * sc)
  one, zero = (lambda k: jnp.ones(k, f32)), (lambda k: jnp.zeros(k, f32))
  return dict(wte=n(V, d), wpe=n(T, d), lnf_g=one(d), lnf_b=zero(d), head=n(d, V), layers=[
      dict(ln1_g=one(d), ln1_b=zero(d), qkv=n(d, 3 * d), qkv_b=zero(3 * d), proj=n(d, d), proj_b=zero(d),
           ln2_g=one(d), ln2_b=zero(d), fc=n(d, 4 * d), fc_b=zero(4 * d), out=n(4 * d, d), out_b=zero(d)) for _ in range(L)])


def lnorm(x, g, b):
  m = x.mean(-1, keepdims=True); c = x - m
  return c * lax.rsqrt((c * c).mean(-1, keepdims=True) + 1e-5) * g + b


def gpt_logits(p, tok, H):
  B, T = tok.shape; d = p["wte"].shape[1]; hd = d // H
  x = p["wte"][tok] + p["wpe"][:T]
  mask = jnp.tril(jnp.ones((T, T), bool))
  for l in p["layers"]:
    q, k, v = jnp.split(lnorm(x, l["ln1_g"], l["ln1_b"]) @ l["qkv"] + l["qkv_b"], 3, -1)
    sp = lambda a: a.reshape(B, T, H, hd).transpose(0, 2, 1, 3)
    q, k, v = sp(q), sp(k), sp(v)
    a = jnp.where(mask, q @ k.swapaxes(-1, -2) * hd**-.5, -1e30)
    o = (jax.nn.softmax(a, -1) @ v).transpose(0, 2, 1, 3).reshape(B, T, d)
    x = x + o @ l["proj"] + l["proj_b"]
    h = jax.nn.gelu(lnorm(x, l["ln2_g"], l["ln2_b"]) @ l["fc"] + l["fc_b"], approximate=True)
    x = x + h @ l["out"] + l["out_b"]
  return lnorm(x, p["lnf_g"], p["lnf_b"]) @ p["head"]


def gpt_loss(H, p, tok, tgt):
  lp = jax.nn.log_softmax(gpt_logits(p, tok, H), -1)
  return -jnp.take_along_axis(lp, tgt[..., None], -1).mean()


def gpt_data(B, T, V):
  t = np.random.default_rng(2).integers(0, V, (B, T + 1))
  return jnp.asarray(t[:, :-1], jnp.int32), jnp.asarray(t[:, 1:], jnp.int32)


@row("gpt-step")
def gpt_step(layers, heads, d, positions, batch, vocab):
  train(gpt_init(layers, d, positions, vocab), partial(gpt_loss, heads), *gpt_data(batch, positions, vocab))


def decode_fn(H, d, T):
  """One-token step; returns the next token (greedy)."""
  hd = d // H
  def step(p, tok, pos, getk, getv, putk, putv):
    x = p["wte"][tok] + p["wpe"][pos]
    mask = jnp.arange(T) <= pos
    for i, l in enumerate(p["layers"]):
      q, k, v = jnp.split(lnorm(x, l["ln1_g"], l["ln1_b"]) @ l["qkv"] + l["qkv_b"], 3, -1)
      q, k, v = (a.reshape(H, hd) for a in (q, k, v))
      putk(i, pos, k); putv(i, pos, v)
      a = jnp.where(mask, jnp.einsum("hd,htd->ht", q, getk(i)) * hd**-.5, -1e30)
      o = jnp.einsum("ht,htd->hd", jax.nn.softmax(a, -1), getv(i)).reshape(d)
      x = x + o @ l["proj"] + l["proj_b"]
      h = jax.nn.gelu(lnorm(x, l["ln2_g"], l["ln2_b"]) @ l["fc"] + l["fc_b"], approximate=True)
      x = x + h @ l["out"] + l["out_b"]
    lg = lnorm(x, p["lnf_g"], p["lnf_b"]) @ p["head"]
    return jnp.argmax(lg).astype(jnp.int32)
  return step


@row("decode-small", "decode-big")
def decode(layers, heads, d, positions, vocab):
  T = positions
  p = gpt_init(layers, d, T, vocab); sh = (layers, heads, T, d // heads)
  step = decode_fn(heads, d, T)
  poss = [jnp.int32(i) for i in range(T)]
  @jax.jit
  def in_refs(p, tok, pos, kc, vc):
    def putk(i, pos, k): kc[i, :, pos] = k
    def putv(i, pos, v): vc[i, :, pos] = v
    return step(p, tok, pos, lambda i: kc[i], lambda i: vc[i], putk, putv)
  @partial(jax.jit, donate_argnums=(3, 4))
  def donated(p, tok, pos, kc, vc):
    c = dict(k=kc, v=vc)
    def putk(i, pos, k): c["k"] = c["k"].at[i, :, pos].set(k)
    def putv(i, pos, v): c["v"] = c["v"].at[i, :, pos].set(v)
    t = step(p, tok, pos, lambda i: c["k"][i], lambda i: c["v"][i], putk, putv)
    return t, c["k"], c["v"]
  kc, vc = jax.new_ref(jnp.zeros(sh, f32)), jax.new_ref(jnp.zeros(sh, f32))
  st = [jnp.int32(1), 0]
  def gor():
    st[0] = in_refs(p, st[0], poss[st[1]], kc, vc); st[1] = (st[1] + 1) % T; ready(st[0])
  refs = measure(gor, budget=2)
  fs = [jnp.int32(1), jnp.zeros(sh, f32), jnp.zeros(sh, f32)]; n = [0]
  def gof():
    fs[:] = donated(p, fs[0], poss[n[0]], fs[1], fs[2]); n[0] = (n[0] + 1) % T; ready(fs[0])
  don = measure(gof, budget=2)
  emit("jax", min(refs, don)); emit("jax-ref", refs); emit("jax-donated", don)


# ------------------------------------------------------------------------------------- random numbers, indices
@row("uniform")
def uniform(n):
  emit("jax", measure(blk(jax.jit(lambda k: jax.random.uniform(k, (n,))), jax.random.key(0)), min_n=3, warm=1))


@row("gather")
def gather(n):
  tab = rnd(n, D); idx = jnp.asarray(np.random.default_rng(0).integers(0, n, n), jnp.int32)
  emit("jax", measure(blk(jax.jit(lambda t, i: t[i]), tab, idx), min_n=3, warm=1))


@row("scatter-add")
def scatter_add(n, places):
  si = jnp.asarray(np.random.default_rng(0).integers(0, places, n), jnp.int32); up = rnd(n)
  fresh = measure(blk(jax.jit(lambda x, i, u: x.at[i].add(u)), jnp.zeros(places, f32), si, up), min_n=3, warm=1)
  r = jax.new_ref(jnp.zeros(places, f32))
  @jax.jit
  def sr(r, i, u): r.addupdate(u, (i,)) if hasattr(r, "addupdate") else jax.ref.addupdate(r, (i,), u)
  def go(): sr(r, si, up); sync_ref(r)
  refs = measure(go, min_n=3, warm=1)
  emit("jax", min(fresh, refs)); emit("jax-fresh", fresh); emit("jax-ref", refs)


# ---------------------------------------------------------------------------------------------- first results
def first(mk, reps=3):
  """mk() -> (fresh python function, args, jit kwargs): seconds to the first result, with nothing compiled."""
  ready(jnp.zeros(3) + 1)              # backend up
  ts = []
  for _ in range(reps):
    f, args, kw = mk(); ready([a for a in jax.tree.leaves(args) if isinstance(a, jax.Array)])
    t0 = time.perf_counter(); ready(jax.jit(f, **kw)(*args))
    ts.append(time.perf_counter() - t0)
    jax.clear_caches()
  emit("jax", (min(ts), sorted(ts)[len(ts) // 2], len(ts)))


@row("first-tiny")
def first_tiny(n):
  x = jnp.ones(n, f32)
  first(lambda: ((lambda x: jnp.sin(x) * 2), (x,), {}), reps=7)


# ---------------------------------------------------------------------------------------------------- examples
def lu_in_place(a, order):
  """LU with row pivots in a ref, as the example does it."""
  n = a.shape[0]; at = jnp.arange(n)
  def exchange(r, i, j):
    x, y = r[i], r[j]
    r[i] = y
    r[j] = x
  def body(_, k):
    p = jnp.argmax(jnp.where(at >= k, jnp.abs(a[:, k]), -1))
    exchange(a, k, p)
    exchange(order, k, p)
    top = a[k]
    f = jnp.where(at > k, a[:, k] / top[k], 0)
    a[...] -= f[:, None] * jnp.where(at > k, top, 0)
    a[:, k] = jnp.where(at > k, f, a[:, k])
    return None, None
  lax.scan(body, None, at)


def lu_carried(a):
  """The same with the matrix as a carry, updated by .at[]."""
  n = a.shape[0]; at = jnp.arange(n)
  def body(c, k):
    a, order = c
    p = jnp.argmax(jnp.where(at >= k, jnp.abs(a[:, k]), -1))
    a = a.at[jnp.array([k, p])].set(a[jnp.array([p, k])])
    order = order.at[jnp.array([k, p])].set(order[jnp.array([p, k])])
    top = a[k]
    f = jnp.where(at > k, a[:, k] / top[k], 0)
    a = a - f[:, None] * jnp.where(at > k, top, 0)
    return (a.at[:, k].set(jnp.where(at > k, f, a[:, k])), order), None
  return lax.scan(body, (a, at), at)[0]


@row("lu")
def lu(n):
  m = rnd(n, n); r = jax.new_ref(m); o = jax.new_ref(jnp.arange(n))
  @jax.jit
  def f(r, o, m):
    r[...] = m
    o[...] = jnp.arange(n)
    lu_in_place(r, o)
  def go(): f(r, o, m); sync_ref(r)
  best(refs=measure(go), carried=measure(blk(jax.jit(lu_carried), m)))
  emit("lapack", measure(blk(jax.jit(jax.scipy.linalg.lu_factor), m)))


@row("lu-grad")
def lu_grad(n):
  def by_ref(m):
    a = jax.new_ref(m)
    lu_in_place(a, jax.new_ref(jnp.arange(n)))
    return jnp.log(jnp.abs(jnp.diagonal(jax.freeze(a)))).sum()
  def by_carry(m): return jnp.log(jnp.abs(jnp.diagonal(lu_carried(m)[0]))).sum()
  m = rnd(n, n)
  best(refs=measure(blk(jax.jit(jax.value_and_grad(by_ref)), m)),
       carried=measure(blk(jax.jit(jax.value_and_grad(by_carry)), m)))
  emit("lapack", measure(blk(jax.jit(jax.value_and_grad(lambda m: jnp.linalg.slogdet(m)[1])), m)))


def best(**ways):
  """`jax` is the fastest of several ways; each goes by its name too."""
  for who, m in ways.items(): emit(who, m)
  emit("jax", min(ways.values(), key=lambda m: m[0]))


@row("particles")
def particles(particles, steps):
  n, var, push = particles, 4.0, 0.02
  def body(p, w, est, c, x):
    t, y, key = x
    k1, k2 = jax.random.split(key)
    e = jax.random.normal(k1, (n, 2)) * push ** .5
    p[:, 0] += p[:, 1] + e[:, 0] * (1 / 12) ** .5 + e[:, 1] * .5
    p[:, 1] += e[:, 1]
    before = jax.nn.logsumexp(w[...])
    w[...] += (y - p[:, 0]) ** 2 / (-2 * var)
    after = jax.nn.logsumexp(w[...])
    q = jax.nn.softmax(w[...])
    est[t] = q @ p[...]
    def draw():
      u = (jnp.arange(n) + jax.random.uniform(k2)) / n
      p[...] = p[...][jnp.minimum(jnp.searchsorted(jnp.cumsum(q), u), n - 1)]
      w[...] = jnp.zeros(n)
    lax.cond(1 / (q ** 2).sum() < n / 2, draw, lambda: None)
    return c + after - before
  @jax.jit
  def f(p, w, est, ys, keys):
    return lax.scan(lambda c, x: (body(p, w, est, c, x), None), 0., (jnp.arange(steps), ys, keys))[0]
  p = jax.new_ref(rnd(n, 2, scale=10.)); w = jax.new_ref(jnp.zeros(n)); est = jax.new_ref(jnp.zeros((steps, 2)))
  emit("jax", measure(blk(f, p, w, est, rnd(steps, scale=2.), jax.random.split(jax.random.key(4), steps))), per=steps)


@row("paged-step")
def paged_step(lanes):
  L, V, E, H, S, F, B, T, P = 2, 50, 64, 4, 16, 128, 12, 8, 24
  tok, pos = rnd(V, E), rnd(B * T, E)
  wq, wk, wv = (rnd(L, E, H, S, seed=i, scale=E ** -.5) for i in (1, 2, 3))
  wo, up, dn = rnd(L, H, S, E, scale=E ** -.5), rnd(L, E, F, scale=E ** -.5), rnd(L, F, E, scale=F ** -.5)
  def norm(x): return x / jnp.sqrt((x * x).mean(-1, keepdims=True) + 1e-5)
  @jax.jit
  def step(keys, values, table, token, position):
    mine = table[...][jnp.arange(lanes), position // T]; slot = position % T
    seen = jnp.arange(B)[:, None] * T + jnp.arange(T) <= position[:, None, None]
    h = tok[token] + pos[position]
    for l in range(L):
      x = norm(h)
      keys[l, mine, slot] = jnp.einsum("be,ehs->bhs", x, wk[l])
      values[l, mine, slot] = jnp.einsum("be,ehs->bhs", x, wv[l])
      q = jnp.einsum("be,ehs->bhs", x, wq[l]) / S ** .5
      s = jnp.where(seen[:, None], jnp.einsum("bhs,bkths->bhkt", q, keys[l, table[...]]), -1e30)
      w = jnp.exp(s - s.max((2, 3), keepdims=True))
      r = jnp.einsum("bhkt,bkths->bhs", w, values[l, table[...]]) / w.sum((2, 3))[..., None]
      h = h + jnp.einsum("bhs,hse->be", r, wo[l])
      h = h + jax.nn.gelu(norm(h) @ up[l]) @ dn[l]
    return norm(h) @ tok.T
  keys, values = (jax.new_ref(jnp.zeros((L, P, T, H, S))) for _ in range(2))
  table = jax.new_ref(jnp.arange(lanes)[:, None] * 6 + jnp.arange(B) % 6)
  emit("jax", measure(blk(step, keys, values, table, jnp.arange(lanes), jnp.full(lanes, 40))))


@row("first-gpt")
def first_gpt(layers, heads, d, positions, batch, vocab):
  p = gpt_init(layers, d, positions, vocab); x, y = gpt_data(batch, positions, vocab)
  step, _ = mk_steps(partial(gpt_loss, heads))
  first(lambda: ((lambda *a: step(*a)), (*jax.tree.map(jnp.array, (p, *adam_init(p))), x, y), dict(donate_argnums=(0, 1, 2, 3))))


@row("first-300writes")
def first_writes(rows, writes):
  def mk():
    def f(r, row):
      for i in range(writes): r[i] = row * (i + 1.0)
    return f, (jax.new_ref(jnp.zeros((rows, D), f32)), jnp.ones(D, f32)), {}
  first(mk)


def start(code):
  def run():
    t = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as p:
      p.stdout.readline()
      seconds = time.perf_counter() - t
    assert p.returncode == 0
    return seconds
  run()
  ts = sorted(run() for _ in range(9))
  emit("jax", (ts[0], ts[len(ts) // 2], len(ts)))


@row("start-ref")
def start_ref(): start("import jax, jax.numpy as n; r=jax.new_ref(n.zeros(16)); r[3]=1.0; print(r[3], flush=True)")


@row("start-jit")
def start_jit(): start("import jax, jax.numpy as n; print(jax.jit(lambda x: n.sin(x)*2)(n.zeros(3)), flush=True)")


@row("start-twenty")
def start_twenty(): start("""
import jax, jax.numpy as n
x = n.linspace(0, 1, 100)
y = n.arange(50) / 50.
a = n.sin(x) * 2 + 1
b = n.exp(-y)
outer = a[:, None] * b
total = outer.sum()
rows = outer.mean(0)
most = outer.max(1)
p = jax.nn.softmax(outer, 1)
entropy = -(p * n.log(p)).sum()
product = a @ outer
some = outer[10:20]
chosen = n.where(outer > 1, outer, n.zeros_like(outer))
ordered = n.sort(rows)
running = n.cumsum(x)
joined = n.concatenate([a, a])
ref = jax.new_ref(outer)
ref[3] = n.zeros(50)
ref[...] += 1
all = total + most.sum() + entropy + product.sum() + some.sum() + chosen.sum()
more = ordered.sum() + running.sum() + joined.sum() + ref[...].sum()
print(float(all + more), flush=True)
""")


@row("start-loop")
def start_loop(): start("""
import jax, jax.numpy as n
def f(r):
  def body(i, c):
    r[i] = c
    return c + r[i] * 0.5 + 1
  return jax.lax.fori_loop(0, 1000, body, n.float32(0))
r = jax.new_ref(n.zeros(1000))
print(float(jax.jit(f)(r) + r[...].sum()), flush=True)
""")


@row("start-mlp")
def start_mlp(): start("""
import jax, jax.numpy as n
x, w, v = n.full((32, 784), .1), n.full((784, 128), .01), n.full((128, 10), .1)
loss = lambda q: jax.nn.logsumexp(jax.nn.relu(x @ q) @ v, 1).mean()
print(float(jax.jit(jax.grad(loss))(w).sum()), flush=True)
""")


if __name__ == "__main__":
  main(versions)
