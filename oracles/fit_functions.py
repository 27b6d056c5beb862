"""The coefficients of dev.axial.numerics: polynomials close to minimax, in 60 digits.

    python fit_functions.py [name ...]

Needs mpmath. A fit has the least sum of squares over the nodes of a Chebyshev polynomial, where that is hardly worse than
the least maximum, and never fails to converge. For each fit it prints the coefficients as they stand in the Java source,
lowest power first, and the largest weighted error, which for most is the relative error of the whole function. A
coefficient is rounded to the type in which it is used, lowest power first, and the others are fitted again around it, so
that the rounding of one is made good by the rest.
"""
import struct
import sys

from mpmath import mp, mpf

mp.dps = 60


def single(c):
    return mpf(struct.unpack("f", struct.pack("f", float(c)))[0])


def double(c):
    return mpf(float(c))


def squares(values, weights, powers):
    """Coefficients for these powers: the sum of the squares of weight * (value - polynomial) is least."""
    n = len(powers)
    a, b = mp.matrix(n, n), mp.matrix(n, 1)
    for x, y in values.items():
        row = [weights[x] * x ** p for p in powers]
        for i in range(n):
            b[i] += row[i] * weights[x] * y
            for j in range(i + 1):
                a[i, j] += row[i] * row[j]
    for i in range(n):
        for j in range(i):
            a[j, i] = a[i, j]
    return mp.lu_solve(a, b)


def java(c):
    """Exactly, as a hexadecimal literal without its trailing zeros."""
    head, exponent = float(c).hex().split("p")
    return head.rstrip("0") + ("0p" if head.rstrip("0").endswith(".") else "p") + str(int(exponent))


def fit(name, function, low, high, degree, weight, to, points=150, exact=()):
    """exact: the lowest coefficients, where they are known."""
    low, high = mpf(low), mpf(high)
    grid = [(low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * (2 * k + 1) / (2 * points)) for k in range(points)]
    weights = {x: weight(x) for x in grid}
    left = {x: function(x) for x in grid}
    done = []
    for p in range(degree + 1):
        if p < len(exact):
            c = mpf(exact[p])
        else:
            c = to(squares(left, weights, list(range(p, degree + 1)))[0])
        done.append(c)
        left = {x: y - c * x ** p for x, y in left.items()}
    worst = max(abs(weights[x] * left[x]) for x in grid)
    print(f"{name}: degree {degree} on [{mp.nstr(low, 8)}, {mp.nstr(high, 8)}], error 2^{mp.nstr(mp.log(worst, 2), 5)}")
    for c in done:
        print(f"    {java(c)},")
    sys.stdout.flush()
    return done


def erfcx(a):
    return mp.exp(a * a) * mp.erfc(a)


SMALL = mpf(10) ** -20


def over(f, limit):
    """f, with its limit where its formula is 0/0."""
    return lambda x: mpf(limit) if abs(x) < SMALL else f(x)


LN2_2 = mp.log(2) / 2
QUARTER = mp.pi / 4
EXP = over(lambda r: (mp.expm1(r) - r) / r ** 2, 0.5)
LOG1P = over(lambda f: (mp.log1p(f) - f) / f ** 2, -0.5)
SIN = over(lambda z: (mp.sin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, -mpf(1) / 6)
COS = over(lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z ** 2, mpf(1) / 24)
ATANH = over(lambda z: (mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 1) * 2 / z, mpf(2) / 3)
ATAN = over(lambda z: (mp.atan(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, -mpf(1) / 3)
ASIN = over(lambda z: (mp.asin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, mpf(1) / 6)
TAIL = lambda t: (lambda a: (1 + 2 * a) * erfcx(a))(4 * (1 + t) / (1 - t))

ROOT = mp.findroot(mp.digamma, 1.46)

FITS = {
    # (exp(r) - 1 - r) / r^2
    "exp32": lambda n: fit(n, EXP, -LN2_2 - mpf("1e-3"), LN2_2 + mpf("1e-3"), 4, lambda r: r * r, single),
    "exp64": lambda n: fit(n, EXP, -LN2_2 - mpf("1e-6"), LN2_2 + mpf("1e-6"), 9, lambda r: r * r, double, exact=(0.5,)),
    # (expm1(2 r) - 2 r) / r^2, half the range
    "tanh32": lambda n: fit(n, lambda r: 4 * EXP(2 * r), -LN2_2 / 2 - mpf("1e-3"), LN2_2 / 2 + mpf("1e-3"), 4,
                            lambda r: abs(r) / 2 if r else SMALL, single, exact=(2,)),
    # (log(1+f) - f) / f^2
    "log32": lambda n: fit(n, LOG1P, -mpf(1) / 3, mpf(1) / 3, 9, lambda f: abs(f) + SMALL, single, exact=(-0.5,)),
    # (log((1+s)/(1-s)) - 2 s) / s^3 in s^2
    "log64": lambda n: fit(n, ATANH, 0, mpf("0.0295"), 6, lambda z: z / 2 + SMALL, double),
    # the same beyond 2/3
    "pow64": lambda n: fit(n, over(lambda z: (ATANH(z) - mpf(2) / 3) / z, mpf(2) / 5), 0, mpf("0.0295"), 7,
                           lambda z: z * z + SMALL, double),
    # (sin(r)/r - 1) / r^2 in r^2, for |r| up to pi/2 and up to pi/4
    "sin32": lambda n: fit(n, SIN, 0, mpf("1.5808") ** 2, 4, lambda z: z / (1 + z * SIN(z)) + SMALL, single),
    "sin64": lambda n: fit(n, SIN, 0, mpf("0.7855") ** 2, 5, lambda z: z + SMALL, double),
    # (cos(r) - 1 + r^2/2) / r^4 in r^2
    "cos64": lambda n: fit(n, COS, 0, mpf("0.7855") ** 2, 5, lambda z: z * z + SMALL, double),
    # sin(pi d)/d in d^2, for |d| up to 1/2
    "sinpi64": lambda n: fit(n, over(lambda z: mp.sin(mp.pi * mp.sqrt(z)) / mp.sqrt(z), mp.pi), 0, mpf("0.25"), 9,
                             lambda z: mpf(1) / 3, double),
    "atan64": lambda n: fit(n, ATAN, 0, mpf("0.1717"), 11, lambda z: z + SMALL, double),
    "asin64": lambda n: fit(n, ASIN, 0, mpf("0.25"), 12, lambda z: z + SMALL, double),
    # erf(x)/x - 1 in x^2
    "erf32": lambda n: fit(n, over(lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1, 2 / mp.sqrt(mp.pi) - 1), 0, mpf("1.0"), 6,
                           lambda z: mpf(1), single),
    "erf64": lambda n: fit(n, over(lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1, 2 / mp.sqrt(mp.pi) - 1), 0, mpf(1), 12,
                           lambda z: mpf(1), double),
    # log2(erfc(a))
    "erftail32": lambda n: fit(n, lambda a: mp.log(mp.erfc(a), 2), mpf("0.98"), 4, 6, lambda a: mp.erfc(a), single),
    # -2^r
    "exp2tail32": lambda n: fit(n, lambda r: -mpf(2) ** r, -mpf("0.501"), mpf("0.501"), 5, lambda r: mpf(1), single),
    # (1 + 2 a) exp(a^2) erfc(a) in (a - 4)/(a + 4)
    "erfc64": lambda n: fit(n, TAIL, (mpf("0.48") - 4) / mpf("4.48"), (mpf("27.3") - 4) / mpf("31.3"), 22, lambda t: mpf(1), double),
    # lgamma(2 + t)/t
    "lgamma64": lambda n: fit(n, over(lambda t: mp.loggamma(2 + t) / t, 1 - mp.euler), mpf("-0.5"), mpf("0.5"), 21,
                              lambda t: mpf(2), double),
    # digamma(x)/(x - ROOT) in x - 3/2
    "digamma64": lambda n: fit(n, lambda t: mp.digamma(t + 1.5) / (t + 1.5 - ROOT), mpf("-0.5"), mpf("0.5"), 21, lambda t: mpf(1),
                               double),
    # r^(-1/3)
    "cbrt64": lambda n: fit(n, lambda r: r ** (-mpf(1) / 3), mpf("0.84"), mpf("1.17"), 6, lambda r: mpf(1), double),
}

if __name__ == "__main__":
    for key in sys.argv[1:] or FITS:
        FITS[key](key)
