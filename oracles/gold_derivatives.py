"""Derivatives of order 1 to 3 of the functions of real numbers, by mpmath in 2,500 binary digits, rounded once to each dtype.

Each function is written once more, from its definition, over truncated power series (`Series`), which give all derivatives
and mixtures at once. At an infinite argument they are limits: taken at 1e2000, and where there is none, NaN. At a pole or an
edge of the domain they are the limits from within. Where no derivative is defined (kinks, ties), a convention decides: those
points stand in cases of their own, `convention/...`, whose note says which it is.
"""
import itertools
import sys

import ml_dtypes
import numpy as np
from mpmath import mp, mpf

from golden import Book

mp.prec = 2500
BRIEF = 300  # for what is slow, and used without cancellation
INF, NAN = float("inf"), float("nan")
FAR, NEAR = mpf(10) ** 2000, mpf(10) ** -700
DTYPES = {  # digits, exponent of the smallest normal number, of the largest
    "bfloat16": (ml_dtypes.bfloat16, 8, -126, 127),
    "float16": (np.float16, 11, -14, 15),
    "float32": (np.float32, 24, -126, 127),
    "float64": (np.float64, 53, -1022, 1023),
}


class Series:
    """A polynomial of degree 4 in two small quantities: coefficients by exponents."""

    def __init__(self, c):
        self.c = {k: v for k, v in c.items() if sum(k) <= 4 and v != 0}

    @staticmethod
    def of(x):
        return x if isinstance(x, Series) else Series({(0, 0): mpf(x)})

    @property
    def value(self):
        return self.c.get((0, 0), mpf(0))

    def derivative(self, i, j=0):
        return self.c.get((i, j), mpf(0)) * mp.factorial(i) * mp.factorial(j)

    def __add__(self, o):
        o = Series.of(o)
        return Series({k: self.c.get(k, mpf(0)) + o.c.get(k, mpf(0)) for k in self.c.keys() | o.c.keys()})

    __radd__ = __add__

    def __neg__(self):
        return self * -1

    def __sub__(self, o):
        return self + -Series.of(o)

    def __rsub__(self, o):
        return Series.of(o) - self

    def __mul__(self, o):
        o, c = Series.of(o), {}
        for (a, b), x in self.c.items():
            for (d, e), y in o.c.items():
                c[a + d, b + e] = c.get((a + d, b + e), mpf(0)) + x * y
        return Series(c)

    __rmul__ = __mul__

    def __truediv__(self, o):
        return self * apply(lambda v: (1 / v, -1 / v ** 2, 2 / v ** 3, -6 / v ** 4, 24 / v ** 5), Series.of(o))

    def __rtruediv__(self, o):
        return Series.of(o) / self


def apply(f, x):
    """f gives the value and four derivatives at a number."""
    d = f(x.value)
    if any(isinstance(v, mp.mpc) for v in d):
        raise ValueError("outside of the domain")
    n, term, sum_ = x - x.value, Series.of(1), Series.of(d[0])
    for k in range(1, 5):
        term = term * n
        sum_ = sum_ + d[k] / mp.factorial(k) * term
    return sum_


def power(x, p):
    p = mpf(p)

    def at(v):
        def term(k):
            c, q = mp.ff(p, k), p - k
            if c == 0:
                return mpf(0)
            if v == 0 and q < 0:
                raise ZeroDivisionError
            return c * v ** (int(q) if q == int(q) else q)
        return [term(k) for k in range(5)]
    return apply(at, x)


def exp_(v):
    """Beyond all dtypes in any product with their numbers a stand-in does."""
    return mp.exp(v) if abs(v) < 10 ** 6 else mpf(0) if v < 0 else mpf(10) ** 400000


def exp(x):
    return apply(lambda v: (exp_(v),) * 5, x)


def log(x):
    return apply(lambda v: (mp.log(v), 1 / v, -1 / v ** 2, 2 / v ** 3, -6 / v ** 4), x)


def sqrt(x):
    return power(x, 0.5)


def sin(x):
    return apply(lambda v: (mp.sin(v), mp.cos(v), -mp.sin(v), -mp.cos(v), mp.sin(v)), x)


def cos(x):
    return apply(lambda v: (mp.cos(v), -mp.sin(v), -mp.cos(v), mp.sin(v), mp.cos(v)), x)


def sinh(x):
    return (exp(x) - exp(-x)) / 2


def cosh(x):
    return (exp(x) + exp(-x)) / 2


def gamma_order(n):
    return lambda x: apply(lambda v: tuple(logarithmic(k, v) for k in range(n, n + 5)), x)


def logarithmic(k, v):
    with mp.workprec(BRIEF):
        if k:
            return mp.psi(k - 1, v)
        return mp.re(mp.loggamma(v)) if v > 0 else mpf(0)  # nobody asks for the value


def briefly(f):
    def g(v):
        with mp.workprec(BRIEF):
            return f(v)
    return g


def integral(value, slope):
    """A function by its value and its derivative as a function of series."""
    def at(v):
        d = slope(Series({(0, 0): v, (1, 0): mpf(1)}))
        return [value(v)] + [d.derivative(k) for k in range(4)]
    return lambda x: apply(at, x)


arcsin = integral(mp.asin, lambda v: power(1 - v * v, -0.5))
arccos = integral(mp.acos, lambda v: -power(1 - v * v, -0.5))
arctan = integral(mp.atan, lambda v: 1 / (1 + v * v))
arcsinh = integral(mp.asinh, lambda v: power(1 + v * v, -0.5))
arccosh = integral(mp.acosh, lambda v: power(v * v - 1, -0.5))
arctanh = integral(mp.atanh, lambda v: 1 / (1 - v * v))
erf = integral(lambda v: mpf(0), lambda v: 2 / mp.sqrt(mp.pi) * exp(-(v * v)))
erfc = integral(lambda v: briefly(mp.erfc)(v) if abs(v) < 1000 else mpf(0 if v > 0 else 2), lambda v: -2 / mp.sqrt(mp.pi) * exp(-(v * v)))


def erfinv(x):
    def at(v):
        y = briefly(mp.erfinv)(v)
        d = mp.sqrt(mp.pi) / 2 * mp.exp(y * y)
        return y, d, 2 * y * d ** 2, (2 + 8 * y * y) * d ** 3, (28 * y + 48 * y ** 3) * d ** 4
    return apply(at, x)


def sigmoid(x):
    return 1 / (1 + exp(-x)) if x.value >= 0 else exp(x) / (1 + exp(x))


def softplus(x):
    return log(1 + exp(x)) if x.value < 0 else x + log(1 + exp(-x))


def tanh(x):
    e = exp(-2 * x if x.value >= 0 else 2 * x)
    y = (1 - e) / (1 + e)
    return y if x.value >= 0 else -y


def cbrt(x):
    return power(x, mpf(1) / 3) if x.value > 0 else -power(-x, mpf(1) / 3)


def gelu(x):
    return x * sigmoid(2 * mp.sqrt(2 / mp.pi) * (x + mpf("0.044715") * (x * x * x)))


def sinc(x):
    if abs(x.value) < mpf(10) ** -15:
        z = mp.pi * x
        w = z * z
        return 1 - w / 6 + w * w / 120 - w * w * w / 5040
    return sin(mp.pi * x) / (mp.pi * x)


UNARY = {
    "sin": sin, "cos": cos, "tan": lambda x: sin(x) / cos(x),
    "arcsin": arcsin, "arccos": arccos, "arctan": arctan, "sinh": sinh, "cosh": cosh, "tanh": tanh,
    "arcsinh": arcsinh, "arccosh": arccosh, "arctanh": arctanh,
    "exp": exp, "exp2": lambda x: exp(x * mp.log(2)), "expm1": lambda x: exp(x) - 1,
    "log": log, "log1p": lambda x: log(1 + x), "log2": lambda x: log(x) / mp.log(2), "log10": lambda x: log(x) / mp.log(10),
    "sqrt": sqrt, "rsqrt": lambda x: power(x, -0.5), "cbrt": cbrt, "square": lambda x: x * x, "reciprocal": lambda x: 1 / x,
    "erf": erf, "erfc": erfc, "erfinv": erfinv, "lgamma": gamma_order(0), "digamma": gamma_order(1),
    "sigmoid": sigmoid, "silu": lambda x: x * sigmoid(x), "gelu": gelu,
    "geluExact": lambda x: x * erfc(x / -mp.sqrt(2)) / 2,
    "softplus": softplus, "logSigmoid": lambda x: -softplus(-x), "mish": lambda x: x * tanh(softplus(x)),
    "squareplus": lambda x: (x + sqrt(x * x + 4)) / 2, "sinc": sinc,
    "unaryMinus": lambda x: -x,
    "pow(0)": lambda x: Series.of(1), "pow(1)": lambda x: x, "pow(2)": lambda x: x * x, "pow(3)": lambda x: x * x * x,
    "pow(-2)": lambda x: 1 / (x * x), "pow(0.5)": lambda x: power(x, 0.5), "pow(1.5)": lambda x: power(x, 1.5),
    "pow(2.5)": lambda x: power(x, 2.5), "pow(-0.5)": lambda x: power(x, -0.5),
    "pow-of(2)": lambda x: exp(x * mp.log(2)), "pow-of(0.5)": lambda x: exp(-x * mp.log(2)),
    "div-of(3)": lambda x: 3 / x, "minus-of(3)": lambda x: 3 - x,
    "plus(3)": lambda x: x + 3, "minus(3)": lambda x: x - 3, "times(3)": lambda x: x * 3, "div(4)": lambda x: x / 4,
}
NO_LIMIT = {"sin", "cos", "tan"}  # at infinity
POLES = {"lgamma", "digamma"}  # at whole numbers below zero; no limit at -infinity
POLYNOMIAL = {"pow(0)": 0, "pow(1)": 1, "pow(2)": 2, "square": 2, "pow(3)": 3}
POLYNOMIAL |= {k: 1 for k in ("unaryMinus", "minus-of(3)", "plus(3)", "minus(3)", "times(3)", "div(4)")}
CROSSING = {  # derivatives that are zero somewhere: an error of one unit of x there is many units of them
    "sigmoid", "silu", "gelu", "geluExact", "mish", "sinc", "digamma", "lgamma", "tanh", "arcsinh", "arctan", "erf", "erfc", "sin", "cos",
    "softplus", "logSigmoid", "squareplus"}


def pieces(x, *table):
    """(bound, piece) ..., last piece: the first whose bound is above x; a bound belongs to the piece that has `closed`."""
    for bound, closed, piece in table:
        if x.value < bound or (closed and x.value == bound):
            return piece(x)
    raise ValueError


def flat(_):
    return Series.of(0)


def line(k):
    return lambda x: x * k


ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805
KINKED = {  # kinks, and what decides there
    "abs": ([0], "1 at zero", lambda x: pieces(x, (0, False, line(-1)), (INF, True, line(1)))),
    "sign": ([0], "0 everywhere", flat),
    "floor": ([0, 1, -1], "0 everywhere", flat), "ceil": ([0, 1, -1], "0 everywhere", flat),
    "round": ([0.5, -0.5], "0 everywhere", flat), "trunc": ([0, 1, -1], "0 everywhere", flat),
    "relu": ([0], "0 at zero", lambda x: pieces(x, (0, True, flat), (INF, True, line(1)))),
    "relu6": ([0, 6], "0 at zero and six", lambda x: pieces(x, (0, True, flat), (6, False, line(1)), (INF, True, flat))),
    "leakyRelu": ([0], "that from above at zero", lambda x: pieces(x, (0, False, line(0.01)), (INF, True, line(1)))),
    "leakyRelu(0.25)": ([0], "that from above at zero", lambda x: pieces(x, (0, False, line(0.25)), (INF, True, line(1)))),
    "elu": ([0], "those of exp(x) - 1 at zero", lambda x: pieces(x, (0, True, exp), (INF, True, line(1)))),
    "celu": ([0], "those of exp(x) - 1 at zero", lambda x: pieces(x, (0, True, exp), (INF, True, line(1)))),
    "selu": ([0], "those of the part below at zero",
             lambda x: pieces(x, (0, True, lambda v: SCALE * (ALPHA * exp(v))), (INF, True, line(SCALE)))),
    "hardTanh": ([-1, 1], "1 at the bounds", lambda x: pieces(x, (-1, False, flat), (1, True, line(1)), (INF, True, flat))),
    "nanToNum": ([], "", lambda x: line(1 if abs(x.value) < FAR / 2 else 0)(x)),
    "clip(-1,2)": ([-1, 2], "one half at the bounds",
                   lambda x: line(0.5)(x) if x.value in (-1, 2) else pieces(x, (-1, False, flat), (2, False, line(1)), (INF, True, flat))),
    "maximum(1)": ([1], "one half at a tie", lambda x: line(0.5)(x) if x.value == 1 else pieces(x, (1, False, flat), (INF, True, line(1)))),
    "minimum(1)": ([1], "one half at a tie", lambda x: line(0.5)(x) if x.value == 1 else pieces(x, (1, False, line(1)), (INF, True, flat))),
    "rem(1.5)": ([], "", line(1)), "floorDiv(1.5)": ([], "", flat),
}


def logaddexp(x, y):
    return x + softplus(y - x) if x.value >= y.value else y + softplus(x - y)


def logaddexp2(x, y):
    a = mp.log(2)
    return logaddexp(x * a, y * a) / a


def arctan2(y, x):
    return arctan(y / x) if abs(x.value) >= abs(y.value) else -arctan(x / y)


def pow_(x, y):
    if x.value == 0:
        raise ZeroDivisionError
    return exp(y * log(x))


def whole(x, y, down):
    q = x.value / y.value
    return mp.floor(q) if down or q >= 0 else mp.ceil(q)


def ordered(larger, half):
    """The larger or the smaller; at a tie the mean, or the second."""
    def f(x, y):
        if x.value == y.value:
            return (x + y) / 2 if half else y
        return x if (x.value > y.value) == larger else y
    return f


BINARY = {
    "plus": lambda x, y: x + y, "minus": lambda x, y: x - y, "times": lambda x, y: x * y, "div": lambda x, y: x / y,
    "pow": pow_, "arctan2": arctan2, "hypot": lambda x, y: sqrt(x * x + y * y), "logaddexp": logaddexp, "logaddexp2": logaddexp2,
    "fmod": lambda x, y: x - y * whole(x, y, False), "rem": lambda x, y: x - y * whole(x, y, True),
    "floorDiv": lambda x, y: Series.of(0), "fma": lambda x, y: x * y + mpf(0.5),
    "where": lambda x, y: x if x.value > y.value else y,
    "maximum": ordered(True, True), "minimum": ordered(False, True), "fmax": ordered(True, False), "fmin": ordered(False, False),
}
TIES = {"maximum": "one half at a tie", "minimum": "one half at a tie", "fmax": "the second at a tie", "fmin": "the second at a tie",
        "where": "the second where the condition does not hold"}


# ---------------------------------------------------------------- vectors, along a line

def summed(v):
    s = v[0]
    for x in v[1:]:
        s = s + x
    return s


def product(v):
    s = v[0]
    for x in v[1:]:
        s = s * x
    return [s]


def logsumexp(v):
    top = max(x.value for x in v)
    return [log(summed([exp(x - top) for x in v])) + top]


def softmax(v):
    top = max(x.value for x in v)
    e = [exp(x - top) for x in v]
    return [x / summed(e) for x in e]


def variance(v, ddof=0):
    m = summed(v) / len(v)
    return summed([(x - m) * (x - m) for x in v]) / (len(v) - ddof)


def extreme(largest):
    def f(v):
        top = (max if largest else min)(x.value for x in v)
        same = [x for x in v if x.value == top]
        return [summed(same) / len(same)]
    return f


def running(f):
    return lambda v: [f(v[:k + 1])[0] for k in range(len(v))]


VECTOR = {
    "sum": lambda v: [summed(v)], "mean": lambda v: [summed(v) / len(v)], "var": lambda v: [variance(v)],
    "var(1)": lambda v: [variance(v, 1)], "std": lambda v: [sqrt(variance(v))],
    "prod": product, "cumprod": running(product), "cumsum": running(lambda v: [summed(v)]),
    "max": extreme(True), "min": extreme(False), "cummax": running(extreme(True)), "cummin": running(extreme(False)),
    "logsumexp": logsumexp, "softmax": softmax, "logSoftmax": lambda v: [x - logsumexp(v)[0] for x in v],
    "sort": lambda v: sorted(v, key=lambda x: x.value),
    "dot": lambda v: [summed([x * x for x in v])],
    "norm": lambda v: [sqrt(summed([x * x for x in v]))],
}
VECTORS = {
    "mixed": [0.5, -1.25, 2, 0.75], "ties": [1.5, 1.5, -0.5, 1.5], "zero": [0.5, 0, -2, 1.25], "zeros": [0, 2, 0, 1.5],
    "three-zeros": [0, 0, 0, 1.5], "large": [60, 59, -60, 58.5], "far": [0, -200, 30, -90], "one": [1.75], "equal": [2, 2, 2],
    "masked": [0.5, -INF, 1, -INF],
}
MASKED = {"logsumexp", "softmax"}  # what is defined with -infinity
KINKED_AT = {"max": "ties", "min": "", "cummax": "ties", "cummin": ""}


# ---------------------------------------------------------------- points and rounding

def rounded(v, dtype):
    """The nearest number of the dtype, as a float; denormal or not."""
    if mp.isnan(v) or mp.isinf(v):
        return float(v)
    _, digits, low, high = DTYPES[dtype]
    if v == 0:
        return 0.0
    e = max(mp.mag(v) - 1, low)
    unit = mpf(2) ** (e - digits + 1)
    r = mp.nint(v / unit) * unit
    return float(r) if abs(r) < mpf(2) ** (high + 1) else INF * float(mp.sign(v))


def points(dtype):
    _, digits, low, high = DTYPES[dtype]
    top = 2.0 ** high * (2 - 2.0 ** (1 - digits))
    root = 2.0 ** (high // 2)
    some = [0.0, 2.0 ** (low - digits + 1), 2.0 ** low, 2.0 ** (low // 2), 2.0 ** -digits, 0.001, 0.01, 0.0625, 0.3, 0.5, 0.74, 0.76, 0.99,
            1.0, 1 + 2.0 ** (1 - digits), 1 - 2.0 ** -digits, 1.3, 1.5, 2.0, 2.7, 4.25, 5.5, 9.0, 14.5, 20.0, 37.0, 45.0, 88.0, 100.5, 350.0, 710.0, 2500.0,
            root / 2, root * 1.5, root * 4, top / 2, top, INF]
    out = []
    for v in some:
        x = v if v == INF else rounded(mpf(v), dtype)
        for s in (x, -x):
            if all(s != o or np.signbit(s) != np.signbit(o) for o in out):
                out.append(s)
    return out


def pairs(dtype):
    _, digits, low, high = DTYPES[dtype]
    top = 2.0 ** high * (2 - 2.0 ** (1 - digits))
    root = 2.0 ** (high // 2)
    den = 2.0 ** (low - digits + 1)
    some = [(1, 1), (3, -3), (-2, -2), (3, 3.0625), (0.5, 2), (-1.5, 0.75), (2.5, -7), (0, 1), (1, 0), (-0.0, 2), (0, -3), (20, 0.5), (-30, 1),
            (5, 17), (0.3, 0.1), (1, 0.1), (7, 0.7), (-7, 0.7), (1e-4, 3), (3, 1e-4), (root * 2, root * 2), (root * 2, root), (root / 2, 3),
            (1 / root, 1 / root), (1 / root, 1), (2.0 ** low, 2.0 ** low), (den, den), (den, 1), (1, den), (top, top), (top, 1), (1, top), (-top, 2),
            (4, 2), (4, 3), (0, 2), (0, 3), (2, 0), (0, 0), (9, 0.5), (0, 0.5), (6, 1), (INF, 1), (1, INF), (-INF, 1), (1, -INF), (INF, -2)]
    out = []
    for x, y in some:
        p = tuple(v if abs(v) == INF or v == 0 else rounded(mpf(v), dtype) for v in (x, y))
        if p not in out:
            out.append(p)
    return out


def stand_in(x):
    """The number at which a limit is taken."""
    return FAR * (1 if x > 0 else -1) if abs(x) == INF else mpf(x)


def series(f, args):
    """f at numbers; at a pole or an edge, from within its domain."""
    names = [(1, 0), (0, 1)]

    def at(shift):
        return f(*[Series({(0, 0): a + s, n: mpf(1)}) for a, s, n in zip(args, shift, names)])
    try:
        return at([mpf(0)] * len(args))
    except (ZeroDivisionError, ValueError, OverflowError):
        pass
    return None


def from_within(f, x):
    """At a pole or an edge: one side alone, which for a zero is that of its sign."""
    if x not in (0, 1, -1):
        return None
    sides = [-1 if np.signbit(x) else 1] if x == 0 else [1, -1]
    for s in sides:
        try:
            with mp.workprec(2500):
                r = f(Series({(0, 0): mpf(x) + s * NEAR, (1, 0): mpf(1)}))
            return r
        except (ZeroDivisionError, ValueError, OverflowError):
            pass
    return None


def write(book, name, keys, rows, convention="", scales=False):
    if not rows:
        return
    as_type = DTYPES[name.split("/")[-1]][0]
    case = book.case(name)
    n = len(rows[0][0])
    for k in range(n):
        case.inp("xy"[k], np.array([r[0][k] for r in rows], dtype=as_type))
    if convention:
        case.note("convention", convention)
    for j, key in enumerate(keys):
        case.out(key, np.array([r[1][j] for r in rows], dtype=as_type))
    for j, key in enumerate(keys if scales else []):
        case.out("scale." + key, np.array([r[2][j] for r in rows]))


def two_power(v):
    """The power of two below, as far as float64 has it."""
    return 0.0 if mp.isnan(v) or v == 0 else 2.0 ** min(max(mp.mag(v) - 1, -1022), 1023)


def unary(book, name, f, dtype, kinks=(), convention="", smooth=True):
    plain, decided = [], []
    for x in points(dtype) + [k for k in kinks if k not in points(dtype)]:
        if abs(x) == INF and (name in NO_LIMIT or (name in POLES and x < 0)):
            plain.append(((x,), (NAN,) * 3, (0.0,) * 3))
            continue
        if name in POLES and x < 0 and x == int(x):
            continue
        v = stand_in(x)
        s = series(f, [v])
        if s is None:
            s = from_within(f, x)
        if s is None:
            continue
        d = [rounded(s.derivative(k), dtype) for k in (1, 2, 3)]
        if name == "lgamma" and x == INF:
            d[0] = INF  # it grows like the logarithm
        row = ((x,), d, [two_power(v * s.derivative(k)) for k in (2, 3, 4)])
        (decided if x in kinks else plain).append(row)
    if smooth:
        constant = POLYNOMIAL.get(name, 4)
        s = f(Series({(0, 0): mpf(1), (1, 0): mpf(1)})) if constant < 4 else None
        plain.append(((NAN,), [NAN if k < constant else float(s.derivative(k)) for k in (1, 2, 3)], (0.0,) * 3))
    write(book, f"unary/{name}/{dtype}", ["d1", "d2", "d3"], plain, scales=name in CROSSING)
    write(book, f"convention/unary/{name}/{dtype}", ["d1", "d2", "d3"], decided, convention)


WORDS = [w for n in (1, 2, 3) for w in itertools.combinations_with_replacement("xy", n)]


def binary(book, name, f, dtype):
    plain, decided = [], []
    for x, y in pairs(dtype):
        if abs(x) == INF or abs(y) == INF:
            if name in ("pow", "fmod", "rem", "floorDiv"):
                continue
        if name in ("hypot", "arctan2") and 0 < abs(x) == abs(y) <= 2.0 ** DTYPES[dtype][2]:
            continue  # derivatives beyond the largest number
        if name in ("fmod", "rem", "floorDiv") and (
                y == 0 or mpf(x) / y == mp.nint(mpf(x) / y) or abs(mpf(x) / y) > 2.0 ** DTYPES[dtype][1]):
            continue
        if name == "pow" and x <= 0:
            continue
        s = series(f, [stand_in(x), stand_in(y)])
        if s is None:
            continue
        row = ((x, y), tuple(rounded(s.derivative(w.count("x"), w.count("y")), dtype) for w in WORDS))
        if name == "arctan2":
            a, b = stand_in(x), stand_in(y)
            row += ([two_power(max(abs(a * s.derivative(w.count("x") + 1, w.count("y"))), abs(b * s.derivative(w.count("x"), w.count("y") + 1))))
                     for w in WORDS],)
        (decided if x == y and name in TIES else plain).append(row)
    keys = ["".join(w) for w in WORDS]
    write(book, f"binary/{name}/{dtype}", keys, plain, scales=name == "arctan2")
    write(book, f"convention/binary/{name}/{dtype}", keys, decided, TIES.get(name, ""))


def decided_pairs(book, dtype):
    """Where a convention decides for two operands."""
    keys = ["".join(w) for w in WORDS]
    none = (0.0,) * 7
    half = (0.5, 0.5) + none
    book_rows = {
        "logaddexp": ("two equal infinities share the derivative; the further ones are zero", [((INF, INF), half), ((-INF, -INF), half)]),
        "logaddexp2": ("two equal infinities share the derivative; the further ones are zero", [((INF, INF), half), ((-INF, -INF), half)]),
    }
    for name, (why, rows) in book_rows.items():
        write(book, f"convention/binary/{name}/{dtype}", keys, rows, why)
    r = float(rounded(mp.sqrt(mpf(0.5)), dtype))
    write(book, f"convention/binary/hypot/{dtype}", keys[:2],
          [((0.0, 0.0), (0.0, 0.0)), ((INF, INF), (r, r)), ((INF, -INF), (r, -r))], "0 at the origin; the diagonal's of two infinities")
    # x^y at x = 0: by x for whole and half exponents; by y it is zero.
    rows = []
    for y in (0.0, 1.0, 2.0, 3.0, 4.0, 0.5, 1.5, 2.5):
        d = [rounded(power(Series({(0, 0): mpf(0), (1, 0): mpf(1)}), y).derivative(k), dtype) if y == int(y)
             else (0.0 if y > k else INF * float(mp.sign(mp.ff(mpf(y), k)))) for k in (1, 2, 3)]
        rows.append(((0.0, y), (d[0], 0.0, d[1], d[2])))
    write(book, f"convention/binary/pow/{dtype}", ["x", "y", "xx", "xxx"], rows, "by y it is zero where x is zero")


def vectors(book, dtype):
    for name, f in VECTOR.items():
        for kind, v in VECTORS.items():
            if kind == "masked" and name not in MASKED:
                continue
            if kind in ("equal", "one") and name in ("std", "var", "var(1)"):
                if name == "std" or kind == "one":
                    continue
            if name in ("prod", "cumprod") and kind == "large" and dtype == "float16":
                continue  # beyond its largest number
            if name == "norm" and all(x == 0 for x in v):
                continue
            if name in ("max", "min", "cummax", "cummin") and kind not in ("mixed", "zero", "far", "one"):
                if not (name in ("max", "min") and kind in ("ties", "equal", "zeros")):
                    continue
            way = [rounded(mpf((-1) ** k * (0.75 + 0.5 * k)), dtype) for k in range(len(v))]
            xs = [x if abs(x) == INF else rounded(mpf(x), dtype) for x in v]
            live = [Series({(0, 0): mpf(x), (1, 0): mpf(d)}) for x, d in zip(xs, way) if abs(x) != INF]
            out = f(live)
            if len(out) == len(live) and len(live) < len(xs):
                out = iter(out)
                out = [next(out) if abs(x) != INF else Series.of(0) for x in xs]
            weights = [0.5 + k for k in range(len(out))]
            s = summed([w * y for w, y in zip(weights, out)])
            d = [rounded(s.derivative(k), dtype) for k in (1, 2, 3)]
            as_type = DTYPES[dtype][0]
            case = book.case(f"vector/{name}/{kind}/{dtype}")
            case.inp("x", np.array(xs, dtype=as_type)).inp("way", np.array(way, dtype=as_type))
            scale = [max(abs(w * y.derivative(k)) for w, y in zip(weights, out)) for k in (1, 2, 3)]
            if name in ("logsumexp", "softmax", "logSoftmax", "norm"):
                scale = [max(a, max(abs(d) for d in way) ** k) for k, a in enumerate(scale, 1)]
            for k in (1, 2, 3):
                case.out(f"d{k}", np.array(d[k - 1], dtype=as_type))
            case.out("scale", np.array([rounded(v, dtype) for v in scale], dtype=as_type))


def main():
    book = Book()
    for dtype in DTYPES:
        mp.prec = 2500 if dtype == "float64" else 900
        for name, f in UNARY.items():
            unary(book, name, f, dtype)
        for name, (kinks, why, f) in KINKED.items():
            unary(book, name, f, dtype, [float(k) for k in kinks], why, smooth=False)
        for name, f in BINARY.items():
            binary(book, name, f, dtype)
        decided_pairs(book, dtype)
        vectors(book, dtype)
    sys.stdout.write(book.text())


if __name__ == "__main__":
    main()
