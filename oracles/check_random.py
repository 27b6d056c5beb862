"""An implementation of random.md in plain Python and numpy, without JAX, held against golden/random.txt.

It exists to prove that random.md says enough: every case is recomputed from its inputs. Integers, booleans and
uniform floats must be equal to the bit; where a logarithm or a polynomial takes part the report tells the distance.

    python check_random.py ../core/src/test/resources/golden/random.txt
"""
import math
import re
import sys
from fractions import Fraction

import numpy as np

from compare import ulps
from golden import parse, value_of

M32, M64 = 2**32 - 1, 2**64 - 1
FMT = {"float32": (32, 23, 0x3F800000, np.uint32), "float64": (64, 52, 0x3FF0000000000000, np.uint64)}


# --- the block function, keys ---
def threefry(key, x):
    ks = [key[0], key[1], key[0] ^ key[1] ^ 0x1BD11BDA]
    a, b = (x[0] + ks[0]) & M32, (x[1] + ks[1]) & M32
    for group in range(5):
        for r in ((13, 15, 26, 6), (17, 29, 16, 24))[group % 2]:
            a = (a + b) & M32
            b = ((b << r) | (b >> (32 - r))) & M32
            b ^= a
        a = (a + ks[(group + 1) % 3]) & M32
        b = (b + ks[(group + 2) % 3] + group + 1) & M32
    return a, b


def key_of(seed, x64):
    return ((seed >> 32) & M32 if x64 else 0, seed & M32)


def blocks(key, shape):
    return [threefry(key, (i >> 32, i & M32)) for i in range(math.prod(shape))]


def split(key, n=2):
    return blocks(key, (n,))


def fold_in(key, v):
    return threefry(key, (0, v & M32))


def bits(key, width, shape):
    out = [(a << 32 | b) if width == 64 else (a ^ b) & (2**width - 1) for a, b in blocks(key, shape)]
    return np.array(out, dtype=f"uint{width}").reshape(shape)


# --- floating point ---
def fma(a, b, c, dt):
    """a*b + c rounded once."""
    if dt == "float64":
        return math.fma(a, b, c)
    if not all(map(math.isfinite, (a, b, c))):
        return np.float32(a * b + c)
    exact = Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c))
    lo = np.float32(float(exact))  # at most one double rounding away from the answer
    best = min((lo, np.nextafter(lo, np.float32(np.inf)), np.nextafter(lo, np.float32(-np.inf))),
               key=lambda v: (abs(Fraction(float(v)) - exact), int(np.float32(v).view(np.uint32)) & 1))
    return best


def wide(f, *xs):
    """f computed in double precision and rounded to the inputs' dtype."""
    dt = np.asarray(xs[0]).dtype
    with np.errstate(all="ignore"):
        return np.asarray(f(*[np.asarray(x, "float64") for x in xs])).astype(dt)


def log(x):
    return wide(np.log, x)


def log1p(x):
    return wide(np.log1p, x)


def exp(x):
    return wide(np.exp, x)


def uniform(key, shape, dt, lo=0.0, hi=1.0):
    width, mantissa, one, u = FMT[dt]
    b = (bits(key, width, shape) >> u(width - mantissa)) | u(one)
    f = b.view(dt) - np.dtype(dt).type(1)
    lo, hi = np.asarray(lo, dt), np.asarray(hi, dt)
    scale = hi - lo
    lo_, scale_ = np.broadcast_to(lo, shape), np.broadcast_to(scale, shape)
    r = np.array([fma(a, s, l, dt) for a, s, l in zip(f.ravel(), scale_.ravel(), lo_.ravel())], dt).reshape(shape)
    return np.maximum(lo_, r)


SINGLE = ([2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503, -0.00417768164,
           0.246640727, 1.50140941],
          [-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
           1.00167406, 2.83297682])
DOUBLE = ([-3.6444120640178196996e-21, -1.685059138182016589e-19, 1.2858480715256400167e-18, 1.115787767802518096e-17,
           -1.333171662854620906e-16, 2.0972767875968561637e-17, 6.6376381343583238325e-15, -4.0545662729752068639e-14,
           -8.1519341976054721522e-14, 2.6335093153082322977e-12, -1.2975133253453532498e-11, -5.4154120542946279317e-11,
           1.051212273321532285e-09, -4.1126339803469836976e-09, -2.9070369957882005086e-08, 4.2347877827932403518e-07,
           -1.3654692000834678645e-06, -1.3882523362786468719e-05, 0.0001867342080340571352, -0.00074070253416626697512,
           -0.0060336708714301490533, 0.24015818242558961693, 1.6536545626831027356],
          [2.2137376921775787049e-09, 9.0756561938885390979e-08, -2.7517406297064545428e-07, 1.8239629214389227755e-08,
           1.5027403968909827627e-06, -4.013867526981545969e-06, 2.9234449089955446044e-06, 1.2475304481671778723e-05,
           -4.7318229009055733981e-05, 6.8284851459573175448e-05, 2.4031110387097893999e-05, -0.0003550375203628474796,
           0.00095328937973738049703, -0.0016882755560235047313, 0.0024914420961078508066, -0.0037512085075692412107,
           0.005370914553590063617, 1.0052589676941592334, 3.0838856104922207635],
          [-2.7109920616438573243e-11, -2.5556418169965252055e-10, 1.5076572693500548083e-09, -3.7894654401267369937e-09,
           7.6157012080783393804e-09, -1.4960026627149240478e-08, 2.9147953450901080826e-08, -6.7711997758452339498e-08,
           2.2900482228026654717e-07, -9.9298272942317002539e-07, 4.5260625972231537039e-06, -1.9681778105531670567e-05,
           7.5995277030017761139e-05, -0.00021503011930044477347, -0.00013871931833623122026, 1.0103004648645343977,
           4.8499064014085844221])


def erf_inv(x):
    x = np.asarray(x)
    t = x.dtype.type

    def one(v):
        if abs(v) == 1:
            return t(v * np.inf)
        w = -log1p(t(-v * v))
        if t is np.float32:
            z, poly = (t(w - t(2.5)), SINGLE[0]) if w < 5 else (t(np.sqrt(w) - t(3)), SINGLE[1])
        elif w < 6.25:
            z, poly = w - 3.125, DOUBLE[0]
        elif w < 16:
            z, poly = np.sqrt(w) - 3.25, DOUBLE[1]
        else:
            z, poly = np.sqrt(w) - 5, DOUBLE[2]
        p = t(poly[0])
        for c in poly[1:]:
            p = fma(p, z, t(c), x.dtype.name)
        return t(p * v)

    with np.errstate(all="ignore"):
        return np.array([one(t(v)) for v in x.ravel()], x.dtype).reshape(x.shape)


def erf(x):
    x = np.asarray(x)
    return np.array([math.erf(v) for v in x.ravel()], x.dtype).reshape(x.shape)


# --- samplers ---
def normal(key, shape, dt):
    t = np.dtype(dt).type
    return t(np.sqrt(2.0)) * erf_inv(uniform(key, shape, dt, np.nextafter(t(-1), t(0)), 1))


def truncated_normal(key, lo, hi, shape, dt):
    t = np.dtype(dt).type
    lo, hi, r2 = np.asarray(lo, dt), np.asarray(hi, dt), t(np.sqrt(2.0))
    shape = np.broadcast_shapes(lo.shape, hi.shape) if shape is None else shape
    r = r2 * erf_inv(uniform(key, shape, dt, erf(lo / r2), erf(hi / r2)))
    return np.minimum(np.maximum(r, np.nextafter(lo, t(np.inf))), np.nextafter(hi, t(-np.inf)))


def exponential(key, shape, dt):
    return -log1p(-uniform(key, shape, dt))


def gumbel(key, shape, dt):
    return -log(-log(uniform(key, shape, dt, np.finfo(dt).tiny, 1)))


def laplace(key, shape, dt):
    u = uniform(key, shape, dt, -1 + float(np.finfo(dt).epsneg), 1)
    return np.sign(u) * log1p(-np.abs(u))


def logistic(key, shape, dt):
    u = uniform(key, shape, dt, np.finfo(dt).tiny, 1)
    return log(u) - log1p(-u)


def cauchy(key, shape, dt):
    t = np.dtype(dt).type
    return wide(np.tan, t(np.pi) * (uniform(key, shape, dt, np.finfo(dt).eps, 1) - t(0.5)))


def bernoulli(key, p, shape):
    shape = p.shape if shape is None else shape
    return uniform(key, shape, p.dtype.name) < p


def top_k(v, k):
    """Indices of the k largest along the last axis, largest first; equals keep their order."""
    return np.argsort(-v, axis=-1, kind="stable")[..., :k]


def categorical(key, logits, axis, shape, replace):
    batch = list(logits.shape)
    n = batch.pop(axis)
    shape = tuple(batch) if shape is None else shape
    prefix = shape[: len(shape) - len(batch)]
    if not replace:
        v = np.moveaxis(gumbel(key, logits.shape, logits.dtype.name) + logits, axis, -1)
        r = np.moveaxis(top_k(v, math.prod(prefix)), -1, 0)
        return r.reshape(shape)
    negative = axis - logits.ndim if axis >= 0 else axis
    full = list(shape[len(shape) - len(batch):])
    full.insert(negative % logits.ndim, n)
    return np.argmax(gumbel(key, (*prefix, *full), logits.dtype.name) + logits, axis=negative)


def randint(key, shape, lo, hi, dt):
    info = np.iinfo(dt)
    if info.bits < 32:
        clip = np.vectorize(lambda v, a, b: min(max(int(v), a), b))
        return randint(key, shape, clip(lo, int(info.min), int(info.max)), clip(hi, int(info.min), int(info.max) + 1), "int32").astype(dt)
    n, top = info.bits, int(info.max)
    k1, k2 = split(key)
    high, low = bits(k1, n, shape), bits(k2, n, shape)
    los = np.broadcast_to(np.asarray(lo, object), shape).ravel()
    his = np.broadcast_to(np.asarray(hi, object), shape).ravel()
    out, mod = [], 2**n

    def rem(a, b):
        return a if b == 0 else a % b

    for h, l, a, b in zip(high.ravel().tolist(), low.ravel().tolist(), los, his):
        beyond = b > top
        a, b = (min(max(int(v), int(info.min)), top) for v in (a, b))
        span = (b - a) % mod if b > a else 1
        if beyond and b > a:
            span = (span + 1) % mod
        m = rem(2 ** (n // 2), span)
        m = rem(m * m % mod, span)
        offset = rem((rem(h, span) * m % mod + rem(l, span)) % mod, span)
        v = (a + offset) % mod
        out.append(v - mod if v > top else v)
    return np.array(out, dtype=dt).reshape(shape)


def shuffle(key, x, axis):
    for _ in range(math.ceil(3 * math.log(max(1, x.size)) / math.log(M32))):
        key, sub = split(key)
        order = np.argsort(bits(sub, 32, x.shape), axis=axis, kind="stable")
        x = np.take_along_axis(x, order, axis)
    return x


def permutation(key, x, axis=0, independent=False):
    x = np.asarray(x)
    if x.ndim == 0:
        return shuffle(key, np.arange(int(x)), 0)
    if x.ndim == 1 or independent:
        return shuffle(key, x, axis)
    return np.take(x, shuffle(key, np.arange(x.shape[axis]), 0), axis)


def choice(key, a, shape, replace, p, axis, index_dtype):
    a = np.asarray(a)
    n = int(a) if a.ndim == 0 else a.shape[axis]
    count = math.prod(shape)
    if p is None and not replace:
        r = permutation(key, n if a.ndim == 0 else a, axis)
        r = r[:count] if a.ndim == 0 else np.take(r, np.arange(count), axis)
    else:
        if p is None:
            index = randint(key, shape, 0, n, index_dtype)
        elif replace:
            c = np.cumsum(p, dtype=p.dtype)
            r = c[-1] * (p.dtype.type(1) - uniform(key, shape, p.dtype.name))
            index = np.searchsorted(c, r)
        else:
            index = top_k(gumbel(key, (n,), p.dtype.name) + log(p), count)
        r = index if a.ndim == 0 else np.take(a, index, axis)
    return r.reshape(shape if a.ndim == 0 else a.shape[:axis] + shape + a.shape[axis + 1:])


def gamma_one(key, alpha, dt, log_space):
    t = np.dtype(dt).type
    alpha = t(alpha)
    boosted = alpha < 1
    d = t(alpha + t(1) if boosted else alpha) - t(1.0 / 3)
    c = t(1.0 / 3) / np.sqrt(d)
    key, boost_key = split(key)
    X, V, U = t(0), t(1), t(2)
    while U >= t(1) - t(0.0331) * (X * X) and log(U) >= X * t(0.5) + d * ((t(1) - V) + log(V)):
        key, x_key, u_key = split(key, 3)
        v = t(-1)
        while v <= 0:
            x_key, sub = split(x_key)
            x = t(normal(sub, (), dt))
            v = t(1) + x * c
        X, V = x * x, (v * v) * v
        U = t(uniform(u_key, (), dt))
    if log_space:
        s = t(-exponential(boost_key, (), dt))
        return (log(d) + log(V)) + (s * (t(1) / alpha) if boosted and s != 0 else t(0))
    return (d * V) * (wide(np.power, t(1) - t(uniform(boost_key, (), dt)), t(1) / alpha) if boosted else t(1))


def gamma(key, a, shape, dt, log_space=False):
    a = np.broadcast_to(np.asarray(a, dt), np.shape(a) if shape is None else shape)
    keys = split(key, a.size)
    return np.array([gamma_one(k, v, dt, log_space) for k, v in zip(keys, a.ravel())], dt).reshape(a.shape)


def beta(key, a, b, dt):
    ka, kb = split(key)
    la, lb = gamma(ka, a, None, dt, True), gamma(kb, b, None, dt, True)
    m = np.maximum(la, lb)
    ea, eb = exp(la - m), exp(lb - m)
    return ea / (ea + eb)


def dirichlet(key, alpha, shape, dt):
    v = gamma(key, alpha, shape + alpha.shape, dt, True)
    e = exp(v - v.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def poisson(key, lam, shape, dt):
    t = np.float32
    lam = np.broadcast_to(np.asarray(lam, "float32"), np.shape(lam) if shape is None else shape)
    knuth = np.isnan(lam) | (lam < 10)
    small = np.where(knuth, lam, t(0))
    k, total, rng = np.zeros(lam.shape, "int64"), np.zeros(lam.shape, "float32"), key
    while (total > -small).any():
        rng, sub = split(rng)
        k = np.where(total > -small, k + 1, k)
        total = total + log(uniform(sub, lam.shape, "float32"))
    large = np.where(knuth, t(1e5), lam)
    log_lam = log(large)
    b = t(0.931) + t(2.53) * np.sqrt(large)
    a = t(-0.059) + t(0.02483) * b
    inv_alpha = t(1.1239) + t(1.1328) / (b - t(3.4))
    v_r = t(0.9277) - t(3.6224) / (b - t(2))
    r, accepted, rng = np.full(lam.shape, t(-1)), np.zeros(lam.shape, bool), key
    lgamma = np.vectorize(math.lgamma)
    while not accepted.all():
        rng, s0, s1 = split(rng, 3)
        u = uniform(s0, lam.shape, "float32") - t(0.5)
        v = uniform(s1, lam.shape, "float32")
        us = t(0.5) - np.abs(u)
        with np.errstate(all="ignore"):
            n = np.floor((t(2) * a / us + b) * u + large + t(0.43))
            s = log(v * inv_alpha / (a / (us * us) + b))
            q = -large + n * log_lam - lgamma(np.maximum(n + 1, 1).astype("float64")).astype("float32")
        ok = ((us >= t(0.07)) & (v <= v_r)) | (~((n < 0) | ((us < t(0.013)) & (v > us))) & (s <= q))
        r = np.where(ok, n, r)
        accepted |= ok
    return np.where(lam == 0, 0, np.where(knuth, k - 1, r)).astype(dt)


# --- the cases ---
def run(name, ins, notes, outs):
    """The recomputed value of a case's only output."""
    kind = name.split("/")[0].split(".")[0]
    x64 = notes["x64"] == "on"
    out = next(iter(outs.values()))
    dt = notes.get("dtype")
    if dt == "default":
        dt = out.dtype.name
    shape = notes.get("shape")
    shape = None if shape is None or shape.startswith("none") else () if shape == "scalar" else tuple(
        int(v) for v in shape.split("x"))
    key = tuple(ins["key"].tolist()) if "key" in ins else None
    axis = int(notes.get("axis", 0))
    replace = notes.get("replace", "true") == "true"
    plain = shape if shape is not None else ()
    if kind == "key":
        m = re.match(r"a rank-0 int32 array, (-?\d+)", notes["seed"])
        return np.array(key_of(int(m[1]), False) if m else key_of(int(notes["seed"]), x64))
    if kind == "chain":
        k = fold_in(key_of(7, x64), 3)
        return np.array(fold_in(split(k, 5)[4], 11))
    if kind == "split" and "keys" in ins:
        return np.array([split(tuple(k), 2) for k in ins["keys"].tolist()])
    if kind == "bits" and "keys" in ins:
        return np.array([bits(tuple(k), 32, (4,)) for k in ins["keys"].tolist()])
    if kind == "split":
        return np.array(split(key, out.size // 2)).reshape(out.shape)
    if kind == "fold_in":
        return np.array(fold_in(key, int(notes["data"].split(" ")[-1])))
    if kind == "bits":
        return bits(key, out.dtype.itemsize * 8, shape)
    if kind == "uniform":
        return uniform(key, shape, dt, ins.get("minval", 0), ins.get("maxval", 1))
    if kind == "normal" and "index" in ins:
        width, mantissa, one, u = FMT[dt]
        t = np.dtype(dt).type
        r = []
        for i in ins["index"].tolist():
            a, b = threefry(key, (0, i))
            v = np.array([(a << 32 | b) if width == 64 else a ^ b], dtype=u)
            f = ((v >> u(width - mantissa)) | u(one)).view(dt)[0] - t(1)
            low = np.nextafter(t(-1), t(0))
            r.append(t(np.sqrt(2.0)) * erf_inv(np.maximum(low, fma(f, t(1) - low, low, dt))))
        return np.array(r, dt)
    if kind in ("normal", "exponential", "gumbel", "laplace", "logistic", "cauchy"):
        return globals()[kind](key, plain, dt)
    if kind in ("erf_inv", "erf"):
        return globals()[kind](ins["x"])
    if kind == "truncated_normal":
        return truncated_normal(key, ins["lower"], ins["upper"], shape, dt)
    if kind == "bernoulli":
        p = ins["p"] if "p" in ins else np.array(float(notes["p"]), "float64" if x64 else "float32")
        return bernoulli(key, p, shape)
    if kind == "categorical":
        return categorical(key, ins["logits"], axis, shape, replace)
    if kind == "randint":
        lo = ins["minval"] if "minval" in ins else int(notes["minval"])
        hi = ins["maxval"] if "maxval" in ins else int(notes["maxval"])
        return randint(key, shape, lo, hi, dt)
    if kind == "permutation":
        r = permutation(key, ins["x"] if "x" in ins else int(notes["n"]), axis, notes.get("independent") == "true")
        return r[: out.shape[0]]
    if kind == "choice":
        return choice(key, ins["a"] if "a" in ins else int(notes["a"]), plain, replace, ins.get("p"), axis, "int64" if x64 else "int32")
    if kind in ("gamma", "loggamma"):
        return gamma(key, ins["a"], shape, dt, kind == "loggamma")
    if kind == "beta":
        return beta(key, ins["a"], ins["b"], dt)
    if kind == "dirichlet":
        return dirichlet(key, ins["alpha"], shape, dt)
    if kind == "poisson":
        return poisson(key, ins["lam"], shape, dt)
    raise KeyError(kind)


EXACT_FLOATS = ("uniform", "permutation", "choice")


def main(path):
    failures, worst, count = [], {}, 0
    for name, lines in parse(open(path).read()).items():
        ins, outs, notes = {}, {}, {}
        for line in lines:
            if line.startswith("note"):
                _, k, *rest = line.split(" ")
                notes[k] = " ".join(rest)
            else:
                kind, key, _, _, v = value_of(line)
                (ins if kind == "in" else outs)[key] = v
        (want,) = outs.values()
        # a case that is the same in both modes may hold a default that depends on the mode; then x64 does not matter
        got = np.asarray(run(name, ins, notes, outs))
        count += 1
        kind = name.split("/")[0]
        if got.shape != want.shape:
            failures.append(f"{name}: shape {got.shape}, not {want.shape}")
        elif want.dtype.kind != "f" or kind in EXACT_FLOATS:
            if not np.array_equal(got, want):
                failures.append(f"{name}: {int((got != want).sum())} of {want.size} differ")
        else:
            d = ulps(got.astype(want.dtype), want)
            scaled = np.abs(got.astype("float64") - want) / np.finfo(want.dtype).eps / np.maximum(1, np.abs(want))
            old = worst.get((kind, want.dtype.name), (0, 0, ""))
            worst[kind, want.dtype.name] = max(old, (int(np.max(d, initial=0)), float(np.max(scaled, initial=0)), name))
    for (kind, dt), (u, s, name) in worst.items():
        print(f"{kind} {dt}: at most {u} ulp ({s:.2f} eps * max(1, |x|)), in {name}")
    print("\n".join(failures))
    print(f"{count - len(failures)} passed, {len(failures)} failed")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
