"""Golden values of bfloat16 and float16: conversions, promotion, arithmetic, sums, products, sorting, refs, random numbers.

XLA computes with both in float32 and rounds each operation once; what it sums it sums in float32. Subnormal numbers of float32
are in conversions alone, because XLA flushes them in arithmetic.
"""
import sys

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from golden import Book

book = Book()
HALVES = ["bfloat16", "float16"]
OTHERS = ["float32", "float64", "int32", "int64", "uint32", "bool"]
INF, NAN = np.inf, np.nan


def case(name, outputs, tolerance="exact", **inputs):
    c = book.case(name).note("tolerance", tolerance)
    for k, v in inputs.items():
        c.inp(k, v)
    for k, v in (outputs if isinstance(outputs, dict) else {"result": outputs}).items():
        c.out(k, v)


def halfway(digits):
    """Numbers on and beside the middle between two neighbours with so many digits of fraction."""
    unit = 2.0 ** -digits
    return [s * e * (1 + k * unit + unit / 2 + d) for s in (1, -1) for e in (1, 2.0 ** 5) for k in (0, 1) for d in (0, unit / 64, -unit / 64)]


# --- conversions ---
EDGES = {
    "bfloat16": halfway(7) + [3.3895314e38, 3.3961775e38, 3.3961776e38, 3.4028235e38, 2.0 ** -126, 2.0 ** -133, 2.0 ** -134, 1.5 * 2.0 ** -134, -2.0 ** -135],
    "float16": halfway(10) + [65504, 65519.996, 65520, -65520, 1e6, 2.0 ** -14, 2.0 ** -14 - 2.0 ** -25, 2.0 ** -14 - 2.0 ** -26, 2.0 ** -24, 2.0 ** -25,
                              1.0001 * 2.0 ** -25, 3 * 2.0 ** -25, -2.0 ** -26, 1e-30],
}
ALWAYS = [0.0, -0.0, INF, -INF, NAN, 1, -1, 2.5, 1 / 3]
for t in HALVES:
    x = np.array(EDGES[t] + ALWAYS, np.float32)
    case(f"convert/float32/{t}", jnp.asarray(x).astype(t), x=x)
    unit = 2.0 ** -(7 if t == "bfloat16" else 10)
    wide = np.array([1 + unit / 2 + 2.0 ** -40, 1 + unit / 2 - 2.0 ** -40, 1 + 1.5 * unit, 1e300, -1e300, 0.1] + ALWAYS)
    case(f"convert/float64/{t}", jnp.asarray(wide).astype(t), x=wide)
    for d, v in {"int32": [2 ** 24 + 2 ** 16 + 1, -257, 258, 259, 2 ** 31 - 1, -2 ** 31, 0, 2049], "int64": [2 ** 40 + 2 ** 32 + 1, 2 ** 63 - 1, -3, 65520],
                 "uint32": [2 ** 32 - 1, 257, 2051, 7], "bool": [True, False]}.items():
        case(f"convert/{d}/{t}", jnp.asarray(np.array(v, d)).astype(t), x=np.array(v, d))
    h = jnp.asarray(np.array([0.0, -0.0, INF, -INF, NAN, 1, 2.5, -2.5, 300, -300.7, 65504, 0.01, 6e-8], np.float32)).astype(t)
    for d in OTHERS + HALVES:
        case(f"convert/{t}/{d}", h.astype(d), x=h)

# --- promotion ---
SMALL = {"bfloat16": [1.5, -0.3], "float16": [0.1, 2], "float32": [1.7, -2.0], "float64": [0.25, 3.1], "int32": [7, -3], "int64": [5, -4],
         "uint32": [6, 400], "bool": [True, False]}
arr = {d: jnp.asarray(np.array(v, np.float64)).astype(d) for d, v in SMALL.items()}
for a in HALVES:
    for b in HALVES + OTHERS:
        for op, f in {"add": lambda x, y: x + y, "true_divide": lambda x, y: x / y, "lt": lambda x, y: x < y, "maximum": jnp.maximum,
                      "where": lambda x, y: jnp.where(jnp.array([True, False]), x, y)}.items():
            case(f"promote/{op}/{a}/{b}", f(arr[a], arr[b]), x=arr[a], y=arr[b])
            if b not in HALVES:
                case(f"promote/{op}/{b}/{a}", f(arr[b], arr[a]), x=arr[b], y=arr[a])
    case(f"number/{a}", {"times": arr[a] * 3, "plus": arr[a] + 0.1, "minus": 1 - arr[a], "div": arr[a] / 3}, x=arr[a])

# --- one and two operands ---
rng = np.random.default_rng(7)
for t in HALVES:
    x = jnp.asarray(rng.normal(0, 2, 64)).astype(t)
    y = jnp.asarray(rng.normal(0, 2, 64)).astype(t)
    case(f"binary/{t}", {"add": x + y, "sub": x - y, "mul": x * y, "div": x / y, "maximum": jnp.maximum(x, y), "minimum": jnp.minimum(x, y),
                         "lt": x < y, "ge": x >= y, "eq": x == y, "lax.rem": lax.rem(x, y), "remainder": x % y,
                         "floor_divide": x // y}, x=x, y=y)
    case(f"chain/{t}", x * y + x - y * y, x=x, y=y)
    case(f"unary/{t}", {"abs": jnp.abs(x), "negative": -x, "sign": jnp.sign(x), "floor": jnp.floor(x), "ceil": jnp.ceil(x), "rint": jnp.rint(x),
                        "square": jnp.square(x), "reciprocal": 1 / x, "relu": jax.nn.relu(x), "isnan": jnp.isnan(x)}, x=x)
    case(f"function/{t}", {"exp": jnp.exp(x), "sin": jnp.sin(x), "cos": jnp.cos(x), "tanh": jnp.tanh(x), "erf": jax.scipy.special.erf(x),
                           "sqrt-of-abs": jnp.sqrt(jnp.abs(x)), "sigmoid": jax.nn.sigmoid(x), "asinh": jnp.arcsinh(x), "atan": jnp.arctan(x),
                           "expm1": jnp.expm1(x)}, "2ulp", x=x)  # sigmoid of float16 is rounded at each step
    p = jnp.abs(x) + jnp.asarray(0.1, t)
    case(f"function-positive/{t}", {"log": jnp.log(p), "log1p": jnp.log1p(p), "rsqrt": lax.rsqrt(p), "cbrt": jnp.cbrt(p)}, "1ulp", x=p)

# --- over axes ---
for t in HALVES:
    x = jnp.asarray(rng.normal(0, 1, (5, 300))).astype(t)
    case(f"reduce/{t}", {"sum": jnp.sum(x), "sum1": jnp.sum(x, 1), "sum0": jnp.sum(x, 0), "mean": jnp.mean(x), "mean1": jnp.mean(x, 1), "var1": jnp.var(x, 1),
                         "max1": jnp.max(x, 1), "min1": jnp.min(x, 1), "argmax1": jnp.argmax(x, 1).astype("int32"),
                         "argmin1": jnp.argmin(x, 1).astype("int32")}, "1ulp", x=x)
    ones = jnp.ones(2100, t)
    case(f"count/{t}", {"sum": jnp.sum(ones), "mean": jnp.mean(ones), "cumsum": jnp.cumsum(ones)}, x=ones)
    large = jnp.full(3000, 32, t)
    case(f"overflow/{t}", {"sum": jnp.sum(large), "mean": jnp.mean(large)}, x=large)
    a = jnp.asarray(rng.normal(0, 1, (9, 40))).astype(t)
    b = jnp.asarray(rng.normal(0, 1, (40, 7))).astype(t)
    case(f"dot/{t}", a @ b, "1ulp", x=a, y=b)
    ties = jnp.asarray(np.array([2, -0.0, NAN, 1, 2, 0.0, -INF, INF, 1, -3])).astype(t)
    case(f"sort/{t}", {"sort": jnp.sort(ties), "argsort": jnp.argsort(ties).astype("int32")}, x=ties)

# --- references and updates: every addition is rounded ---
for t in HALVES:
    x = jnp.asarray(rng.normal(0, 1, 6)).astype(t)
    v = jnp.asarray(rng.normal(0, 1, 400)).astype(t)
    i = jnp.asarray(rng.integers(0, 6, 400).astype(np.int32))
    case(f"scatter-add/{t}", x.at[i].add(v), x=x, v=v, i=i)

    def accumulate(x, v):
        r = jax.new_ref(x)

        def step(k, _):
            r[k % 6] += v[k]

        lax.fori_loop(0, 400, step, None)
        old = jax.ref.swap(r, (2,), jnp.asarray(7, t))
        r[3] = v[0]
        return r[...], old

    whole, old = jax.jit(accumulate)(x, v)
    case(f"ref/{t}", {"value": whole, "old": old}, x=x, v=v)

# --- derivatives ---
for t in HALVES:
    x = jnp.asarray(rng.normal(0, 1, 24)).astype(t)
    case(f"grad/{t}", {"square": jax.grad(lambda u: jnp.sum(u * u))(x), "product": jax.grad(lambda u: jnp.sum(u[::-1] * u * u))(x)}, "2eps", x=x)
    case(f"grad-through/{t}", jax.grad(lambda u: jnp.sum(u.astype(t).astype("float32") * 3))(x.astype("float32")), x=x.astype("float32"))

# --- random numbers ---
for t in HALVES:
    key = jax.random.key(42)
    R = jax.random
    case(f"random/{t}", {"uniform": R.uniform(key, (200,), t), "uniform-bounds": R.uniform(key, (200,), t, 0.1, 0.7), "normal": R.normal(key, (200,), t),
                         "bernoulli": R.bernoulli(key, jnp.asarray(0.3, t), (200,))})
    case(f"random-logarithms/{t}", {"exponential": R.exponential(key, (200,), t), "gumbel": R.gumbel(key, (200,), t)}, "2ulp")
    case(f"random-truncated/{t}", R.truncated_normal(key, jnp.asarray(-1, t), jnp.asarray(0.5, t), (200,), t), "2ulp")

sys.stdout.write(book.text())
