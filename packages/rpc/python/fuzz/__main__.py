"""`python -m fuzz --inputs 100000 --seed 1`: one line a fact, and status 1 when anything was found."""

from __future__ import annotations

import argparse
import random
import sys

from .run import run
from .wire import answers


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=3000, help="how many inputs to throw (default 3000)")
    parser.add_argument("--seed", type=int, default=None, help="decides all inputs; random when absent")
    parser.add_argument("--only", type=int, default=None, metavar="NUMBER", help="throw this one input again")
    options = parser.parse_args()
    seed: int = random.randrange(1 << 31) if options.seed is None else options.seed
    inputs = range(options.inputs) if options.only is None else [options.only]
    report = run(inputs, seed, check_memory=options.only is None)
    print(f"{report.inputs} inputs in {report.seconds:.1f} s, seed {seed}")
    print("  " + ", ".join(f"{name} {count}" for name, count in sorted(report.by_family.items())))
    print("answers: " + ", ".join(f"{name} {count}" for name, count in answers.most_common()))
    print(f"ordinary calls between them: {report.ordinary_calls}, the slowest {report.slowest_ms:.0f} ms")
    if report.memory is not None:
        for name, before in report.memory.warm.items():
            after = report.memory.end[name]
            print(f"memory of the {name}: {before} KiB after the warm-up, {after} KiB at the end")
    for finding in report.findings:
        print(f"FOUND {finding}")
    if report.findings:
        again = f"--inputs {options.inputs}" if options.only is None else f"--only {options.only}"
        print(f"again: python -m fuzz --seed {seed} {again}   (one input: --only NUMBER)")
        return 1
    print("nothing was found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
