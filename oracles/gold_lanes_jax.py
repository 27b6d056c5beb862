"""Golden values of what lanes of a vmap have in common: axis_index, psum, pmean, pmax, pmin, all_gather, and derivatives
of functions that use them (JAX 0.12, float64, x64 on). The mapped axis is d0 of x.
"""
import sys

import jax
import jax.numpy as jnp
from jax import lax

from golden import Book

assert jax.config.jax_enable_x64
book = Book()
X = jnp.array([1.0, 2.0, 4.0])
Y = jnp.arange(1.0, 7.0).reshape(3, 2)
N = "d0"


def case(name, pseudo, f, x=X, tolerance="16eps"):
    """f at every lane."""
    c = book.case(name)
    c.inp("x", x)
    c.note("pseudo", pseudo).note("tolerance", tolerance)
    c.out("y", jax.vmap(f, axis_name=N)(x))


def psum(v):
    return lax.psum(v, N)


case("index", "axis_index", lambda v: lax.axis_index(N).astype(jnp.int32))
case("psum", "psum(v) + v", lambda v: psum(v) + v)
case("psum-of-a-constant", "psum(2) * v", lambda v: psum(2.0) * v)
case("psum-of-rows", "psum(row) - row", lambda v: psum(v) - v, Y)
case("pmean", "v - pmean(v)", lambda v: v - lax.pmean(v, N))
case("pmax-pmin", "pmax(v) - pmin(v * v)", lambda v: lax.pmax(v, N) - lax.pmin(v * v, N))
case("all-gather", "all_gather(v) * v", lambda v: lax.all_gather(v, N) * v)
case("grad/psum", "grad(v -> psum(v * v))", jax.grad(lambda v: psum(v * v)))
case("grad/psum-times", "grad(v -> psum(v) * v)", jax.grad(lambda v: psum(v) * v))
case("grad/all-gather", "grad(v -> sum(all_gather(v) * [1, 10, 100]) * v)", jax.grad(lambda v: (lax.all_gather(v, N) * jnp.array([1.0, 10.0, 100.0])).sum() * v))
case("grad/twice", "grad(grad(v -> psum(v^3) * v))", jax.grad(jax.grad(lambda v: psum(v * v * v) * v)))
case("grad/checkpoint", "grad(checkpoint(v -> psum(sin(v)) * v))", jax.grad(jax.checkpoint(lambda v: psum(jnp.sin(v)) * v)))
case("jvp/psum", "jvp(v -> psum(v * v), v, v).tangent", lambda v: jax.jvp(lambda w: psum(w * w), (v,), (v,))[1])
case("jit", "jit(v -> v / psum(v))", jax.jit(lambda v: v / psum(v)))
case("loop", "3 times v += psum(v)", lambda v: lax.fori_loop(0, 3, lambda _, c: c + psum(c), v))
case("grad/loop", "grad of 3 times v *= pmean(v)", jax.grad(lambda v: lax.fori_loop(0, 3, lambda _, c: c * lax.pmean(c, N), v)))
case("cond", "cond(v > 1.5, psum(v), v * psum(v)): lanes differ", lambda v: lax.cond(v > 1.5, lambda: psum(v), lambda: v * psum(v)))
case("cond-of-all", "cond(psum(v) > 1.5, psum(v), v): lanes agree", lambda v: lax.cond(psum(v) > 1.5, lambda: psum(v), lambda: v))
case("while", "while v < 20: v += psum(v); lanes that are done count with what they have", lambda v: lax.while_loop(lambda c: c < 20, lambda c: c + psum(c), v))
case("while-of-all", "while psum(v) < 100: v += psum(v)", lambda v: lax.while_loop(lambda c: psum(c) < 100, lambda c: c + psum(c), v))
case("nested", "row: vmap(v -> psum(v over d0) + 100 psum(v over d1))", jax.vmap(lambda v: psum(v) + 100 * lax.psum(v, "d1"), axis_name="d1"), Y)
c = book.case("grad-of-vmap").inp("x", X).note("pseudo", "grad(x -> sum(vmap(v -> psum(v) * v)(x)))").note("tolerance", "16eps")
c.out("y", jax.grad(lambda x: jax.vmap(lambda v: psum(v) * v, axis_name=N)(x).sum())(X))

sys.stdout.write(book.text())
