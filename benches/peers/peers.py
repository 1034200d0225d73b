"""Times of the same work in NumPy, SciPy, PyTorch and this package, with ratios.

    python3 benches/peers/peers.py

makes an environment of its own from PyPI (below target/, half a gigabyte for PyTorch), builds the benchmark, and
times every case by turns: ours, theirs, ours, theirs, ... The ratio is the median of those of the turns, since what
else the machine does weighs on both sides of one turn alike. What is compared is one step of training, sampling
included, and the probability that a neuron is active. NumPy and PyTorch get one and two threads, and the better
counts; we get two, and one for a probability, as SciPy.
"""

import argparse
import json
import statistics
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / "target" / "peers"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--repeats", type=int, default=5, help="turns of each case")
    options.add_argument("--only", help="cases with this in their names")
    options = options.parse_args()
    python = environment()
    binary = build()
    print(f"{'case':<44} {'theirs':>12} {'ours':>12} {'ratio':>8}   of single turns")
    for name, ours, theirs in CASES:
        if options.only and options.only not in name:
            continue
        turns = [turn(binary, python, ours, theirs) for _ in range(options.repeats)]
        us = statistics.median(mine for mine, _ in turns)
        if theirs is None:
            print(f"{name:<44} {'does not fit':>12} {1e3 * us:>9.3f} ms")
            continue
        them = statistics.median(peer for _, peer in turns)
        ratios = sorted(peer / mine for mine, peer in turns)
        ratio, spread = statistics.median(ratios), f"{ratios[0]:.1f} to {ratios[-1]:.1f}"
        print(f"{name:<44} {1e3 * them:>9.3f} ms {1e3 * us:>9.3f} ms {ratio:>7.1f}x   {spread}", flush=True)


def turn(binary, python, ours, theirs):
    """Seconds of ours and of the fastest variant of theirs, timed one after the other."""
    n_threads = "1" if ours == "activation" else "2"
    mine = time_of([binary, "--case", ours, "--threads", n_threads, "--repeats", str(N_TIMES)])
    variants = [time_of([python, WORKER, *variant, str(N_TIMES)]) for variant in theirs or []]
    return mine, min(variants, default=None)


# What a program is timed for in a turn: the median of so many times of the same number of steps.
N_TIMES = 9

WORKER = str(Path(__file__).with_name("worker.py"))

# (what is timed, our case, the worker's arguments in variants of which the best counts)
CASES = [
    ("the authors' theoretical setting, PyTorch", "toy", [["toy", "torch", "1"], ["toy", "torch", "2"]]),
    ("the same, PyTorch compiled", "toy", [["toy", "compiled", "1"], ["toy", "compiled", "2"]]),
    ("step in 64 features, NumPy", "step-64", [["step-64", "numpy", "1"], ["step-64", "numpy", "2"]]),
    ("step in 64 features, PyTorch", "step-64", [["step-64", "torch", "1"], ["step-64", "torch", "2"]]),
    ("step in 256 features, NumPy", "step-256", [["step-256", "numpy", "1"], ["step-256", "numpy", "2"]]),
    ("step in 256 features, PyTorch", "step-256", [["step-256", "torch", "1"], ["step-256", "torch", "2"]]),
    ("the first 100 steps, 64 features, NumPy", "run-64", [["step-64", "numpy", "1"], ["step-64", "numpy", "2"]]),
    ("the first 100 steps, 64 features, PyTorch", "run-64", [["step-64", "torch", "1"], ["step-64", "torch", "2"]]),
    ("the first 100 steps, 256 features, NumPy", "run-256", [["step-256", "numpy", "1"], ["step-256", "numpy", "2"]]),
    ("the first 100 steps, 256 features, PyTorch", "run-256", [["step-256", "torch", "1"], ["step-256", "torch", "2"]]),
    ("theorem's step, d0 = 64, d = 32768, PyTorch", "theorem-64", [["theorem-64", "torch", "1"], ["theorem-64", "torch", "2"]]),
    ("theorem's step, d0 = 64, d = 32768, NumPy", "theorem-64", [["theorem-64", "numpy", "1"], ["theorem-64", "numpy", "2"]]),
    ("step, d0 = 256, d = 2^20, m = 1024 (4 GiB)", "step-256", None),
    ("probabilities of a neuron, 64 features, SciPy", "activation", [["activation", "scipy", "1"]]),
]


def environment():
    """An interpreter with the peers, made once."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        print(f"making {ENVIRONMENT} ...", file=sys.stderr)
        venv.create(ENVIRONMENT, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "numpy", "scipy", "torch"], check=True)
    return str(python)


def build():
    """The path of the benchmark's program."""
    command = ["cargo", "bench", "--bench", "roofline", "--no-run", "--message-format", "json"]
    messages = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for message in map(json.loads, messages.splitlines()):
        if message.get("executable") and message["target"]["name"] == "roofline":
            return message["executable"]
    raise SystemExit("cargo built no benchmark `roofline`")


def time_of(command):
    """Seconds of one unit of work: the median of what a program prints."""
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return statistics.median(json.loads(run.stdout)["seconds"])


if __name__ == "__main__":
    main()
