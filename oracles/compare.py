"""Compares two golden texts: names the cases that differ, and by how many units in the last place."""
import sys

import numpy as np

from golden import parse, value_of


def ulps(a, b):
    """Distance in units in the last place, elementwise; 0 where both are NaN."""
    bits = {"float32": np.int32, "float64": np.int64}[a.dtype.name]

    def ordered(v):
        i = v.view(bits).astype(object)
        low = int(np.iinfo(bits).min)
        return np.array([x if x >= 0 else low - x for x in i.ravel()], dtype=object).reshape(i.shape)

    d = np.abs(ordered(np.ascontiguousarray(a)) - ordered(np.ascontiguousarray(b)))
    return np.where(np.isnan(a) & np.isnan(b), 0, d)


def compare(a, b):
    """Lines that tell the differences of two parsed golden texts."""
    report = []
    for name in list(a) + [n for n in b if n not in a]:
        if name not in a or name not in b:
            report.append(f"{name}: only in the {'first' if name in a else 'second'}")
        elif a[name] != b[name]:
            for x, y in zip(a[name], b[name]):
                if x == y:
                    continue
                if not x.startswith("out"):
                    report.append(f"{name}: {x[:200]} | {y[:200]}")
                    continue
                (_, key, dt, _, u), (_, _, dt2, _, v) = value_of(x), value_of(y)
                if dt != dt2 or u.shape != v.shape:
                    report.append(f"{name}: {key}: {dt}{list(u.shape)} | {dt2}{list(v.shape)}")
                elif dt.startswith("float"):
                    d = ulps(u, v)
                    i = int(np.argmax(d))
                    report.append(f"{name}: {key}: {int((d > 0).sum())} of {d.size} differ, at most {d.ravel()[i]} ulp: "
                                  f"{u.ravel()[i]!r} | {v.ravel()[i]!r}")
                else:
                    report.append(f"{name}: {key}: {int((u != v).sum())} of {u.size} differ")
    return report


if __name__ == "__main__":
    print("\n".join(compare(*(parse(open(p).read()) for p in sys.argv[1:3]))))
