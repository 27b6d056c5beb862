"""Golden derivatives of functions that use references inside, under every transformation (JAX 0.12, float64, x64 on).

Each first derivative is also checked here against central differences. Where JAX refuses (second derivatives through a
scan that writes a ref, reverse mode through a while loop) the value comes from the same function without references,
and a note says so.
"""
import sys

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from golden import Book

assert jax.config.jax_enable_x64
book = Book()
F = jnp.float64


def vec(n, seed=0.0):
    return jnp.asarray(np.round(np.sin(np.arange(n) * 1.3 + 0.7 + seed) * 1.5, 3))


def mat(m, n, seed=0.0):
    return vec(m * n, seed).reshape(m, n)


def tangent_of(x, k):
    return jnp.asarray(np.round(np.cos(np.arange(x.size) * 0.9 + k), 3)).reshape(x.shape)


def check_fd(name, f, args, grads):
    """Central differences along the tangents that the case uses."""
    h = 1e-6
    for i, (x, g) in enumerate(zip(args, grads)):
        t = tangent_of(x, i)
        up, down = list(args), list(args)
        up[i], down[i] = x + h * t, x - h * t
        fd = (f(*up) - f(*down)) / (2 * h)
        got = jnp.sum(g * t)
        assert abs(fd - got) <= 2e-6 * max(1, abs(float(fd))), (name, i, float(fd), float(got))


def attempt(f):
    try:
        return f(), None
    except Exception as e:
        return None, f"{type(e).__name__}: {str(e).splitlines()[0][:160]}"


def deriv(name, pseudo, f, pure=None, second=True, fd=True, **named):
    """value, grad, jvp and the Hessian-vector product grad(jvp) of a scalar function of float64 arguments."""
    names, args = list(named), [jnp.asarray(v, F) for v in named.values()]
    every = tuple(range(len(args)))
    c = book.case(name)
    for n, a in zip(names, args):
        c.inp(n, a)
    tangents = [tangent_of(a, i) for i, a in enumerate(args)]
    for n, t in zip(names, tangents):
        c.inp(f"t.{n}", t)
    c.note("pseudo", pseudo).note("tolerance", "16eps")
    value, error = attempt(lambda: f(*args))
    source = f
    if error:
        assert pure is not None, (name, error)
        c.note("jax-refuses", error)
        source, value = pure, pure(*args)
    grads, error = attempt(lambda: jax.grad(source, every)(*args))
    if error:
        assert pure is not None, (name, error)
        c.note("jax-refuses-grad", f"{error}; grad is that of the same function without references")
        grads = jax.grad(pure, every)(*args)
    if pure is not None:
        np.testing.assert_allclose(value, pure(*args), rtol=1e-13, err_msg=name)
        for g, p in zip(grads, jax.grad(pure, every)(*args)):
            np.testing.assert_allclose(g, p, rtol=1e-11, atol=1e-13, err_msg=name)
    if fd:
        check_fd(name, pure or f, args, grads)
    pair, error = attempt(lambda: jax.jvp(source, args, tangents))
    if error:
        assert pure is not None, (name, error)
        c.note("jax-refuses-jvp", f"{error}; tangent is that of the same function without references")
        pair = jax.jvp(pure, args, tangents)
    dv = pair[1]
    np.testing.assert_allclose(dv, sum(jnp.sum(g * t) for g, t in zip(grads, tangents)), rtol=1e-10, atol=1e-12, err_msg=name)
    c.out("value", value)
    for n, g in zip(names, grads):
        c.out(f"grad.{n}", g)
    c.out("tangent", dv)
    if second:
        def hvp(fun):
            return jax.jvp(lambda *a: jax.grad(fun, every)(*a), args, tangents)[1]
        h, error = attempt(lambda: hvp(source))
        if error:
            assert pure is not None, (name, error)
            c.note("jax-refuses-second", f"{error}; hvp is that of the same function without references")
            h = hvp(pure)
        elif pure is not None:
            for g, p in zip(h, hvp(pure)):
                np.testing.assert_allclose(g, p, rtol=1e-10, atol=1e-12, err_msg=name)
        c.note("hvp", "the derivative of the gradient along the tangents: jvp(grad(f), args, t)")
        for n, g in zip(names, h):
            c.out(f"hvp.{n}", g)
    return c


def plain(name, pseudo, ins, outs, tolerance="16eps"):
    c = book.case(name)
    for k, v in ins.items():
        c.inp(k, v)
    c.note("pseudo", pseudo).note("tolerance", tolerance)
    for k, v in outs.items():
        c.out(k, v)
    return c


new = jax.new_ref
zeros = lambda *s: jnp.zeros(s, F)  # noqa: E731
W4 = jnp.array([1.0, -2.0, 0.5, 3.0])


# --- straight-line code ---
def cube(x):
    r = new(x)
    r[...] = r[...] ** 3
    return r[...]


deriv("line/cube", "f(x) = { r = newRef(x); r = r^3; return r }", cube, pure=lambda x: x**3, x=1.7)
plain("line/cube-third-derivative", "the third derivative of line/cube at x", {"x": jnp.asarray(1.7)}, {"third": jax.grad(jax.grad(jax.grad(cube)))(1.7)})


def line(x):
    r = new(zeros(4))
    r[0] = jnp.sin(x[1])
    r[1] = r[0] * x[0]
    r[2] = r[1] + r[0] * x[3]
    r[3] = jnp.exp(-r[2] * x[2])
    return jnp.sum(W4 * r[...])


def line_pure(x):
    a = jnp.sin(x[1])
    b = a * x[0]
    c = b + a * x[3]
    return jnp.sum(W4 * jnp.stack([a, b, c, jnp.exp(-c * x[2])]))


deriv("line/chain", "f(x: 4) = { r = newRef(zeros(4)); r[0] = sin(x[1]); r[1] = r[0]*x[0]; r[2] = r[1] + r[0]*x[3]; r[3] = exp(-r[2]*x[2]); return sum([1,-2,0.5,3] * r) }", line, pure=line_pure, x=vec(4))


def overwritten(x):
    r = new(jnp.asarray(0.0))
    r[...] = x * x
    a = r[...]
    r[...] = jnp.sin(x)
    return a + 10.0 * r[...]


deriv("line/overwritten", "f(x) = { r = newRef(0.); r = x*x; a = r; r = sin(x); return a + 10*r }", overwritten, pure=lambda x: x * x + 10 * jnp.sin(x), x=0.8)


def dead(x):
    r = new(zeros(3))
    r[...] = x * 5.0
    r[1] = 0.0
    return jnp.sum(r[...] ** 2)


deriv("line/overwritten-by-constant", "f(x: 3) = { r = newRef(zeros(3)); r = 5*x; r[1] = 0; return sum(r^2) }", dead, pure=lambda x: 25 * (x[0] ** 2 + x[2] ** 2), x=vec(3))


def swapped(x, y):
    r = new(x)
    old = jax.ref.swap(r, ..., y * old_scale)
    return jnp.sum(old * jnp.sin(r[...]))


old_scale = 2.0
deriv("line/swap", "f(x: 3, y: 3) = { r = newRef(x); old = swap(r, 2*y); return sum(old * sin(r)) }", swapped, pure=lambda x, y: jnp.sum(x * jnp.sin(2 * y)), x=vec(3), y=vec(3, 1.0))


def swap_row(x, y):
    r = new(x)
    old = jax.ref.swap(r, 1, y)
    r[0] = r[0] * old
    return jnp.sum(r[...] * mat(3, 2, 4.0))


deriv("line/swap-row", "f(x: 3x2, y: 2) = { r = newRef(x); old = swap(r[1], y); r[0] = r[0]*old; return sum(r * w) }, w the input w", swap_row, pure=lambda x, y: jnp.sum(jnp.stack([x[0] * x[1], y, x[2]]) * mat(3, 2, 4.0)), x=mat(3, 2), y=vec(2, 1.0)).inp("w", mat(3, 2, 4.0))


def adds(x):
    r = new(jnp.ones(4))
    jax.ref.addupdate(r, slice(0, 2), x)
    jax.ref.addupdate(r, slice(1, 3), x * x)
    jax.ref.addupdate(r, 3, x[0] * x[1])
    return jnp.sum(W4 * r[...] ** 2)


deriv("line/add", "f(x: 2) = { r = newRef(ones(4)); r[0..2] += x; r[1..3] += x*x; r[3] += x[0]*x[1]; return sum([1,-2,0.5,3] * r^2) }", adds,
      pure=lambda x: jnp.sum(W4 * jnp.stack([1 + x[0], 1 + x[1] + x[0] ** 2, 1 + x[1] ** 2, 1 + x[0] * x[1]]) ** 2), x=vec(2))


def views(x):
    r = new(zeros(5))
    v = r.at[1:4]
    v[...] = x
    v[1] = v[0] * v[2]
    u = r.at[2:5]
    u[2] = jnp.cos(u[0])
    return jnp.sum(r[...] * vec(5, 2.0))


deriv("line/views", "f(x: 3) = { r = newRef(zeros(5)); v = r.slice(1..4); v = x; v[1] = v[0]*v[2]; u = r.slice(2..5); u[2] = cos(u[0]); return sum(r * w) }", views,
      pure=lambda x: jnp.sum(jnp.stack([0.0 * x[0], x[0], x[0] * x[2], x[2], jnp.cos(x[0] * x[2])]) * vec(5, 2.0)), x=vec(3)).inp("w", vec(5, 2.0))


def strided(x):
    r = new(zeros(6))
    r[::2] = x
    r[1::2] = x * r[::2]
    return jnp.sum(r[1:5] ** 2)


deriv("line/strided", "f(x: 3) = { r = newRef(zeros(6)); r[0..6 step 2] = x; r[1..6 step 2] = x * r[0..6 step 2]; return sum(r[1..5]^2) }", strided,
      pure=lambda x: jnp.sum(jnp.stack([x[0], x[0] ** 2, x[1], x[1] ** 2, x[2], x[2] ** 2])[1:5] ** 2), x=vec(3))
IDX = jnp.array([2, 0, 2, 1], jnp.int32)


def gather(x):
    r = new(x)
    r[0] = x[1] * x[2]
    return jnp.sum(jnp.sin(r[IDX]) * W4)


deriv("line/index-read-repeats", "f(x: 3) = { r = newRef(x); r[0] = x[1]*x[2]; return sum(sin(r[idx]) * [1,-2,0.5,3]) }, idx = [2,0,2,1]", gather,
      pure=lambda x: jnp.sum(jnp.sin(x.at[0].set(x[1] * x[2])[IDX]) * W4), x=vec(3)).inp("idx", IDX)


def scatter(x, y):
    r = new(x)
    r[jnp.array([3, 1])] = y * r[jnp.array([0, 3])]
    return jnp.sum(r[...] ** 2 * W4)


deriv("line/index-write", "f(x: 4, y: 2) = { r = newRef(x); r[[3,1]] = y * r[[0,3]]; return sum(r^2 * [1,-2,0.5,3]) }", scatter,
      pure=lambda x, y: jnp.sum(x.at[jnp.array([3, 1])].set(y * x[jnp.array([0, 3])]) ** 2 * W4), x=vec(4), y=vec(2, 1.0))


def scatter_add(x, y):
    r = new(x)
    jax.ref.addupdate(r, (IDX,), y)
    return jnp.sum(r[...] ** 3)


deriv("line/index-add-repeats", "f(x: 3, y: 4) = { r = newRef(x); r[idx] += y (every repeat counts); return sum(r^3) }, idx = [2,0,2,1]", scatter_add, pure=lambda x, y: jnp.sum(x.at[IDX].add(y) ** 3), x=vec(3), y=vec(4, 1.0)).inp("idx", IDX)


def scatter_set(x, y):
    return jnp.sum(x.at[IDX].set(y) ** 2 * jnp.array([1.0, 2.0, 3.0]))


deriv("line/index-write-repeats", "f(x: 3, y: 4) = { r = newRef(x); r[idx] = y (the last repeat stays); return sum(r^2 * [1,2,3]) }, idx = [2,0,2,1]; the values are those of x.at[idx].set(y): JAX's own ref gradient is wrong here",
      scatter_set, x=vec(3), y=vec(4, 1.0)).inp("idx", IDX).note("jax-ref-gives", "grad.y " + str(jax.grad(lambda y: (lambda r: (
          r.__setitem__((IDX,), y), jnp.sum(r[...] ** 2 * jnp.array([1.0, 2.0, 3.0])))[1])(new(vec(3))))(vec(4, 1.0)).tolist()))


def traced_index(x):
    r = new(x)
    for i in (1, 3, 1, -1):
        k = jnp.int32(i)
        r[k] = r[k] * x[k] + 0.5
    return jnp.sum(r[...] * W4)


deriv("line/traced-index", "f(x: 4) = { r = newRef(x); for k in 1, 3, 1, -1 (rank-0 index arrays; -1 is the last): r[k] = r[k]*x[k] + 0.5; return sum(r * [1,-2,0.5,3]) }", traced_index,
      pure=lambda x: x[0] + -2 * ((x[1] ** 2 + 0.5) * x[1] + 0.5) + 0.5 * x[2] + 3 * ((x[3] ** 2 + 0.5) * x[3] + 0.5), x=vec(4))


def clamped(x):
    r = new(x * x)
    return r[jnp.int32(9)] * r[0]


deriv("line/clamped-read", "f(x: 4) = { r = newRef(x*x); return r[k] * r[0] }, k a rank-0 index array holding 9: the read is clamped to 3, and so is its transpose", clamped, pure=lambda x: x[3] ** 2 * x[0] ** 2, x=vec(4))


def frozen(x):
    r = new(x)
    r[1] = r[0] * r[2]
    y = jax.freeze(r)
    s = new(y * 2.0)
    s[0] = jnp.sum(y)
    return jnp.sum(s[...] ** 2)


deriv("line/freeze", "f(x: 3) = { r = newRef(x); r[1] = r[0]*r[2]; y = freeze(r); s = newRef(2*y); s[0] = sum(y); return sum(s^2) }", frozen,
      pure=lambda x: (x[0] + x[0] * x[2] + x[2]) ** 2 + 4 * (x[0] * x[2]) ** 2 + 4 * x[2] ** 2, x=vec(3))


def stopped(x):
    r = new(x)
    r[...] = jnp.sin(r[...])
    return jnp.sum(r[...] * lax.stop_gradient(r[...]))


deriv("line/stop-gradient-of-read", "f(x: 3) = { r = newRef(x); r = sin(r); return sum(r * stopGradient(r)) }", stopped, pure=lambda x: jnp.sum(jnp.sin(x) * lax.stop_gradient(jnp.sin(x))), fd=False, x=vec(3))


def stopped_write(x):
    r = new(x)
    r[0] = lax.stop_gradient(x[1] * x[2])
    return jnp.sum(r[...] ** 2)


deriv("line/stop-gradient-of-write", "f(x: 3) = { r = newRef(x); r[0] = stopGradient(x[1]*x[2]); return sum(r^2) }", stopped_write, fd=False, x=vec(3))


def counter(x):
    n = new(jnp.zeros((), jnp.int32))
    r = new(x)
    for _ in range(3):
        n[...] += 1
        r[n[...]] = r[n[...]] * r[0] * n[...].astype(F)
    return jnp.sum(r[...])


deriv("line/int-counter-ref", "f(x: 4) = { n = newRef(int32 0); r = newRef(x); 3 times: { n += 1; r[n] = r[n] * r[0] * n }; return sum(r) }", counter, pure=lambda x: x[0] + x[1] * x[0] + 2 * x[2] * x[0] + 3 * x[3] * x[0], x=vec(4))


def two_refs(x, y):
    a, b = new(x), new(y)
    a[...] = a[...] * b[...]
    b[...] = b[...] + a[...]
    a[0], b[1] = b[0], a[1]
    return jnp.sum(a[...] * b[...])


deriv("line/two-refs", "f(x: 3, y: 3) = { a = newRef(x); b = newRef(y); a = a*b; b = b+a; t = b[0]; u = a[1]; a[0] = t; b[1] = u; return sum(a*b) }", two_refs,
      pure=lambda x, y: (y[0] + x[0] * y[0]) ** 2 + (x[1] * y[1]) ** 2 + x[2] * y[2] * (y[2] + x[2] * y[2]), x=vec(3), y=vec(3, 1.0))


# --- scan and loops ---
def sines(x):
    r = new(zeros(6))
    r[0] = x

    def body(_, i):
        r[i] = jnp.sin(r[i - 1]) + 0.1 * x
        return None, None
    lax.scan(body, None, jnp.arange(1, 6))
    return r[5] * r[2]


def sines_pure(x):
    r = [x]
    for i in range(1, 6):
        r.append(jnp.sin(r[-1]) + 0.1 * x)
    return r[5] * r[2]


deriv("scan/row-from-the-one-before", "f(x) = { r = newRef(zeros(6)); r[0] = x; scan i = 1..5: r[i] = sin(r[i-1]) + 0.1*x; return r[5]*r[2] }", sines, pure=sines_pure, x=1.1)


def accumulate(xs, c):
    r = new(c)

    def body(k, x):
        r[...] += x * x * k
        return k * 1.1, r[...]
    k, ys = lax.scan(body, c, xs)
    return jnp.sum(ys * vec(5, 3.0)) + k


def accumulate_pure(xs, c):
    r, k, ys = c, c, []
    for i in range(5):
        r = r + xs[i] ** 2 * k
        k = k * 1.1
        ys.append(r)
    return jnp.sum(jnp.stack(ys) * vec(5, 3.0)) + k


deriv("scan/accumulate", "f(xs: 5, c) = { r = newRef(c); (k, ys) = scan(k = c; x in xs): { r += x*x*k; y = r; k = k*1.1 }; return sum(ys * w) + k }", accumulate, pure=accumulate_pure, xs=vec(5), c=0.6).inp("w", vec(5, 3.0))


def carry_and_rows(x, c):
    r = new(x)

    def body(k, i):
        k = k * r[i] + 0.3
        r[i] = k * 2.0
        return k, r[0]
    k, ys = lax.scan(body, c, jnp.arange(4))
    return k + jnp.sum(r[...] ** 2) + jnp.sum(ys)


def carry_and_rows_pure(x, c):
    k, rows, ys = c, [x[i] for i in range(4)], []
    for i in range(4):
        k = k * rows[i] + 0.3
        rows[i] = k * 2
        ys.append(rows[0])
    return k + sum(v**2 for v in rows) + sum(ys)


deriv("scan/carry-and-rows", "f(x: 4, c) = { r = newRef(x); (k, ys) = scan(k = c; i = 0..3): { k = k*r[i] + 0.3; r[i] = 2*k; y = r[0] }; return k + sum(r^2) + sum(ys) }", carry_and_rows, pure=carry_and_rows_pure, x=vec(4), c=0.9)


def over_ref(x, c):
    r = new(x)

    def body(k, q):
        k = k * q[...]
        q[...] = jnp.cos(k)
        return k + 0.5, None
    k, _ = lax.scan(body, c, r)
    return k + jnp.sum(r[...] * W4)


def over_ref_pure(x, c):
    k, rows = c, []
    for i in range(4):
        k = k * x[i]
        rows.append(jnp.cos(k))
        k = k + 0.5
    return k + jnp.sum(jnp.stack(rows) * W4)


deriv("scan/over-a-ref", "f(x: 4, c) = { r = newRef(x); k = scan(k = c; q in r, each step gets its view): { k = k*q; q = cos(k); k = k + 0.5 }; return k + sum(r * [1,-2,0.5,3]) }", over_ref, pure=over_ref_pure, x=vec(4), c=1.2)


def backwards(x):
    r = new(x)

    def body(k, i):
        r[i] = r[i] * r[i + 1]
        return k + r[i], None
    k, _ = lax.scan(body, jnp.asarray(0.0), jnp.arange(4), reverse=True)
    return k * r[0]


def backwards_pure(x):
    rows, k = [x[i] for i in range(5)], 0.0
    for i in (3, 2, 1, 0):
        rows[i] = rows[i] * rows[i + 1]
        k = k + rows[i]
    return k * rows[0]


deriv("scan/reverse", "f(x: 5) = { r = newRef(x); k = scan reversed (k = 0; i = 3,2,1,0): { r[i] = r[i]*r[i+1]; k = k + r[i] }; return k*r[0] }", backwards, pure=backwards_pure, x=vec(5))


def nested(a, b, x):
    r = new(zeros(4, 4))
    r[0] = x
    r[1:, 0] = x[1:]

    def outer(_, i):
        def inner(_, j):
            r[i, j] = r[i - 1, j] * a + r[i, j - 1] * b + 0.1
            return None, None
        lax.scan(inner, None, jnp.arange(1, 4))
        return None, None
    lax.scan(outer, None, jnp.arange(1, 4))
    return jnp.sum(r[...] * mat(4, 4, 5.0))


def nested_pure(a, b, x):
    r = [[x[j] for j in range(4)]] + [[x[i], 0, 0, 0] for i in range(1, 4)]
    for i in range(1, 4):
        for j in range(1, 4):
            r[i][j] = r[i - 1][j] * a + r[i][j - 1] * b + 0.1
    return jnp.sum(jnp.stack([jnp.stack(v) for v in r]) * mat(4, 4, 5.0))


deriv("scan/nested", "f(a, b, x: 4) = { r = newRef(zeros(4,4)); r[0] = x; r[1..4, 0] = x[1..4]; scan i = 1..3: scan j = 1..3: r[i,j] = r[i-1,j]*a + r[i,j-1]*b + 0.1; return sum(r * w) }", nested, pure=nested_pure, a=0.7, b=-0.4, x=vec(4)).inp("w", mat(4, 4, 5.0))


def local_refs(xs):
    def body(k, x):
        s = new(jnp.stack([k, x]))
        s[0] = s[0] * s[1]
        s[1] = jnp.sin(s[0])
        return s[1] + k * 0.5, s[0]
    k, ys = lax.scan(body, jnp.asarray(0.5), xs)
    return k * jnp.sum(ys)


def local_refs_pure(xs):
    k, ys = 0.5, []
    for i in range(5):
        a = k * xs[i]
        ys.append(a)
        k = jnp.sin(a) + k * 0.5
    return k * sum(ys)


deriv("scan/ref-made-in-the-body", "f(xs: 5) = { (k, ys) = scan(k = 0.5; x in xs): { s = newRef([k, x]); s[0] = s[0]*s[1]; s[1] = sin(s[0]); y = s[0]; k = s[1] + 0.5*k }; return k*sum(ys) }", local_refs, pure=local_refs_pure, xs=vec(5))


def power(x):
    r = new(x)

    def body(i, c):
        r[...] = r[...] * x * 1.1
        return c + r[...]
    return lax.fori_loop(0, 5, body, jnp.asarray(0.0)) + r[...]


def power_pure(x):
    r, c = x, 0.0
    for _ in range(5):
        r = r * x * 1.1
        c = c + r
    return c + r


deriv("fori/static-bounds", "f(x) = { r = newRef(x); c = foriLoop(0, 5, c = 0): { r = r*x*1.1; c = c + r }; return c + r }", power, pure=power_pure, x=0.9)


def swap_rows(x):
    r = new(x)

    def body(i, c):
        a, b = r[i], r[i + 1]
        r[i], r[i + 1] = b * 2.0, a
        return c
    lax.fori_loop(0, 3, body, 0)
    return jnp.sum(r[...] ** 2 * mat(4, 2, 1.0))


deriv("fori/swap-two-rows", "f(x: 4x2) = { r = newRef(x); foriLoop i = 0..2: { a = r[i]; b = r[i+1]; r[i] = 2*b; r[i+1] = a }; return sum(r^2 * w) }", swap_rows,
      pure=lambda x: jnp.sum(jnp.stack([x[1] * 2, x[2] * 2, x[3] * 2, x[0]]) ** 2 * mat(4, 2, 1.0)), x=mat(4, 2)).inp("w", mat(4, 2, 1.0))


def rnn(wx, wh, xs):
    h = new(zeros(3))

    def body(_, x):
        h[...] = jnp.tanh(wx @ x + wh @ h[...])
        return None, jnp.sum(h[...] ** 2)
    _, ys = lax.scan(body, None, xs)
    return jnp.sum(ys) + h[0]


def rnn_pure(wx, wh, xs):
    h, s = zeros(3), 0.0
    for i in range(5):
        h = jnp.tanh(wx @ xs[i] + wh @ h)
        s = s + jnp.sum(h**2)
    return s + h[0]


deriv("scan/rnn", "f(wx: 3x2, wh: 3x3, xs: 5x2) = { h = newRef(zeros(3)); ys = scan x in xs: { h = tanh(wx@x + wh@h); y = sum(h^2) }; return sum(ys) + h[0] }", rnn, pure=rnn_pure, wx=mat(3, 2), wh=mat(3, 3, 2.0), xs=mat(5, 2, 1.0))
STEPS = jnp.array([0, 3, 1, 3, 2, 0], jnp.int32)


def captured(table, x):
    r = new(zeros(3))

    def body(_, i):
        r[i % 3] += table[i] * x
        return None, r[0]
    _, ys = lax.scan(body, None, STEPS)
    return jnp.sum(r[...] ** 2) + jnp.sum(ys)


def captured_pure(table, x):
    r, ys = [0.0 * x] * 3, []
    for i in (0, 3, 1, 3, 2, 0):
        r[i % 3] = r[i % 3] + table[i] * x
        ys.append(r[0])
    return sum(v**2 for v in r) + sum(ys)


deriv("scan/captured-table", "f(table: 4, x) = { r = newRef(zeros(3)); ys = scan i in [0,3,1,3,2,0]: { r[i mod 3] += table[i]*x; y = r[0] }; return sum(r^2) + sum(ys) }", captured, pure=captured_pure, table=vec(4), x=0.7)


def add_in_scan(xs, y):
    r = new(y)

    def body(_, x):
        jax.ref.addupdate(r, (jnp.array([1, 1, 0]),), x)
        return None, None
    lax.scan(body, None, xs)
    return jnp.sum(jnp.sin(r[...]))


deriv("scan/index-add-repeats", "f(xs: 4x3, y: 2) = { r = newRef(y); scan x in xs: r[[1,1,0]] += x; return sum(sin(r)) }", add_in_scan,
      pure=lambda xs, y: jnp.sin(y[0] + jnp.sum(xs[:, 2])) + jnp.sin(y[1] + jnp.sum(xs[:, :2])), xs=mat(4, 3), y=vec(2, 1.0))


def ds_windows(x):
    r = new(x)

    def body(k, i):
        w = lax.dynamic_slice(r[...], (i,), (2,))
        r[i] = w[0] * w[1]
        return k + jnp.sum(w), None
    k, _ = lax.scan(body, jnp.asarray(0.0), jnp.arange(4))
    return k * jnp.sum(r[...])


def ds_windows_pure(x):
    rows, k = [x[i] for i in range(5)], 0.0
    for i in range(4):
        k = k + rows[i] + rows[i + 1]
        rows[i] = rows[i] * rows[i + 1]
    return k * sum(rows)


deriv("scan/windows", "f(x: 5) = { r = newRef(x); k = scan(k = 0; i = 0..3): { w = r[ds(i, 2)]; r[i] = w[0]*w[1]; k = k + sum(w) }; return k*sum(r) }", ds_windows, pure=ds_windows_pure, x=vec(5))


# --- while (JAX: forward mode only) ---
def grow(x):
    r = new(x)
    n = new(jnp.zeros((), jnp.int32))

    def body(c):
        r[...] = r[...] * x
        n[...] += 1
        return r[...]
    lax.while_loop(lambda c: c < 20.0, body, x)
    return r[...] * n[...].astype(F)


def grow_pure(x):
    return x**6 * 5.0  # x = 1.8: 1.8^6 = 34.0 is the first power that is not below 20


deriv("while/grow", "f(x) = { r = newRef(x); n = newRef(int32 0); c = whileLoop(c = x; c < 20): { r = r*x; n += 1; c = r }; return r*n }, at a point where it takes 5 steps", grow, pure=grow_pure, x=1.8)


def newton(a):
    r = new(jnp.asarray(1.0))

    def body(s):
        i, _ = s
        old = r[...]
        r[...] = 0.5 * (old + a / old)
        return i + 1, jnp.abs(r[...] - old)
    lax.while_loop(lambda s: (s[1] > 1e-3) & (s[0] < 50), body, (0, jnp.asarray(1.0)))
    return r[...]


def newton_pure(a):
    r = 1.0
    n = 0
    gap = 1.0
    while gap > 1e-3 and n < 50:
        old, r = r, 0.5 * (r + float(5.0) / r)
        gap, n = abs(r - old), n + 1
    r = jnp.asarray(1.0)
    for _ in range(n):
        r = 0.5 * (r + a / r)
    return r


deriv("while/newton-root", "f(a) = { r = newRef(1.); whileLoop((i, gap) = (0, 1.); gap > 1e-3 and i < 50): { old = r; r = 0.5*(old + a/old); i + 1, abs(r - old) }; return r }", newton, pure=newton_pure, a=5.0)


def rows_until(x, n):
    r = new(jnp.zeros(8).at[0].set(x))

    def body(i):
        r[i + 1] = jnp.cos(r[i]) * x
        return i + 1
    i = lax.while_loop(lambda i: i < n, body, jnp.int32(0))
    return jnp.sum(r[...] * vec(8, 2.0)) + r[i]


def rows_until_pure(x):
    r = [x]
    for _ in range(5):
        r.append(jnp.cos(r[-1]) * x)
    return jnp.sum(jnp.stack(r) * vec(8, 2.0)[:6]) + r[-1]


deriv("while/rows-with-a-traced-bound", "f(x) = { r = newRef([x,0,0,0,0,0,0,0]); i = whileLoop(i = 0; i < n): { r[i+1] = cos(r[i])*x; i + 1 }; return sum(r * w) + r[i] }, n a traced int32 holding 5", lambda x: rows_until(x, jnp.int32(5)),
      pure=rows_until_pure, x=0.8).inp("w", vec(8, 2.0))
deriv("fori/traced-bounds", "f(x) = { r = newRef(x); foriLoop(lo, hi): r = r*x + 0.1*i; return r }, lo and hi traced int32 holding 1 and 5",
      lambda x: (lambda r: (lax.fori_loop(jnp.int32(1), jnp.int32(5), lambda i, c: (r.__setitem__(..., r[...] * x + 0.1 * i), c)[1], 0), r[...])[1])(new(x)),
      pure=lambda x: (((x * x + 0.1) * x + 0.2) * x + 0.3) * x + 0.4, x=0.9)


# --- cond ---
def branches(x):
    r = new(jnp.stack([x, x * 2.0, x * 3.0]))

    def yes():
        r[0] = jnp.sin(r[1])

    def no():
        r[2] = r[0] * r[1]
    lax.cond(x > 0, yes, no)
    return jnp.sum(r[...] * jnp.array([1.0, 10.0, 100.0]))


for x0 in (0.7, -0.7):
    deriv(f"cond/branches-write/{'true' if x0 > 0 else 'false'}", "f(x) = { r = newRef([x, 2x, 3x]); cond(x > 0): true: r[0] = sin(r[1]); false: r[2] = r[0]*r[1]; return sum(r * [1,10,100]) }", branches,
          pure=(lambda x: jnp.sin(2 * x) + 20 * x + 300 * x) if x0 > 0 else (lambda x: x + 20 * x + 200 * x * x), x=x0)


def cond_in_scan(x):
    r = new(x)

    def body(k, i):
        def even():
            r[i] = r[i] * k
            return k + r[0]

        def odd():
            jax.ref.addupdate(r, 0, k)
            return k * r[i]
        return lax.cond(i % 2 == 0, even, odd), None
    k, _ = lax.scan(body, jnp.asarray(1.5), jnp.arange(4))
    return k + jnp.sum(r[...] ** 2)


def cond_in_scan_pure(x):
    rows, k = [x[i] for i in range(4)], 1.5
    for i in range(4):
        if i % 2 == 0:
            rows[i] = rows[i] * k
            k = k + rows[0]
        else:
            rows[0] = rows[0] + k
            k = k * rows[i]
    return k + sum(v**2 for v in rows)


deriv("cond/in-scan", "f(x: 4) = { r = newRef(x); k = scan(k = 1.5; i = 0..3): cond(i even): true: { r[i] = r[i]*k; k + r[0] }; false: { r[0] += k; k*r[i] }; return k + sum(r^2) }", cond_in_scan, pure=cond_in_scan_pure, x=vec(4))


def cond_value(x):
    r = new(x)
    v = lax.cond(r[0] > r[1], lambda: r[0] ** 2, lambda: jnp.exp(r[1]))
    r[2] = v
    return r[2] * r[0]


deriv("cond/predicate-from-a-ref", "f(x: 3) = { r = newRef(x); v = cond(r[0] > r[1]): true: r[0]^2; false: exp(r[1]); r[2] = v; return r[2]*r[0] }", cond_value, pure=lambda x: jnp.exp(x[1]) * x[0] if x[0] <= x[1] else x[0] ** 3, second=False, x=jnp.array([0.3, 0.9, 2.0]))


# --- plumbing refs ---
def metrics(x, stats):
    y = jnp.sin(x)
    stats[...] += lax.stop_gradient(y)
    return jnp.sum(y * x)


stats = new(jnp.ones(3))
v, g = jax.value_and_grad(metrics)(vec(3), stats)
plain("plumbing/metrics", "f(x: 3, stats) = { y = sin(x); stats += stopGradient(y); return sum(y*x) }; valueAndGrad with respect to x, stats a ref of ones: it is added to once", {"x": vec(3)}, {"value": v, "grad.x": g, "stats": stats[...]})
stats = new(jnp.ones(3))
v, dv = jax.jvp(lambda x: metrics(x, stats), (vec(3),), (tangent_of(vec(3), 0),))
plain("plumbing/metrics-jvp", "jvp of plumbing/metrics with respect to x", {"x": vec(3), "t.x": tangent_of(vec(3), 0)}, {"value": v, "tangent": dv, "stats": stats[...]})
table = new(vec(3, 1.0))
plain("plumbing/read", "f(x) = sum(r*x^2) with a captured ref r holding c: a constant for the derivative", {"x": jnp.asarray(2.0), "c": vec(3, 1.0)},
      {"value": jnp.sum(vec(3, 1.0) * 4.0), "grad.x": jax.grad(lambda x: jnp.sum(table[...] * x**2))(2.0), "second": jax.grad(jax.grad(lambda x: jnp.sum(table[...] * x**2)))(2.0)})


def plumbed_scan(xs, w, seen):
    def body(k, x):
        k = k * jnp.sin(w * x)
        i = seen[0].astype(jnp.int32)
        seen[0] += 1.0
        seen[i + 1] = lax.stop_gradient(k)
        return k + x, None
    k, _ = lax.scan(body, jnp.asarray(1.0), xs)
    return k


seen = new(zeros(5))
v, g = jax.value_and_grad(plumbed_scan, (0, 1))(vec(4), jnp.asarray(0.8), seen)
plain("plumbing/scan", "f(xs: 4, w, seen) = { k = scan(k = 1; x in xs): { k = k*sin(w*x); i = seen[0] as int; seen[0] += 1; seen[i+1] = stopGradient(k); k + x }; return k }; valueAndGrad for xs and w; seen a ref of 5 zeros, outside", {"xs": vec(4), "w": jnp.asarray(0.8)},
      {"value": v, "grad.xs": g[0], "grad.w": g[1], "seen": seen[...]})


def batch_norm(x, scale, mean_ref, var_ref):
    m, s = jnp.mean(x, 0), jnp.var(x, 0)
    mean_ref[...] = 0.9 * mean_ref[...] + 0.1 * lax.stop_gradient(m)
    var_ref[...] = 0.9 * var_ref[...] + 0.1 * lax.stop_gradient(s)
    return jnp.sum(((x - m) / jnp.sqrt(s + 1e-5) * scale) ** 3)


mr, vr = new(zeros(3)), new(jnp.ones(3))
step = jax.jit(jax.value_and_grad(batch_norm, (0, 1)))
v, g = step(mat(4, 3), vec(3, 2.0), mr, vr)
step(mat(4, 3, 1.0), vec(3, 2.0), mr, vr)
plain("plumbing/batch-norm", "f(x: 4x3, scale: 3, m, v) = { mu = mean(x, d0); s = var(x, d0); m = 0.9*m + 0.1*stopGradient(mu); v = 0.9*v + 0.1*stopGradient(s); return sum(((x-mu)/sqrt(s+1e-5)*scale)^3) }; jit of valueAndGrad for x and scale, called with x, then with x2; m from zeros, v from ones",
      {"x": mat(4, 3), "x2": mat(4, 3, 1.0), "scale": vec(3, 2.0)}, {"value": v, "grad.x": g[0], "grad.scale": g[1], "m": mr[...], "v": vr[...]}, "64eps")
hist = new(zeros(2))


def aux_from_ref(x):
    r = new(x)
    r[0] = r[1] * r[2]
    return jnp.sum(r[...] ** 2), r[...] * 2.0


(v, aux), g = jax.value_and_grad(aux_from_ref, has_aux=True)(vec(3))
plain("line/aux", "f(x: 3) = { r = newRef(x); r[0] = r[1]*r[2]; return aux(sum(r^2), 2*r) }; valueAndGradAux", {"x": vec(3)}, {"value": v, "aux": aux, "grad.x": g})

# --- vmap ---
xs3 = vec(3, 0.4)


def per_lane(name, pseudo, f, lanes, pure=None, **ins):
    """vmap(f), vmap(grad f), grad of the summed vmap, against a loop over the lanes."""
    c = book.case(name).inp("x", lanes)
    for k, v in ins.items():
        c.inp(k, v)
    c.note("pseudo", pseudo).note("tolerance", "16eps")
    g = pure or f
    loop = jnp.stack([g(l) for l in lanes])
    loop_grad = jnp.stack([jax.grad(g)(l) for l in lanes])
    for label, run, want in [("vmap", lambda: jax.vmap(f)(lanes), loop), ("vmap-grad", lambda: jax.vmap(jax.grad(f))(lanes), loop_grad),
                             ("grad-vmap", lambda: jax.grad(lambda l: jnp.sum(jax.vmap(f)(l)))(lanes), loop_grad)]:
        r, error = attempt(run)
        if error:
            c.note(f"jax-refuses-{label}", f"{error}; the value is that of a loop over the lanes")
        elif not np.allclose(r, want, rtol=1e-11, atol=1e-13):
            c.note(f"jax-wrong-{label}", f"it gives {np.asarray(r).ravel().tolist()}; the value is that of a loop over the lanes")
            r = want
        c.out(label, want if error else r)
    return c


per_lane("vmap/scan-rows", "vmap, vmap(grad) and grad(sum of vmap) of scan/row-from-the-one-before over x: 3", sines, xs3, pure=sines_pure)
per_lane("vmap/line", "vmap, vmap(grad) and grad(sum of vmap) of line/chain over x: 3x4", line, mat(3, 4, 1.0), pure=line_pure)
per_lane("vmap/nested-lanes", "the same, two vmaps deep: x: 2x3, f = scan/row-from-the-one-before, mapped over both axes and summed over the inner one", lambda l: jnp.sum(jax.vmap(sines)(l)), mat(2, 3, 1.0), pure=lambda l: sum(sines_pure(v) for v in l))


def lane_index(xi):
    x, i = xi[:3], xi[3].astype(jnp.int32)
    r = new(x)
    r[i] = r[i] * x[0]
    return jnp.sum(r[...] ** 2) + r[i]


lanes = jnp.concatenate([mat(3, 3, 1.0), jnp.array([[2.0], [0.0], [1.0]])], axis=1)
per_lane("vmap/lane-index", "over the rows of x: 3x4: f(v) = { i = v[3] as int; r = newRef(v[0..3]); r[i] = r[i]*v[0]; return sum(r^2) + r[i] }: each lane writes at its own index", lane_index, lanes, pure=lambda v: (lambda x, i: jnp.sum(x.at[i].set(x[i] * x[0]) ** 2) + x.at[i].set(x[i] * x[0])[i])(v[:3], int(v[3])))
cl = jnp.array([0.7, -0.7, 1.3])
per_lane("vmap/cond-writes", "over x: 3 of cond/branches-write: the predicate is mapped, each lane's ref gets its own branch's writes", branches, cl, pure=lambda x: jnp.sin(2 * x) + 320 * x if x > 0 else 21 * x + 200 * x * x)


def lane_while(x):
    r = new(jnp.stack([x, jnp.asarray(0.0)]))

    def body(c):
        r[0] = r[0] * 1.5
        r[1] = r[1] + x
        return r[0]
    lax.while_loop(lambda c: c < 5.0, body, x)
    return r[0] + r[1]


def lane_while_pure(x):
    n, c = 0, x
    while c < 5.0:
        c, n = c * 1.5, n + 1
    return x * 1.5**n + n * x


per_lane("vmap/while-writes", "over x: 3: f(x) = { r = newRef([x, 0]); whileLoop(c = x; c < 5): { r[0] = 1.5*r[0]; r[1] = r[1] + x; c = r[0] }; return r[0] + r[1] }: lanes take different numbers of steps", lane_while, jnp.array([0.9, 4.0, 2.5]), pure=lane_while_pure)


def cond_loop(x):
    r = new(zeros(3))

    def yes():
        def body(_, i):
            r[i] = x * i
            return None, None
        lax.scan(body, None, jnp.arange(3))

    def no():
        r[0] = -x
    lax.cond(x > 1.0, yes, no)
    return jnp.sum(r[...] ** 2)


per_lane("vmap/cond-with-a-loop", "over x: 3: f(x) = { r = newRef(zeros(3)); cond(x > 1): true: scan i = 0..2: r[i] = x*i; false: r[0] = -x; return sum(r^2) }", cond_loop, jnp.array([0.5, 1.5, 2.0]), pure=lambda x: 5 * x * x if x > 1 else x * x)


def mapped_ref(r, x):
    r[0] = x
    r[1] = r[0] * r[2]


rr = new(mat(3, 3, 1.0))
jax.vmap(mapped_ref)(rr, xs3)
plain("vmap/over-a-ref-argument", "vmap over the first axis of a ref (r: 3x3 holding m) and of x: 3: (r, x) -> { r[0] = x; r[1] = r[0]*r[2] }", {"m": mat(3, 3, 1.0), "x": xs3}, {"ref": rr[...]})
rr = new(mat(3, 4, 1.0))
jax.vmap(mapped_ref, in_axes=(1, 0))(rr, vec(4, 0.4))
plain("vmap/over-a-ref-argument/second-axis", "the same over the second axis of a ref: 3x4 and x: 4", {"m": mat(3, 4, 1.0), "x": vec(4, 0.4)}, {"ref": rr[...]})
shared = new(vec(3, 1.0))
plain("vmap/reads-an-unmapped-ref", "vmap over x: 3 of x -> sum(r * x^2), r a captured ref holding c", {"x": xs3, "c": vec(3, 1.0)}, {"result": jax.vmap(lambda x: jnp.sum(shared[...] * x**2))(xs3)})
plain("vmap/adds-to-an-unmapped-ref", "vmap over x: 5x3 of x -> { r += x*x }, r a captured ref of ones(3); JAX refuses; each lane adds once, so this is 1 + sum over the lanes", {"x": mat(5, 3)}, {"ref": 1.0 + jnp.sum(mat(5, 3) ** 2, 0)})
plain("vmap/adds-a-constant-to-an-unmapped-ref", "vmap over x: 5 of x -> { r += 1 }, r a captured ref of 0: each lane adds once", {"x": vec(5)}, {"ref": jnp.asarray(5.0)})
plain("jacobian/line-vector", "the Jacobian (rows: results) of x: 4 -> { r = newRef(zeros(4)); r[0] = sin(x[1]); r[1] = r[0]*x[0]; r[2] = r[1] + r[0]*x[3]; r[3] = exp(-r[2]*x[2]); return r }; forward and reverse agree", {"x": vec(4)},
      {"jacobian": (lambda f: (np.testing.assert_allclose(jax.jacfwd(f)(vec(4)), jax.jacrev(f)(vec(4)), rtol=1e-12), jax.jacrev(f)(vec(4)))[1])(
          lambda x: jnp.stack([jnp.sin(x[1]), jnp.sin(x[1]) * x[0], jnp.sin(x[1]) * x[0] + jnp.sin(x[1]) * x[3], jnp.exp(-(jnp.sin(x[1]) * x[0] + jnp.sin(x[1]) * x[3]) * x[2])]))})


def vector_scan(x):
    r = new(jnp.concatenate([x, zeros(3)]))

    def body(_, i):
        r[i] = r[i - 1] * r[i - 2] + jnp.sin(r[i - 3])
        return None, None
    lax.scan(body, None, jnp.arange(3, 6))
    return r[3:]


def vector_scan_pure(x):
    r = [x[0], x[1], x[2]]
    for i in range(3, 6):
        r.append(r[i - 1] * r[i - 2] + jnp.sin(r[i - 3]))
    return jnp.stack(r[3:])


jr = jax.jacrev(vector_scan_pure)(vec(3))
np.testing.assert_allclose(jnp.stack([jax.jvp(vector_scan, (vec(3),), (e,))[1] for e in jnp.eye(3)], 1), jr, rtol=1e-12)
refusals = {f"jax-refuses-{n}": attempt(lambda: f(vector_scan)(vec(3)))[1] for n, f in (("jacfwd", jax.jacfwd), ("jacrev", jax.jacrev))}
c = plain("jacobian/scan", "the Jacobian of x: 3 -> { r = newRef([x, 0, 0, 0]); scan i = 3..5: r[i] = r[i-1]*r[i-2] + sin(r[i-3]); return r[3..6] }", {"x": vec(3)}, {"value": vector_scan_pure(vec(3)), "jacobian": jr})
for k, v in refusals.items():
    if v:
        c.note(k, v)
plain("hessian/scan", "the Hessian of the sum of jacobian/scan's result; JAX refuses through refs: from the same function without them", {"x": vec(3)}, {"hessian": jax.hessian(lambda x: jnp.sum(vector_scan_pure(x)))(vec(3))})
hess = jnp.stack([jax.jvp(jax.grad(line), (vec(4),), (e,))[1] for e in jnp.eye(4)], 1)
np.testing.assert_allclose(hess, jax.hessian(line_pure)(vec(4)), rtol=1e-11, atol=1e-13)
c = plain("hessian/line", "the Hessian of line/chain", {"x": vec(4)}, {"hessian": hess})
_, refusal = attempt(lambda: jax.hessian(line)(vec(4)))
if refusal:
    c.note("jax-refuses-hessian", refusal + "; the columns are Hessian-vector products")
y, lin = jax.linearize(vector_scan, vec(3))
plain("linearize/scan", "linearize of jacobian/scan's function at x, applied to t.x and to 2*t.x", {"x": vec(3), "t.x": tangent_of(vec(3), 0)}, {"value": y, "tangent": lin(tangent_of(vec(3), 0)), "tangent2": lin(2 * tangent_of(vec(3), 0))})
plain("jvp/of-jvp", "jvp(x -> jvp(f, x, 1).tangent, x, 1) of scan/row-from-the-one-before: the second derivative", {"x": jnp.asarray(1.1)},
      {"second": jax.jvp(lambda x: jax.jvp(sines_pure, (x,), (1.0,))[1], (1.1,), (1.0,))[1]})

# --- checkpoint ---
deriv("checkpoint/line", "checkpoint of line/chain's f, then as usual", jax.checkpoint(line), pure=line_pure, x=vec(4))
deriv("checkpoint/scan", "checkpoint of scan/row-from-the-one-before's f, then as usual", jax.checkpoint(sines), pure=sines_pure, x=1.1)


def remat_body(xs, w):
    @jax.checkpoint
    def block(k, x):
        r = new(jnp.stack([k, x]))
        r[0] = jnp.tanh(r[0] * w + r[1])
        return r[0] * r[1]

    def body(k, x):
        return block(k, x), None
    return lax.scan(body, jnp.asarray(0.3), xs)[0]


def remat_body_pure(xs, w):
    k = jnp.asarray(0.3)
    for i in range(4):
        k = jnp.tanh(k * w + xs[i]) * xs[i]
    return k


deriv("checkpoint/in-scan", "f(xs: 4, w) = scan(k = 0.3; x in xs): k = block(k, x), block = checkpoint((k, x) -> { r = newRef([k, x]); r[0] = tanh(r[0]*w + r[1]); return r[0]*r[1] })", remat_body, pure=remat_body_pure, xs=vec(4), w=0.8)
outer = new(vec(3, 1.0))
r, error = attempt(lambda: jax.grad(jax.checkpoint(lambda x: jnp.sum(jnp.sin(outer[...] * x))))(0.7))
c = plain("checkpoint/reads-an-outer-ref", "grad of checkpoint(x -> sum(sin(r*x))), r a captured ref holding c", {"x": jnp.asarray(0.7), "c": vec(3, 1.0)}, {"grad.x": jnp.sum(jnp.cos(vec(3, 1.0) * 0.7) * vec(3, 1.0))})
if error:
    c.note("jax-refuses", error)
else:
    np.testing.assert_allclose(r, jnp.sum(jnp.cos(vec(3, 1.0) * 0.7) * vec(3, 1.0)), rtol=1e-13)


# --- custom_vjp ---
@jax.custom_vjp
def stash(x, ref):
    return x


stash.defvjp(lambda x, ref: (x, ref), lambda ref, ct: (ref.__setitem__(..., ct), (ct, None))[1])


def stashing(x, ref):
    h = jnp.sin(x) * 2.0
    h = stash(h, ref)
    return jnp.sum(h**2)


s = new(zeros(3))
v, g = jax.value_and_grad(stashing)(vec(3), s)
plain("custom-vjp/stash-a-gradient", "stash = customVjp((h, ref) -> h; fwd: saves ref; bwd: { ref = ct; return ct, none }); f(x, ref) = sum(stash(2*sin(x), ref)^2); valueAndGrad for x; ref of zeros gets the gradient at h", {"x": vec(3)}, {"value": v, "grad.x": g, "ref": s[...]})
s = new(zeros(3))
jax.jit(jax.grad(stashing))(vec(3), s)
plain("custom-vjp/stash-in-jit", "the same with jit(grad(f))", {"x": vec(3)}, {"ref": s[...]})


@jax.custom_vjp
def tally(x, ref):
    return x


tally.defvjp(lambda x, ref: (x, ref), lambda ref, ct: (jax.ref.addupdate(ref, ..., ct * ct), (ct * 0.5, None))[1])


def tally_scan(x, w, ref):
    def body(k, y):
        return tally(jnp.sin(k * w) + y, ref), None
    return lax.scan(body, x, vec(4, 2.0))[0]


s = new(jnp.asarray(0.0))
r, error = attempt(lambda: jax.value_and_grad(tally_scan, (0, 1))(jnp.asarray(0.4), jnp.asarray(1.3), s))


def tally_by_hand(x, w):
    ks, k = [], x
    for y in vec(4, 2.0):
        ks.append(k)
        k = jnp.sin(k * w) + y
    ct, gw, total = 1.0, 0.0, 0.0
    for kk in reversed(ks):
        total += ct * ct
        ct = ct * 0.5
        gw += ct * jnp.cos(kk * w) * kk
        ct = ct * jnp.cos(kk * w) * w
    return k, ct, gw, total


v, gx, gw, total = tally_by_hand(jnp.asarray(0.4), jnp.asarray(1.3))
c = plain("custom-vjp/tally-in-scan", "tally = customVjp((h, ref) -> h; bwd: { ref += ct^2; return ct/2, none }); f(x, w, ref) = scan(k = x; y in ys): k = tally(sin(k*w) + y, ref); valueAndGrad for x and w; ref from 0 gets the sum of the squared cotangents",
          {"x": jnp.asarray(0.4), "w": jnp.asarray(1.3), "ys": vec(4, 2.0)}, {"value": v, "grad.x": gx, "grad.w": gw, "ref": total})
if error:
    c.note("jax-refuses", error)
else:
    np.testing.assert_allclose([r[0], *r[1], s[...]], [v, gx, gw, total], rtol=1e-12)


@jax.custom_vjp
def clipped(x):
    r = new(x)
    r[...] = r[...] * 3.0
    return r[...]


def clipped_bwd(saved, ct):
    r = new(zeros(3))
    r[...] = jnp.clip(ct, -1.0, 1.0) * saved
    return (r[...],)


clipped.defvjp(lambda x: (clipped(x), x), clipped_bwd)
w3 = jnp.array([0.5, 4.0, -7.0])
plain("custom-vjp/refs-inside-both-rules", "g = customVjp(x -> { r = newRef(x); r = 3*r; return r }; fwd saves x; bwd(saved, ct) -> { r = newRef(zeros(3)); r = clip(ct, -1, 1)*saved; return r }); grad of x -> sum(g(x) * w)", {"x": vec(3), "w": w3},
      {"value": jnp.sum(clipped(vec(3)) * w3), "grad.x": jax.grad(lambda x: jnp.sum(clipped(x) * w3))(vec(3)), "vmap-grad": jax.vmap(jax.grad(lambda x: jnp.sum(clipped(x) * w3)))(mat(2, 3)), "lanes": mat(2, 3)})


@jax.custom_jvp
def soft(x):
    return jnp.sqrt(x)


soft.defjvp(lambda p, t: (soft(p[0]), t[0] * 0.5 / (soft(p[0]) + 0.1)))


def custom_jvp_in_ref(x):
    r = new(x)
    r[0] = soft(r[1])
    return r[0] * r[2]


plain("custom-jvp/in-a-ref", "soft = customJvp(sqrt; tangent t*0.5/(soft(x)+0.1)); f(x: 3) = { r = newRef(x); r[0] = soft(r[1]); return r[0]*r[2] }; value, grad, jvp along t.x", {"x": jnp.array([1.0, 2.0, 3.0]), "t.x": tangent_of(vec(3), 0)},
      {"value": custom_jvp_in_ref(jnp.array([1.0, 2.0, 3.0])), "grad.x": jax.grad(custom_jvp_in_ref)(jnp.array([1.0, 2.0, 3.0])), "tangent": jax.jvp(custom_jvp_in_ref, (jnp.array([1.0, 2.0, 3.0]),), (tangent_of(vec(3), 0),))[1]})


# --- vjp, with_refs ---
def two_args(x, y):
    return jnp.sum(jnp.sin(x) * y)


X, Y = vec(3), vec(3, 1.0)
val, pull = jax.vjp(two_args, X, Y)
gx, gy = pull(2.0)
plain("vjp/values", "vjp((x, y) -> sum(sin(x)*y)); apply(2)", {"x": X, "y": Y}, {"value": val, "grad.x": gx, "grad.y": gy})
rx, ry = new(jnp.ones(3)), new(zeros(3))
pull.with_refs(rx, ry)(2.0)
first = rx[...]
pull.with_refs(rx, ry)(1.0)
plain("vjp/with-refs", "the same; withRefs(gx, gy).apply(2), then withRefs(gx, gy).apply(1): they add; gx a ref of ones, gy of zeros; gx1 is gx after the first", {"x": X, "y": Y}, {"gx1": first, "gx": rx[...], "gy": ry[...]})
rx = new(zeros(3))
got = pull.with_refs(rx, jax.ad.DontWant())(2.0)
plain("vjp/dont-want", "withRefs(gx, DONT_WANT).apply(2)", {"x": X, "y": Y}, {"gx": rx[...]})
rx = new(zeros(3))
got = pull.with_refs(rx, jax.ad.GradValue())(2.0)
plain("vjp/grad-value", "withRefs(gx, GRAD_VALUE).apply(2): y's gradient comes back as a value", {"x": X, "y": Y}, {"gx": rx[...], "grad.y": got[1]})


def reads_ref(r):
    return jnp.sum(jnp.sin(r[...]) * W4)


def of_ref(name, pseudo, f, pure, init, ct=1.0, start=None):
    """pure maps the contents before to the result and the contents after."""
    r = new(init)
    g = new(jnp.zeros_like(init) if start is None else start)

    def run():
        val, pull = jax.vjp(f, r)
        pull.with_refs(g)(ct)
        return val
    val, error = attempt(run)
    assert error is None, (name, error)
    want = jax.vjp(pure, init)[1]((jnp.asarray(ct, F), jnp.zeros_like(init) if start is None else start))[0]
    np.testing.assert_allclose(g[...], want, rtol=1e-12, err_msg=name)
    c = plain(name, pseudo + "; vjp with respect to the ref r (holding x), withRefs(g).apply(ct); g is a ref of " + ("zeros" if start is None else "the input g0"), {"x": init, "ct": jnp.asarray(ct, F)}, {"value": val, "r": r[...], "g": g[...]})
    if start is not None:
        c.inp("g0", start)
    return c


of_ref("vjp/of-a-ref-read", "f(r) = sum(sin(r) * [1,-2,0.5,3])", reads_ref, lambda x: (jnp.sum(jnp.sin(x) * W4), x), vec(4))
of_ref("vjp/of-a-ref-read-adds", "f(r) = sum(sin(r) * [1,-2,0.5,3])", reads_ref, lambda x: (jnp.sum(jnp.sin(x) * W4), x), vec(4), 2.0, vec(4, 3.0))


def rows_of_ref(r):
    def body(k, i):
        return k * r[i] + 0.5, None
    return lax.scan(body, jnp.asarray(1.0), jnp.arange(4))[0]


of_ref("vjp/of-a-ref-read-in-scan", "f(r) = scan(k = 1; i = 0..3): k = k*r[i] + 0.5; return k", rows_of_ref, lambda x: ((((x[0] + 0.5) * x[1] + 0.5) * x[2] + 0.5) * x[3] + 0.5, x), vec(4))


def writes_ref(r):
    a = r[0] * r[1]
    r[0] = a
    r[2] = jnp.sin(r[3])
    return r[0] + 3.0 * r[2]


def writes_pure(x):
    y = x.at[0].set(x[0] * x[1]).at[2].set(jnp.sin(x[3]))
    return y[0] + 3.0 * y[2], y


of_ref("vjp/of-a-ref-written", "f(r) = { a = r[0]*r[1]; r[0] = a; r[2] = sin(r[3]); return r[0] + 3*r[2] }; what f leaves in r has cotangent zero", writes_ref, writes_pure, vec(4))
of_ref("vjp/of-a-ref-written-with-cotangent", "f(r) = { a = r[0]*r[1]; r[0] = a; r[2] = sin(r[3]); return r[0] + 3*r[2] }", writes_ref, writes_pure, vec(4), 1.0, vec(4, 3.0)).note(
    "remark", "g holds g0 before: JAX reads it as the cotangent of what f leaves in r, and leaves the cotangent of what was there before")


def mixed(r, x):
    r[0] = r[1] * x
    return jnp.sum(r[...] ** 2)


r = new(vec(3))
g = new(zeros(3))
val, pull = jax.vjp(mixed, r, jnp.asarray(0.7))
got = pull.with_refs(g, jax.ad.GradValue())(1.0)
plain("vjp/ref-and-array", "f(r, x) = { r[0] = r[1]*x; return sum(r^2) }; vjp for r (holding a) and x; withRefs(g, GRAD_VALUE).apply(1), g of zeros", {"a": vec(3), "x": jnp.asarray(0.7)}, {"value": val, "r": r[...], "g": g[...], "grad.x": got[1]})


def loss(w, x):
    return jnp.sum(jnp.tanh(w @ x) ** 2)


batches = mat(4, 3, 2.0)
gw = new(zeros(2, 3))


def microbatches(w, xs):
    def body(_, x):
        v, pull = jax.vjp(loss, w, x)
        pull.with_refs(gw, jax.ad.DontWant())(1.0)
        return None, v
    return lax.scan(body, None, xs)[1]


vs = jax.jit(microbatches)(mat(2, 3), batches)
np.testing.assert_allclose(gw[...], jax.grad(lambda w: sum(loss(w, x) for x in batches))(mat(2, 3)), rtol=1e-12)
plain("vjp/accumulate-over-microbatches", "loss(w: 2x3, x: 3) = sum(tanh(w@x)^2); jit: scan x in xs: { (v, pull) = vjp(loss, w, x); pull.withRefs(gw, DONT_WANT).apply(1); y = v }; gw a captured ref of zeros", {"w": mat(2, 3), "xs": batches}, {"values": vs, "gw": gw[...]})

sys.stdout.write(book.text())
