"""Evaluates what JAX traced with NumPy, one operation after the other.

Tracing and transforming a small program takes JAX a twentieth of a second, compiling it with XLA
three times that. `random_programs_jax.py` compares tens of thousands of them: it lets JAX trace and
transform, evaluates the resulting jaxpr here, and lets XLA run those whose numbers are not the
expected ones, so that a mistake of this page is never taken for one of JAX.

References stay references: `get`, `swap` and `addupdate` read and write the array of a `Ref`.
"""

import numpy as np
from jax import tree_util
from jax.lax import GatherScatterMode


class Ref:
    """The array of a reference. Arrays themselves are never changed in place."""

    def __init__(self, x):
        self.x = x


class Unsupported(Exception):
    """A primitive that this page does not evaluate."""


def call(closed, *args):
    """The results of a closed jaxpr, as arrays."""
    with np.errstate(all="ignore"):
        return evaluate(closed.jaxpr, closed.consts, args)


def evaluate(jaxpr, consts, args):
    env = dict(zip(jaxpr.constvars, map(np.asarray, consts)))
    env.update(zip(jaxpr.invars, args))

    def read(v):
        return np.asarray(v.val, v.aval.dtype) if hasattr(v, "val") else env[v]

    for e in jaxpr.eqns:
        name = e.primitive.name
        given = [read(v) for v in e.invars]
        if name in SIMPLE:
            out = [SIMPLE[name](*given)]
        elif name in RULES:
            out = RULES[name](e, *given)
        else:
            raise Unsupported(f"NumPy has no rule for {name}")
        for v, x in zip(e.outvars, out):
            env[v] = x if isinstance(x, Ref) else np.asarray(x, v.aval.dtype)
    return [read(v) for v in jaxpr.outvars]


def inner(jaxpr, *args):
    """A nested jaxpr, closed or not."""
    if hasattr(jaxpr, "jaxpr"):
        return evaluate(jaxpr.jaxpr, jaxpr.consts, args)
    return evaluate(jaxpr, getattr(jaxpr, "consts", ()), args)


# -------------------------------------------------------------------- numbers


def div(x, y):
    if np.issubdtype(x.dtype, np.floating):
        return x / y
    return (np.sign(x) * np.sign(y)) * (np.abs(x) // np.maximum(np.abs(y), 1))


def select(which, *cases):
    return np.choose(which.astype(np.intp), np.broadcast_arrays(*cases))


SIMPLE = {
    "add": np.add, "add_any": np.add, "sub": np.subtract, "mul": np.multiply, "div": div,
    "rem": np.fmod, "max": np.maximum, "min": np.minimum, "pow": np.power, "atan2": np.arctan2,
    "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor, "not": np.invert,
    "neg": np.negative, "abs": np.abs, "sign": np.sign, "floor": np.floor, "ceil": np.ceil,
    "round": np.round, "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p,
    "sqrt": np.sqrt, "cbrt": np.cbrt, "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "tanh": np.tanh, "rsqrt": lambda x: 1 / np.sqrt(x), "square": np.square,
    "logistic": lambda x: 1 / (1 + np.exp(-x)), "one_minus_square": lambda x: (1 - x) * (1 + x),
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
    "eq": np.equal, "ne": np.not_equal, "select_n": select, "copy": np.copy, "copy_p": np.copy,
    "stop_gradient": np.copy, "clamp": lambda low, x, high: np.minimum(np.maximum(x, low), high),
    "is_finite": np.isfinite,
}


# -------------------------------------------------------------------- arrays


def broadcast(e, x):
    shape = e.params["shape"]
    at = e.params["broadcast_dimensions"]
    spread = [1] * len(shape)
    for k, d in enumerate(at):
        spread[d] = x.shape[k]
    return [np.broadcast_to(x.reshape(spread), shape)]


def reduction(fn):
    return lambda e, x: [fn(x, axis=tuple(e.params["axes"]))]


def arg_reduction(fn):
    return lambda e, x: [fn(x, axis=e.params["axes"][0])]


def cumulative(fn):
    def rule(e, x):
        k = e.params["axis"]
        return [np.flip(fn(np.flip(x, k), axis=k), k) if e.params["reverse"] else fn(x, axis=k)]

    return rule


def iota(e):
    shape = e.params["shape"]
    k = e.params["dimension"]
    line = np.arange(shape[k], dtype=e.params["dtype"])
    return [np.broadcast_to(line.reshape([-1 if d == k else 1 for d in range(len(shape))]), shape)]


def pad(e, x, value):
    """Negative padding cuts; the third number puts elements between."""
    for k, (low, high, between) in enumerate(e.params["padding_config"]):
        n = x.shape[k]
        wide = n + max(n - 1, 0) * between
        out = np.full(x.shape[:k] + (wide + max(low, 0) + max(high, 0),) + x.shape[k + 1:], value)
        at = [slice(None)] * x.ndim
        at[k] = slice(max(low, 0), max(low, 0) + wide, between + 1)
        out[tuple(at)] = x
        at[k] = slice(max(-low, 0), out.shape[k] - max(-high, 0))
        x = out[tuple(at)]
    return [x]


def static_slice(e, x):
    p = e.params
    steps = p["strides"] or (1,) * x.ndim
    return [x[tuple(map(slice, p["start_indices"], p["limit_indices"], steps))]]


def window(x, starts, sizes):
    """Slices of these sizes; a start outside is moved inside."""
    return tuple(
        slice(int(s), int(s) + n)
        for s, n in ((np.clip(s, 0, d - n), n) for s, d, n in zip(starts, x.shape, sizes)))


def dynamic_slice(e, x, *starts):
    return [x[window(x, starts, e.params["slice_sizes"])]]


def dynamic_update_slice(_, x, value, *starts):
    x = x.copy()
    x[window(x, starts, value.shape)] = value
    return [x]


def dot_general(e, x, y):
    (cx, cy), (bx, by) = e.params["dimension_numbers"]
    names = iter(range(100))
    batch = [next(names) for _ in bx]
    sums = [next(names) for _ in cx]

    def label(rank, contracted, batched):
        out = [None] * rank
        for k, d in enumerate(batched):
            out[d] = batch[k]
        for k, d in enumerate(contracted):
            out[d] = sums[k]
        free = [k for k in range(rank) if out[k] is None]
        for k in free:
            out[k] = next(names)
        return out, [out[k] for k in free]

    nx, fx = label(x.ndim, cx, bx)
    ny, fy = label(y.ndim, cy, by)
    return [np.einsum(x, nx, y, ny, batch + fx + fy)]


def sort(e, *xs):
    k = e.params["dimension"]
    if e.params["num_keys"] != 1:
        raise Unsupported("a sort by several keys")
    order = np.argsort(xs[0], axis=k, kind="stable")
    return [np.take_along_axis(x, order, axis=k) for x in xs]


def places(d, x, indices, sizes, clip):
    """For each axis of x an index array over the batch and then the whole slice, and what fits.

    d names the axes as gather has them: offset, collapsed, start, batches of the operand and of the
    indices; sizes are those of the slice.
    """
    collapsed, start, batches, index_batches = d
    batch = indices.shape[:-1]
    rank = len(batch) + x.ndim
    fits = np.ones(batch + (1,) * x.ndim, bool)
    out = []
    for axis in range(x.ndim):
        own = [1] * rank
        own[len(batch) + axis] = sizes[axis]
        i = np.arange(sizes[axis], dtype=np.int64).reshape(own)
        if axis in start:
            s = indices[..., start.index(axis)].astype(np.int64)
            most = x.shape[axis] - sizes[axis]
            if clip:
                s = np.clip(s, 0, most)
            else:
                inside = (s >= 0) & (s <= most)
                fits = fits & inside.reshape(batch + (1,) * x.ndim)
                s = np.where(inside, s, 0)
            i = i + s.reshape(batch + (1,) * x.ndim)
        elif axis in batches:
            lane = index_batches[batches.index(axis)]
            i = i + np.arange(batch[lane]).reshape([-1 if k == lane else 1 for k in range(rank)])
        out.append(i)
    full = batch + tuple(sizes)
    gone = tuple(len(batch) + k for k in (*collapsed, *batches))
    flat = tuple(np.squeeze(np.broadcast_to(i, full), gone) for i in out)
    return flat, np.squeeze(np.broadcast_to(fits, full), gone)


def gather(e, x, indices):
    n = e.params["dimension_numbers"]
    d = (n.collapsed_slice_dims, n.start_index_map, n.operand_batching_dims,
         n.start_indices_batching_dims)
    clip = e.params["mode"] == GatherScatterMode.CLIP
    at, fits = places(d, x, indices, e.params["slice_sizes"], clip)
    out = x[at]
    if e.params["mode"] == GatherScatterMode.FILL_OR_DROP:
        fill = e.params["fill_value"]
        if fill is None:
            floating = np.issubdtype(x.dtype, np.floating)
            fill = np.nan if floating else True if x.dtype == bool else np.iinfo(x.dtype).min
        out = np.where(fits, out, np.asarray(fill, x.dtype))
    batch = [k for k in range(out.ndim) if k not in n.offset_dims]
    return [np.moveaxis(out, range(out.ndim), batch + list(n.offset_dims))]


def scatter(fn):
    def rule(e, x, indices, updates):
        n = e.params["dimension_numbers"]
        gone = (*n.inserted_window_dims, *n.operand_batching_dims)
        sizes = [1] * x.ndim
        kept = [k for k in range(x.ndim) if k not in gone]
        for k, u in zip(kept, n.update_window_dims):
            sizes[k] = updates.shape[u]
        d = (n.inserted_window_dims, n.scatter_dims_to_operand_dims, n.operand_batching_dims,
             n.scatter_indices_batching_dims)
        at, fits = places(d, x, indices, sizes, e.params["mode"] == GatherScatterMode.CLIP)
        first = [k for k in range(updates.ndim) if k not in n.update_window_dims]
        updates = np.transpose(updates, first + list(n.update_window_dims))
        out = x.copy()
        chosen = tuple(np.broadcast_to(i, updates.shape)[fits] for i in at)
        fn(out, chosen, updates[fits])
        return [out]

    return rule


def put(x, at, value):
    if x.ndim == 0:
        x[...] = value[-1] if value.size else x
    else:
        x[at] = value


def combine(fn):
    def put(x, at, value):
        if x.ndim == 0:
            x[...] = fn(x, fn.reduce(value)) if value.size else x
        else:
            fn.at(x, at, value)

    return put


# -------------------------------------------------------------------- references


def index(e, flat):
    """The NumPy index of a reference's transforms."""
    transforms = tree_util.tree_unflatten(e.params["tree"], flat)
    if not transforms:
        return ...
    if len(transforms) > 1:
        raise Unsupported("a reference with several transforms")
    (at,) = transforms
    out = []
    for i, n in zip(at.indices, at.shape):
        if hasattr(i, "stride"):
            start = int(i.start)
            out.append(slice(start, start + i.size * i.stride, i.stride))
        else:
            i = np.asarray(i)
            out.append(np.where(i < 0, i + n, i))
    return tuple(out)


def get(e, ref, *flat):
    return [np.array(ref.x[index(e, flat)])]


def swap(e, ref, value, *flat):
    at = index(e, flat)
    old = np.array(ref.x[at])
    ref.x = ref.x.copy()
    ref.x[at] = value
    return [old]


def addupdate(e, ref, value, *flat):
    ref.x = ref.x.copy()
    np.add.at(ref.x, index(e, flat), value)
    return []


# -------------------------------------------------------------------- control


def scan(e, *args):
    p = e.params
    consts, carry, xs = (list(g) for g in p["ft_in"].update(args).unpack())
    steps = range(p["length"])
    rows = []
    for k in reversed(steps) if p["reverse"] else steps:
        out = inner(p["jaxpr"], *consts, *carry, *(x[k] for x in xs))
        carry, row = (list(g) for g in p["ft_out"].update(out).unpack())
        rows.append(row)
    if p["reverse"]:
        rows.reverse()
    stacks = e.outvars[len(carry):]
    ys = [np.stack([r[k] for r in rows]) if rows else np.zeros(v.aval.shape)
          for k, v in enumerate(stacks)]
    return carry + ys


def while_loop(e, *args):
    p = e.params
    n = p["cond_nconsts"]
    m = n + p["body_nconsts"]
    carry = args[m:]
    while inner(p["cond_jaxpr"], *args[:n], *carry)[0]:
        carry = inner(p["body_jaxpr"], *args[n:m], *carry)
    return carry


def cond(e, which, *args):
    branches = e.params["branches"]
    return inner(branches[int(np.clip(which, 0, len(branches) - 1))], *args)


def nested(key):
    return lambda e, *args: inner(e.params[key], *args)


RULES = {
    "integer_pow": lambda e, x: [x ** e.params["y"]], "broadcast_in_dim": broadcast, "iota": iota, "pad": pad,
    "reshape": lambda e, x: [x.reshape(e.params["new_sizes"])],
    "squeeze": lambda e, x: [np.squeeze(x, tuple(e.params["dimensions"]))],
    "expand_dims": lambda e, x: [np.expand_dims(x, tuple(e.params["dimensions"]))],
    "transpose": lambda e, x: [np.transpose(x, e.params["permutation"])],
    "rev": lambda e, x: [np.flip(x, tuple(e.params["dimensions"]))],
    "concatenate": lambda e, *xs: [np.concatenate(xs, axis=e.params["dimension"])],
    "convert_element_type": lambda e, x: [x.astype(e.params["new_dtype"])],
    "empty2": lambda e: [np.zeros((), e.params["dtype"])],
    "reduce_sum": reduction(np.sum), "reduce_max": reduction(np.max),
    "reduce_min": reduction(np.min), "reduce_or": reduction(np.any),
    "reduce_and": reduction(np.all), "argmax": arg_reduction(np.argmax),
    "argmin": arg_reduction(np.argmin), "cumsum": cumulative(np.cumsum),
    "slice": static_slice, "dynamic_slice": dynamic_slice,
    "dynamic_update_slice": dynamic_update_slice, "dot_general": dot_general, "sort": sort,
    "gather": gather, "scatter": scatter(put), "scatter-add": scatter(combine(np.add)),
    "scatter-mul": scatter(combine(np.multiply)), "scatter-max": scatter(combine(np.maximum)),
    "scatter-min": scatter(combine(np.minimum)),
    "new_ref": lambda e, x: [Ref(x)], "freeze": lambda e, ref: [ref.x], "get": get, "swap": swap,
    "addupdate": addupdate, "scan": scan, "while": while_loop, "cond": cond,
    "jit": nested("jaxpr"), "pjit": nested("jaxpr"), "remat2": nested("jaxpr"),
    "checkpoint": nested("jaxpr"), "eval_jaxpr": nested("call_jaxpr"),
    "closed_call": nested("call_jaxpr"), "custom_jvp_call": nested("call_jaxpr"),
    "custom_vjp_call": nested("call_jaxpr"),
}
