"""Values of the element-wise functions in float64, by mpmath in enough digits, for their errors in ulp.

Two arguments stand as x and y. The points are drawn from all magnitudes, with more where a function
changes its formula, has a zero or a pole, or leaves the range.
"""
import random
import sys

import numpy as np
from mpmath import mp, mpf

from golden import Book

mp.prec = 300
INF = float("inf")


def exact(f):
    """The value rounded once to float64, denormal or not."""
    def g(*xs):
        v = f(*[mpf(x) for x in xs])
        if isinstance(v, mp.mpc):
            raise ValueError("outside of the domain")
        if mp.isinf(v) or mp.isnan(v):
            return float(v)
        # mpmath rounds denormal numbers twice.
        if v and abs(v) < mpf(2) ** -1022:
            return float(int(mp.nint(v * mpf(2) ** 1074))) * 2.0 ** -1074 if abs(v) > mpf(2) ** -1075 else 0.0 * float(mp.sign(v))
        return float(v) if abs(v) < mpf(2) ** 1024 * (1 - mpf(2) ** -54) else float(mp.sign(v)) * INF
    return g


def spread(r, low, high, n, signs=True):
    """Both signs, exponents even between low and high."""
    out = []
    for _ in range(n):
        x = 2.0 ** r.uniform(low, high)
        out.append(-x if signs and r.random() < 0.5 else x)
    return out


def around(*points):
    """A point and its neighbours, next to it and a little away."""
    out = []
    for p in points:
        out += [p, float(np.nextafter(p, -INF)), float(np.nextafter(p, INF)), p * (1 - 1e-9), p * (1 + 1e-9), p * 0.999, p * 1.001]
    return out


def between(r, low, high, n):
    return [r.uniform(low, high) for _ in range(n)]


def gamma_log(x):
    return mp.re(mp.loggamma(x)) if x > 0 else mp.log(abs(mp.gamma(x)))


def erfinv(x):
    return mp.erfinv(x)


def power(x, y):
    return mp.power(x, y) if x > 0 else mp.power(-x, y) * (-1) ** int(mp.fmod(y, 2))


def angle(y, x):
    return mp.atan2(y, x)


def trig(r):
    return (spread(r, -1074, -20, 20) + spread(r, -20, 10, 100) + spread(r, 10, 40, 60) + spread(r, 40, 1023, 80)
            + [k * float(mp.pi / 4) for k in range(-9, 60)] + [float(mp.pi * k) for k in (10 ** 3, 10 ** 6, 10 ** 9, 10 ** 12)]
            + around(2.0 ** 30, 2.0 ** 16) + [6381956970095103.0 * 2.0 ** 797, 1.7976931348623157e308])


def of_unit(r):
    return spread(r, -1060, -20, 20) + spread(r, -20, 0, 60) + between(r, -1, 1, 120) + around(0.5, -0.5, 0.46875) + [
        1 - 2.0 ** -k for k in range(1, 54)] + [2.0 ** -k - 1 for k in range(1, 54)]


def everywhere(r, low, high):
    return spread(r, -1074, -30, 20) + spread(r, -30, 5, 80) + between(r, low, high, 150)


def positive(r):
    return spread(r, -1074, 1023.9, 120, False) + between(r, 0.5, 2, 100) + around(1.0, 2 / 3, 4 / 3, 2.0 ** 0.5)


POINTS = {
    "EXP": (mp.exp, lambda r: everywhere(r, -746, 710) + around(709.782712893384, -708.3964185322641, -745.1, 708.0, -708.0)),
    "EXPM1": (mp.expm1, lambda r: everywhere(r, -50, 710) + between(r, -2, 2, 80) + around(709.782712893384, -37.4)),
    "LOG": (mp.log, positive),
    "LOG1P": (mp.log1p, lambda r: everywhere(r, -1, 3) + spread(r, 0, 1023, 40, False) + [2.0 ** -k - 1 for k in range(1, 54)]),
    "CBRT": (lambda x: mp.sign(x) * mp.cbrt(abs(x)), lambda r: spread(r, -1074, 1023.9, 200) + between(r, 0.1, 10, 100)),
    "SIN": (mp.sin, trig),
    "COS": (mp.cos, trig),
    "TAN": (mp.tan, trig),
    "ASIN": (mp.asin, of_unit),
    "ACOS": (mp.acos, of_unit),
    "ATAN": (mp.atan, lambda r: spread(r, -1074, 1023, 60) + spread(r, -20, 20, 150) + around(0.4142135623730951, 2.414213562373095, 1.0)),
    "SINH": (mp.sinh, lambda r: everywhere(r, -711, 711) + between(r, -3, 3, 80) + around(710.4758600739439)),
    "COSH": (mp.cosh, lambda r: everywhere(r, -711, 711) + between(r, -3, 3, 80) + around(710.4758600739439)),
    "TANH": (mp.tanh, lambda r: everywhere(r, -20, 20) + between(r, -3, 3, 80) + around(19.06, 0.35)),
    "ASINH": (mp.asinh, lambda r: spread(r, -1074, 1023, 80) + spread(r, -10, 10, 150) + around(2.0 ** 28)),
    "ACOSH": (mp.acosh, lambda r: [1 + x for x in spread(r, -52, 30, 150, False)] + spread(r, 1, 1023, 50, False) + around(2.0 ** 28)),
    "ATANH": (mp.atanh, of_unit),
    "ERF": (mp.erf, lambda r: everywhere(r, -6, 6) + around(1.0, -1.0, 5.9)),
    "ERFC": (mp.erfc, lambda r: everywhere(r, -6, 27.3) + between(r, 26, 27.3, 40) + around(0.5, -0.5, 1.0, 26.54325845425098)),
    "ERFINV": (erfinv, lambda r: spread(r, -300, -1, 60) + between(r, -1, 1, 100) + [1 - 2.0 ** -k for k in range(1, 53)]),
    "LOGISTIC": (lambda x: 1 / (1 + mp.exp(-x)), lambda r: everywhere(r, -746, 710) + between(r, -40, 40, 80) + around(-708.0, 708.0, -745.1)),
    "LGAMMA": (gamma_log, lambda r: spread(r, -1070, 0, 60) + between(r, 0, 12, 200) + spread(r, 3, 1014, 60, False)
               + around(0.5, 1.5, 2.5, 10.0, -0.5) + [1 + x for x in spread(r, -52, -1, 60)] + [2 + x for x in spread(r, -51, -1, 60)]
               + between(r, -20, 0, 100)),
    "DIGAMMA": (mp.digamma, lambda r: spread(r, -1000, 0, 60) + between(r, 0, 12, 150) + spread(r, 3, 1014, 60, False)
                + around(10.0) + between(r, -20, 0, 100)),
}

PAIRS = {
    "POW": (power, lambda r: [(2.0 ** r.uniform(-10, 10), r.uniform(-80, 80)) for _ in range(150)]
            + [(r.uniform(0.5, 2), r.uniform(-1020, 1020)) for _ in range(100)]
            + [(1 + r.uniform(-1, 1) * 2.0 ** -k, r.uniform(-0.9, 0.9) * 2.0 ** (k + 9)) for k in range(1, 45)]
            + [(-r.uniform(0.1, 10), float(k)) for k in range(-40, 41)]
            + [(2.0 ** r.uniform(-1074, -1022), r.uniform(-1, 1)) for _ in range(30)]
            + [(2.0 ** r.uniform(900, 1023), r.uniform(-1.1, 1.1)) for _ in range(30)]),
    "ATAN2": (angle, lambda r: [(y, x) for y, x in zip(spread(r, -1074, 1023, 100), spread(r, -1074, 1023, 100))]
              + [(y, x) for y, x in zip(spread(r, -3, 3, 200), spread(r, -3, 3, 200))]
              + [(y, x) for y, x in zip(spread(r, 1015, 1024, 40), spread(r, 1015, 1024, 40))]
              + [(y, x) for y, x in zip(spread(r, -1074, -1020, 40), spread(r, -1074, -1020, 40))]),
}


def emit(book, name, xs, ys, values):
    case = book.case(name).inp("x", np.array(xs))
    if ys is not None:
        case.inp("y", np.array(ys))
    case.out("result", np.array(values))


def main():
    book = Book()
    for name, (f, points) in POINTS.items():
        r = random.Random(name)
        g = exact(f)
        xs, values = [], []
        for x in points(r):
            try:
                values.append(g(x))
                xs.append(x)
            except (ValueError, ZeroDivisionError, OverflowError):
                continue  # a pole
        emit(book, name, xs, None, values)
    for name, (f, points) in PAIRS.items():
        r = random.Random(name)
        g = exact(f)
        pairs = points(r)
        emit(book, name, [x for x, _ in pairs], [y for _, y in pairs], [g(x, y) for x, y in pairs])
    sys.stdout.write(book.text())


if __name__ == "__main__":
    main()
