"""Golden values of jax.random: prints the cases for the x64 mode the process runs in (JAX_ENABLE_X64)."""
import sys

import jax
import jax.numpy as jnp
import numpy as np
from jax import random

from golden import Book

X64 = jax.config.jax_enable_x64
F = ["float32"] + (["float64"] if X64 else [])
I = ["int32"] + (["int64"] if X64 else [])
book = Book()


# How close an independent implementation can come (random.md, section 14); everything else is exact.
TOLERANCE = {"normal": "4ulp", "erf_inv": "4ulp", "erf": "4ulp", "exponential": "4ulp", "laplace": "4ulp", "cauchy": "4ulp",
             "gumbel": "4eps", "logistic": "4eps", "truncated_normal": "8eps", "gamma": "4eps", "loggamma": "4eps",
             "beta": "4eps", "dirichlet": "4eps"}


def data(key):
    return random.key_data(key)


def key_axes(k):
    return [f"d{i}" for i in range(np.ndim(k) - 1)] + ["key"]


def sh(shape):
    return "x".join(map(str, shape)) if shape else "scalar"


def sample(name, key, value, **args):
    """A case with the key's data as input; args are noted, arrays become inputs."""
    c = book.case(name).inp("key", data(key), ["key"])
    for k, v in args.items():
        if isinstance(v, (np.ndarray, jax.Array)):
            c.inp(k, v)
        else:
            c.note(k, v)
    return c.note("tolerance", TOLERANCE.get(name.split("/")[0], "exact")).out("result", value)


# --- keys ---
for seed in [0, 1, 42, 123456789, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**40, 2**40 + 7, 2**63 - 1, -1, -42, -(2**31), -(2**63)]:
    k = random.key(seed)
    book.case(f"key/{seed}").note("seed", seed).out("key", data(k), ["key"])
for seed in [5, -1, -(2**31)]:
    k = random.key(jnp.int32(seed))
    book.case(f"key/int32={seed}").note("seed", f"a rank-0 int32 array, {seed}").out("key", data(k), ["key"])

keys = {s: random.key(s) for s in (0, 1, 42)}
K = keys[42]
for s, k in keys.items():
    for n in [1, 2, 3, 4, 5, 8, (2, 3), (3, 1, 2), ()]:
        r = random.split(k, n)
        d = data(r)
        book.case(f"split/seed{s}/{sh(n) if isinstance(n, tuple) else n}").inp("key", data(k), ["key"]).note(
            "num", n).out("keys", d, key_axes(d))
    for v in [0, 1, 2, 7, 1000, 2**31 - 1, 2**31, 2**32 - 1]:
        book.case(f"fold_in/seed{s}/{v}").inp("key", data(k), ["key"]).note("data", v).out(
            "key", data(random.fold_in(k, np.uint32(v))), ["key"])
for v in [-1, -5, -(2**31)]:
    book.case(f"fold_in/seed42/int32={v}").inp("key", data(K), ["key"]).note("data", f"a rank-0 int32 array, {v}").out(
        "key", data(random.fold_in(K, jnp.int32(v))), ["key"])
chain = random.fold_in(random.split(random.fold_in(random.key(7), 3), 5)[4], 11)
book.case("chain").note("pseudo", "fold_in(split(fold_in(key(7), 3), 5)[4], 11)").out("key", data(chain), ["key"])
K2 = chain  # both words of this key are non-trivial

# --- bits ---
SHAPES = [(), (1,), (2,), (3,), (7,), (16,), (101,), (2, 3), (3, 5), (5, 1, 4), (0,), (2, 0)]
for kn, k in (("seed0", keys[0]), ("seed42", K), ("chain", K2)):
    for shape in SHAPES:
        sample(f"bits/uint32/{kn}/{sh(shape)}", k, random.bits(k, shape, "uint32"), shape=sh(shape))
        if X64:
            sample(f"bits/uint64/{kn}/{sh(shape)}", k, random.bits(k, shape, "uint64"), shape=sh(shape))
for dt in ("uint8", "uint16"):
    sample(f"bits/{dt}/seed42/7", K, random.bits(K, (7,), dt), shape="7")
sample("bits/default/seed42/5", K, random.bits(K, (5,)), shape="5", dtype="default")
many = random.split(K, 3)
book.case("bits/vmap").inp("keys", data(many), ["d0", "key"]).note("pseudo", "vmap over the 3 keys of bits(key, (4,), uint32)").out(
    "result", jax.vmap(lambda q: random.bits(q, (4,), "uint32"))(many))
book.case("split/vmap").inp("keys", data(many), ["d0", "key"]).note("pseudo", "vmap over the 3 keys of split(key, 2)").out(
    "keys", data(jax.vmap(lambda q: random.split(q, 2))(many)), ["d0", "d1", "key"])

# --- uniform ---
for dt in F:
    for kn, k in (("seed0", keys[0]), ("seed42", K), ("chain", K2)):
        for shape in [(), (7,), (101,), (3, 5)]:
            sample(f"uniform/{dt}/{kn}/{sh(shape)}", k, random.uniform(k, shape, dt), shape=sh(shape), dtype=dt)
    for lo, hi in [(-2.3, 3.1), (0.1, 0.3), (5.0, 7.0), (-1.0, 1.0), (3.0, 1.0), (2.0, 2.0), (1e-30, 1e30), (1.0, 1.0000001)]:
        sample(f"uniform/{dt}/range/{lo}..{hi}", K, random.uniform(K, (24,), dt, lo, hi), shape="24", dtype=dt,
               minval=np.array(lo, dt), maxval=np.array(hi, dt))
    sample(f"uniform/{dt}/array-bounds", K,
           random.uniform(K, (4, 3), dt, jnp.array([-1.5, 0.2, 10.0], dt), jnp.array([[1.0], [2.0], [30.0], [400.0]], dt)),
           shape="4x3", dtype=dt, minval=np.array([-1.5, 0.2, 10.0], dt), maxval=np.array([[1.0], [2.0], [30.0], [400.0]], dt))
sample("uniform/default", K, random.uniform(K, (5,)), shape="5", dtype="default")

# --- normal and friends ---
for dt in F:
    for kn, k in (("seed0", keys[0]), ("seed42", K), ("chain", K2)):
        for shape in [(), (7,), (101,), (3, 5)]:
            sample(f"normal/{dt}/{kn}/{sh(shape)}", k, random.normal(k, shape, dt), shape=sh(shape), dtype=dt)
    big = np.asarray(random.normal(K, (20000,), dt))
    order = np.argsort(np.abs(big))
    pick = np.concatenate([order[:10], order[-40:]])
    sample(f"normal/{dt}/tails", K, big[pick], shape="20000", dtype=dt, index=np.asarray(pick, "int32"),
           pseudo="normal(key, (20000,))[index]: the 10 smallest and the 40 largest in absolute value")
    grid = np.concatenate([np.linspace(-0.999, 0.999, 41), [1 - 2.0**-k for k in range(4, 24)], [2.0**-k for k in range(1, 40, 3)]])
    if dt == "float64":
        grid = np.concatenate([grid, [1 - 2.0**-k for k in range(24, 54)]])
    g = jnp.asarray(grid, dt)
    book.case(f"erf_inv/{dt}").inp("x", g).note("tolerance", "4ulp").out("result", jax.lax.erf_inv(g))
    book.case(f"erf/{dt}").inp("x", 4 * g).note("tolerance", "4ulp").out("result", jax.lax.erf(4 * g))
    for fn, name in ((random.exponential, "exponential"), (random.gumbel, "gumbel"), (random.laplace, "laplace"),
                     (random.logistic, "logistic"), (random.cauchy, "cauchy")):
        for shape in [(), (7,), (101,), (3, 5)]:
            sample(f"{name}/{dt}/{sh(shape)}", K, fn(K, shape, dt), shape=sh(shape), dtype=dt)
    for lo, hi in [(-2.0, 2.0), (0.0, 1.0), (1.5, 3.0), (-0.1, 5.0)]:
        sample(f"truncated_normal/{dt}/{lo}..{hi}", K, random.truncated_normal(K, lo, hi, (40,), dt), shape="40", dtype=dt,
               lower=np.array(lo, dt), upper=np.array(hi, dt))
    sample(f"truncated_normal/{dt}/array-bounds", K,
           random.truncated_normal(K, jnp.array([-1.0, 0.0, 1.0], dt), 2.0, None, dt), shape="none: broadcast of the bounds",
           dtype=dt, lower=np.array([-1.0, 0.0, 1.0], dt), upper=np.array(2.0, dt))

# --- bernoulli ---
for p in (0.0, 0.1, 0.5, 0.9, 1.0):
    sample(f"bernoulli/python-float/{p}", K, random.bernoulli(K, p, (40,)), shape="40", p=p,
           pdtype="a Python float: float32 with x64 off, float64 with x64 on")
for dt in F:
    pa = jnp.asarray([[0.1, 0.5, 0.9, 0.3], [0.0, 1.0, 0.25, 0.75], [0.4, 0.6, 0.2, 0.8]], dt)
    sample(f"bernoulli/{dt}/scalar", K, random.bernoulli(K, jnp.asarray(0.3, dt), (40,)), shape="40", p=np.array(0.3, dt))
    sample(f"bernoulli/{dt}/array", K, random.bernoulli(K, pa), p=pa, shape="none: p's")
    sample(f"bernoulli/{dt}/broadcast", K, random.bernoulli(K, pa[0], (6, 4)), p=pa[0], shape="6x4")

# --- categorical ---
for dt in F:
    l1 = jnp.asarray([0.1, 1.2, -0.7, 0.0, 2.0, -3.0], dt)
    l2 = jnp.asarray(np.sin(np.arange(15) * 1.7).reshape(3, 5) * 2, dt)
    linf = jnp.asarray([0.0, -np.inf, 1.0, -np.inf], dt)
    sample(f"categorical/{dt}/rank1", K, random.categorical(K, l1), logits=l1, axis=-1)
    sample(f"categorical/{dt}/rank1/shape50", K, random.categorical(K, l1, shape=(50,)), logits=l1, axis=-1, shape="50")
    sample(f"categorical/{dt}/masked", K, random.categorical(K, linf, shape=(50,)), logits=linf, axis=-1, shape="50")
    sample(f"categorical/{dt}/rank2/axis-1", K, random.categorical(K, l2), logits=l2, axis=-1)
    sample(f"categorical/{dt}/rank2/axis0", K, random.categorical(K, l2, axis=0), logits=l2, axis=0)
    sample(f"categorical/{dt}/rank2/shape7x3", K, random.categorical(K, l2, shape=(7, 3)), logits=l2, axis=-1, shape="7x3")
    sample(f"categorical/{dt}/rank2/axis0/shape4x5", K, random.categorical(K, l2, axis=0, shape=(4, 5)), logits=l2, axis=0, shape="4x5")
    sample(f"categorical/{dt}/without-replacement", K, random.categorical(K, l1, shape=(4,), replace=False), logits=l1,
           axis=-1, shape="4", replace="false")

# --- randint ---
RANGES = {
    "int32": [(0, 10), (0, 1), (0, 2), (0, 256), (-5, 5), (-100, -90), (3, 1000003), (0, 2**31 - 1), (-(2**31), 2**31 - 1),
              (-(2**30) - 5, 2**30 + 77), (5, 5), (7, 3), (2**31 - 3, 2**31 - 1), (-(2**31), 0)],
    "int64": [(0, 10), (0, 1), (-5, 5), (0, 10**12), (-(10**15), 10**17 + 3), (0, 2**63 - 1), (-(2**63), 2**63 - 1), (5, 5), (7, 3),
              (0, 2**32), (0, 2**31)],
}
if X64:  # a maximum one past the end of int32 is only expressible as an int64
    RANGES["int32"] += [(0, 2**31), (-(2**31), 2**31), (0, 2**40), (-(2**40), 5)]
for dt in I:
    for lo, hi in RANGES[dt]:
        sample(f"randint/{dt}/{lo}..{hi}", K, random.randint(K, (24,), lo, hi, dt), shape="24", dtype=dt, minval=lo, maxval=hi)
    for shape in [(), (3, 5)]:
        sample(f"randint/{dt}/shape/{sh(shape)}", K2, random.randint(K2, shape, -7, 100, dt), shape=sh(shape), dtype=dt, minval=-7, maxval=100)
    sample(f"randint/{dt}/array-bounds", K, random.randint(K, (4, 3), jnp.array([0, -10, 5], dt), jnp.array([[1], [20], [3], [1000]], dt), dt),
           shape="4x3", dtype=dt, minval=np.array([0, -10, 5], dt), maxval=np.array([[1], [20], [3], [1000]], dt))
sample("randint/uint32/0..4000000000", K, random.randint(K, (24,), jnp.uint32(0), jnp.uint32(4000000000), "uint32"), shape="24",
       dtype="uint32", minval=0, maxval=4000000000)
sample("randint/uint32/10..20", K, random.randint(K, (24,), 10, 20, "uint32"), shape="24", dtype="uint32", minval=10, maxval=20)
sample("randint/uint8/0..256", K, random.randint(K, (24,), 0, 256, "uint8"), shape="24", dtype="uint8", minval=0, maxval=256)
sample("randint/int8/-7..5", K, random.randint(K, (24,), -7, 5, "int8"), shape="24", dtype="int8", minval=-7, maxval=5)
sample("randint/default", K, random.randint(K, (6,), 0, 1000), shape="6", dtype="default", minval=0, maxval=1000)

# --- permutation ---
for n in (0, 1, 2, 3, 10, 64, 100):
    sample(f"permutation/n/{n}", K, random.permutation(K, n), n=n)
for n in (1625, 1626, 5000):
    r = np.asarray(random.permutation(K, n))
    sample(f"permutation/n/{n}/first200", K, r[:200], n=n, pseudo="the first 200 elements of the result")
x1 = jnp.asarray([2.5, -1.0, 7.0, 7.0, 0.0, 3.25, 9.0], "float32")
x2 = jnp.arange(12, dtype="int32").reshape(4, 3)
sample("permutation/array/rank1", K, random.permutation(K, x1), x=x1)
sample("permutation/array/rank2/axis0", K, random.permutation(K, x2), x=x2, axis=0)
sample("permutation/array/rank2/axis1", K, random.permutation(K, x2, axis=1), x=x2, axis=1)
sample("permutation/array/rank2/axis0/independent", K, random.permutation(K, x2, independent=True), x=x2, axis=0, independent="true")
sample("permutation/array/rank2/axis1/independent", K, random.permutation(K, x2, axis=1, independent=True), x=x2, axis=1, independent="true")

# --- choice ---
pop = jnp.asarray([10.0, 20.0, 30.0, 40.0, 50.0, 60.0], "float32")
for dt in F:
    p = jnp.asarray([0.125, 0.25, 0.0625, 0.0625, 0.375, 0.125], dt)
    pz = jnp.asarray([0.0, 0.5, 0.0, 0.25, 0.25, 0.0], dt)
    sample(f"choice/{dt}/p", K, random.choice(K, 6, (30,), p=p), a=6, p=p, shape="30", replace="true")
    sample(f"choice/{dt}/p/zeros", K, random.choice(K, 6, (30,), p=pz), a=6, p=pz, shape="30", replace="true")
    sample(f"choice/{dt}/p/unnormalized", K, random.choice(K, 6, (30,), p=p * 8), a=6, p=p * 8, shape="30", replace="true")
    sample(f"choice/{dt}/p/without-replacement", K, random.choice(K, 6, (4,), replace=False, p=p), a=6, p=p, shape="4", replace="false")
sample("choice/n", K, random.choice(K, 10, (20,)), a=10, shape="20", replace="true")
sample("choice/n/scalar", K, random.choice(K, 10), a=10, shape="scalar", replace="true")
sample("choice/n/without-replacement", K, random.choice(K, 10, (2, 3), replace=False), a=10, shape="2x3", replace="false")
sample("choice/array", K, random.choice(K, pop, (2, 4)), a=pop, shape="2x4", replace="true")
sample("choice/array/without-replacement", K, random.choice(K, pop, (4,), replace=False), a=pop, shape="4", replace="false")
sample("choice/array/rank2", K, random.choice(K, x2, (5,)), a=x2, axis=0, shape="5", replace="true")
sample("choice/array/rank2/axis1/without-replacement", K, random.choice(K, x2, (2,), replace=False, axis=1), a=x2, axis=1, shape="2", replace="false")

# --- rejection samplers ---
for dt in F:
    a = jnp.asarray([0.1, 0.5, 0.9, 1.0, 1.5, 2.0, 5.0, 20.0, 100.0], dt)
    sample(f"gamma/{dt}", K, random.gamma(K, a, dtype=dt), a=a, dtype=dt)
    sample(f"gamma/{dt}/scalar-a", K, random.gamma(K, 2.5, (3, 4), dt), a=np.array(2.5, dt), shape="3x4", dtype=dt)
    sample(f"loggamma/{dt}", K, random.loggamma(K, a, dtype=dt), a=a, dtype=dt)
    sample(f"beta/{dt}", K, random.beta(K, a, a[::-1], dtype=dt), a=a, b=a[::-1], dtype=dt)
    sample(f"dirichlet/{dt}", K, random.dirichlet(K, a[:4], (3,), dt), alpha=a[:4], shape="3", dtype=dt)
lam = jnp.asarray([0.0, 0.3, 1.0, 4.5, 9.9, 10.0, 25.0, 300.0], "float32")
sample("poisson/int32", K, random.poisson(K, lam, dtype="int32"), lam=lam, dtype="int32")
sample("poisson/int32/scalar-lam", K, random.poisson(K, 3.5, (4, 5), "int32"), lam=np.array(3.5, "float32"), shape="4x5", dtype="int32")
sample("poisson/int32/scalar-lam-large", K, random.poisson(K, 40.0, (4, 5), "int32"), lam=np.array(40.0, "float32"), shape="4x5", dtype="int32")

sys.stdout.write(book.text())
