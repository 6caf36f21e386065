"""Timing as Stopwatch.swift does it, in turns with one of Pinion's benchmarks."""

import argparse
import math
import os
import subprocess
import sys

for name in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{name}_NUM_THREADS"] = "1"

# Both programs on one processor: on a shared machine one may be a fifth slower than the next.
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

import time


def arguments(description, seconds, rounds):
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pinion", required=True, help="Pinion's benchmark, a program")
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--seconds", type=float, default=seconds, help="of a turn, at least")
    parser.add_argument("--only", nargs="+", help="names of operations")
    return parser


def measure(work, seconds):
    """Seconds of the processor per call, the least of two repetitions."""

    def elapsed(calls):
        start = time.process_time()
        for _ in range(calls):
            work()
        return time.process_time() - start

    calls, total = 1, elapsed(1)
    while total < seconds:
        calls = max(calls + 1, int(calls * min(1.1 * seconds / max(total, 1e-9), 10)))
        total = elapsed(calls)
    return min(total, elapsed(calls)) / calls


class Comparison:
    """Measures operations by NumPy and by Pinion in turns and prints them as a table."""

    def __init__(self, options, *further):
        self.options = options
        self.operations = []
        self.pinion = subprocess.Popen(
            [options.pinion, "--turns", "--seconds", str(options.seconds), "--repetitions", "1",
             *further],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def own(self, operation):
        print(operation, file=self.pinion.stdin, flush=True)
        return float(self.pinion.stdout.readline())

    def add(self, name, kind, size, work):
        if not self.options.only or name in self.options.only:
            self.operations.append((name, kind, size, work, []))

    def run(self):
        """Measures all operations once a round, so that a slow second does not meet all turns of
        one, and prints the least times, their ratios, the ratios' geometric mean and the least."""
        for index in range(self.options.rounds):
            print(f"Round {index + 1} of {self.options.rounds}", file=sys.stderr)
            for name, kind, size, work, turns in self.operations:
                turns.append(
                    (measure(work, self.options.seconds), self.own(f"{kind} {size} {name}")))
        self.pinion.stdin.close()
        self.pinion.wait()
        print("| operation | size | NumPy, µs | Pinion, µs | ratio |\n|---|---|---|---|---|")
        ratios = []
        for name, kind, size, _, turns in self.operations:
            numpy, own = (min(seconds) for seconds in zip(*turns))
            ratios.append((numpy / own, name, size))
            label = name if kind == "float32" else f"{name}, {kind}"
            print(f"| {label} | {size:,} | {numpy * 1e6:,.0f} | {own * 1e6:,.0f} "
                  f"| {numpy / own:.2f} |")
        if ratios:
            mean = math.exp(sum(math.log(ratio[0]) for ratio in ratios) / len(ratios))
            least = min(ratios)
            print(f"\nGeometric mean of the ratios: {mean:.2f}. "
                  f"Least: {least[0]:.2f}, {least[1]} of {least[2]:,}.")
