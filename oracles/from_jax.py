"""The JAX halves of docs/from-jax.md, run: each region is a block of the page, each assert its claim.

    /tmp/oracle-env-b/bin/python from_jax.py
"""
# fmt: off
import pathlib
import re
import sys

import numpy as np

# @start region=imports
import jax
import jax.numpy as jnp
from jax import lax
# @end


def equal(x, expected):
    np.testing.assert_allclose(np.asarray(x), expected, rtol=1e-5, atol=1e-6)


# @start region=jit
total = jax.new_ref(jnp.zeros(3))

@jax.jit
def visit(i):
    total[i] += 1.0

visit(1)
visit(1)               # total: [0, 2, 0]
# @end
equal(total[...], [0, 2, 0])

# @start region=access
table = jax.new_ref(jnp.arange(12.0).reshape(4, 3))
row = table[1]                              # read
table[0] = row                              # write
table[1:3, 0] = jnp.array([7.0, 8.0])       # a part
table[jnp.array([3, 0])] = jnp.zeros((2, 3))
old = jax.ref.swap(table, 2, row)           # write, and get what was there
end = jax.freeze(table)                     # the final value
# @end
equal(old, [8, 7, 8])
equal(end, [[0, 0, 0], [7, 4, 5], [3, 4, 5], [0, 0, 0]])


# @start region=grad
def tower(x):
    level = jax.new_ref(x)                  # made inside: the function is pure
    for _ in range(3):
        level[...] = jnp.sin(level[...])
    return jax.freeze(level)

slope = jax.jit(jax.grad(tower))(1.0)
# @end
equal(slope, np.cos(np.sin(np.sin(1))) * np.cos(np.sin(1)) * np.cos(1))


# @start region=record
def loss(w, seen):
    h = jnp.tanh(w)
    seen[...] = lax.stop_gradient(h)        # the reference only records
    return jnp.sum(h * h)

seen = jax.new_ref(jnp.zeros(2))
g = jax.grad(loss)(jnp.array([0.0, 1.0]), seen)
# @end
equal(seen[...], np.tanh([0, 1]))

# @start region=stash
@jax.custom_vjp
def watch(x, stash):
    return x

def watch_fwd(x, stash):
    return x, stash

def watch_bwd(stash, ct):
    stash[...] = ct                         # the gradient that comes by
    return ct, None

watch.defvjp(watch_fwd, watch_bwd)

stash = jax.new_ref(0.0)
jax.grad(lambda x: watch(3 * x, stash) ** 2)(2.0)   # stash: 12
# @end
equal(stash[...], 12)


# @start region=vjp
def energy(r):
    r[...] = jnp.sin(r[...])
    return jnp.sum(r[...] ** 2)

place = jax.new_ref(jnp.array([1.0, 2.0]))
grads = jax.new_ref(jnp.zeros(2))
_, pull = jax.vjp(energy, place)
pull.with_refs(grads)(1.0)                  # adds to grads
# @end
equal(grads[...], np.sin([2, 4]))


# @start region=sparse
def pick(x, i):
    return x[i]

x, sparse = jnp.arange(10.0), jax.new_ref(jnp.zeros(10))
for i in [3, 5, 3]:
    _, pull = jax.vjp(pick, x, i)
    pull.with_refs(sparse, jax.ad.GradValue())(1.0)
# @end
equal(sparse[...], [0, 0, 0, 2, 0, 1, 0, 0, 0, 0])


# @start region=dontwant
def predict(w, x):
    return w @ x

_, pull = jax.vjp(predict, jnp.ones((2, 3)), jnp.ones(3))
dw, _ = pull.with_refs(jax.ad.GradValue(), jax.ad.DontWant())(jnp.ones(2))
# @end
equal(dw, np.ones((2, 3)))


# @start region=microbatches
def batch_gradient(w, batches):
    acc = jax.new_ref(jnp.zeros_like(w))

    def one(_, x):
        value, pull = jax.vjp(lambda w: jnp.mean(jnp.tanh(x @ w)), w)
        pull.with_refs(acc)(1.0)
        return None, value

    _, losses = lax.scan(one, None, batches)
    return jax.freeze(acc), losses

sums, losses = jax.jit(batch_gradient)(jnp.zeros(3), jnp.ones((4, 5, 3)))
# @end
equal(sums, [4, 4, 4])
equal(losses, np.zeros(4))

# @start region=scan
best = jax.new_ref(-1.0)
rows = jax.new_ref(jnp.zeros((4, 2)))

def visit_row(carry, given):
    row, x = given                          # row is a view of this step's row
    row[...] = jnp.full(2, carry)
    best[...] = jnp.maximum(best[...], x)   # from outside
    return carry + x, best[...]

carry, bests = lax.scan(visit_row, 0.0, (rows, jnp.array([3.0, 7.0, 5.0, 6.0])))
# @end
equal(bests, [3, 7, 7, 7])
equal(rows[:, 0], [0, 3, 10, 15])


# @start region=loop
@jax.jit
def fibonacci(out):
    def body(i, _):
        out[i] = out[i - 1] + out[i - 2]
    lax.fori_loop(2, out.shape[0], body, None)

series = jax.new_ref(jnp.array([0, 1, 0, 0, 0, 0, 0, 0]))
fibonacci(series)
# @end
equal(series[...], [0, 1, 1, 2, 3, 5, 8, 13])


# @start region=vmap
def distance(x, y, out):
    out[...] = jnp.sum((x - y) ** 2)

points = jnp.arange(6.0).reshape(3, 2)
out = jax.new_ref(jnp.zeros((3, 3)))
each = jax.vmap(distance, (0, None, 0))
jax.vmap(each, (None, 0, 1))(points, points, out)
# @end
equal(out[...], [[0, 8, 32], [8, 0, 8], [32, 8, 0]])

# @start region=foreach
def foreach(*xs):
    return lambda body: lax.scan(lambda _, x: (None, body(*x)), None, xs)[1]

count = jax.new_ref(0)

@foreach(jnp.arange(10))
def doubled(x):
    count[...] += x
    return 2 * x
# @end
equal(count[...], 45)
equal(doubled, 2 * np.arange(10))

# @start region=lists
state = {"m": jax.new_ref(jnp.zeros(3)), "v": jax.new_ref(jnp.zeros(3))}

@jax.jit
def moments(state, g):
    state["m"][...] = 0.9 * state["m"][...] + 0.1 * g
    state["v"][...] = 0.99 * state["v"][...] + 0.01 * g * g

moments(state, jnp.ones(3))
# @end
equal(state["m"][...], np.full(3, 0.1))


def there(name):
    """Whether a dotted name leads somewhere."""
    at = sys.modules[__name__]
    for part in name.split("."):
        if not hasattr(at, part):
            return False
        at = getattr(at, part)
    return True


page = pathlib.Path(__file__).parent.parent / "docs" / "from-jax.md"
names = set(re.findall(r"\b(?:jax|jnp|lax)(?:\.\w+)+", page.read_text().split("## Names")[1]))
assert len(names) > 70, names
assert all(map(there, names)), [n for n in sorted(names) if not there(n)]

print("every block holds, and every name is there, with JAX", jax.__version__)
