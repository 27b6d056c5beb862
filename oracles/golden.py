"""Writer and reader of the golden format; the format itself is described in README.md."""
import numpy as np


def number(v, dtype):
    """One value, exactly: hex floats, decimal integers, true/false."""
    if dtype == "bool":
        return "true" if v else "false"
    if dtype.startswith(("int", "uint")):
        return str(int(v))
    f = float(v)  # exact for every float dtype we write
    if f != f:
        return "NaN"
    if f in (float("inf"), float("-inf")):
        return "Infinity" if f > 0 else "-Infinity"
    head, exponent = f.hex().split("p")
    if "." in head:
        head = head.rstrip("0").rstrip(".")
    if "." not in head:
        head += ".0"
    return head + "p" + str(int(exponent))


def shape_text(shape, axes=None):
    if len(shape) == 0:
        return "-"
    names = axes if axes is not None else [f"d{i}" for i in range(len(shape))]
    assert len(names) == len(shape), (names, shape)
    return ",".join(f"{n}:{s}" for n, s in zip(names, shape))


class Case:
    """A record under construction. Values may be numpy arrays, JAX arrays or Haliax NamedArrays."""

    def __init__(self, name):
        assert " " not in name, name
        self.name, self.lines = name, []

    def _value(self, kind, key, value, axes):
        assert " " not in key, key
        if hasattr(value, "array") and hasattr(value, "axes"):  # a NamedArray: its own axis names
            axes = [a.name for a in value.axes]
            value = value.array
        a = np.asarray(value)
        dtype = a.dtype.name
        text = f"{kind} {key} {dtype} {shape_text(a.shape, axes)}"
        flat = " ".join(number(v, dtype) for v in a.ravel().tolist())
        self.lines.append(text + (" " + flat if flat else ""))
        return self

    def inp(self, key, value, axes=None):
        return self._value("in", key, value, axes)

    def out(self, key, value, axes=None):
        return self._value("out", key, value, axes)

    def note(self, key, text):
        text = " ".join(str(text).split())
        self.lines.append(f"note {key} {text}")
        return self


class Book:
    """An ordered collection of cases with unique names."""

    def __init__(self):
        self.cases = []

    def case(self, name):
        assert all(c.name != name for c in self.cases), f"duplicate case {name}"
        c = Case(name)
        self.cases.append(c)
        return c

    def text(self):
        return "".join(f"case {c.name}\n" + "".join(line + "\n" for line in c.lines) + "end\n" for c in self.cases)


def parse(text):
    """Golden text to {name: [lines]} in order."""
    result, name, lines = {}, None, []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("case "):
            name, lines = line[5:], []
        elif line == "end":
            assert name not in result, name
            result[name] = lines
        else:
            assert line.startswith(("in ", "out ", "note ")), line
            lines.append(line)
    return result


def value_of(line):
    """An `in` or `out` line to (kind, key, dtype, axes, numpy array)."""
    parts = line.split(" ")
    kind, key, dtype, shape = parts[:4]
    axes = [] if shape == "-" else [p.rsplit(":", 1) for p in shape.split(",")]
    dims = [int(n) for _, n in axes]
    special = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
    if dtype == "bool":
        vals = [v == "true" for v in parts[4:]]
    elif dtype.startswith(("int", "uint")):
        vals = [int(v) for v in parts[4:]]
    else:
        vals = [special[v] if v in special else float.fromhex(v) for v in parts[4:]]
    return kind, key, dtype, [n for n, _ in axes], np.array(vals, dtype=dtype).reshape(dims)


def merge_x64(off, on):
    """Two runs of one script, x64 off and on: equal cases are written once, the others once for each mode."""
    a, b = parse(off), parse(on)
    out = []
    for name in list(a) + [n for n in b if n not in a]:
        if name in a and name in b and a[name] == b[name]:
            versions = [(name, "any", a[name])]
        else:
            versions = [(f"{name}.x32", "off", a[name])] if name in a else []
            versions += [(f"{name}.x64", "on", b[name])] if name in b else []
        for n, mode, lines in versions:
            out.append(f"case {n}\nnote x64 {mode}\n" + "".join(line + "\n" for line in lines) + "end\n")
    return "".join(out)
