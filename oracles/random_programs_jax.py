"""Runs random programs of Axial with JAX.

Reads one program a line from standard input, as JSON, and answers each with one line: `ok`, what
computed it and the numbers of the result, or `error` and a text. JAX traces and transforms; the
numbers come from NumPy (`jaxpr_numpy.py`), and where those are not the `expected` ones, or where
`xla` asks for it, from XLA. One process serves many programs, so that JAX starts
once. The test-scope Java program `PeerHunt` writes the lines (`ProgramJson`) and compares.

A line holds `program` (see `Evaluator`), the values of its inputs, and `letters`, the
transformations that JAX applies to the program itself, so that its derivatives and maps are
compared, not only the operations:

    G  the gradient along a direction (jax.grad)    P  the same by jax.vjp
    J  the tangent along a direction (jax.jvp)      V  the sum over the lanes of jax.vmap
    K  jax.checkpoint       T  jax.jit              C, D  a rule that is the derivative itself
    R  G of a reference     A  G added to a reference         M  G of an array and a reference
    g  the gradient as an array, at the end

R, A and M use vjp(...).with_refs. Where JAX refuses references, or its numbers are not the expected
ones, `mode` asks again: `plain` for the same by jax.grad alone, `forward` by jax.jvp.

Axes become positions in the order of each value's type. A reference becomes a jax.new_ref; a
masked access, which JAX's references do not have, reads and writes its contents with `.at[]`.
"""

import gc
import json
import sys

import jax
import jax.numpy as jnp
import jaxpr_numpy
import numpy as np
from jax import lax

jax.config.update("jax_enable_x64", True)

DTYPES = {
    "f32": jnp.float32, "f64": jnp.float64, "bf16": jnp.bfloat16, "f16": jnp.float16,
    "i32": jnp.int32, "i64": jnp.int64, "u32": jnp.uint32, "bool": jnp.bool_,
}

UNARY = {
    "NEG": lax.neg, "ABS": lax.abs, "SIGN": lax.sign, "FLOOR": lax.floor, "CEIL": lax.ceil,
    "ROUND": jnp.round, "EXP": lax.exp, "EXPM1": lax.expm1, "LOG": lax.log, "LOG1P": lax.log1p,
    "SQRT": lax.sqrt, "CBRT": lax.cbrt, "SIN": lax.sin, "COS": lax.cos, "TAN": lax.tan,
    "TANH": lax.tanh, "LOGISTIC": lax.logistic, "NOT": lax.bitwise_not,
}

BINARY = {
    "ADD": lax.add, "SUB": lax.sub, "MUL": lax.mul, "DIV": lax.div, "REM": lax.rem,
    "MAX": lax.max, "MIN": lax.min, "AND": jnp.bitwise_and, "OR": jnp.bitwise_or,
    "XOR": jnp.bitwise_xor, "POW": lax.pow, "ATAN2": lax.atan2,
}

COMPARE = {"LT": lax.lt, "LE": lax.le, "GT": lax.gt, "GE": lax.ge, "EQ": lax.eq, "NE": lax.ne}

REDUCE = {"SUM": jnp.sum, "MAX": jnp.max, "MIN": jnp.min, "ANY": jnp.any, "ALL": jnp.all}


class Unsupported(Exception):
    """What this page does not translate."""


class Value:
    """An array or a reference, and the names and sizes of its axes."""

    def __init__(self, x, type_):
        self.x = x
        self.dtype = DTYPES[type_[0]]
        self.dims = [tuple(d) for d in type_[1]]

    def names(self):
        return [n for n, _ in self.dims]

    def shape(self):
        return tuple(n for _, n in self.dims)


def turned(v, dims):
    """The array with its axes in the order of dims."""
    have = v.names()
    order = [have.index(n) for n, _ in dims if n in have]
    return v.x if order == sorted(order) else lax.transpose(v.x, order)


def aligned(v, dims):
    """The array with an axis for each of dims, of size 1 where it has none."""
    x = turned(v, dims)
    shape = tuple(s if n in v.names() else 1 for n, s in dims)
    return x if x.shape == shape else x.reshape(shape)


def spread(v, dims):
    """The array with exactly these axes."""
    shape = tuple(s for _, s in dims)
    if v.shape() == shape and v.names() == [n for n, _ in dims]:
        return v.x
    at = [k for k, (n, _) in enumerate(dims) if n in v.names()]
    return lax.broadcast_in_dim(turned(v, dims), shape, at)


class Evaluator:
    """Evaluates a program: inputs, equations [op, attributes, operands, results, types], outputs."""

    def __init__(self, program):
        self.program = program

    def run(self, args):
        env = dict(zip(self.program["in"], args))
        for op, attrs, ins, outs, types in self.program["eqs"]:
            try:
                rule = getattr(self, "op_" + op)
            except AttributeError:
                raise Unsupported(op) from None
            given = [env[i] for i in ins]
            results = rule(attrs, given, types)
            if not isinstance(results, list):
                results = [results]
            for name, x, t in zip(outs, results, types):
                env[name] = Value(x, t)
        return [env[o] for o in self.program["out"]]

    # ---------------------------------------------------------------- values

    def op_Const(self, a, _, types):
        return jnp.array(float.fromhex(a["value"]) if "f" in types[0][0] else int(a["value"]),
                         DTYPES[types[0][0]])

    def op_Iota(self, _, __, types):
        return lax.iota(DTYPES[types[0][0]], types[0][1][0][1])

    def op_Unary(self, a, v, _):
        return UNARY[a["fn"]](v[0].x)

    def _pair(self, v, types):
        dims = [tuple(d) for d in types[0][1]]
        return spread(v[0], dims), spread(v[1], dims)

    def op_Binary(self, a, v, types):
        return BINARY[a["fn"]](*self._pair(v, types))

    def op_Compare(self, a, v, types):
        return COMPARE[a["fn"]](*self._pair(v, types))

    def op_Fma(self, _, v, types):
        dims = types[0][1]
        return spread(v[0], dims) * spread(v[1], dims) + spread(v[2], dims)

    def op_Select(self, _, v, types):
        which, yes, no = (spread(x, types[0][1]) for x in v)
        return lax.select(which, yes, no)

    def op_Cast(self, _, v, types):
        return lax.convert_element_type(v[0].x, DTYPES[types[0][0]])

    def op_StopGradient(self, _, v, __):
        return lax.stop_gradient(v[0].x)

    def op_Reduce(self, a, v, types):
        over = tuple(v[0].names().index(n) for n in a["axes"])
        return REDUCE[a["fn"]](v[0].x, axis=over).astype(DTYPES[types[0][0]])

    def op_Broadcast(self, _, v, types):
        return spread(v[0], types[0][1])

    def op_Dot(self, a, v, types):
        names = {}
        for x in v:
            for n in x.names():
                names.setdefault(n, len(names))
        out = [names[n] for n, _ in types[0][1]]
        return jnp.einsum(v[0].x, [names[n] for n in v[0].names()],
                          v[1].x, [names[n] for n in v[1].names()], out)

    def op_Rename(self, _, v, __):
        return v[0].x

    def op_Split(self, _, v, types):
        return jnp.reshape(v[0].x, [s for _, s in types[0][1]])

    def op_Merge(self, a, v, types):
        inside = [d for d in v[0].dims if d[0] in a["axes"]]
        inside.sort(key=lambda d: a["axes"].index(d[0]))
        order = []
        for n, s in [tuple(d) for d in types[0][1]]:
            order += inside if n == a["to"] else [(n, s)]
        return jnp.reshape(aligned(v[0], order), [s for _, s in types[0][1]])

    def op_Concat(self, a, v, types):
        dims = [tuple(d) for d in types[0][1]]
        k = [n for n, _ in dims].index(a["axis"])
        parts = []
        for x in v:
            own = dict(x.dims)[a["axis"]]
            parts.append(spread(x, [(n, own if n == a["axis"] else s) for n, s in dims]))
        return jnp.concatenate(parts, axis=k)

    def op_CumSum(self, a, v, types):
        k = v[0].names().index(a["axis"])
        return lax.cumsum(v[0].x, axis=k, reverse=a["reverse"])

    def op_ArgSort(self, a, v, _):
        k = v[0].names().index(a["axis"])
        return jnp.argsort(v[0].x, axis=k, stable=True, descending=a["descending"]).astype(jnp.int32)

    def op_ArgReduce(self, a, v, _):
        k = v[0].names().index(a["axis"])
        return (jnp.argmax if a["max"] else jnp.argmin)(v[0].x, axis=k).astype(jnp.int32)

    # ---------------------------------------------------------------- accesses

    def _indices(self, a, base, operands):
        """One index array for each axis, all of the selection's axes; and the mask."""
        result = [tuple(d) for d in a["result"]]
        shape = tuple(m for _, m in result)
        sels = {}
        rest = list(operands)
        for s in a["sels"]:
            sels[s[1]] = (s, rest.pop(0) if s[0] != "window" else None)
        out = []
        for name, size in base.dims:
            s, operand = sels.get(name, (["window", name, 0, 1, size], None))
            if s[0] == "at":
                i = spread(operand, result)
                out.append(lax.select(i < 0, i + np.asarray(size, i.dtype), i))
                continue
            n = s[4] if s[0] == "window" else s[2]
            steps = np.arange(n, dtype=np.int64).reshape([n if d == name else 1 for d, _ in result])
            if s[0] == "window":
                i = np.broadcast_to(steps * s[3] + s[2], shape)
            else:
                start = lax.convert_element_type(operand.x, jnp.int64)
                start = lax.clamp(0, lax.select(start < 0, start + size, start), size - n)
                i = lax.broadcast_in_dim(start, shape, ()) + np.broadcast_to(steps, shape)
            out.append(i)
        mask = spread(rest[0], result) if a["masked"] else None
        return tuple(out), mask, result

    def op_Index(self, a, v, _):
        idx, mask, _ = self._indices(a, v[0], v[1:])
        x = v[0].x[idx] if v[0].dims else v[0].x
        return x if mask is None else jnp.where(mask, x, jnp.zeros_like(x))

    def op_Scatter(self, a, v, _):
        idx, mask, result = self._indices(a, v[0], v[2:])
        return self._written(v[0].x, idx, mask, spread(v[1], result), a["fn"])

    def _written(self, x, idx, mask, value, fn):
        if x.ndim == 0:
            new = value if fn == "null" else BINARY[fn](x, value)
            return new if mask is None else jnp.where(mask, new, x)
        if mask is not None:  # out of range where it is false
            idx = (jnp.where(mask, idx[0], x.shape[0]),) + idx[1:]
        if fn == "MUL":  # without repeated indices, or JAX has no gradient
            return x.at[idx].multiply(value, mode="drop", unique_indices=True)
        at = x.at[idx]
        write = {"null": at.set, "ADD": at.add, "MAX": at.max, "MIN": at.min}[fn]
        return write(value, mode="drop")

    # ---------------------------------------------------------------- references

    def op_RefNew(self, _, v, __):
        return jax.new_ref(v[0].x)

    def op_RefFreeze(self, _, v, __):
        return jax.ref.freeze(v[0].x)

    def op_RefGet(self, a, v, types):
        if not a["sels"] and not a["masked"]:
            return v[0].x[...]
        idx, mask, _ = self._indices(a, v[0], v[1:])
        x = v[0].x[idx] if v[0].dims else v[0].x[...]
        return x if mask is None else jnp.where(mask, x, jnp.zeros_like(x))

    def op_RefSet(self, a, v, _):
        idx, mask, result = self._indices(a, v[0], v[2:])
        value = spread(v[1], result)
        if not a["sels"] and not a["masked"]:
            v[0].x[...] = value
        elif mask is None:
            v[0].x[idx] = value
        else:
            v[0].x[...] = self._written(v[0].x[...], idx, mask, value, "null")
        return []

    def op_RefCombine(self, a, v, _):
        idx, mask, result = self._indices(a, v[0], v[2:])
        value = spread(v[1], result)
        if a["fn"] != "ADD":
            v[0].x[...] = self._written(v[0].x[...], idx, mask, value, a["fn"])
        elif not a["sels"] and not a["masked"]:
            jax.ref.addupdate(v[0].x, ..., value)
        elif mask is None:
            jax.ref.addupdate(v[0].x, idx, value)
        else:
            v[0].x[...] = self._written(v[0].x[...], idx, mask, value, "ADD")
        return []

    def op_RefSwap(self, a, v, _):
        if a["edge"] == "ADD":
            raise Unsupported("a swap that adds")
        idx, mask, result = self._indices(a, v[0], v[2:])
        value = spread(v[1], result)
        if not a["sels"] and not a["masked"]:
            return jax.ref.swap(v[0].x, ..., value)
        if mask is None:
            return jax.ref.swap(v[0].x, idx, value)
        old = v[0].x[idx]
        v[0].x[...] = self._written(v[0].x[...], idx, mask, value, "null")
        return old if a["edge"] == "CLAMP" else jnp.where(mask, old, jnp.zeros_like(old))

    # ---------------------------------------------------------------- control

    def _body(self, a, key, first, captured):
        """Results of a nested program; arrays first, then what it captured, references as such."""
        return [o.x for o in Evaluator(a[key]).run(first + captured)]

    def op_Scan(self, a, v, types):
        n = a["carry"]
        given, captured = v[:n], v[n:]

        def step(c, i):
            first = [Value(i, ["i32", []])] + [Value(x, t) for x, t in zip(c, types)]
            return tuple(self._body(a, "body", first, captured)), None

        out, _ = lax.scan(step, tuple(x.x for x in given),
                          jnp.arange(a["length"], dtype=jnp.int32), reverse=a["reverse"])
        return list(out)

    def op_While(self, a, v, types):
        n = a["carry"]
        captured = v[n:]

        def values(c):
            return [Value(x, t) for x, t in zip(c, types)]

        out = lax.while_loop(
            lambda c: self._body(a, "condition", values(c), captured)[0],
            lambda c: tuple(self._body(a, "body", values(c), captured)),
            tuple(x.x for x in v[:n]))
        return list(out)

    def op_Cond(self, a, v, _):
        out = lax.cond(v[0].x,
                       lambda: tuple(self._body(a, "yes", [], v[1:])),
                       lambda: tuple(self._body(a, "no", [], v[1:])))
        return list(out)

    def op_Call(self, a, v, _):
        return self._body(a, "body", [], v)

    def op_CustomJvp(self, a, v, _):
        return self._body(a, "body", [], v)

    def op_CustomVjp(self, a, v, _):
        return self._body(a, "body", [], v)


def transformed(letters, f, mode):
    """The function after these transformations, as RandomFunctions.transformed has them."""
    for c in letters:
        f = one(c, f, mode)
    return f


def direction(w):
    return w * w + 0.25


def one(letter, f, mode):
    plain = mode != "references"

    def along(g, w):
        return jnp.sum(g * direction(w))

    def derivative(h, *at):
        """Along the direction of the first, for each argument."""
        if mode == "forward":
            return jax.jvp(h, at, (direction(at[0]),) * len(at))[1]
        return along(sum(jax.grad(h, tuple(range(len(at))))(*at)), at[0])

    def gradient(w):
        if mode != "forward":
            return jax.grad(f)(w)
        columns = [jax.jvp(f, (w,), (jnp.zeros_like(w).at[k].set(1),))[1]
                   for k in np.ndindex(w.shape)]
        return jnp.reshape(jnp.stack(columns), w.shape)

    def by_vjp(w):
        if plain:
            return derivative(f, w)
        y, back = jax.vjp(f, w)
        return along(back(jnp.ones_like(y))[0], w)

    def lanes(w):
        scales = jnp.arange(3, dtype=w.dtype) * 0.5 + 0.5
        return jnp.sum(jax.vmap(f)(w[None] * scales.reshape((3,) + (1,) * w.ndim)))

    def of_reference(w):
        if plain:
            return derivative(lambda x: f(x) + 0.5 * jnp.sum(0.5 * x + f(x)), w)

        def h(r):
            y = f(r[...])
            r[...] = r[...] * 0.5 + y
            return y + jnp.sum(r[...]) * 0.5

        g = jax.new_ref(jnp.zeros_like(w))
        y, back = jax.vjp(h, jax.new_ref(w))
        back.with_refs(g)(jnp.ones_like(y))
        return along(jax.ref.freeze(g), w)

    def added(w):
        if plain:
            return along(w * 0.5, w) + derivative(f, w)
        g = jax.new_ref(w * 0.5)
        y, back = jax.vjp(f, w)
        back.with_refs(g)(jnp.ones_like(y))
        return along(jax.ref.freeze(g), w)

    def of_both(w):
        if plain:
            return derivative(lambda x, y: f(y + x) + jnp.sum(x * (y + x)), w, w * 0.5)

        def h(x, r):
            r[...] = r[...] + x
            return f(r[...]) + jnp.sum(x * r[...])

        g = jax.new_ref(jnp.zeros_like(w))
        y, back = jax.vjp(h, w, jax.new_ref(w * 0.5))
        d, _ = back.with_refs(jax.ad.GradValue(), g)(jnp.ones_like(y))
        return along(d + jax.ref.freeze(g), w)

    return {
        "G": lambda w: derivative(f, w),
        "P": by_vjp,
        "J": lambda w: jax.jvp(f, (w,), (direction(w),))[1],
        "V": lanes,
        "K": jax.checkpoint(f),
        "T": jax.jit(f),
        "C": f,
        "D": f,
        "R": of_reference,
        "A": added,
        "M": of_both,
        "g": gradient,
    }[letter]


def same(x, expected):
    """As PeerHunt compares: to 1e-8 of the largest number."""
    scale = max([1.0, *(abs(v) for v in expected if np.isfinite(v))])
    return len(x) == len(expected) and all(
        a == b or (np.isnan(a) and np.isnan(b)) or abs(a - b) <= 1e-8 * scale
        for a, b in zip(x, expected))


def answer(task):
    program = task["program"]
    types = task["types"]
    values = [np.array([float.fromhex(x) for x in a], DTYPES[t[0]]).reshape([s for _, s in t[1]])
              for a, t in zip(task["inputs"], types)]
    rest = [Value(jnp.asarray(x), t) for x, t in zip(values[1:], types[1:])]

    def untransformed(w):
        return Evaluator(program).run([Value(w, types[0])] + rest)[0].x

    f = transformed(task["letters"], untransformed, task["mode"])
    expected = [float.fromhex(x) for x in task["expected"]]
    if not task["xla"]:
        traced = jax.make_jaxpr(f)(jnp.asarray(values[0]))
        try:
            out = jaxpr_numpy.call(traced, values[0])[0]
        except jaxpr_numpy.Unsupported:
            out = np.array(np.nan)
        if same(out.ravel().tolist(), expected):
            return "numpy", out
    return "xla", jax.jit(f)(jnp.asarray(values[0]))


def main():
    gc.disable()  # JAX's caches are large to walk through
    for k, line in enumerate(sys.stdin):
        try:
            by, out = answer(json.loads(line))
            numbers = np.asarray(out, np.float64).ravel().tolist()
            reply = " ".join(["ok", by, *(x.hex() for x in numbers)])
        except Exception as x:  # whatever JAX refuses is the answer
            reply = "error " + type(x).__name__ + ": " + " ".join(str(x).split())[:300]
        print(reply, flush=True)
        if k % 100 == 99:
            jax.clear_caches()
            gc.collect()


if __name__ == "__main__":
    main()
