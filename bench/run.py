"""Measures the product beside its ceilings, on one machine, in turn: see README.md beside this file.

scripts/bench              one Nantong: all cases, to the screen and to bench/results/
scripts/bench --smoke      a small city and short rounds, to see that it works
scripts/bench --growth     ten Nantongs beside one
scripts/bench --soak 60    an hour of mixed load
scripts/bench --pauses     what the slowest answers of the list waited for
"""

import argparse
import shutil
import sys

from bench import contention, employer, growth, pauses, reads, soak, workers, writes
from bench.rounds import Rounds
from bench.standing import standing
from bench.table import Results

NANTONG, TEN, SMALL = 1.0, 10.0, 0.05
PACKAGES = {"wrk": "wrk", "perf": "linux-perf"}  # the second one for pauses only


def main() -> int:
    """Runs what was asked for and writes the tables; 1 where a program is missing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--soak", type=int, metavar="MINUTES", default=0)
    parser.add_argument("--pauses", action="store_true")
    found = parser.parse_args()
    for program in PACKAGES if found.pauses else ("wrk",):
        if shutil.which(program) is None:
            print(f"{program} is missing: apt-get install {PACKAGES[program]}", file=sys.stderr)
            return 1
    results = Results()
    with standing() as server:
        if found.growth:
            growth.measure(server, results, NANTONG, TEN)
        elif found.soak:
            soak.measure(server, results, NANTONG, found.soak)
        elif found.pauses:
            pauses.measure(server, results, NANTONG)
        else:
            city = server.city(SMALL if found.smoke else NANTONG)
            rounds = Rounds(1, 1, warm=1) if found.smoke else Rounds(3, 3)
            for each in (reads, writes, contention, *(() if found.smoke else (workers, employer))):
                each.measure(server, results, city, rounds)
    words = [each for each, asked in vars(found).items() if asked]
    results.say()
    if not found.smoke:
        results.write(words)
    return 0


if __name__ == "__main__":
    sys.exit(main())
