"""Golden values of Haliax's NamedRef and of NamedArray indexing.

A case is a list of steps in a small language (README.md, "Steps"); this script carries the steps out with Haliax and
writes them down with what they gave, so that a reader can carry them out with another library.
"""
import re
import sys
import warnings

import haliax as hax
import jax
import jax.numpy as jnp
import numpy as np

from golden import Book

warnings.simplefilter("ignore")
book = Book()


def shape_of(text):
    return tuple(hax.Axis(n, int(s)) for n, s in (p.split(":") for p in text.split(",") if p))


def array(axes, values=None, dtype="float32"):
    """An array with named axes, 'Batch:4,Feature:3'; without values 0, 1, 2, …"""
    axes = shape_of(axes)
    n = int(np.prod([a.size for a in axes])) if axes else 1
    v = np.arange(n) if values is None else np.array(values)
    return hax.named(jnp.asarray(v.reshape([a.size for a in axes]), dtype), axes)


def index(axes, values):
    return array(axes, values, "int32")


def selections(text, env):
    """'Batch.at(0); Feature.range(1,3)' to Haliax's dictionary."""
    result = {}
    for part in filter(None, (p.strip() for p in text.split(";"))):
        name, kind, args = re.fullmatch(r"(\w+)\.(\w+)\((.*)\)", part).groups()
        args = [env[a[1:]] if a.startswith("@") else int(a) for a in filter(None, (a.strip() for a in args.split(",")))]
        if kind == "at" and len(args) == 1:
            result[name] = args[0]
        elif kind == "at":
            result[name] = hax.named(jnp.asarray(args, "int32"), hax.Axis(name, len(args)))
        elif kind == "range":
            result[name] = slice(*args)
        elif kind == "from":
            result[name] = slice(args[0], None)
        elif kind == "to":
            result[name] = slice(None, args[0])
        elif kind == "all":
            result[name] = slice(None)
        elif kind == "ds":
            start = args[0].array if isinstance(args[0], hax.NamedArray) else args[0]
            result[name] = hax.ds(start, args[1])  # a NamedArray's raw start; the model reads a Named
        else:
            raise ValueError(part)
    return result


def value(text, env):
    return env[text[1:]] if text.startswith("@") else float(text) if "." in text else int(text)


STEP = r"(?:(\w+) = )?(\w+) (@?\w+)(?: \[(.*?)\])?(?: (\S+))?"


def step(text, env):
    """One step with Haliax."""
    target, op, base, sel, val = re.fullmatch(STEP, text).groups()
    b = env[base.lstrip("@")]
    idx = selections(sel, env) if sel is not None else None
    r = None
    if op == "new_ref":
        r = hax.new_ref(b)
    elif op == "index":
        r = b[idx]
    elif op == "get":
        r = b[idx if idx else ...]
    elif op == "set":
        b[idx if idx else ...] = value(val, env)
    elif op == "add":
        b[idx if idx else ...] = b[idx if idx else ...] + value(val, env)
    elif op == "slice":
        r = b.slice(idx)
    elif op == "unsliced":
        r = b.unsliced()
    elif op == "freeze":
        r = hax.freeze(b)
    elif op == "swap":
        r = hax.swap(b, idx if idx else ..., value(val, env))
    elif op.startswith("at_"):
        r = getattr(b.at[idx], op[3:])(value(val, env))
    else:
        raise ValueError(text)
    if target:
        env[target] = hax.named(r, ()) if isinstance(r, jax.Array) else r


class Named:
    """A numpy array with axis names, for the model."""

    def __init__(self, names, data):
        self.names, self.data = tuple(names), np.asarray(data)
        assert self.data.ndim == len(self.names)

    def to(self, names):
        """This array with its axes in the order of names; missing ones get size 1."""
        have = [n for n in names if n in self.names]
        t = self.data.transpose([self.names.index(n) for n in have])
        return t.reshape([self.data.shape[self.names.index(n)] if n in self.names else 1 for n in names])


class Model:
    """What a view of a storage is: for each base axis a number, or the base positions that its axis walks through."""

    def __init__(self, names, data, where=None):
        self.names, self.data = names, data  # data is shared between the views of one storage
        self.where = where if where is not None else [np.arange(n) for n in data.shape]

    def combine(self, sel):
        """The selections of each base axis, as a number, positions (the axis is kept) or a Named of positions."""
        where = list(self.where)
        for name, s in sel.items():
            i = self.names.index(name)
            positions = where[i]
            assert isinstance(positions, np.ndarray), name
            if isinstance(s, Named):
                v = np.where(s.data < 0, s.data + len(positions), s.data)
                bad = (v < 0) | (v >= len(positions))
                where[i] = Named(s.names, np.where(bad, -1 - np.clip(v, 0, len(positions) - 1), positions[np.clip(v, 0, len(positions) - 1)]))
            elif isinstance(s, tuple):  # a window is moved until it fits
                _, start, size = s
                start = min(max(start + len(positions) if start < 0 else start, 0), len(positions) - size)
                where[i] = positions[start : start + size]
            else:
                where[i] = positions[s]
        return where

    def view(self, sel):
        return Model(self.names, self.data, self.combine(sel))

    def positions(self, sel):
        """Result names and, for each base axis, an index array over them. Names of index arrays stand where the first indexed axis stood."""
        where = self.combine(sel)
        kept = [n for n, w in zip(self.names, where) if isinstance(w, np.ndarray)]
        names = []
        for n, w in zip(self.names, where):
            if isinstance(w, Named):
                new = dict.fromkeys(m for v in where if isinstance(v, Named) for m in v.names)
                names += [m for m in new if m not in names and m not in kept]
            elif isinstance(w, np.ndarray) and n not in names:
                names.append(n)
        parts = []
        for n, w in zip(self.names, where):
            if not isinstance(w, Named):
                w = Named((n,), w) if isinstance(w, np.ndarray) else Named((), w)
            parts.append(w.to(names))
        return names, np.broadcast_arrays(*parts) if parts else []

    def get(self, sel):
        names, at = self.positions(sel)
        at = [np.where(p < 0, -1 - p, p) for p in at]
        return Named(names, self.data[tuple(at)])

    def put(self, sel, v, f):
        names, at = self.positions(sel)
        v = np.broadcast_to(v.to(names) if isinstance(v, Named) else np.asarray(v), at[0].shape).ravel()
        at = [p.ravel() for p in at]
        for k in range(v.size):
            spot = tuple(int(p[k]) for p in at)
            if min(spot) >= 0:
                self.data[spot] = f(self.data[spot], v[k])


UPDATES = {"set": lambda a, b: b, "add": lambda a, b: a + b, "multiply": lambda a, b: a * b, "min": min, "max": max}


def model_step(text, env):
    """One step with the model."""
    target, op, base, sel, val = re.fullmatch(STEP, text).groups()
    b = env[base.lstrip("@")]
    r = None
    full = {}
    if sel is not None:
        raw = selections(sel, {k: v for k, v in env.items()})
        for name, v in raw.items():
            if isinstance(v, hax.NamedArray):
                v = Named([a.name for a in v.axes], v.array)
            if isinstance(v, Named) and v.data.ndim == 0:
                v = Named((), v.data)
            if hasattr(v, "size") and hasattr(v, "start"):
                start = int(v.start.data if isinstance(v.start, Named) else v.start)
                v = ("ds", start, v.size)
            full[name] = v
    if isinstance(b, Named) and op != "new_ref":
        m = Model(list(b.names), b.data.copy())
        if op == "index":
            r = m.get(full)
        else:
            m.put(full, value(val, env), UPDATES[op[3:]])
            r = Named(b.names, m.data)
    elif op == "new_ref":
        r = Model(list(b.names), b.data.copy())
    elif op in ("get", "freeze"):
        r = b.get(full)
    elif op == "swap":
        r = b.get(full)
        b.put(full, value(val, env), UPDATES["set"])
    elif op in ("set", "add"):
        b.put(full, value(val, env), UPDATES[op])
    elif op == "slice":
        r = b.view(full)
    elif op == "unsliced":
        r = Model(b.names, b.data)
    else:
        raise ValueError(text)
    if target:
        env[target] = r


def case(name, steps, notes=(), **inputs):
    """Runs the steps with Haliax and with the model. Haliax's word counts, axis order included, unless it fails or disagrees with the model."""
    henv, menv = dict(inputs), {k: Named([a.name for a in v.axes], v.array) for k, v in inputs.items()}
    c = book.case(name)
    for k, v in inputs.items():
        c.inp(k, v)
    made = []
    for i, s in enumerate(steps):
        c.note(f"step{i + 1}", s)
        model_step(s, menv)
        m = re.match(r"(\w+) = ", s)
        if m:
            made.append(m[1])
    try:
        for s in steps:
            step(s, henv)
        failure = None
    except Exception as e:
        failure = f"fails: {type(e).__name__}: {str(e).splitlines()[0][:160]}"
    for k, v in dict(notes).items():
        c.note(k, v)
    c.note("tolerance", "exact")
    for k in made:
        want = menv[k].get({}) if isinstance(menv[k], Model) else menv[k]
        got = None
        if failure is None:
            h = henv[k].value() if isinstance(henv[k], hax.NamedRef) else henv[k]
            names = [a.name for a in h.axes]
            if sorted(names) != sorted(want.names) or not np.array_equal(want.to(names), np.asarray(h.array)):
                failure = f"is wrong about {k}: it has {dict(zip(names, h.array.shape))} {np.asarray(h.array).ravel().tolist()[:12]}"
            else:
                got = h
                if names != list(want.names):
                    c.note("order", f"{k}: by semantics.md, rule 8, the order would be {','.join(want.names)}")
                c.out(k, got)
        if got is None:
            c.out(k, want.data.astype(np.asarray(next(iter(inputs.values())).array).dtype), list(want.names))
    if failure is not None:
        c.note("haliax", failure + "; the values are what the same selections give elsewhere (semantics.md)")
        FAILURES.append(name)
    return c


FAILURES = []


def refused(name, steps, notes=(), **inputs):
    """A case whose last step Haliax refuses."""
    env = dict(inputs)
    c = book.case(name)
    for k, v in inputs.items():
        c.inp(k, v)
    for i, s in enumerate(steps):
        c.note(f"step{i + 1}", s)
        try:
            step(s, env)
        except Exception as e:
            assert i == len(steps) - 1, (name, s, e)
            c.note("refused", f"{type(e).__name__}: {str(e).splitlines()[0][:200]}")
            break
    else:
        raise AssertionError(f"{name}: not refused")
    for k, v in dict(notes).items():
        c.note(k, v)
    return c


BF = array("Batch:4,Feature:3")
NEW = "ref = new_ref @x"

# --- the page on mutable references, line by line ---
case("page/new_ref", [NEW], x=array("Batch:4,Feature:8"))
case("page/read-row", [NEW, "row = get ref [Batch.at(0)]"], x=BF)
case("page/write-row", [NEW, "set ref [Batch.at(0)] @v", "row = get ref [Batch.at(0)]"], x=array("Batch:4,Feature:8", [0] * 32), v=array("Feature:8"))
case("page/normalize", [NEW, "mine = get ref [Batch.all()]", "set ref [Batch.all()] @centred", "out = get ref"],
     notes={"pseudo": "in jit: ref = newRef(x); ref[Batch all] = ref[Batch all] - mean(x, Batch); return ref[...]; centred is x - mean(x, Batch)"},
     x=BF, centred=BF - hax.mean(BF, "Batch"))
case("page/window", [NEW, "window = slice ref [layer.range(4,8)]", "set window [layer.at(0); head.at(3)] 1.0", "seen = get window", "cell = get ref [layer.at(4); head.at(3)]"],
     x=array("layer:24,head:8", [0] * 192))
case("page/slice-refs-compose", [NEW, "a = slice ref [layer.range(1,4)]", "b = slice a [layer.at(0)]", "set b [] @v", "row = get ref [layer.at(1)]"],
     x=array("layer:24,head:8"), v=array("head:8", np.arange(8) * -1.0))
case("page/unsliced", [NEW, "a = slice ref [layer.range(1,4)]", "b = slice a [layer.at(0)]", "all = unsliced b"], x=array("layer:6,head:2"))
case("page/collect-metrics", [NEW, "old = get ref [Batch.all()]", "add ref [Batch.all()] @y"], x=array("Batch:4", [1, 2, 3, 4]), y=array("Batch:4", [0.5, -1, 2, 0]),
     notes={"pseudo": "stats_ref[Batch all] += stopGradient(y)"})
case("page/freeze", [NEW, "set ref [layer.at(2)] 5.0", "final = freeze ref"], x=array("layer:3"))
case("page/swap", [NEW, "prev = swap ref [layer.range(0,2)] @ones"], x=array("layer:5,head:2"), ones=array("layer:2,head:2", [1] * 4))

# --- reads ---
READS = {
    "all": "", "int": "Batch.at(2)", "int-negative": "Batch.at(-1)", "int-feature": "Feature.at(1)", "two-ints": "Batch.at(3); Feature.at(0)",
    "two-ints-other-order": "Feature.at(0); Batch.at(3)", "range": "Batch.range(1,3)", "range-feature": "Feature.range(1,3)", "range-both": "Batch.range(1,4); Feature.range(0,2)",
    "range-int": "Batch.range(1,4); Feature.at(2)", "int-range": "Batch.at(1); Feature.range(1,3)", "from": "Batch.from(2)", "to": "Batch.to(3)", "to-negative": "Batch.to(-1)",
    "from-negative": "Batch.from(-2)", "strided": "Batch.range(0,4,2)", "strided-odd": "Batch.range(1,4,2)", "strided-3": "Batch.range(0,4,3)", "range-past-end": "Batch.range(2,99)",
    "ds": "Batch.ds(1,2)", "ds-0": "Batch.ds(0,4)", "ds-int": "Batch.ds(1,2); Feature.at(1)", "ds-ds": "Batch.ds(2,2); Feature.ds(1,2)", "range-ds": "Batch.range(0,3,2); Feature.ds(1,2)"}
for n, s in READS.items():
    case(f"read/{n}", [NEW, f"r = get ref [{s}]"], x=BF)
case("read/rank3/int-middle", [NEW, "r = get ref [Y.at(1)]"], x=array("X:2,Y:3,Z:4"))
case("read/rank3/mixed", [NEW, "r = get ref [Z.at(2); X.range(0,1)]"], x=array("X:2,Y:3,Z:4"))
case("read/rank3/all-ints", [NEW, "r = get ref [Z.at(2); X.at(1); Y.at(0)]"], x=array("X:2,Y:3,Z:4"))
case("read/int-dtype", [NEW, "r = get ref [Batch.range(1,3)]"], x=array("Batch:4,Feature:3", dtype="int32"))
case("read/bool-dtype", [NEW, "r = get ref [Batch.at(1)]"], x=array("Batch:2,Feature:3", [1, 0, 1, 0, 0, 1], dtype="bool"))
case("read/rank0-index", [NEW, "r = get ref [Batch.at(@i)]"], x=BF, i=index("", [2]))
case("read/rank0-index-negative", [NEW, "r = get ref [Batch.at(@i)]"], x=BF, i=index("", [-1]))
case("read/list", [NEW, "r = get ref [Batch.at(0,2,3)]"], x=BF)
case("read/list-repeats", [NEW, "r = get ref [Batch.at(3,0,3)]"], x=BF)

# --- writes ---
for n, s, v in [("int", "Batch.at(2)", "Feature:3"), ("int-negative", "Batch.at(-1)", "Feature:3"), ("int-feature", "Feature.at(1)", "Batch:4"), ("range", "Batch.range(1,3)", "Batch:2,Feature:3"),
                ("range-reordered-value", "Batch.range(1,3)", "Feature:3,Batch:2"), ("all-reordered-value", "", "Feature:3,Batch:4"), ("strided", "Batch.range(0,4,2)", "Batch:2,Feature:3"),
                ("ds", "Batch.ds(1,2)", "Batch:2,Feature:3"), ("ds-reordered-value", "Batch.ds(1,2)", "Feature:3,Batch:2"), ("range-int", "Batch.range(1,4); Feature.at(2)", "Batch:3"),
                ("int-range", "Batch.at(1); Feature.range(1,3)", "Feature:2"), ("ds-int", "Batch.ds(0,3); Feature.at(0)", "Batch:3"), ("to-negative", "Batch.to(-1)", "Batch:3,Feature:3")]:
    val = array(v, np.arange(int(np.prod([a.size for a in shape_of(v)]))) * -1.0 - 1)
    case(f"write/{n}", [NEW, f"set ref [{s}] @v"], x=BF, v=val)
    case(f"write-add/{n}", [NEW, f"add ref [{s}] @v"], x=BF, v=val)
    case(f"swap/{n}", [NEW, f"old = swap ref [{s}] @v"], x=BF, v=val)
case("write/two-ints", [NEW, "set ref [Batch.at(3); Feature.at(1)] 9.5"], x=BF)
case("write-add/two-ints", [NEW, "add ref [Batch.at(3); Feature.at(1)] 9.5"], x=BF)
case("swap/two-ints", [NEW, "old = swap ref [Batch.at(3); Feature.at(1)] 9.5"], x=BF)
case("write/rank0-index", [NEW, "set ref [Batch.at(@i)] @v"], x=BF, i=index("", [2]), v=array("Feature:3", [-1, -2, -3]))
case("write/mutations-are-visible", [NEW, "v = slice ref [Batch.at(1)]", "before = get v", "set ref [Batch.at(1)] @a", "after = get v", "set v [Feature.at(0)] 42.0", "base = get ref"], x=BF,
     a=array("Feature:3", [7, 8, 9]), notes={"remark": "what a get returned does not change afterwards; v shows its last state"})

# --- index arrays ---
I2, I3 = index("I:2", [0, 2]), index("I:3", [3, 1, 1])
for n, s, ins in [
    ("one", "Batch.at(@i)", {"i": I2}), ("one-repeats", "Batch.at(@i)", {"i": I3}), ("one-negative", "Batch.at(@i)", {"i": index("I:2", [-1, 1])}),
    ("one-on-last-axis", "Feature.at(@i)", {"i": I2}), ("same-name", "Batch.at(@i)", {"i": index("Batch:2", [3, 0])}), ("rank2", "Batch.at(@i)", {"i": index("I:2,J:2", [0, 1, 3, 2])}),
    ("paired", "Batch.at(@i); Feature.at(@j)", {"i": index("I:3", [0, 2, 3]), "j": index("I:3", [2, 1, 0])}),
    ("product", "Batch.at(@i); Feature.at(@j)", {"i": index("I:3", [0, 2, 3]), "j": index("J:2", [2, 1])}),
    ("product-other-order", "Feature.at(@j); Batch.at(@i)", {"i": index("I:3", [0, 2, 3]), "j": index("J:2", [2, 1])}),
    ("half-shared", "Batch.at(@i); Feature.at(@j)", {"i": index("I:2,K:2", [0, 2, 3, 1]), "j": index("K:2", [2, 1])}),
    ("aligned-with-feature", "Batch.at(@i)", {"i": index("Feature:3", [3, 0, 2])}), ("aligned-with-batch", "Feature.at(@i)", {"i": index("Batch:4", [2, 0, 1, 2])}),
    ("aligned-and-new", "Batch.at(@i)", {"i": index("I:2,Feature:3", [3, 0, 2, 1, 1, 0])}), ("with-int", "Batch.at(@i); Feature.at(1)", {"i": I2}),
    ("with-range", "Batch.at(@i); Feature.range(0,2)", {"i": I2}), ("with-strided", "Batch.at(@i); Feature.range(0,3,2)", {"i": I2}), ("rank0-and-rank1", "Batch.at(@k); Feature.at(@i)", {"k": index("", [3]), "i": I2})]:
    case(f"index/read/{n}", [NEW, f"r = get ref [{s}]"], x=BF, **ins)
    case(f"index/array/{n}", [f"r = index @x [{s}]"], x=BF, **ins)
    got = BF[selections(s, ins)]
    val = array(",".join(f"{a.name}:{a.size}" for a in got.axes), np.arange(got.array.size) * -1.0 - 1)
    repeats = len(np.unique(np.asarray(got.array))) < got.array.size  # BF's values are all different
    if not repeats:
        case(f"index/write/{n}", [NEW, f"set ref [{s}] @v"], x=BF, v=val, **ins)
        case(f"index/write-add/{n}", [NEW, f"add ref [{s}] @v"], x=BF, v=val, **ins)
        case(f"index/swap/{n}", [NEW, f"old = swap ref [{s}] @v"], x=BF, v=val, **ins)
        case(f"index/at-set/{n}", [f"r = at_set @x [{s}] @v"], x=BF, v=val, **ins)
    case(f"index/at-add/{n}", [f"r = at_add @x [{s}] @v"], x=BF, v=val, **ins)
case("index/write/repeats-last-wins", [NEW, "set ref [Batch.at(@i)] @v"], x=BF, i=I3, v=array("I:3,Feature:3", np.arange(9) * -1.0 - 1))
case("index/at-set/repeats-last-wins", ["r = at_set @x [Batch.at(@i)] @v"], x=BF, i=I3, v=array("I:3,Feature:3", np.arange(9) * -1.0 - 1))
case("index/write/reordered-value", [NEW, "set ref [Batch.at(@i)] @v"], x=BF, i=I2, v=array("Feature:3,I:2", np.arange(6) * -1.0 - 1))
X4 = array("A:2,B:3,C:2,D:3")
for n, s, ins in [("first-and-third", "A.at(@i); C.at(@j)", {"i": index("I:2", [1, 0]), "j": index("I:2", [0, 1])}), ("second-and-fourth", "B.at(@i); D.at(@j)", {"i": index("I:2", [1, 2]), "j": index("I:2", [0, 1])}),
                  ("second-and-fourth-product", "B.at(@i); D.at(@j)", {"i": index("I:2", [1, 2]), "j": index("J:2", [0, 1])}), ("second-third", "B.at(@i); C.at(@j)", {"i": index("I:2", [1, 2]), "j": index("J:2", [0, 1])}),
                  ("third", "C.at(@i)", {"i": index("I:3", [1, 0, 1])}), ("second-and-int-fourth", "B.at(@i); D.at(1)", {"i": index("I:2", [1, 2])}), ("int-first-and-third", "A.at(1); C.at(@i)", {"i": index("I:2", [1, 0])}),
                  ("int-second-and-third", "B.at(1); C.at(@i)", {"i": index("I:2", [1, 0])}), ("aligned-second-with-fourth", "B.at(@i)", {"i": index("D:3", [2, 0, 1])}), ("aligned-third-with-first", "C.at(@i)", {"i": index("A:2", [1, 0])}),
                  ("product-first-fourth-rank2", "A.at(@i); D.at(@j)", {"i": index("I:2,J:2", [0, 1, 1, 0]), "j": index("J:2", [2, 1])})]:
    gap = {"remark": "where an axis that is kept lies between the indexed ones, Haliax (like NumPy) puts the new axes first"}
    case(f"index/rank4/{n}", [f"r = index @x [{s}]"], x=X4, notes=gap, **ins)
    case(f"index/rank4-ref/{n}", [NEW, f"r = get ref [{s}]"], x=X4, notes=gap, **ins)

# --- the page on indexing, its examples with smaller axes ---
XYZ = array("X:4,Y:5,Z:6")
IND1, IND2 = index("I1:3", [0, 3, 1]), index("I2:3,I3:2", [4, 0, 1, 2, 3, 3])
for n, s, ins in [("scalar", "X.at(1); Y.at(2); Z.at(3)", {}), ("one-range", "X.at(1); Y.at(2); Z.range(3,5)", {}), ("two-ranges", "X.at(1); Y.range(2,4); Z.range(3,5)", {}), ("vector", "X.at(1,2,3)", {}),
                  ("one-index", "X.at(@i)", {"i": IND1}), ("two-indices", "X.at(@i); Y.at(@j)", {"i": IND1, "j": IND2}), ("two-indices-and-int", "X.at(@i); Y.at(@j); Z.at(3)", {"i": IND1, "j": IND2}),
                  ("three-indices", "X.at(@i); Y.at(@j); Z.at(@k)", {"i": IND1, "j": IND2, "k": index("K:2", [5, 2])}),
                  ("same-names", "X.at(@i); Y.at(@j)", {"i": index("X:2", [3, 1]), "j": index("Y:3", [4, 0, 2])}), ("exchanged-names", "X.at(@j); Y.at(@i)", {"i": index("X:2", [3, 1]), "j": index("Y:3", [1, 0, 2])})]:
    case(f"page-indexing/{n}", [f"r = index @x [{s}]"], x=XYZ, **ins)
for n, s in [("scalar", "X.at(1); Y.at(2); Z.at(3)"), ("row", "X.at(1)"), ("ds", "X.at(1); Y.ds(1,3); Z.at(3)")]:
    case(f"page-indexing/at-set/{n}", [f"r = at_set @x [{s}] 2.0"], x=XYZ)
    case(f"page-indexing/at-add/{n}", [f"r = at_add @x [{s}] 1.0"], x=XYZ)

# --- functional updates of arrays ---
for op in ("set", "add", "multiply", "min", "max"):
    case(f"at/{op}/int", [f"r = at_{op} @x [Batch.at(1)] @v"], x=BF, v=array("Feature:3", [2, -3, 5]))
    case(f"at/{op}/range", [f"r = at_{op} @x [Batch.range(1,3)] @v"], x=BF, v=array("Batch:2,Feature:3", [2, -3, 5, 1, 0, -1]))
    case(f"at/{op}/number", [f"r = at_{op} @x [Batch.at(1); Feature.range(0,2)] 2.5"], x=BF)
    case(f"at/{op}/ds", [f"r = at_{op} @x [Batch.ds(1,2)] @v"], x=BF, v=array("Batch:2,Feature:3", [2, -3, 5, 1, 0, -1]))
    case(f"at/{op}/missing-axis", [f"r = at_{op} @x [Batch.range(1,3)] @v"], x=BF, v=array("Feature:3", [2, -3, 5]), notes={"remark": "the missing axis is broadcast"})
    case(f"at/{op}/reordered", [f"r = at_{op} @x [Batch.range(1,3)] @v"], x=BF, v=array("Feature:3,Batch:2", [2, -3, 5, 1, 0, -1]))
case("array/index/ds", ["r = index @x [Batch.ds(1,2)]"], x=BF)
case("array/index/ds-int", ["r = index @x [Batch.ds(1,2); Feature.at(0)]"], x=BF)
for n, s in READS.items():
    case(f"array/read/{n}", [f"r = index @x [{s}]"], x=BF)
case("array/index/out-of-bounds-read-clamps", ["r = index @x [Batch.at(@i)]"], x=BF, i=index("I:3", [1, 7, -9]), notes={"remark": "an index array: past the end is clamped, a negative one wraps once and is then clamped"})
case("array/index/out-of-bounds-set-drops", ["r = at_set @x [Batch.at(@i)] @v"], x=BF, i=index("I:3", [1, 7, -9]), v=array("I:3,Feature:3", np.arange(9) * -1.0 - 1))
case("array/index/out-of-bounds-add-drops", ["r = at_add @x [Batch.at(@i)] @v"], x=BF, i=index("I:3", [1, 7, -9]), v=array("I:3,Feature:3", np.arange(9) * -1.0 - 1))
case("array/index/ds-past-end", ["r = index @x [Batch.ds(3,2)]"], x=BF, notes={"differs": "Haliax fills with 0 past the end; Axial moves the start so that the window fits"})

# --- slice refs ---
LH = array("layer:6,head:4")
VIEWS = {
    "range": ["layer.range(1,4)"], "range-range": ["layer.range(1,5)", "layer.range(1,3)"], "range-int": ["layer.range(1,4)", "layer.at(0)"], "range-negative-int": ["layer.range(1,4)", "layer.at(-1)"],
    "int": ["layer.at(2)"], "int-then-head": ["layer.at(2)", "head.range(1,3)"], "strided": ["layer.range(1,6,2)"], "strided-strided": ["layer.range(0,6,2)", "layer.range(0,3,2)"],
    "strided-range": ["layer.range(1,6,2)", "layer.range(1,3)"], "strided-int": ["layer.range(1,6,2)", "layer.at(1)"], "strided-negative-int": ["layer.range(1,6,2)", "layer.at(-1)"], "range-strided": ["layer.range(1,6)", "layer.range(0,5,2)"],
    "ds": ["layer.ds(2,3)"], "ds-range": ["layer.ds(2,3)", "layer.range(1,3)"], "ds-ds": ["layer.ds(1,4)", "layer.ds(2,2)"], "ds-int": ["layer.ds(2,3)", "layer.at(1)"], "ds-negative-int": ["layer.ds(2,3)", "layer.at(-1)"],
    "range-ds": ["layer.range(1,6)", "layer.ds(1,3)"], "strided-ds": ["layer.range(0,6,2)", "layer.ds(1,2)"], "two-axes": ["layer.range(1,4); head.range(1,3)"], "two-axes-in-turn": ["layer.range(1,4)", "head.range(1,3)"],
    "three-deep": ["layer.range(1,6)", "head.range(1,4)", "layer.range(2,4); head.at(1)"], "everything": ["layer.all()"], "from-negative": ["layer.from(-2)"], "int-int": ["layer.at(3)", "head.at(2)"]}
for n, chain in VIEWS.items():
    steps, last = [NEW], "ref"
    for i, s in enumerate(chain):
        steps.append(f"v{i} = slice {last} [{s}]")
        last = f"v{i}"
    r = hax.new_ref(LH)
    for s in chain:
        r = r.slice(selections(s, {}))
    axes = r.axes
    val = array(",".join(f"{a.name}:{a.size}" for a in axes), np.arange(int(np.prod([a.size for a in axes]))) * -1.0 - 1)
    case(f"slice/read/{n}", steps + [f"r = get {last}", f"whole = unsliced {last}"], x=LH)
    case(f"slice/write/{n}", steps + [f"set {last} [] @v"], x=LH, v=val)
    case(f"slice/swap/{n}", steps + [f"old = swap {last} [] @v"], x=LH, v=val)
    if axes:
        first = axes[0]
        rest = ",".join(f"{a.name}:{a.size}" for a in axes[1:])
        row = array(rest, np.arange(int(np.prod([a.size for a in axes[1:]]))) * -10.0 - 1)
        case(f"slice/read-inside/{n}", steps + [f"r = get {last} [{first.name}.at(1)]", f"s = get {last} [{first.name}.from(1)]", f"t = get {last} [{first.name}.at(-1)]"], x=LH)
        case(f"slice/write-inside/{n}", steps + [f"set {last} [{first.name}.at(1)] @v"], x=LH, v=row)
        case(f"slice/index-inside/{n}", steps + [f"r = get {last} [{first.name}.at(@i)]"], x=LH, i=index("I:3", [1, 0, -1]))
        wide = array(f"I:2" + ("," + rest if rest else ""), np.arange(2 * max(1, row.array.size)) * -10.0 - 1)
        case(f"slice/index-write-inside/{n}", steps + [f"set {last} [{first.name}.at(@i)] @v"], x=LH, i=index("I:2", [1, 0]), v=wide)
case("slice/two-views-overlap", [NEW, "a = slice ref [layer.range(0,4)]", "b = slice ref [layer.range(2,6)]", "set a [layer.at(3)] @v", "seen = get b", "set b [layer.at(0)] @w"], x=LH,
     v=array("head:4", [-1, -2, -3, -4]), w=array("head:4", [-5, -6, -7, -8]))
case("slice/product-inside-a-window", [NEW, "a = slice ref [layer.range(1,5); head.range(1,4)]", "r = get a [layer.at(@i); head.at(@j)]", "set a [layer.at(@i); head.at(@j)] @v"], x=LH, i=index("I:2", [3, 0]), j=index("J:2", [0, 2]),
     v=array("I:2,J:2", [-1, -2, -3, -4]))
case("slice/paired-inside-a-window", [NEW, "a = slice ref [layer.range(1,5); head.range(1,4)]", "r = get a [layer.at(@i); head.at(@j)]", "set a [layer.at(@i); head.at(@j)] @v"], x=LH, i=index("I:2", [3, 0]), j=index("I:2", [0, 2]),
     v=array("I:2", [-1, -2]))
# Haliax stages such prefixes but cannot use them; sequential indexing of arrays says what they must mean.
for n, chain, ins in [("list", ["layer.at(1,3,4)", "layer.at(2)"], {}), ("list-range", ["layer.at(1,3,4)", "layer.range(1,3)"], {}), ("list-list", ["layer.at(1,3,4)", "layer.at(2,0)"], {}),
                      ("index", ["layer.at(@i)", "I.at(1)"], {"i": index("I:3", [4, 0, 2])}), ("index-range", ["layer.at(@i)", "I.range(1,3)"], {"i": index("I:3", [4, 0, 2])}),
                      ("index-head", ["layer.at(@i)", "head.range(1,3)"], {"i": index("I:3", [4, 0, 2])}), ("index-index", ["layer.at(@i)", "I.at(@j)"], {"i": index("I:3", [4, 0, 2]), "j": index("J:2", [2, 0])}),
                      ("index-pairs-head", ["layer.at(@i)", "head.at(@j)"], {"i": index("I:3", [4, 0, 2]), "j": index("I:3", [3, 2, 1])}), ("traced-int", ["layer.at(@i)", "head.from(2)"], {"i": index("", [3])}),
                      ("range-index-head", ["layer.range(1,6)", "layer.at(@i)", "head.at(-1)"], {"i": index("I:3", [4, 0, 2])})]:
    case(f"slice-of-advanced/{n}", [f"r{i} = index {'@x' if i == 0 else f'r{i - 1}'} [{s}]" for i, s in enumerate(chain)], x=LH,
         notes={"remark": "a chain of slice refs with these selections must see r" + str(len(chain) - 1) + "; Haliax stages them but refuses to read; these are its results for arrays, indexed one after another"}, **ins)

# --- inside jit, scan and grad ---
def jitted(ref):
    ref[{"x": 1}] = 4.25
    return ref[{"x": 1}]


r = hax.new_ref(hax.zeros(hax.Axis("x", 5)))
out = jax.jit(jitted)(r)
book.case("jit/write-and-read").inp("x", hax.zeros(hax.Axis("x", 5))).note("pseudo", "jit(ref -> { ref[x at 1] = 4.25; return ref[x at 1] }) on a ref of x").out("result", out).out("ref", r.value())

X5 = hax.Axis("x", 5)
r = hax.new_ref(hax.zeros(X5))


def scan_in_jit(ref, xs):
    def body(_, i):
        ref.slice({"x": i})[...] = (i * i).astype(ref.dtype)
        return None, i * 2
    return hax.scan(body, X5)(None, xs)[1]


ys = jax.jit(scan_in_jit)(r, jnp.arange(5))
book.case("scan/write-each-step").note("pseudo", "jit: scan over i = 0..4: ref.slice(x at i)[...] = i*i; y = 2*i, stacked; ref starts as 5 zeros").out(
    "ys", hax.named(ys, (X5,))).out("ref", r.value())
X4a = hax.Axis("x", 4)


def grad_scan(x):
    ref = hax.new_ref(hax.zeros(X4a))

    def body(_, i):
        ref.slice({"x": i})[...] = jnp.sin(x * i)
        return None, None
    hax.scan(body, X4a)(None, jnp.arange(4))
    return ref[...].sum().scalar()


book.case("grad/scan-writes").note("tolerance", "4ulp").note("pseudo", "f(x) = { ref = newRef(zeros(x:4)); scan i = 0..3: ref[x at i] = sin(x*i); return sum(ref) }; f(1.0) and f'(1.0)").inp(
    "x", np.float32(1.0)).out("value", grad_scan(1.0)).out("grad", jax.grad(grad_scan)(1.0))


def grad_internal(x):
    ref = hax.new_ref(x)
    ref[{"Batch": 0}] = ref[{"Batch": 1}] * 2.0
    return ref[...].sum().scalar()


book.case("grad/internal-ref").note("tolerance", "exact").note("pseudo", "f(x) = { ref = newRef(x); ref[Batch at 0] = ref[Batch at 1] * 2; return sum(ref) }; grad").inp("x", BF).out(
    "grad", jax.grad(grad_internal)(BF))


def traced_write(ref, i):
    v = ref.slice({"layer": hax.ds(i, 2)})
    v[{"layer": 0, "head": 0}] = -1.0
    return v[{"layer": 1}]


r = hax.new_ref(LH)
out = jax.jit(traced_write)(r, jnp.int32(3))
book.case("jit/ds-slice-traced-start").inp("x", LH).note("pseudo", "jit((ref, i) -> { v = ref.slice(layer ds(i, 2)); v[layer at 0, head at 0] = -1; return v[layer at 1] }) with i = 3, ref of x").out(
    "result", out).out("ref", r.value())
r = hax.new_ref(LH)


def fold_write(ref):
    def body(c, i):
        ref[{"layer": i}] = hax.ones(hax.Axis("head", 4)) * c
        return c + 1.0
    return hax.fold(body, hax.Axis("layer", 6))(0.0, hax.arange(hax.Axis("layer", 6)))


out = fold_write(r)
book.case("fold/write-each-step").inp("x", LH).note("pseudo", "fold over layer, carry c from 0: ref[layer at i] = c * ones(head); c + 1; i a rank-0 array").out("carry", out).out("ref", r.value())

# --- what Haliax refuses ---
refused("refused/unknown-axis", [NEW, "r = get ref [Z.at(0)]"], x=BF)
refused("refused/int-out-of-bounds", [NEW, "r = get ref [Batch.at(10)]"], x=BF)
refused("refused/int-out-of-bounds-negative", [NEW, "r = get ref [Batch.at(-5)]"], x=BF)
refused("refused/window-int-out-of-bounds", [NEW, "v = slice ref [Batch.range(1,3)]", "r = get v [Batch.at(2)]"], x=BF, notes={"remark": "judged against the view: the base has an index 2 + 1"})
refused("refused/consumed-axis", [NEW, "v = slice ref [Batch.at(0)]", "r = get v [Batch.at(1)]"], x=BF)
refused("refused/size-differs", [NEW, "set ref [Batch.range(0,2)] @v"], x=BF, v=array("Batch:3,Feature:3"))
refused("refused/missing-axis", [NEW, "set ref [Batch.range(0,2)] @v"], x=BF, v=array("Feature:3"), notes={"differs": "Axial broadcasts the missing axis by name"})
refused("refused/scalar-into-row", [NEW, "set ref [Batch.at(0)] 1.0"], x=BF, notes={"differs": "Axial writes the number everywhere"})
refused("refused/extra-axis", [NEW, "set ref [Batch.at(0)] @v"], x=BF, v=array("Extra:2,Feature:3"))
refused("refused/int-into-float", [NEW, "set ref [Batch.at(0)] @v"], x=BF, v=array("Feature:3", dtype="int32"), notes={"differs": "Axial converts by the promotion table"})
refused("refused/float-into-int", [NEW, "set ref [Batch.at(0)] @v"], x=array("Batch:4,Feature:3", dtype="int32"), v=array("Feature:3", [0.5, 1, 2]), notes={"remark": "an error in Axial too: the kind would be lost"})
refused("refused/duplicate-axis-in-result", ["r = index @x [X.at(@i)]"], x=array("X:2,Y:3"), i=index("Y:2", [0, 1]), notes={"remark": "Y of the index has another size than the array's Y"})

print(f"Haliax is overruled in {len(FAILURES)}: {' '.join(FAILURES)}", file=sys.stderr)
sys.stdout.write(book.text())
