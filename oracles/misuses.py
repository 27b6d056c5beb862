"""What JAX or Haliax says to the misuses of docs/errors.md: one line for each, by the name of ours.

    /tmp/oracle-env-b/bin/python misuses.py >  ../core/src/test/resources/misuses.txt   # JAX
    /tmp/oracle-env-a/bin/python misuses.py >> ../core/src/test/resources/misuses.txt   # Haliax

A line is the library, the name of the misuse in errors.txt and what happened, separated by tabs:
an error's type and the beginning of its text, or "accepted" and the result.
"""
import re
import signal

import jax
import jax.numpy as jnp
from jax import lax

try:
    import haliax as hax
except ImportError:
    hax = None

LENGTH = 300
CASES = []


class Said(str):
    """An answer as it stands."""


def case(name, *more):
    """Marks a function that does what the misuses of these names do."""

    def mark(f):
        CASES.extend((n, f) for n in (name, *more))
        return f

    return mark


def short(text):
    text = re.sub(r"[^\s,()]*misuses\.py:\d+( \([^)]*\))?", "<line>", text)
    text = re.sub(r"[^\s,()]*site-packages/\S+?:\d+", "<library>", text)
    text = re.sub(r'File "[^"]+", line \d+', "File <line>", text)
    text = re.sub(r"0x[0-9a-f]{6,}|\b\d{12,}\b", "<number>", text)
    text = " ".join(text.split())
    return text if len(text) <= LENGTH else text[: LENGTH - 2].rstrip() + " …"


def said(f):
    def over(*_):
        raise TimeoutError("no answer within 20 seconds")

    signal.signal(signal.SIGALRM, over)
    signal.alarm(20)
    try:
        answer = f()
        return short(answer if isinstance(answer, Said) else f"accepted: {answer}")
    except Exception as e:  # every kind is an answer
        return short(f"{type(e).__name__}: {e}")
    finally:
        signal.alarm(0)


def wrote(r, i, v):
    r[i] = v
    return r[...].array if hasattr(r, "axes") else r[...]


def jax_cases():
    ref = lambda *shape: jax.new_ref(jnp.zeros(shape))
    B, F, L = 4, 3, 6
    x = jnp.arange(3.0)

    # ------------------------------------------------------------ selections
    case("too many positions")(lambda: ref(F)[0, 0])
    case("two ellipses")(lambda: ref(B, F)[..., ...])
    case("index out of range")(lambda: ref(B)[4])
    case("negative index out of range")(lambda: ref(B)[-5])
    case("one of many indices out of range")(lambda: ref(B)[jnp.array([0, 9])])
    case("range with step 0")(lambda: ref(L)[0:3:0])
    case("real index")(lambda: ref(L)[jnp.float32(1)])
    case("boolean index")(lambda: ref(L)[jnp.arange(L) < 3])
    case("index arrays paired with different sizes")(
        lambda: ref(B, F)[jnp.arange(2), jnp.arange(3)]
    )
    case("new reference of another length")(lambda: jax.new_ref(jnp.zeros(5).reshape(4, 3)))

    @case("index out of range of a view")
    def _():
        return ref(L).at[1:3][2]

    # ------------------------------------------------------------ writing
    case("write of another size", "write with an extra axis")(
        lambda: wrote(ref(B), ..., jnp.ones(3))
    )
    case("write real into integer")(lambda: wrote(jax.new_ref(jnp.arange(3)), ..., x))
    case("write a number into boolean")(lambda: wrote(jax.new_ref(jnp.arange(3) < 1), ..., jnp.arange(3)))

    @case("add a real number to an integer", "write a real number into integer")
    def _():
        r = jax.new_ref(jnp.arange(3))
        r[0] += 1.5
        return r[...]

    @case("swap of another size")
    def _():
        return jax.ref.swap(ref(B), ..., jnp.ones(3))

    @case("use after freeze", "write after freeze")
    def _():
        r = ref(B)
        jax.freeze(r)
        return wrote(r, 0, 1.0)

    @case("use after freeze, traced")
    def _():
        @jax.jit
        def f(y):
            r = jax.new_ref(y)
            end = jax.freeze(r)
            r[...] = jnp.zeros(3)
            return end

        return f(x)

    case("freeze of an argument")(lambda: jax.jit(jax.freeze)(ref(B)))

    @case("freeze of a captured reference")
    def _():
        r = ref(B)
        return jax.jit(lambda y: jax.freeze(r))(x)

    @case("freeze in a loop body")
    def _():
        @jax.jit
        def f(y):
            r = jax.new_ref(y)
            lax.fori_loop(0, 2, lambda i, c: (jax.freeze(r), c)[1], 0)
            return y

        return f(x)

    @case("reference in a callback of its call")
    def _():
        r = ref(B)

        @jax.jit
        def f(q):
            jax.debug.callback(lambda v: print(r[...], end=""), q[...])
            q[...] = jnp.ones(B)

        f(r)
        jax.effects_barrier()
        return r[...]

    case("a function of a reference")(lambda: jnp.sin(ref(B)))
    case("arithmetic on a reference")(lambda: ref(B) + 1)
    case("a Java loop over a reference")(lambda: [v for v in ref(F)])
    case("printing a reference in a program")(lambda: jax.debug.print("{}", ref(F)))

    # ------------------------------------------------------------ calls
    case("returning a reference")(lambda: jax.jit(lambda r: r)(ref(B)))
    case("returning a reference made inside")(lambda: jax.jit(jax.new_ref)(x))
    case("returning a reference in a record")(lambda: jax.jit(lambda y: (y, jax.new_ref(y)))(x))

    @case("passing a reference twice")
    def _():
        r = ref(B)
        return jax.jit(lambda p, q: wrote(p, ..., q[...]))(r, r)

    @case("passing overlapping views")
    def _():
        r = ref(L)
        return jax.jit(lambda p, q: wrote(p, ..., jnp.ones(3)))(r.at[0:3], r.at[2:5])

    @case("passing a reference twice in a record")
    def _():
        r = ref(B)
        return jax.jit(lambda p: wrote(p["a"], ..., jnp.ones(B)))({"a": r, "b": r})

    @case("passing and closing over")
    def _():
        r = ref(B)
        return jax.jit(lambda q: wrote(r, ..., jnp.ones(B)))(r)

    @case("value after its trace")
    def _():
        leak = []
        jax.jit(lambda y: (leak.append(y), y)[1])(x)
        return leak[0] + 1

    @case("value of a gradient after its trace")
    def _():
        leak = []
        jax.grad(lambda y: (leak.append(y * 2), y.sum())[1])(x)
        return leak[0] + 1

    @case("a call that ends while it runs")
    def _():
        p, q = ref(B), ref(F)

        @jax.jit
        def f(p, q):
            def stop(v):
                raise RuntimeError("no more")

            p[...] = jnp.ones(B)
            jax.debug.callback(stop, p[...])
            q[...] = jnp.ones(F)

        try:
            f(p, q)
            jax.effects_barrier()
        except Exception as e:
            return Said(f"{type(e).__name__}; a read after it: {said(lambda: p[...])}")

    @case("reference after its trace", "reference of an argument after its trace")
    def _():
        leak = []
        jax.jit(lambda r: leak.append(r))(ref(B))
        return wrote(leak[0], 0, 1.0)

    case("item of a traced value")(lambda: jax.jit(lambda y: y.item())(jnp.sum(x)))

    # ------------------------------------------------------------ derivatives
    case("grad of a bare reference", "grad at a reference")(
        lambda: jax.grad(lambda r: r[...].sum())(ref(B))
    )
    case("grad of integers")(lambda: jax.grad(lambda i: jnp.sum(i).astype(float))(jnp.arange(3)))
    case("grad of a vector")(lambda: jax.grad(lambda y: y)(x))
    case("position of an argument")(lambda: jax.grad(lambda p, q: (p * q).sum(), 2)(x, x))

    @case("plumbing by argument")
    def _():
        def f(y, r):
            r[...] = y * 2
            return y.sum()

        return jax.grad(f)(x, ref(F))

    @case("plumbing by closure")
    def _():
        r = ref(F)

        def f(y):
            r[...] = y * 2
            return y.sum()

        return jax.grad(f)(x)

    @case("jvp into plumbing")
    def _():
        r = ref(F)

        def f(y):
            r[...] += y
            return y.sum()

        return jax.jvp(f, (x,), (x,))

    total = lambda r: r[...].sum()
    case("vjp without a bound reference")(lambda: jax.vjp(total, ref(B))[1](1.0))
    case("the gradient of a reference as a value")(
        lambda: jax.vjp(total, ref(B))[1].with_refs(jax.ad.GradValue())(1.0)
    )

    @case("vjp with a reference of another type")
    def _():
        g = ref(F)
        jax.vjp(total, ref(B))[1].with_refs(g)(1.0)
        return g[...]

    case("a reference missing in withRefs")(
        lambda: jax.vjp(lambda p, q: (p[...] * q[...]).sum(), ref(B), ref(B))[1].with_refs(ref(B))(1.0)
    )
    case("cotangent of another type")(lambda: jax.vjp(lambda y: y * 2, x)[1](jnp.ones(B)))
    case("tangent of another type")(lambda: jax.jvp(lambda y: y, (x,), (jnp.ones(B),)))
    case("jvp with a tangent reference of another type")(
        lambda: jax.jvp(total, (ref(F),), (ref(B),))
    )

    def custom(fwd, bwd, f=lambda y: y):
        g = jax.custom_vjp(f)
        g.defvjp(fwd, bwd)
        return g

    case("jvp of customVjp")(
        lambda: jax.jvp(custom(lambda y: (y, y), lambda s, ct: (ct,)), (x,), (x,))
    )
    case("customVjp saves a foreign reference")(
        lambda: jax.grad(
            lambda y: custom(lambda y: (y, jax.new_ref(y)), lambda r, ct: (ct,))(y).sum()
        )(x)
    )
    case("customVjp gradient of another type")(
        lambda: jax.grad(
            lambda y: custom(lambda y: (y, y), lambda s, ct: (jnp.ones(B),))(y).sum()
        )(x)
    )

    def written(y, r):
        r[...] += 1
        return y * r[...]

    @case("customVjp gradient of a written reference")
    def _():
        f = custom(
            lambda y, r: (written(y, r), y), lambda y, ct: (ct, ct * y), lambda y, r: written(y, r)
        )
        r = ref(F)
        return jax.grad(lambda y: f(y, r).sum())(x)

    @case("customVjp gradient of an integer reference")
    def _():
        f = custom(
            lambda y, r: (y * r[...], y), lambda y, ct: (ct, jnp.arange(3)), lambda y, r: y * r[...]
        )
        r = jax.new_ref(jnp.arange(3))
        return jax.grad(lambda y: f(y, r).sum())(x)

    @case("checkpoint of a forward rule that writes")
    def _():
        def fwd(y, r):
            r[...] += 1
            return y, y

        f = custom(fwd, lambda y, ct: (ct, None), lambda y, r: y)
        r = ref(F)
        g = jax.grad(lambda y: jax.checkpoint(f)(y, r).sum())(x)
        return f"{g}, the reference {r[...]}"

    # ------------------------------------------------------------ loops, branches, lanes
    case("carry changes its dtype")(
        lambda: lax.fori_loop(0, 3, lambda i, c: c + 0.5, jnp.int32(0))
    )
    case("carry changes its axes")(lambda: lax.fori_loop(0, 3, lambda i, c: c + x, 0.0))
    case("carry changes its structure")(
        lambda: lax.fori_loop(0, 3, lambda i, c: [c[0], c[0]], [0.0])
    )
    case("carry holds a reference")(lambda: lax.fori_loop(0, 3, lambda i, c: c, ref(B)))
    case("scan over another size")(
        lambda: lax.scan(lambda c, i: (c, None), 0, jnp.arange(3), length=4)
    )
    case("branches of different types")(lambda: lax.cond(True, lambda: 1, lambda: 1.5))
    case("branches of different structures")(lambda: lax.cond(True, lambda: 1, lambda: [1]))
    case("condition is not boolean")(lambda: lax.cond(jnp.int32(1), lambda: 1, lambda: 2))
    case("loop condition is a vector")(lambda: lax.while_loop(lambda c: c < 1, lambda c: c, x))

    @case("loop condition writes")
    def _():
        r = ref()

        def more(c):
            r[...] += 1
            return c < 3

        end = lax.while_loop(more, lambda c: c + 1, 0)
        return f"{end}, the reference {r[...]}"

    @case("set into an unmapped reference")
    def _():
        r = ref(B)

        def f(y):
            r[0] = y
            return y

        return jax.vmap(f)(x)

    @case("swap into an unmapped reference")
    def _():
        r = ref(B)
        return jax.vmap(lambda y: jax.ref.swap(r, 0, y))(x)

    @case("set into an unmapped argument")
    def _():
        return jax.vmap(lambda q, y: wrote(q, ..., y), in_axes=(None, 0))(ref(), x)

    @case("set into an unmapped reference in a loop")
    def _():
        def f(q, y):
            lax.fori_loop(0, 2, lambda i, c: (wrote(q, ..., y), c)[1], 0)

        return jax.vmap(f, in_axes=(None, 0))(ref(), x)

    @case("read after add in vmap")
    def _():
        r = ref()

        def f(y):
            r[...] += y
            return r[...]

        return jax.vmap(f)(x)

    case("vmap over another size")(
        lambda: jax.vmap(lambda y: y, axis_size=2)(x)
    )
    case("psum outside of vmap", "psum over another axis")(lambda: lax.psum(x, "Feature"))
    case("unroll by nothing")(lambda: lax.scan(lambda c, i: (c, None), 0, x, unroll=0))
    case("plain object in a tree")(lambda: jax.jit(lambda o: x)(object()))
    case("keys that do not sort")(lambda: jax.jit(lambda m: x)({"a": x, 1: x}))
    case("map over different structures")(lambda: jax.tree.map(lambda a, b: a, [x], [x, x]))
    case("max of nothing")(lambda: jnp.max(jnp.zeros(0)))
    case("sizes differ in arithmetic")(lambda: jnp.ones(4) + jnp.ones(3))
    case("boolean minus boolean")(lambda: jnp.array(True) - jnp.array(False))
    case("arithmetic on a key")(lambda: jax.random.key(0) + 1)
    case("item of many")(lambda: x.item())

    # ------------------------------------------------------------ what is no error in Axial
    case("a number into a row")(lambda: wrote(ref(B, F), 0, 1.0))
    case("a row into two")(lambda: wrote(ref(B, F), slice(1, 3), jnp.ones(3)))
    case("int32 into float32")(lambda: wrote(ref(F), ..., jnp.arange(3)))
    case("backwards")(lambda: wrote(ref(B), slice(3, 0, -1), jnp.ones(3)))
    case("a list")(lambda: wrote(ref(B), [0, 2], jnp.ones(2)))

    @case("+= with a repeated index")
    def _():
        r = ref(B)
        r[jnp.array([1, 1])] += 1.0
        return r[...]

    @case("two disjoint views")
    def _():
        r = ref(B)
        return jax.jit(lambda a, b: (a[...], b[...]))(r.at[0:1], r.at[3:4])

    @case("a value out of range")
    def _():
        return wrote(ref(B), jnp.int32(10), 1.0)

    @case("every lane adds")
    def _():
        r = ref()

        def f(y):
            r[...] += y

        return jax.vmap(f)(x)

    def rounds():
        r = ref()

        def body(c):
            r[...] += 1
            return c + 1

        return lax.while_loop(lambda c: (r[...] < 5) & (c < 100), body, 0)

    case("a condition that reads")(rounds)
    case("a condition that reads, compiled")(lambda: f"{jax.jit(rounds)()} rounds")

    @case("reverse through a loop of n rounds")
    def _():
        def f(v, n):
            r = jax.new_ref(v)

            def body(i, c):
                r[...] *= 1.5
                return c

            lax.fori_loop(0, n, body, 0)
            return r[...]

        return jax.jit(jax.grad(f))(1.0, 3)

    @case("the second derivative of a loop that writes")
    def _():
        def f(v):
            r = ref(B)
            r[0] = v

            def body(_, i):
                r[i] = r[i - 1] ** 2
                return None, None

            lax.scan(body, None, jnp.arange(1, 4))
            return r[3]

        return jax.hessian(f)(1.0)


def haliax_cases():
    B, F, L = hax.make_axes(Batch=4, Feature=3, layer=6)
    I = hax.Axis("I", 2)
    ref = lambda *axes: hax.new_ref(hax.zeros(axes))
    x = hax.arange(F).astype(float)

    case("no such axis")(lambda: x["Batch", 0])
    case("no such axis of a reference")(lambda: ref(B)["layer", 0])
    case("axis consumed by a staged index")(lambda: ref(B, F).slice({"Batch": 1})["Batch", 0])
    case("axis selected twice")(lambda: x["Feature", 0, "Feature", 0:2].axes)
    case("position conflicts with a name", "too many positions")(lambda: ref(B, F)[0])
    case("index out of range")(lambda: ref(B)["Batch", 4])
    case("negative index out of range")(lambda: ref(B)["Batch", -5])
    case("one of many indices out of range")(lambda: ref(B)["Batch", hax.named(jnp.array([0, 9]), I)])
    case("index out of range of a view")(
        lambda: ref(L).slice({"layer": slice(1, 3)})["layer", 2]
    )
    case("window past the end of a view")(
        lambda: ref(L).slice({"layer": slice(1, 3)})["layer", hax.ds(1, 3)]
    )
    case("boolean index")(
        lambda: hax.new_ref(hax.arange(L))["layer", hax.arange(L) < 3]
    )
    case("real index")(lambda: ref(L)["layer", hax.named(1.0, ())])
    case("range with step 0")(lambda: ref(L)["layer", 0:3:0])
    case("index arrays paired with different sizes")(
        lambda: ref(B, F)[
            {"Batch": hax.arange(hax.Axis("I", 2)), "Feature": hax.arange(hax.Axis("I", 3))}
        ]
    )
    case("new reference of another length")(lambda: hax.named(jnp.zeros(5), (B, F)))
    case("array with one name twice")(lambda: hax.zeros((B, B)).axes)
    case("sizes differ in arithmetic")(lambda: hax.ones(B) + hax.ones(B.resize(3)))
    case("reduce a missing axis")(lambda: hax.sum(x, B))
    case("reduce an axis twice")(lambda: hax.sum(hax.ones((B, F)), (B, B)))
    case("dot over a missing axis")(lambda: hax.dot(x, x, axis=B))
    case("rearrange with a missing name")(lambda: hax.ones((B, F)).rearrange((F,)))
    case("rename to a name that is taken")(
        lambda: hax.ones((B, F)).rename({"Batch": "Feature"}).axes
    )
    case("concatenate different axes")(
        lambda: hax.concatenate("Batch", [hax.ones((B, F)), hax.ones((B, F.resize(2)))])
    )
    case("stack the wrong number")(lambda: hax.stack(hax.Axis("S", 3), [x, x]))
    case("unflatten to another size")(
        lambda: hax.ones(B).unflatten_axis("Batch", (hax.Axis("p", 3), hax.Axis("q", 2)))
    )
    case("item of many")(lambda: x.item())
    case("write with an extra axis")(lambda: wrote(ref(B), ..., x))
    case("write of another size")(lambda: wrote(ref(B), ..., hax.ones(B.resize(3))))
    case("write of raw values of another length")(
        lambda: wrote(ref(B, F), {"Batch": 0}, jnp.ones(4))
    )
    case("write real into integer")(lambda: wrote(hax.new_ref(hax.arange(F)), ..., x))
    case("write a real number into integer")(lambda: wrote(hax.new_ref(hax.arange(F)), ..., 1.5))

    @case("add a real number to an integer")
    def _():
        r = hax.new_ref(hax.arange(F))
        r["Feature", 0] += 1.5
        return r[...]

    case("swap of another size")(lambda: hax.swap(ref(B), ..., hax.ones(B.resize(3))))

    @case("use after freeze", "write after freeze")
    def _():
        r = ref(B)
        hax.freeze(r)
        return wrote(r, {"Batch": 0}, 1.0 * hax.ones(()))

    case("a function of a reference")(lambda: hax.sin(ref(B)))
    case("arithmetic on a reference")(lambda: ref(B) + 1)
    case("returning a reference")(lambda: jax.jit(lambda r: r)(ref(B)))

    @case("passing a reference twice")
    def _():
        r = ref(B)
        return jax.jit(lambda p, q: wrote(p, ..., q[...]))(r, r)

    @case("passing overlapping views")
    def _():
        r = ref(L)
        return jax.jit(lambda p, q: p[...])(
            r.slice({"layer": slice(0, 3)}), r.slice({"layer": slice(2, 5)})
        )

    @case("unsliced of one of several views")
    def _():
        r = ref(L)
        return jax.jit(lambda p, q: p.unsliced()[...])(r.slice({"layer": 0}), r.slice({"layer": 1}))

    @case("plumbing by closure")
    def _():
        r = ref(F)

        def f(y):
            r[...] = y * 2
            return y.sum().scalar()

        return jax.grad(f)(x)

    @case("set into an unmapped reference")
    def _():
        r = ref(B)

        def f(y):
            r["Batch", 0] = y
            return y

        return hax.vmap(f, F)(x)

    @case("captured array with the mapped axis")
    def _():
        return hax.vmap(lambda y: y + x, F)(x).axes

    case("vmap over another size")(lambda: hax.vmap(lambda y: y, F.resize(2))(x))
    case("vmap result has the axis")(lambda: hax.vmap(lambda y: hax.ones(F), F)(x).axes)
    case("scan over another size")(lambda: hax.fold(lambda c, i: c, B)(0, hax.arange(B.resize(3))))
    case("scan result has the axis")(lambda: hax.map(lambda i: hax.ones(B), B)(hax.arange(B)).axes)
    case("carry holds a reference")(lambda: hax.fold(lambda c, i: c, B)(ref(F), hax.arange(B)))

    # ------------------------------------------------------------ what is no error in Axial
    case("a number into a row")(lambda: wrote(ref(B, F), {"Batch": 0}, 1.0))
    case("a row into two")(lambda: wrote(ref(B, F), {"Batch": slice(1, 3)}, hax.ones(F)))
    case("int32 into float32")(lambda: wrote(ref(F), ..., hax.arange(F)))
    case("backwards")(lambda: wrote(ref(B), {"Batch": slice(3, 0, -1)}, jnp.ones(3)))
    case("a list")(lambda: wrote(ref(B), {"Batch": [0, 2]}, jnp.ones(2)))
    case("a view by a list")(lambda: ref(B).slice({"Batch": [0, 2]}).axes)

    @case("two disjoint views")
    def _():
        r = ref(B, F)
        return jax.jit(lambda a, b: a[...])(r.slice({"Batch": 0}), r.slice({"Batch": 3}))

    @case("a value out of the range of a view")
    def _():
        r = ref(B)
        r.slice({"Batch": slice(1, 3)})["Batch", jnp.int32(2)] = jnp.float32(1)
        return r[...]

    @case("lanes of a reference")
    def _():
        r = ref(B, F)

        def f(row, v):
            row["Feature", 0] = v

        return hax.vmap(f, B)(r, hax.arange(B).astype(float))

    @case("steps of a reference")
    def _():
        def f(c, row):
            row["Feature", 0] = c
            return c + 1.0

        return hax.fold(f, B)(0.0, ref(B, F))

    @case("a view that starts elsewhere")
    def _():
        traces, r = [], ref(B, F)

        @jax.jit
        def f(row):
            traces.append(0)
            row[...] = hax.zeros(F)

        for i in range(4):
            f(r.slice({"Batch": i}))
        return f"{len(traces)} traces for 4 rows"


if hax is None:
    jax_cases()
else:
    haliax_cases()
for name, f in sorted(CASES, key=lambda c: c[0]):
    print("haliax" if hax else "jax", name, said(f), sep="\t")
