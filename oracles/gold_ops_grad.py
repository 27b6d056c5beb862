"""Golden value, jvp and vjp of common functions (JAX 0.12, float64), their edge cases included.

Every case: inputs, tangents t.NAME, a cotangent ct of the value's shape; value, tangent, and grad.NAME = vjp(ct).
"""
import sys

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from golden import Book

assert jax.config.jax_enable_x64
book = Book()
INF, NAN = np.inf, np.nan
nn = jax.nn


def v(*shape, seed=0.0, scale=1.5):
    n = int(np.prod(shape)) if shape else 1
    return np.round(np.sin(np.arange(n) * 1.7 + 0.9 + seed) * scale, 3).reshape(shape)


def tangent(x, k):
    t = np.round(np.cos(np.arange(x.size) * 1.1 + 0.3 + k), 3)
    return np.where(t == 0, 0.5, t).reshape(x.shape)


def op(name, pseudo, f, tolerance="16eps", ints=None, **named):
    args = [jnp.asarray(np.asarray(a, "float64")) for a in named.values()]
    ts = [jnp.asarray(tangent(np.asarray(a), i)) for i, a in enumerate(args)]
    value, dv = jax.jvp(f, args, ts)
    value2, pull = jax.vjp(f, *args)
    np.testing.assert_array_equal(np.isnan(value), np.isnan(value2))
    ct = jnp.asarray(tangent(np.asarray(value), 9))
    grads = pull(ct)
    c = book.case(name)
    for n, a, t in zip(named, args, ts):
        c.inp(n, a).inp(f"t.{n}", t)
    for k, a in (ints or {}).items():
        c.inp(k, a)
    c.inp("ct", ct).note("pseudo", pseudo).note("tolerance", tolerance)
    c.out("value", value).out("tangent", dv)
    for n, g in zip(named, grads):
        c.out(f"grad.{n}", g)
    lhs, rhs = jnp.sum(dv * ct), sum(jnp.sum(g * t) for g, t in zip(grads, ts))
    if bool(jnp.isfinite(lhs)) and bool(jnp.isfinite(rhs)) and abs(lhs - rhs) > 1e-9 * max(1, abs(lhs)):
        c.note("remark", f"<ct, jvp(t)> = {float(lhs)!r} but <vjp(ct), t> = {float(rhs)!r}")
    return c


ANY = v(7, scale=2.5)
POS = np.array([0.05, 0.3, 0.9, 1.0, 1.7, 4.0, 30.0])
UNIT = np.array([-0.95, -0.5, -0.1, 0.2, 0.6, 0.9, 0.999])
ABOVE = np.array([1.01, 1.3, 2.0, 4.0, 7.5, 20.0, 100.0])
BIG = np.array([-1000.0, -40.0, -5.0, 5.0, 40.0, 1000.0])

# --- unary ---
UNARY = {"neg": (jnp.negative, ANY), "exp": (jnp.exp, ANY), "exp2": (jnp.exp2, ANY), "expm1": (jnp.expm1, ANY), "log": (jnp.log, POS), "log2": (jnp.log2, POS), "log10": (jnp.log10, POS), "log1p": (jnp.log1p, POS - 0.5),
         "sqrt": (jnp.sqrt, POS), "rsqrt": (lax.rsqrt, POS), "cbrt": (jnp.cbrt, np.concatenate([POS, -POS])), "square": (jnp.square, ANY), "reciprocal": (jnp.reciprocal, ANY), "abs": (jnp.abs, ANY), "sign": (jnp.sign, ANY),
         "floor": (jnp.floor, ANY), "ceil": (jnp.ceil, ANY), "round": (jnp.round, ANY), "trunc": (jnp.trunc, ANY), "sin": (jnp.sin, ANY), "cos": (jnp.cos, ANY), "tan": (jnp.tan, UNIT), "asin": (jnp.arcsin, UNIT), "acos": (jnp.arccos, UNIT),
         "atan": (jnp.arctan, ANY), "sinh": (jnp.sinh, ANY), "cosh": (jnp.cosh, ANY), "tanh": (jnp.tanh, ANY), "asinh": (jnp.arcsinh, ANY), "acosh": (jnp.arccosh, ABOVE), "atanh": (jnp.arctanh, UNIT), "erf": (lax.erf, ANY),
         "erfc": (lax.erfc, ANY), "erf_inv": (lax.erf_inv, UNIT[:-1]), "lgamma": (lax.lgamma, POS), "digamma": (lax.digamma, POS), "sigmoid": (nn.sigmoid, ANY), "log_sigmoid": (nn.log_sigmoid, ANY), "softplus": (nn.softplus, ANY),
         "silu": (nn.silu, ANY), "gelu-tanh": (lambda x: nn.gelu(x, approximate=True), ANY), "gelu-exact": (lambda x: nn.gelu(x, approximate=False), ANY), "relu": (nn.relu, ANY), "relu6": (nn.relu6, 4 * ANY),
         "leaky_relu": (nn.leaky_relu, ANY), "elu": (nn.elu, ANY), "celu": (nn.celu, ANY), "selu": (nn.selu, ANY), "hard_tanh": (nn.hard_tanh, ANY), "mish": (nn.mish, ANY), "squareplus": (nn.squareplus, ANY), "sinc": (jnp.sinc, ANY)}
for n, (f, x) in UNARY.items():
    op(f"unary/{n}", f"{n}(x)", f, "64eps" if n in ("erf_inv", "lgamma", "digamma") else "16eps", x=x)
for n in ("sigmoid", "log_sigmoid", "softplus", "silu", "gelu-tanh", "gelu-exact", "tanh", "erf", "elu"):
    op(f"unary-large/{n}", f"{n}(x) far from 0", UNARY[n][0], "64eps", x=BIG)

# --- edges of unary functions ---
for n in ("abs", "sqrt", "rsqrt", "cbrt", "square", "reciprocal", "log", "log1p", "sign", "relu", "relu6", "leaky_relu", "elu", "celu", "selu", "softplus", "silu", "gelu-tanh", "gelu-exact", "erf", "tanh", "floor", "round", "sinc"):
    op(f"at-zero/{n}", f"{n}(x) at 0 and -0", UNARY[n][0], x=[0.0, -0.0])
op("at-edge/asin", "asin(x) at -1 and 1", jnp.arcsin, x=[-1.0, 1.0])
op("at-edge/acos", "acos(x) at -1 and 1", jnp.arccos, x=[-1.0, 1.0])
op("at-edge/acosh", "acosh(x) at 1", jnp.arccosh, x=[1.0])
op("at-edge/atanh", "atanh(x) at -1 and 1", jnp.arctanh, x=[-1.0, 1.0])
op("at-edge/erf_inv", "erf_inv(x) at -1 and 1", lax.erf_inv, x=[-1.0, 1.0])
op("at-edge/relu6", "relu6(x) at 6", nn.relu6, x=[6.0])
op("at-edge/hard_tanh", "hard_tanh(x) at -1 and 1", nn.hard_tanh, x=[-1.0, 1.0])
op("at-edge/log-negative", "log(x) of a negative number", jnp.log, x=[-1.0])
op("at-edge/sqrt-negative", "sqrt(x) of a negative number", jnp.sqrt, x=[-1.0])
op("at-edge/floor-integer", "floor(x) at integers", jnp.floor, x=[1.0, 2.0])
for n in ("exp", "tanh", "sigmoid", "relu", "softplus", "sqrt", "log", "abs"):
    op(f"at-infinity/{n}", f"{n}(x) at infinity and NaN", UNARY[n][0], x=[INF, NAN] if n in ("sqrt", "log") else [-INF, INF, NAN])

# --- powers ---
for e in (-2, -1, 0, 1, 2, 3, 5):
    op(f"pow/int/{e}", f"x ** {e}, a static integer power, x = 0 included", lambda x, e=e: x**e, x=[-2.0, -0.5, 0.0, 0.7, 3.0])
for e in (0.5, 1.5, 2.0, -0.5):
    op(f"pow/float/{e}", f"x ** {e}, a Java double, x = 0 included", lambda x, e=e: x**e, x=[0.0, 0.3, 1.0, 4.0])
op("pow/arrays", "pow(x, y)", jnp.power, x=[0.3, 1.0, 2.0, 2.5, 4.0], y=[2.0, -1.5, 0.0, 1.0, 0.5])
op("pow/negative-base", "pow(x, y) with a negative base: the derivative by y is NaN", jnp.power, x=[-2.0, -2.0, -0.5], y=[3.0, 2.0, -1.0])
op("pow/zero-base", "pow(x, y) with x = 0", jnp.power, x=[0.0, 0.0, 0.0, 0.0], y=[0.0, 1.0, 2.0, 0.5])
op("pow/broadcast", "pow(x: 3x1, y: 2)", jnp.power, x=np.array([[0.5], [1.5], [2.0]]), y=[2.0, -1.0])

# --- binary ---
BIN = {"add": jnp.add, "sub": jnp.subtract, "mul": jnp.multiply, "div": jnp.divide, "maximum": jnp.maximum, "minimum": jnp.minimum, "atan2": jnp.arctan2, "hypot": jnp.hypot, "logaddexp": jnp.logaddexp, "remainder": jnp.remainder, "fmod": jnp.fmod}
for n, f in BIN.items():
    op(f"binary/{n}", f"{n}(x, y)", f, x=v(6, scale=3), y=v(6, seed=1.0, scale=2))
    op(f"binary-broadcast/{n}/3x4-4", f"{n}(x: 3x4, y: 4)", f, x=v(3, 4, scale=3), y=v(4, seed=2.0, scale=2))
for n in ("add", "mul", "div"):
    op(f"binary-broadcast/{n}/3x1-1x4", f"{n}(x: 3x1, y: 1x4)", BIN[n], x=v(3, 1), y=v(1, 4, seed=2.0))
    op(f"binary-broadcast/{n}/scalar-3x4", f"{n}(x: scalar, y: 3x4)", BIN[n], x=v() + 0.4, y=v(3, 4, seed=2.0))
op("ties/maximum", "maximum(x, y), equal in places", jnp.maximum, x=[1.0, 2.0, -1.0, 0.0, -0.0], y=[1.0, 1.0, -1.0, -0.0, 0.0])
op("ties/minimum", "minimum(x, y), equal in places", jnp.minimum, x=[1.0, 2.0, -1.0, 0.0, -0.0], y=[1.0, 1.0, -1.0, -0.0, 0.0])
op("ties/maximum-nan", "maximum(x, y) with NaN", jnp.maximum, x=[NAN, 1.0], y=[1.0, NAN])
op("ties/maximum-number", "maximum(x, 0.) at 0: half, unlike relu", lambda x: jnp.maximum(x, 0.0), x=[-1.0, 0.0, 1.0])
op("ties/clip", "clip(x, -1, 2), x on the bounds included", lambda x: jnp.clip(x, -1.0, 2.0), x=[-2.0, -1.0, 0.5, 2.0, 3.0])
op("ties/clip-arrays", "clip(x, lo, hi) differentiated by all three", jnp.clip, x=[-2.0, -1.0, 0.5, 2.0, 3.0], lo=[-1.0] * 5, hi=[2.0] * 5)
op("ties/atan2-origin", "atan2(x, y) at the origin", jnp.arctan2, x=[0.0], y=[0.0])
op("ties/hypot-origin", "hypot(x, y) at the origin", jnp.hypot, x=[0.0, 3.0], y=[0.0, 4.0])
op("ties/div-by-zero", "x / y with y = 0", jnp.divide, x=[1.0, 0.0], y=[0.0, 0.0])
op("ties/logaddexp", "logaddexp(x, y) equal, far apart and -inf", jnp.logaddexp, x=[1.0, 1000.0, -INF, -INF], y=[1.0, -1000.0, 2.0, -INF])
op("where/both", "where(c, x, y), c = [true,false,true,false]", lambda x, y: jnp.where(jnp.array([True, False, True, False]), x, y), x=v(4), y=v(4, seed=1.0))
op("where/broadcast", "where(c: 3x1, x: 4, y: scalar), c = [[true],[false],[true]]", lambda x, y: jnp.where(jnp.array([[True], [False], [True]]), x, y), x=v(4), y=v())
op("where/nan-on-the-untaken-side", "where(x > 0, log(x), 0): at x = 0 the tangent is 0 but the gradient is 0 * infinity = NaN", lambda x: jnp.where(x > 0, jnp.log(x), 0.0), x=[-1.0, 0.0, 1.0, 2.0])
op("where/double-where", "where(x > 0, log(where(x > 0, x, 1)), 0): the safe form", lambda x: jnp.where(x > 0, jnp.log(jnp.where(x > 0, x, 1.0)), 0.0), x=[-1.0, 0.0, 1.0, 2.0])
op("where/sqrt-at-zero", "where(x > 0, sqrt(x), 0) at 0", lambda x: jnp.where(x > 0, jnp.sqrt(x), 0.0), x=[0.0, 1.0, 4.0])

# --- reductions ---
M = v(3, 4)
TIES = np.array([[1.0, 3.0, 3.0, 2.0], [5.0, 5.0, 5.0, 5.0], [-1.0, 0.0, -0.0, -2.0]])
RED = {"sum": jnp.sum, "mean": jnp.mean, "prod": jnp.prod, "max": jnp.max, "min": jnp.min, "var": jnp.var, "std": jnp.std, "logsumexp": nn.logsumexp}
for n, f in RED.items():
    for a in (None, 0, 1):
        op(f"reduce/{n}/{'all' if a is None else f'd{a}'}", f"{n}(x: 3x4, {'all axes' if a is None else f'd{a}'})", lambda x, f=f, a=a: f(x, axis=a), "64eps", x=M)
op("reduce-ties/max", "max(x: 3x4, d1) with ties: shared equally", lambda x: jnp.max(x, 1), x=TIES)
op("reduce-ties/min", "min(x: 3x4, d1) with ties: shared equally", lambda x: jnp.min(x, 1), x=TIES)
op("reduce-ties/max-all", "max(x: 3x4) with ties", jnp.max, x=TIES)
op("reduce-edge/prod-one-zero", "prod(x) with one zero", jnp.prod, x=[2.0, 0.0, 3.0, -1.5])
op("reduce-edge/prod-two-zeros", "prod(x) with two zeros", jnp.prod, x=[2.0, 0.0, 0.0, -1.5])
op("reduce-edge/std-of-equals", "std(x) of equal numbers: the derivative is NaN or infinite", jnp.std, x=[2.0, 2.0, 2.0])
op("reduce-edge/var-of-equals", "var(x) of equal numbers", jnp.var, x=[2.0, 2.0, 2.0])
op("reduce-edge/var-ddof1", "var(x, ddof 1)", lambda x: jnp.var(x, ddof=1), x=v(5))
op("reduce-edge/logsumexp-minus-infinity", "logsumexp(x) with -inf", nn.logsumexp, x=[-INF, 1.0, 2.0, -INF])
op("reduce-edge/logsumexp-all-minus-infinity", "logsumexp(x), all -inf", nn.logsumexp, x=[-INF, -INF])
op("reduce-edge/logsumexp-large", "logsumexp(x) of large numbers", nn.logsumexp, x=[1000.0, 1001.0, -1000.0])
op("reduce-edge/max-nan", "max(x) with a NaN", jnp.max, x=[1.0, NAN, 2.0])
for n, f in {"softmax": nn.softmax, "log_softmax": nn.log_softmax, "standardize": nn.standardize, "normalize": lambda x, axis: x / jnp.sqrt(jnp.sum(x * x, axis=axis, keepdims=True))}.items():
    for a in (0, 1):
        op(f"along/{n}/d{a}", f"{n}(x: 3x4, d{a})" + (" (mean 0, variance 1, epsilon 1e-5)" if n == "standardize" else ""), lambda x, f=f, a=a: f(x, axis=a), "64eps", x=M)
op("along/softmax-masked", "softmax(x) with -inf", nn.softmax, x=[-INF, 1.0, 2.0, -INF])
op("along/log_softmax-masked", "log_softmax(x) with -inf", nn.log_softmax, x=[-INF, 1.0, 2.0, -INF])
op("along/softmax-large", "softmax(x) of large numbers", nn.softmax, x=[1000.0, 1001.0, -1000.0])
for n, f in {"norm2": jnp.linalg.norm, "norm1": lambda x: jnp.linalg.norm(x, 1), "norm-infinity": lambda x: jnp.linalg.norm(x, jnp.inf), "norm3": lambda x: jnp.linalg.norm(x, 3)}.items():
    op(f"norm/{n}", f"{n}(x)", f, x=v(4))
    op(f"norm/{n}-at-zero", f"{n}(x) at 0", f, x=[0.0, 0.0, 0.0])
op("norm/norm2-one-zero", "norm2(x) of [3, 0, 4]", jnp.linalg.norm, x=[3.0, 0.0, 4.0])
for n, f in {"cumsum": lax.cumsum, "cumprod": lax.cumprod, "cummax": lax.cummax, "cummin": lax.cummin, "cumlogsumexp": lax.cumlogsumexp}.items():
    for a in (0, 1):
        op(f"cumulative/{n}/d{a}", f"{n}(x: 3x4, d{a})", lambda x, f=f, a=a: f(x, axis=a), "64eps", x=M)
    op(f"cumulative/{n}/reverse", f"{n}(x: 3x4, d1, reversed)", lambda x, f=f: f(x, axis=1, reverse=True), "64eps", x=M)
op("cumulative/cumprod-zero", "cumprod(x) with a zero", lambda x: lax.cumprod(x), x=[2.0, 0.0, 3.0, -1.5])
op("cumulative/cummax-ties", "cummax(x) with ties", lambda x: lax.cummax(x), x=[1.0, 3.0, 3.0, 2.0, 3.0]).note(
    "artefact", "how JAX shares a gradient among ties here follows from its tree of maxima; no other library need agree, as long as jvp and vjp agree")
op("sort/d0", "sort(x: 3x4, d0)", lambda x: jnp.sort(x, 0), x=M)
op("sort/d1", "sort(x: 3x4, d1)", lambda x: jnp.sort(x, 1), x=M)
op("sort/ties", "sort(x) with ties: stable", jnp.sort, x=[3.0, 1.0, 3.0, 2.0, 1.0])
op("sort/descending", "sort(x, descending)", lambda x: jnp.sort(x, descending=True), x=v(6))
op("sort/top-3-values", "the values of top_k(x, 3)", lambda x: lax.top_k(x, 3)[0], x=v(6))
op("sort/median", "median(x) of 5 and of 6 numbers: sum of both", lambda x: jnp.median(x[:5]) + jnp.median(x), x=v(6))

# --- shapes ---
op("shape/transpose", "transpose(x: 3x4)", jnp.transpose, x=M)
op("shape/reshape", "reshape(x: 3x4 to 2x6)", lambda x: x.reshape(2, 6), x=M)
op("shape/broadcast", "broadcast(x: 4 to 3x4)", lambda x: jnp.broadcast_to(x, (3, 4)), x=v(4))
op("shape/concatenate", "concatenate(x: 2x3, y: 1x3, z: 2x3; d0)", lambda x, y, z: jnp.concatenate([x, y, z], 0), x=v(2, 3), y=v(1, 3, seed=1), z=v(2, 3, seed=2))
op("shape/concatenate-same-twice", "concatenate(x: 2x3, x; d1)", lambda x: jnp.concatenate([x, x], 1), x=v(2, 3))
op("shape/stack", "stack(x: 3, y: 3) as 3x2", lambda x, y: jnp.stack([x, y], 1), x=v(3), y=v(3, seed=1))
op("shape/pad", "pad(x: 2x3; d0 by 1 and 2, d1 by 0 and 1) with 0", lambda x: jnp.pad(x, ((1, 2), (0, 1))), x=v(2, 3))
op("shape/pad-value", "pad(x: 3; by 1 and 2) with y, differentiated too", lambda x, y: lax.pad(x, y, [(1, 2, 0)]), x=v(3), y=v())
op("shape/pad-interior", "pad(x: 3; by 1 and 0, one between) with 0", lambda x: lax.pad(x, jnp.asarray(0.0), [(1, 0, 1)]), x=v(3))
op("shape/pad-negative", "pad(x: 5; by -1 and -2): cuts", lambda x: lax.pad(x, jnp.asarray(0.0), [(-1, -2, 0)]), x=v(5))
op("shape/flip", "flip(x: 3x4, d1)", lambda x: jnp.flip(x, 1), x=M)
op("shape/roll", "roll(x: 5, 2)", lambda x: jnp.roll(x, 2), x=v(5))
op("shape/tile", "tile(x: 2x2, 2x3 times)", lambda x: jnp.tile(x, (2, 3)), x=v(2, 2))
op("shape/repeat", "repeat(x: 3, each twice)", lambda x: jnp.repeat(x, 2), x=v(3))
op("shape/slice", "x[1..3, 0..4 step 2] of x: 3x4", lambda x: x[1:3, 0:4:2], x=M)
op("shape/reverse-slice", "x[3..0 step -1] of x: 5 (indices 3, 2, 1)", lambda x: x[3:0:-1], x=v(5))
op("shape/triu", "triu(x: 3x3)", jnp.triu, x=v(3, 3))
op("shape/diagonal", "diagonal of x: 3x3", jnp.diagonal, x=v(3, 3))
op("shape/diag", "diag(x: 3) as 3x3", jnp.diag, x=v(3))

# --- gather, scatter, windows ---
I = jnp.array([2, 0, 2, 1, -1], jnp.int32)  # noqa: E741
J = jnp.array([3, 1, 0, 1, 2], jnp.int32)
ii = {"i": I}
op("gather/repeats", "x[i] of x: 3x2, i = [2,0,2,1,-1]", lambda x: x[I], ints=ii, x=v(3, 2))
op("gather/paired", "x[i, j] of x: 3x4 element by element", lambda x: x[I, J], ints={"i": I, "j": J}, x=M)
op("gather/second-axis", "x[:, j] of x: 3x4", lambda x: x[:, J], ints={"j": J}, x=M)
op("gather/out-of-bounds-clamps", "x[i] of x: 4 with i = [0, 9, -9] in clip mode", lambda x: x.at[jnp.array([0, 9, -9])].get(mode="clip"), ints={"i": jnp.array([0, 9, -9], jnp.int32)}, x=v(4)).note(
    "differs", "clip mode takes -9 to 0 and does not wrap -1; Axial wraps once, then clamps: the same here")
op("gather/along-axis", "takeAlongAxis(x: 3x4, argsort(x, d1), d1), the indices constant", lambda x: jnp.take_along_axis(x, jnp.argsort(M, 1), 1), ints={"i": jnp.argsort(M, 1).astype(jnp.int32)}, x=M)
op("gather/embedding", "sum over tokens of table[tokens]^2: table 4x3, tokens [1,1,3,0]", lambda t: jnp.sum(t[jnp.array([1, 1, 3, 0])] ** 2), ints={"tokens": jnp.array([1, 1, 3, 0], jnp.int32)}, table=v(4, 3))
op("scatter/add-repeats", "x.at[i].add(y): x 3, y 5", lambda x, y: x.at[I].add(y), ints=ii, x=v(3), y=v(5, seed=1))
op("scatter/set", "x.at[[2,0]].set(y): x 4x2, y 2x2", lambda x, y: x.at[jnp.array([2, 0])].set(y), ints={"i": jnp.array([2, 0], jnp.int32)}, x=v(4, 2), y=v(2, 2, seed=1))
op("scatter/set-repeats", "x.at[i].set(y), the last one stays and gets the gradient: x 3, y 5", lambda x, y: x.at[I].set(y), ints=ii, x=v(3), y=v(5, seed=1))
op("scatter/multiply", "x.at[[2,0]].multiply(y): x 4, y 2", lambda x, y: x.at[jnp.array([2, 0])].multiply(y, unique_indices=True), ints={"i": jnp.array([2, 0], jnp.int32)}, x=v(4), y=v(2, seed=1))
op("scatter/paired-add", "x.at[i, j].add(y): x 3x4, y 5", lambda x, y: x.at[I, J].add(y), ints={"i": I, "j": J}, x=M, y=v(5, seed=1))
op("scatter/segment-sum", "zeros(3).at[i].add(y), y 5", lambda y: jnp.zeros(3).at[I].add(y), ints=ii, y=v(5, seed=1))


def one_by_one(x, i, y):
    """JAX has no gradient of a product with repeated indices; this is one."""
    for k in range(len(i)):
        x = x.at[i[k]].set(x[i[k]] * y[k])
    return x


OUT = jnp.array([2, 7, -9, 1, -1], jnp.int32)
TIED, TIES = [2.0, 3.0, -5.0], [2.0, -5.0, 3.0, 3.0, 2.0, 1.0, -5.0, -6.0]
K = jnp.array([0, 2, 1, 1, 0, 0, 2, 2], jnp.int32)
for n in ("max", "min"):
    at = {"max": lambda x, i, y, **k: x.at[i].max(y, **k), "min": lambda x, i, y, **k: x.at[i].min(y, **k)}[n]
    op(f"scatter/{n}-repeats", f"x.at[i].{n}(y): x 3, y 5", lambda x, y, at=at: at(x, I, y), ints=ii, x=v(3), y=v(5, seed=1))
    op(f"scatter/{n}-ties", f"x.at[i].{n}(y) where x and several of y are equal: they share equally", lambda x, y, at=at: at(x, K, y), ints={"i": K}, x=TIED, y=TIES)
    op(f"scatter/{n}-outside", f"x.at[i].{n}(y), dropped out of range: x 3, y 5", lambda x, y, at=at: at(x, OUT, y, mode="drop"), ints={"i": OUT}, x=v(3), y=v(5, seed=1))
    op(f"scatter/{n}-nan", f"x.at[i].{n}(y) with a NaN in x and one in y", lambda x, y, at=at: at(x, I, y), ints=ii, x=[NAN, 0.5, 1.0], y=[2.0, 1.0, 3.0, NAN, 4.0])
    op(f"scatter/{n}-rows", f"x.at[i].{n}(y): x 3x2, y 5x2", lambda x, y, at=at: at(x, I, y), ints=ii, x=v(3, 2), y=v(5, 2, seed=1))
    op(f"scatter/segment-{n}", f"full(3, -+infinity).at[i].{n}(y), y 8 with ties", lambda y, at=at, n=n: at(jnp.full(3, -INF if n == "max" else INF), K, y), ints={"i": K}, y=TIES)
op("scatter/multiply-repeats", "x.at[i].multiply(y), one value after another: x 3, y 5", lambda x, y: one_by_one(x, I, y), ints=ii, x=v(3), y=v(5, seed=1)).note("jax-refuses", "the gradient of multiply with repeated indices; this is a loop of set")
op("scatter/multiply-zeros", "x.at[i].multiply(y) with one zero, with two, and with one in x", lambda x, y: one_by_one(x, K, y), ints={"i": K}, x=[2.0, 3.0, 0.0], y=[0.0, 2.0, 0.0, 0.0, 3.0, 4.0, 5.0, 6.0]).note("jax-refuses", "the gradient of multiply with repeated indices; this is a loop of set")
op("scatter/segment-product", "ones(3).at[i].multiply(y), y 5", lambda y: one_by_one(jnp.ones(3), I, y), ints=ii, y=v(5, seed=1)).note("jax-refuses", "the gradient of multiply with repeated indices; this is a loop of set")
for s in (0, 2, 4, 9, -1):
    op(f"window/dynamic-slice/{s}", f"dynamicSlice(x: 5, start {s}, size 2): a negative start counts from the end, then it is moved until the window fits", lambda x, s=s: lax.dynamic_slice(x, (jnp.int32(s),), (2,)), x=v(5))
    op(f"window/dynamic-update/{s}", f"dynamicUpdate(x: 5, y: 2, start {s})", lambda x, y, s=s: lax.dynamic_update_slice(x, y, (jnp.int32(s),)), x=v(5), y=v(2, seed=1))
op("window/dynamic-slice-2d", "dynamicSlice(x: 3x4, starts 1, 2, sizes 2x2)", lambda x: lax.dynamic_slice(x, (jnp.int32(1), jnp.int32(2)), (2, 2)), x=M)

# --- products ---
op("dot/vector", "dot(x: 4, y: 4)", jnp.dot, x=v(4), y=v(4, seed=1))
op("dot/matrix-vector", "x: 3x4 @ y: 4", jnp.matmul, x=M, y=v(4, seed=1))
op("dot/vector-matrix", "x: 3 @ y: 3x4", jnp.matmul, x=v(3), y=v(3, 4, seed=1))
op("dot/matmul", "x: 3x4 @ y: 4x2", jnp.matmul, x=M, y=v(4, 2, seed=1))
op("dot/batched", "x: 2x3x4 @ y: 2x4x2, batch d0", jnp.matmul, x=v(2, 3, 4), y=v(2, 4, 2, seed=1))
op("dot/batched-broadcast", "x: 2x3x4 @ y: 4x2", jnp.matmul, x=v(2, 3, 4), y=v(4, 2, seed=1))
op("dot/two-axes", "einsum ijk,jkl->il: x 2x3x2, y 3x2x2", lambda x, y: jnp.einsum("ijk,jkl->il", x, y), x=v(2, 3, 2), y=v(3, 2, 2, seed=1))
op("dot/transposed-result", "einsum ij,jk->ki: x 3x4, y 4x2", lambda x, y: jnp.einsum("ij,jk->ki", x, y), x=M, y=v(4, 2, seed=1))
op("dot/outer", "outer(x: 3, y: 4)", jnp.outer, x=v(3), y=v(4, seed=1))
op("dot/square", "x: 3x3 @ x", lambda x: x @ x, x=v(3, 3))
op("dot/three", "einsum ij,jk,kl->il: x 2x3, y 3x2, z 2x2", lambda x, y, z: jnp.einsum("ij,jk,kl->il", x, y, z), x=v(2, 3), y=v(3, 2, seed=1), z=v(2, 2, seed=2))
op("dot/trace", "sum of the diagonal of x: 3x3 @ y: 3x3", lambda x, y: jnp.trace(x @ y), x=v(3, 3), y=v(3, 3, seed=1))
op("dot/empty", "x: 2x0 @ y: 0x3", jnp.matmul, x=np.zeros((2, 0)), y=np.zeros((0, 3)))

# --- compositions ---
def layer_norm(x, g, b):
    m = jnp.mean(x, -1, keepdims=True)
    s = jnp.mean((x - m) ** 2, -1, keepdims=True)
    return (x - m) / jnp.sqrt(s + 1e-5) * g + b


def cross_entropy(x):
    return -jnp.mean(jnp.take_along_axis(nn.log_softmax(x, -1), jnp.array([[2], [0], [3]]), -1))


def attention(q, k, w):
    s = q @ k.T / jnp.sqrt(2.0)
    s = jnp.where(jnp.tril(jnp.ones((3, 3), bool)), s, -1e9)
    return nn.softmax(s, -1) @ w


op("compose/layer-norm", "(x - mean) / sqrt(var + 1e-5) * g + b over d1: x 3x4, g 4, b 4", layer_norm, "64eps", x=M, g=v(4, seed=1), b=v(4, seed=2))
op("compose/cross-entropy", "-mean over d0 of log_softmax(x, d1) at the labels [2,0,3]: x 3x4", cross_entropy, "64eps", x=M)
op("compose/attention", "softmax(where(causal, q @ k^T / sqrt(2), -1e9), d1) @ w: q, k, w 3x2", attention, "64eps", q=v(3, 2), k=v(3, 2, seed=1), w=v(3, 2, seed=2))
op("compose/mlp", "tanh(x @ a) @ b: x 3x4, a 4x3, b 3x2", lambda x, a, b: jnp.tanh(x @ a) @ b, "64eps", x=M, a=v(4, 3, seed=1), b=v(3, 2, seed=2))
op("compose/stop-gradient", "x * stopGradient(sin(x))", lambda x: x * lax.stop_gradient(jnp.sin(x)), x=v(4))
op("compose/straight-through", "x + stopGradient(round(x) - x)", lambda x: x + lax.stop_gradient(jnp.round(x) - x), x=v(4))
op("compose/nan_to_num", "nanToNum(x) with NaN and infinities", jnp.nan_to_num, x=[1.0, NAN, INF, -INF])
op("compose/float32-in-between", "float64(float32(x) * float32(x))", lambda x: (x.astype("float32") * x.astype("float32")).astype("float64"), "exact", x=[0.5, 1.25, -3.0])
op("compose/int-cast", "float64(int32(x)) * x: the cast has no derivative", lambda x: x.astype("int32").astype("float64") * x, x=[1.5, -2.5, 3.0])

sys.stdout.write(book.text())
