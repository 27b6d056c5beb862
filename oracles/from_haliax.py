"""The Haliax halves of docs/from-jax.md, run: each region is a block, each assert its claim.

    /tmp/oracle-env-a/bin/python from_haliax.py
"""
# fmt: off
import pathlib
import re
import sys
from importlib.metadata import version

import numpy as np

# @start region=imports
import haliax as hax
import jax
import jax.numpy as jnp
from jax import lax
# @end


def equal(x, expected):
    np.testing.assert_allclose(np.asarray(getattr(x, "array", x)), expected, rtol=1e-6)


# @start region=create
Layer, Head = hax.make_axes(layer=6, head=3)
cache = hax.new_ref(hax.zeros((Layer, Head)))

cache["layer", 2] = hax.ones(Head)
row = cache["layer", 2]                             # axes: head
some = cache["layer", 1:4, "head", 0]               # axes: layer=3
index = hax.named(jnp.array([2, 5]), "pick")
picked = cache["layer", index]                      # axes: pick, head
cache["layer", index] = hax.full(picked.axes, 4.0)
# @end
equal(row, [1, 1, 1])
equal(some, [0, 1, 0])
equal(cache["head", 0], [0, 0, 4, 0, 0, 4])

# @start region=slice
window = cache.slice({"layer": slice(1, 4)})        # a view: axes layer=3, head
window["layer", 0] = hax.full(Head, 7.0)            # layer 1 of the cache
last = window.slice({"layer": 2})                   # views compose: layer 3
last["head", 0] = 5.0
whole = window.unsliced()
# @end
equal(cache["head", 0], [0, 7, 4, 5, 0, 4])


# @start region=cache
@jax.jit
def fill(cache, xs):
    def step(sum, given):
        i, x = given
        cache["layer", i] = cache["layer", i] + sum     # closed over, at this step's layer
        return sum + x
    start = hax.named(0.0, ())
    return hax.fold(step, Layer)(start, (hax.arange(Layer), xs))

keys = hax.new_ref(hax.ones((Layer, Head)))
total = fill(keys, hax.arange(Layer).astype(float))
# @end
equal(keys["head", 0], [1, 1, 2, 4, 7, 11])
equal(total, 15)


# @start region=part
@jax.jit
def clear(part):
    part[...] = hax.zeros(part.axes)

clear(cache.slice({"layer": slice(0, 2)}))          # compiled for layers 0 and 1
clear(cache.slice({"layer": slice(4, 6)}))          # and anew for layers 4 and 5
# @end
equal(cache["head", 0], [0, 0, 4, 5, 0, 0])

# @start region=functions
before = hax.swap(cache, {"layer": 2}, hax.zeros(Head))
now = hax.get(cache, {"layer": 3})
end = hax.freeze(cache)
# @end
equal(before, [4, 4, 4])
equal(now, [5, 0, 0])


# @start region=grad
def f(x):
    r = hax.new_ref(x)
    r["layer", 0] = r["layer", 1] * 2.0
    return hax.sum(r[...]).scalar()

g = jax.grad(f)(hax.ones((Layer, Head)))
# @end
equal(g["head", 0], [0, 3, 1, 1, 1, 1])


def there(name):
    """Whether a dotted name leads somewhere."""
    at = sys.modules[__name__]
    for part in name.split("."):
        if not hasattr(at, part):
            return False
        at = getattr(at, part)
    return True


page = pathlib.Path(__file__).parent.parent / "docs" / "from-jax.md"
names = set(re.findall(r"\b(?:hax)(?:\.\w+)+", page.read_text().split("## Names")[1]))
assert len(names) > 50, names
assert all(map(there, names)), [n for n in sorted(names) if not there(n)]

print("every block holds, and every name is there, with Haliax", version("haliax"), "on JAX", jax.__version__)
