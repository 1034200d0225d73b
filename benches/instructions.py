"""Instructions of the hot loops, held against those recorded: a guard that does not depend on the clock.

    python3 benches/instructions.py             # compare with benches/instructions.json
    python3 benches/instructions.py --record    # and write what was counted

needs valgrind. A case runs with some units of work and with twice as many; the difference is what they cost, without
the start of the program. Counts belong to a compiler and to processors with AVX2; one that moves by more than the
tolerance ends with status 1.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "benches" / "instructions.json"
# (case, units of work)
CASES = [("step-64", 1), ("theorem-64", 4), ("toy", 1), ("activation", 16)]
# Other caches block the products otherwise, and a mutex may spin.
TOLERANCE = 0.03

sys.path.insert(0, str(ROOT / "benches" / "peers"))
from peers import build  # noqa: E402


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--record", action="store_true", help="write the counts instead of comparing them")
    options = options.parse_args()
    binary = build()
    recorded = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    counts, has_moved = {}, False
    print(f"{'case':<12} {'instructions per unit':>22} {'recorded':>14} {'change':>8}")
    for name, n_units in CASES:
        more, fewer = (instructions(binary, name, n) for n in (2 * n_units, n_units))
        # The program takes every unit twice: once to warm up.
        counts[name] = round((more - fewer) / (2 * n_units))
        before = recorded.get(name)
        change = counts[name] / before - 1 if before else float("nan")
        has_moved |= not abs(change) <= TOLERANCE
        print(f"{name:<12} {counts[name]:>22,} {before or 0:>14,} {100 * change:>+7.1f}%", flush=True)
    if options.record:
        RECORD.write_text(json.dumps(counts, indent=2) + "\n")
    elif has_moved:
        raise SystemExit(f"a count moved by more than {100 * TOLERANCE:.0f} %: find out why, then run again with --record")


def instructions(binary, name, n_units):
    """All instructions of the program with so many units of work."""
    case = [binary, "--case", name, "--units", str(n_units)]
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *case]
    try:
        run = subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise SystemExit("valgrind is not installed: install it with the system's package manager")
    return int(re.search(r"Collected : (\d+)", run.stderr).group(1))


if __name__ == "__main__":
    main()
