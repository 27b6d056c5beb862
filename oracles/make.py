"""Regenerates every golden file. See README.md for the two environments.

    python make.py [--env-a DIR] [--env-b DIR] [--out DIR] [topic ...]

Topics: random numerics refs_haliax grads_jax ops_grad half functions derivatives (all, when none is named). Needs only the standard library
itself; the topic scripts run under the environments' own interpreters.
"""
import argparse
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent / "core/src/test/resources/golden"
VERSIONS = {"a": "jax 0.8.2, haliax 1.4.dev453", "b": "jax 0.12.0.1"}
TOPICS = ["random", "numerics", "refs_haliax", "grads_jax", "lanes_jax", "ops_grad", "half", "functions", "derivatives"]


def run(env, script, x64, *args):
    """A script's standard output under an environment; the results must not depend on the CPU's vector width."""
    settings = dict(os.environ, JAX_PLATFORMS="cpu", JAX_ENABLE_X64="1" if x64 else "0", PYTHONHASHSEED="0",
                    XLA_FLAGS="--xla_cpu_max_isa=AVX2", PYTHONPATH=str(HERE))
    p = subprocess.run([f"{env}/bin/python", str(HERE / script), *args], env=settings, stdout=subprocess.PIPE, text=True,
                       stderr=subprocess.PIPE)
    if p.returncode:
        sys.exit(f"{script} under {env} (x64 {x64}) failed:\n{p.stderr}")
    return p.stdout


def helper(env, code, *texts):
    """Runs a line of Python with golden.py at hand under an environment (which has numpy)."""
    p = subprocess.run([f"{env}/bin/python", "-c", code], input="\0".join(texts), text=True, stdout=subprocess.PIPE, check=True,
                       env=dict(os.environ, PYTHONPATH=str(HERE)))
    return p.stdout


JOIN = """
import sys
from compare import compare
from golden import merge_x64, parse
a_off, a_on, b_off, b_on = sys.stdin.read().split("\\0")
a, b = parse(merge_x64(a_off, a_on)), parse(merge_x64(b_off, b_on))
assert list(a) == list(b), set(a) ^ set(b)
for name in b:
    lines = b[name]
    if a[name] != b[name]:
        if name.startswith("uniform/"):
            assert name.endswith("/array-bounds"), name
            lines = [f"note source jax 0.8.2; 0.12.0.1 leaves the fma out here and there"] + a[name]
        else:
            kinds = ("erf", "normal", "exponential", "laplace", "logistic", "truncated_normal", "dirichlet", "gamma", "beta")
            assert name.split("/")[0] in kinds, name
            (report,) = compare({name: a[name]}, {name: b[name]})
            lines = ["note jax-0.8.2 " + report.split(": ")[2]] + b[name]
    print("case " + name)
    print("\\n".join(lines))
    print("end")
"""


MERGE = """
import sys
from golden import merge_x64
sys.stdout.write(merge_x64(*sys.stdin.read().split("\\0")))
"""


def make_random(a, b):
    """Both environments, both modes; values are 0.12.0.1's wherever a transcendental function decides."""
    runs = [run(e, "gold_random.py", x) for e in (a, b) for x in (False, True)]
    return helper(a, JOIN, *runs)


def make_numerics(a, b):
    return helper(b, MERGE, *[run(b, "gold_numerics.py", x) for x in (False, True)])


def make_refs_haliax(a, b):
    return run(a, "gold_refs_haliax.py", False)


def make_grads_jax(a, b):
    return run(b, "gold_grads_jax.py", True)


def make_lanes_jax(a, b):
    return run(b, "gold_lanes_jax.py", True)


def make_ops_grad(a, b):
    return run(b, "gold_ops_grad.py", True)


def make_half(a, b):
    return run(b, "gold_half.py", True)


def make_functions(a, b):
    return run(b, "gold_functions.py", False)


def make_derivatives(a, b):
    return run(b, "gold_derivatives.py", False)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--env-a", default="/tmp/oracle-env-a", help=VERSIONS["a"])
    p.add_argument("--env-b", default="/tmp/oracle-env-b", help=VERSIONS["b"])
    p.add_argument("--out", default=str(OUT))
    p.add_argument("topics", nargs="*", choices=TOPICS + [[]])
    o = p.parse_args()
    for topic in o.topics or TOPICS:
        text = globals()[f"make_{topic}"](o.env_a, o.env_b)
        source = "mpmath 1.4.1" if topic in ("functions", "derivatives") else VERSIONS["a"] if topic == "refs_haliax" else VERSIONS["b"] if topic != "random" else f"{VERSIONS['b']} (and 0.8.2)"
        head = f"# Made by oracles/make.py from {source}. Format: oracles/README.md. Do not edit.\n"
        path = pathlib.Path(o.out) / f"{topic}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(head + text, encoding="utf-8")
        print(f"{path}: {text.count(chr(10) + 'end') } cases, {len(text):,} bytes", flush=True)


if __name__ == "__main__":
    main()
