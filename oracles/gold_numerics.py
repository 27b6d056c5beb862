"""Golden values of number rules: promotion, integer arithmetic, casts, NaN and ties, function values on grids.

Runs in the x64 mode of the process; without x64 the cases that need 64-bit types are left out.
"""
import sys
import warnings

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
from jax import lax

from compare import ulps
from golden import Book

warnings.simplefilter("ignore")
mpmath.mp.dps = 60
X64 = jax.config.jax_enable_x64
DTYPES = ["float32", "float64", "int32", "int64", "uint32", "bool"] if X64 else ["float32", "int32", "uint32", "bool"]
FLOATS = [d for d in DTYPES if d.startswith("float")]
INTS = [d for d in DTYPES if "int" in d]
INF, NAN = np.inf, np.nan
book = Book()


def case(name, outputs, tolerance="exact", notes=(), **inputs):
    c = book.case(name)
    for k, v in inputs.items():
        c.inp(k, v)
    for k, v in dict(notes).items():
        c.note(k, v)
    c.note("tolerance", tolerance)
    for k, v in (outputs if isinstance(outputs, dict) else {"result": outputs}).items():
        c.out(k, v)
    return c


def attempt(f):
    try:
        return f(), None
    except Exception as e:  # the refusal itself is the golden answer
        return None, f"{type(e).__name__}: {str(e).splitlines()[0]}"


def weak(v):
    return "true" if getattr(v, "weak_type", False) else "false"


# --- promotion ---
SMALL = {"float32": [1.5, -2.0], "float64": [0.25, 3.0], "int32": [7, -3], "int64": [5, -4], "uint32": [6, 4000000000], "bool": [True, False]}
arr = {d: jnp.asarray(np.array(SMALL[d], d)) for d in DTYPES}
PYTHON = {"int": 3, "int-1": -1, "float": 0.1, "bool": True}
BINARY = {"add": lambda x, y: x + y, "mul": lambda x, y: x * y, "sub": lambda x, y: x - y, "true_divide": lambda x, y: x / y,
          "floor_divide": lambda x, y: x // y, "remainder": lambda x, y: x % y, "pow": lambda x, y: x ** y,
          "lt": lambda x, y: x < y, "eq": lambda x, y: x == y, "maximum": jnp.maximum, "minimum": jnp.minimum,
          "and": lambda x, y: x & y, "arctan2": jnp.arctan2, "where": lambda x, y: jnp.where(jnp.array([True, False]), x, y)}
for op, f in BINARY.items():
    for dx in DTYPES:
        for dy in DTYPES:
            r, error = attempt(lambda: f(arr[dx], arr[dy]))
            tol = "4ulp" if op in ("pow", "arctan2") and r is not None and r.dtype.kind == "f" else "exact"
            c = book.case(f"promote/{op}/{dx}/{dy}").inp("x", arr[dx]).inp("y", arr[dy])
            if error:
                c.note("error", error)
            else:
                c.note("weak", weak(r)).note("tolerance", tol).out("result", r)
        for pn, pv in PYTHON.items():
            for side in ("right", "left"):
                a, b = (arr[dx], pv) if side == "right" else (pv, arr[dx])
                r, error = attempt(lambda: f(a, b))
                tol = "4ulp" if op in ("pow", "arctan2") and r is not None and r.dtype.kind == "f" else "exact"
                c = book.case(f"promote/{op}/{dx}/python-{pn}/{side}").inp("x" if side == "right" else "y", arr[dx]).note(
                    "python", f"{'y' if side == 'right' else 'x'} = {pv!r}, a Python {type(pv).__name__} (weakly typed)")
                if error:
                    c.note("error", error)
                else:
                    c.note("weak", weak(r)).note("tolerance", tol).out("result", r)
for d in DTYPES:  # a weak result meets a strong array; functions that need floats
    case(f"promote/weak-then-float32/{d}", jnp.asarray(arr[d]) * 1.5 + jnp.float32(1), notes={"pseudo": "(x * 1.5) + float32(1)"}, x=arr[d])
    for name, f in {"sin": jnp.sin, "sqrt": lambda v: jnp.sqrt(jnp.abs(v) if d != "bool" else v), "exp": jnp.exp, "mean": jnp.mean,
                    "sum": jnp.sum, "prod": jnp.prod, "cumsum": jnp.cumsum, "max": jnp.max, "var": jnp.var, "abs": jnp.abs,
                    "negative": jnp.negative, "sign": jnp.sign, "square": jnp.square, "floor": jnp.floor, "round": jnp.round,
                    "any": jnp.any, "argmax": jnp.argmax, "sort": jnp.sort, "invert": jnp.invert, "logical_not": jnp.logical_not,
                    "softmax": jax.nn.softmax, "relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "dot": lambda v: jnp.dot(v, v),
                    "reciprocal": jnp.reciprocal}.items():
        r, error = attempt(lambda: f(arr[d]))
        c = book.case(f"unary-dtype/{name}/{d}").inp("x", arr[d])
        if error:
            c.note("error", error)
        else:
            c.note("weak", weak(r)).note("tolerance", "4ulp" if r.dtype.kind == "f" else "exact").out("result", r)
for name, v in {"int": 1, "float": 1.5, "bool": True}.items():
    case(f"default-dtype/asarray-{name}", jnp.asarray(v))
case("default-dtype/arange", jnp.arange(3))
case("default-dtype/arange-float", jnp.arange(0.0, 1.0, 0.25))
case("default-dtype/zeros", jnp.zeros(2))
case("default-dtype/full-int", jnp.full((2,), 1))
case("default-dtype/full-float", jnp.full((2,), 1.5))
case("default-dtype/linspace", jnp.linspace(0, 1, 5))

# --- integers ---
for d in INTS:
    info = np.iinfo(d)
    signed = d.startswith("i")
    xs = [7, -7, 7, -7, 6, -6, 0, 1, -1, 5, -5, int(info.max), int(info.min)] if signed else [7, 8, 0, 1, 4000000000, int(info.max), 5]
    ys = [2, 2, -2, -2, 3, 3, 5, 3, 3, 7, -7, 2, 3] if signed else [2, 3, 5, 3, 7, 2, 10]
    x, y = jnp.asarray(np.array(xs, d)), jnp.asarray(np.array(ys, d))
    case(f"int-division/{d}", {"floor_divide": x // y, "remainder": x % y, "lax.div": lax.div(x, y), "lax.rem": lax.rem(x, y),
                               "fmod": jnp.fmod(x, y), "true_divide": x / y}, x=x, y=y)
    zero = jnp.zeros_like(x)
    case(f"int-division-by-zero/{d}", {"floor_divide": x // zero, "remainder": x % zero, "lax.div": lax.div(x, zero),
                                       "lax.rem": lax.rem(x, zero), "true_divide": x / zero}, x=x,
         notes={"remark": "lax.div and lax.rem are XLA's rule; floor_divide and remainder are what jnp's sign correction makes of it"})
    if signed:
        low, m1 = jnp.asarray(np.array([info.min], d)), jnp.asarray(np.array([-1], d))
        case(f"int-min-by-minus-one/{d}", {"floor_divide": low // m1, "remainder": low % m1, "lax.div": lax.div(low, m1),
                                           "lax.rem": lax.rem(low, m1)}, x=low, y=m1)
        case(f"int-extremes/{d}", {"abs": jnp.abs(low), "negative": -low, "sign": jnp.sign(low), "times": low * m1,
                                   "minus1": low - 1, "square": low * low}, x=low)
    big = jnp.asarray(np.array([int(info.max), int(info.max) - 1, int(info.min), 3, 123456789], d))
    case(f"int-wrap/{d}", {"plus1": big + jnp.asarray(1, d), "times3": big * jnp.asarray(3, d), "minus5": big - jnp.asarray(5, d),
                           "negative": -big, "square": big * big, "sum-same-dtype": jnp.sum(big, dtype=d), "prod-same-dtype": jnp.prod(big, dtype=d),
                           "cumsum-same-dtype": jnp.cumsum(big, dtype=d), "dot": jnp.dot(big, big)}, x=big)
    case(f"int-reductions/{d}", {"sum": jnp.sum(big), "prod": jnp.prod(big), "mean": jnp.mean(big), "cumsum": jnp.cumsum(big),
                                 "max": jnp.max(big), "min": jnp.min(big), "argmax": jnp.argmax(big), "argmin": jnp.argmin(big)},
         tolerance="2ulp", x=big)
    base = jnp.asarray(np.array([2, 3, 0, 1, 7, 2, 10, 0, 5] if not signed else [2, 3, 0, 1, -7, -1, 10, 0, -2], d))
    ex = jnp.asarray(np.array([10, 5, 0, 100, 11, 40, 25, 3, 13] if not signed else [10, 5, 0, 100, 3, 101, 25, 3, 33], d))
    case(f"int-pow/{d}", jnp.power(base, ex), x=base, y=ex, notes={"pseudo": "integer power, wrapping"})
    for e in (0, 1, 2, 3, 5):
        case(f"int-pow-python/{d}/{e}", base ** e, x=base, notes={"pseudo": f"x ** {e} with a Python int"})
    book.case(f"int-pow-python/{d}/-1").inp("x", base).note("pseudo", "x ** -1 with a Python int").note(
        "error", attempt(lambda: base ** -1)[1])
    bits = info.bits
    sx = jnp.asarray(np.array([1, 5, int(info.max), int(info.min), 1000] + ([-1, -9, -1000] if signed else [9]), d))
    for s in (0, 1, 4, bits - 1, bits, bits + 1):
        sy = jnp.full(sx.shape, s, d)
        case(f"shift/{d}/{s}", {"left": jnp.left_shift(sx, sy), "right": jnp.right_shift(sx, sy),
                                "lax.right_logical": lax.shift_right_logical(sx, sy),
                                "lax.right_arithmetic": lax.shift_right_arithmetic(sx, sy)}, x=sx, y=sy)
    if signed:
        sy = jnp.full(sx.shape, -1, d)
        case(f"shift/{d}/-1", {"left": jnp.left_shift(sx, sy), "right": jnp.right_shift(sx, sy),
                               "lax.right_logical": lax.shift_right_logical(sx, sy)}, x=sx, y=sy)
    sy = jnp.flip(sx)
    case(f"bitwise/{d}", {"and": sx & sy, "or": sx | sy, "xor": sx ^ sy, "not": ~sx, "population_count": lax.population_count(sx),
                          "clz": lax.clz(sx)}, x=sx, y=sy)
b, c2 = jnp.array([True, True, False, False]), jnp.array([True, False, True, False])
case("bool-arithmetic", {"add": b + c2, "mul": b * c2, "and": b & c2, "or": b | c2, "xor": b ^ c2, "not": ~b, "maximum": jnp.maximum(b, c2),
                         "lt": b < c2, "sum": jnp.sum(b), "prod": jnp.prod(b), "mean": jnp.mean(b), "max": jnp.max(b), "cumsum": jnp.cumsum(b),
                         "pow": b ** c2}, x=b, y=c2)

# --- floats ---
for d in FLOATS:
    fi = np.finfo(d)
    xs, ys = [7.5, -7.5, 7.5, -7.5, 1.0, -1.0, 0.0, -0.0, INF, -INF, 3.0, 3.0, NAN, 0.3, -0.3, 1e20, 6.0, -6.0, 5.0, -5.0], [
        2.0, 2.0, -2.0, -2.0, 0.0, 0.0, 0.0, 5.0, 2.0, 2.0, INF, -INF, 1.0, 0.1, 0.1, 3.0, 3.0, 3.0, INF, INF]
    x, y = jnp.asarray(np.array(xs, d)), jnp.asarray(np.array(ys, d))
    case(f"float-division/{d}", {"true_divide": x / y, "floor_divide": x // y, "remainder": x % y, "lax.rem": lax.rem(x, y),
                                 "fmod": jnp.fmod(x, y)}, x=x, y=y)
    px = [0.0, 0.0, 0.0, -0.0, -0.0, -0.0, 1.0, 1.0, -1.0, -1.0, -2.0, -2.0, 2.0, INF, INF, -INF, -INF, NAN, NAN, 0.5, 2.0, -8.0, 0.0, -1.0, INF, 4.0, -0.0, 10.0, 1.5]
    py = [0.0, 2.0, -1.0, 3.0, -3.0, 2.0, NAN, INF, INF, -INF, 3.0, 0.5, 10.0, 0.0, -1.0, 3.0, 2.0, 0.0, 1.0, INF, -INF, 1 / 3, -INF, 0.5, INF, 0.5, -2.0, -3.0, 2.5]
    x, y = jnp.asarray(np.array(px, d)), jnp.asarray(np.array(py, d))
    case(f"float-pow/{d}", {"pow": jnp.power(x, y)}, tolerance="4ulp", x=x, y=y)
    for e in (-2, -1, 0, 1, 2, 3, 7, 0.5):
        case(f"float-pow-python/{d}/{e}", x ** e, tolerance="4ulp", x=x, notes={"pseudo": f"x ** {e} with a Python number"})
    s = [INF, -INF, NAN, 0.0, -0.0, 1.0, -1.0, 2.5]
    gx, gy = (jnp.asarray(np.array(v, d).ravel()) for v in np.meshgrid(s, s, indexing="ij"))
    case(f"specials/{d}", {"add": gx + gy, "sub": gx - gy, "mul": gx * gy, "div": gx / gy, "maximum": jnp.maximum(gx, gy),
                           "minimum": jnp.minimum(gx, gy), "fmax": jnp.fmax(gx, gy), "fmin": jnp.fmin(gx, gy), "lt": gx < gy, "le": gx <= gy,
                           "gt": gx > gy, "ge": gx >= gy, "eq": gx == gy, "ne": gx != gy, "logical_and": jnp.logical_and(gx, gy)},
         x=gx, y=gy)
    case(f"specials-transcendental/{d}", {"logaddexp": jnp.logaddexp(gx, gy), "arctan2": jnp.arctan2(gx, gy), "hypot": jnp.hypot(gx, gy),
                                          "pow": jnp.power(gx, gy)}, tolerance="4ulp", x=gx, y=gy)
    v = jnp.asarray(np.array(s + [0.5, 1.5, 2.5, 3.5, -0.5, -1.5, -2.5, 0.49999997, 4.5, 1e10, -3.7, 3.7, 8388609.0], d))
    case(f"rounding/{d}", {"round": jnp.round(v), "rint": jnp.rint(v), "floor": jnp.floor(v), "ceil": jnp.ceil(v), "trunc": jnp.trunc(v),
                           "lax.round-away": lax.round(v, lax.RoundingMethod.AWAY_FROM_ZERO), "sign": jnp.sign(v), "abs": jnp.abs(v),
                           "negative": -v, "isnan": jnp.isnan(v), "isinf": jnp.isinf(v), "isfinite": jnp.isfinite(v),
                           "signbit": jnp.signbit(v), "to-bool": v.astype(bool), "relu": jax.nn.relu(v), "square": jnp.square(v)}, x=v)
    case(f"rounding-decimals/{d}", jnp.round(v, 1), x=v, tolerance="1ulp", notes={"pseudo": "round(x, 1)"})
    case(f"clip/{d}", {"clip": jnp.clip(v, -1.0, 2.0), "clip-crossed": jnp.clip(v, 2.0, -1.0), "clip-low": jnp.clip(v, 0.0, None),
                       "nan_to_num": jnp.nan_to_num(v)}, x=v, notes={"pseudo": "clip(x, -1, 2); clip(x, 2, -1); clip(x, 0, none)"})
    out_of_range = [0.0, -0.0, 1.9, -1.9, 2.5, 1e9, 2147483520.0, 2147483648.0, 3e9, 4294967040.0, 4294967296.0, 5e9, -2147483648.0, -3e9,
                    9.2e18, 9.3e18, 1e30, -1e30, INF, -INF, NAN, -0.5, 255.0, 256.0]
    v = jnp.asarray(np.array(out_of_range, d))
    case(f"cast/{d}", {t: v.astype(t) for t in DTYPES} | {"int8": v.astype("int8"), "uint8": v.astype("uint8")}, x=v)
    # the denormal range
    sub = jnp.asarray(np.array([float(fi.tiny), float(fi.tiny) / 2, float(fi.smallest_subnormal), -float(fi.tiny) / 4], d))
    case(f"subnormal/{d}", {"times1": sub * jnp.asarray(1, d), "plus0": sub + jnp.asarray(0, d), "times-half": sub * jnp.asarray(0.5, d),
                            "times2": sub * jnp.asarray(2, d), "plus-self": sub + sub, "negative": -sub, "eq0": sub == 0, "gt0": sub > 0,
                            "sign": jnp.sign(sub), "sqrt-of-abs": jnp.sqrt(jnp.abs(sub)), "maximum0": jnp.maximum(sub, 0), "sum": jnp.sum(sub)}, x=sub,
         tolerance="1ulp", notes={"remark": "what XLA does on this CPU with subnormal numbers"})
    nan = jnp.asarray(np.array([[1.0, 3.0, 2.0, 3.0], [NAN, 1.0, 5.0, NAN], [-0.0, 0.0, -0.0, 0.0], [-INF, INF, -INF, INF], [2.0, 2.0, 2.0, 2.0]], d))
    case(f"reduce-nan/{d}", {"max": jnp.max(nan, 1), "min": jnp.min(nan, 1), "argmax": jnp.argmax(nan, 1), "argmin": jnp.argmin(nan, 1),
                             "nanmax": jnp.nanmax(nan, 1), "nanmin": jnp.nanmin(nan, 1), "nansum": jnp.nansum(nan, 1), "sum": jnp.sum(nan, 1),
                             "prod": jnp.prod(nan, 1), "mean": jnp.mean(nan, 1), "any": jnp.any(nan, 1), "all": jnp.all(nan, 1),
                             "argmax-axis0": jnp.argmax(nan, 0), "argmin-axis0": jnp.argmin(nan, 0), "max-axis0": jnp.max(nan, 0)}, x=nan,
         notes={"pseudo": "over the last axis, or over axis 0 where it says so"})
    sv = jnp.asarray(np.array([3.0, NAN, -0.0, 0.0, -INF, INF, NAN, 1.0, 0.0, -0.0, -1.0, 3.0], d))
    case(f"sort/{d}", {"sort": jnp.sort(sv), "argsort": jnp.argsort(sv), "sort-descending": jnp.sort(sv, descending=True),
                       "argsort-descending": jnp.argsort(sv, descending=True), "cummax": lax.cummax(sv), "cummin": lax.cummin(sv),
                       "top_k-values": lax.top_k(sv, 5)[0], "top_k-indices": lax.top_k(sv, 5)[1]}, x=sv,
         notes={"remark": "NaN sorts last; -0.0 equals 0.0, so a stable sort keeps their order"})
    m = jnp.asarray(np.array([[3.0, 1.0, 2.0], [0.5, -4.0, 2.5], [7.0, 0.25, -1.0]], d))
    case(f"sort-axis/{d}", {"sort-axis0": jnp.sort(m, 0), "sort-axis1": jnp.sort(m, 1), "argsort-axis0": jnp.argsort(m, 0), "argsort-axis1": jnp.argsort(m, 1)}, x=m)
    case(f"cumulative/{d}", {f"{n}-axis{a}{'-reverse' if r else ''}": f(m, axis=a, reverse=r) for n, f in
                             {"cumsum": lax.cumsum, "cumprod": lax.cumprod, "cummax": lax.cummax, "cummin": lax.cummin}.items() for a in (0, 1) for r in (False, True)},
         x=m)
    case(f"cumlogsumexp/{d}", lax.cumlogsumexp(m, axis=1), x=m, tolerance="4ulp")
    sm = jnp.asarray(np.array([[1.0, 2.0, 3.0, 4.0], [1000.0, 1001.0, 999.0, -1000.0], [-INF, 0.0, 1.0, -INF], [-INF] * 4, [INF, 1.0, 2.0, 3.0], [NAN, 1.0, 2.0, 3.0],
                               [0.0] * 4, [-1e30, 1e30, 0.0, 1.0]], d))
    case(f"softmax/{d}", {"softmax": jax.nn.softmax(sm, -1), "log_softmax": jax.nn.log_softmax(sm, -1), "logsumexp": jax.nn.logsumexp(sm, -1),
                          "softmax-axis0": jax.nn.softmax(sm[:3], 0)}, tolerance="4eps", x=sm, notes={"pseudo": "over the last axis; softmax-axis0 of the first 3 rows, over axis 0"})
    case(f"logsumexp-weights/{d}", jax.nn.logsumexp(sm[:2], -1, b=jnp.asarray([1.0, 0.5, 2.0, 0.0], d)), tolerance="4ulp", x=sm[:2],
         notes={"pseudo": "logsumexp(x, -1, b=[1, 0.5, 2, 0])"})
    st = jnp.asarray(np.array([[1.0, 2.0, 4.0, 8.0], [10000.0, 10001.0, 10002.0, 10004.0], [5.0, 5.0, 5.0, 5.0], [NAN, 1.0, 2.0, 3.0], [0.1, 0.2, 0.3, 0.4]], d))
    case(f"moments/{d}", {"mean": jnp.mean(st, 1), "var": jnp.var(st, 1), "std": jnp.std(st, 1), "var-ddof1": jnp.var(st, 1, ddof=1), "std-ddof1": jnp.std(st, 1, ddof=1),
                          "sum": jnp.sum(st, 1), "prod": jnp.prod(st, 1), "var-all-axes-of-rows0-2": jnp.var(st[:3])}, tolerance="4eps", x=st, notes={"pseudo": "over the last axis"})
    a, w = jnp.asarray(np.sin(np.arange(12)).reshape(3, 4), d), jnp.asarray(np.cos(np.arange(20)).reshape(4, 5), d)
    case(f"dot/{d}", {"matmul": a @ w, "vector": jnp.dot(a[0], w[:, 0]), "matrix-vector": a @ w[:, 1], "outer": jnp.outer(a[0], w[0])}, tolerance="8eps", x=a, y=w)
    case(f"empty/{d}", {"sum": jnp.sum(jnp.zeros(0, d)), "prod": jnp.prod(jnp.zeros(0, d)), "mean": jnp.mean(jnp.zeros(0, d)), "any": jnp.any(jnp.zeros(0, bool)),
                        "all": jnp.all(jnp.zeros(0, bool)), "logsumexp": jax.nn.logsumexp(jnp.zeros(0, d)), "cumsum": jnp.cumsum(jnp.zeros(0, d)),
                        "matmul": jnp.zeros((2, 0), d) @ jnp.zeros((0, 3), d)}, notes={"pseudo": "reductions of an empty vector; matmul of (2,0) and (0,3)"})
    case(f"sequences/{d}", {"linspace": jnp.linspace(-1, 2, 7, dtype=d), "linspace-no-end": jnp.linspace(0, 1, 6, endpoint=False, dtype=d), "linspace-1": jnp.linspace(3, 9, 1, dtype=d),
                            "arange": jnp.arange(0, 1, 0.1, dtype=d), "arange-int": jnp.arange(2, 9, 3, dtype=d), "arange-down": jnp.arange(5, 0, -2, dtype=d)},
         tolerance="1ulp", notes={"pseudo": "linspace(-1,2,7); linspace(0,1,6,endpoint=false); linspace(3,9,1); arange(0,1,0.1); arange(2,9,3); arange(5,0,-2)"})

    # --- functions on grids, judged against exact values ---
    mf = mpmath.mpf
    wide = np.unique(np.concatenate([np.linspace(-6, 6, 49), [1e-8, -1e-8, 1e-4, -1e-4, 20.0, -20.0, 80.0, -80.0], [0.5, 2.0]]))
    pos = np.unique(np.concatenate([np.linspace(0.125, 8, 32), [1e-30, 1e-8, 1e-3, 0.99, 1.0, 1.01, 100.0, 1e10, 1e30]]))
    unit = np.unique(np.concatenate([np.linspace(-1, 1, 41)[1:-1], [1e-8, -1e-8, 0.999, -0.999, 0.99999, 1e-4]]))
    above = 1 + np.unique(np.concatenate([np.linspace(0.125, 8, 20), [1e-3, 100.0]]))
    mp = mpmath
    GRID = {"exp": (jnp.exp, wide, mp.exp), "exp2": (jnp.exp2, wide, lambda x: mp.power(2, x)), "expm1": (jnp.expm1, wide, mp.expm1),
            "log": (jnp.log, pos, mp.log), "log2": (jnp.log2, pos, lambda x: mp.log(x) / mp.log(2)), "log10": (jnp.log10, pos, mp.log10),
            "log1p": (jnp.log1p, np.concatenate([pos, unit]), mp.log1p), "sqrt": (jnp.sqrt, pos, mp.sqrt),
            "rsqrt": (lax.rsqrt, pos, lambda x: 1 / mp.sqrt(x)), "cbrt": (jnp.cbrt, np.concatenate([pos, -pos]), lambda x: mp.sign(x) * mp.cbrt(abs(x))),
            "sin": (jnp.sin, wide, mp.sin), "cos": (jnp.cos, wide, mp.cos), "tan": (jnp.tan, wide, mp.tan), "asin": (jnp.arcsin, unit, mp.asin),
            "acos": (jnp.arccos, unit, mp.acos), "atan": (jnp.arctan, wide, mp.atan), "sinh": (jnp.sinh, wide, mp.sinh), "cosh": (jnp.cosh, wide, mp.cosh),
            "tanh": (jnp.tanh, wide, mp.tanh), "asinh": (jnp.arcsinh, wide, mp.asinh), "acosh": (jnp.arccosh, above, mp.acosh), "atanh": (jnp.arctanh, unit, mp.atanh),
            "erf": (lax.erf, wide, mp.erf), "erfc": (lax.erfc, wide, mp.erfc), "sigmoid": (jax.nn.sigmoid, wide, lambda x: 1 / (1 + mp.exp(-x))),
            "log_sigmoid": (jax.nn.log_sigmoid, wide, lambda x: -mp.log1p(mp.exp(-x))), "softplus": (jax.nn.softplus, wide, lambda x: mp.log1p(mp.exp(x))),
            "silu": (jax.nn.silu, wide, lambda x: x / (1 + mp.exp(-x))), "relu": (jax.nn.relu, wide, lambda x: max(x, 0)),
            "gelu-tanh": (lambda x: jax.nn.gelu(x, approximate=True), wide, lambda x: x / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + mf("0.044715") * x**3)))),
            "gelu-exact": (lambda x: jax.nn.gelu(x, approximate=False), wide, lambda x: x / 2 * mp.erfc(-x / mp.sqrt(2))),
            "leaky_relu": (jax.nn.leaky_relu, wide, lambda x: x if x >= 0 else mf(float(np.dtype(d).type(0.01))) * x),
            "elu": (jax.nn.elu, wide, lambda x: x if x > 0 else mp.expm1(x)), "lgamma": (lax.lgamma, pos, mp.loggamma), "digamma": (lax.digamma, pos, mp.digamma),
            "reciprocal": (jnp.reciprocal, pos, lambda x: 1 / x), "erf_inv": (lax.erf_inv, unit, mp.erfinv)}
    for name, (f, grid, exact) in GRID.items():
        x = np.unique(np.array(grid, d))
        y = np.asarray(f(jnp.asarray(x)))
        true = np.array([float(exact(mf(float(v)))) for v in x]).astype(d)
        dist = ulps(y, true)
        scaled = np.abs(y.astype("float64") - true.astype("float64")) / float(fi.eps) / np.maximum(1, np.abs(true))
        worst, at = int(np.max(dist)), int(np.argmax(dist))
        tol = f"{max(4, worst + 2)}ulp" if worst <= 16 else f"{max(4, int(np.ceil(np.max(scaled))) + 2)}eps"
        c = case(f"function/{name}/{d}", y, tolerance=tol, x=x)
        c.note("jax-error", f"at most {worst} ulp from the exact value, at x = {x[at]!r}; {np.max(scaled):.2f} eps * max(1, |x|)")
    special = jnp.asarray(np.array([INF, -INF, NAN, 0.0, -0.0, -1.0, 1.0, -2.0, 2.0, 1e38, -1e38, 90.0, -104.0, 710.0, -750.0], d))
    rough = ("exp2", "sinh", "cosh")  # off by hundreds of ulp at 710
    case(f"function-specials/{d}", {n: f(special) for n, (f, _, _) in GRID.items() if n not in rough}, tolerance="16eps", x=special)
    case(f"function-specials-rough/{d}", {n: GRID[n][0](special) for n in rough}, tolerance="512eps", x=special)
    lx, ly = jnp.asarray(np.array([1.0, -3.0, 100.0, -1000.0, 0.0, 5.0, 700.0], d)), jnp.asarray(np.array([2.0, -3.5, -100.0, -1000.0, 0.0, 4.999, 800.0], d))
    case(f"logaddexp/{d}", {"logaddexp": jnp.logaddexp(lx, ly), "logaddexp2": jnp.logaddexp2(lx, ly)}, tolerance="4ulp", x=lx, y=ly)

# --- casts between the others ---
for d in INTS + ["bool"]:
    v = jnp.asarray(np.array([True, False], d) if d == "bool" else np.array([0, 1, 200, 300, np.iinfo(d).max, np.iinfo(d).min, 16777217, 123456789] + ([-1, -200] if d[0] == "i" else []), d))
    case(f"cast/{d}", {t: v.astype(t) for t in DTYPES} | {"int8": v.astype("int8"), "uint8": v.astype("uint8")}, x=v)
iv = jnp.asarray(np.array([5, 3, 9, 9, 1, 3], "int32"))
case("argmax-ties/int32", {"argmax": jnp.argmax(iv), "argmin": jnp.argmin(jnp.asarray(np.array([5, 1, 9, 1], "int32"))), "argsort": jnp.argsort(iv),
                           "argsort-descending": jnp.argsort(iv, descending=True), "sort": jnp.sort(iv), "top_k": lax.top_k(iv, 4)[1]}, x=iv,
     notes={"pseudo": "argmin is of [5, 1, 9, 1]"})
bv = jnp.array([[True, False], [False, False], [True, True]])
case("any-all", {"any": jnp.any(bv, 1), "all": jnp.all(bv, 1), "any-all-axes": jnp.any(bv), "all-all-axes": jnp.all(bv), "argmax": jnp.argmax(bv, 1),
                 "any-int": jnp.any(iv), "all-int": jnp.all(iv), "count_nonzero": jnp.count_nonzero(bv, 1)}, x=bv, notes={"pseudo": "any-int, all-int of [5,3,9,9,1,3]"})
for d in INTS:
    a = jnp.asarray(np.arange(-5, 7).astype(d).reshape(3, 4))
    w = jnp.asarray((np.arange(8) * 100000000).astype(d).reshape(4, 2))
    case(f"int-dot/{d}", a @ w, x=a, y=w)
ti = jnp.asarray(np.array([[1, 2, 3], [4, 5, 6]], "int32"))
case("int-cumulative/int32", {"cumsum": lax.cumsum(ti, 1), "cumprod": lax.cumprod(ti, 1), "cummax": lax.cummax(ti, 1, reverse=True), "cumsum-reverse": lax.cumsum(ti, 0, reverse=True)}, x=ti)
case("int-moments/int32", {"mean": jnp.mean(ti), "var": jnp.var(ti), "std": jnp.std(ti, 0), "mean-axis0": jnp.mean(ti, 0), "softmax": jax.nn.softmax(ti, -1)}, tolerance="4ulp", x=ti)

sys.stdout.write(book.text())
