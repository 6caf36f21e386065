"""Timing as Stopwatch.swift does it, in turns with one of Pinion's benchmarks."""

import argparse
import math
import os
import subprocess

for name in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{name}_NUM_THREADS"] = "1"

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
    """Measures operations by NumPy and by Pinion in turns and prints a table's rows."""

    def __init__(self, options, *further):
        self.options = options
        self.ratios = []
        self.pinion = subprocess.Popen(
            [options.pinion, "--turns", "--seconds", str(options.seconds), "--repetitions", "1",
             *further],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        print("| operation | size | NumPy, µs | Pinion, µs | ratio |\n|---|---|---|---|---|")

    def own(self, operation):
        print(operation, file=self.pinion.stdin, flush=True)
        return float(self.pinion.stdout.readline())

    def run(self, name, kind, size, work):
        if self.options.only and name not in self.options.only:
            return
        turns = [
            (measure(work, self.options.seconds), self.own(f"{kind} {size} {name}"))
            for _ in range(self.options.rounds)
        ]
        numpy, own = (min(seconds) for seconds in zip(*turns))
        self.ratios.append((numpy / own, name, size))
        label = name if kind == "float32" else f"{name}, {kind}"
        print(f"| {label} | {size:,} | {numpy * 1e6:,.0f} | {own * 1e6:,.0f} "
              f"| {numpy / own:.2f} |", flush=True)

    def end(self):
        """Prints the ratios' geometric mean and the least of them."""
        self.pinion.stdin.close()
        self.pinion.wait()
        if self.ratios:
            mean = math.exp(sum(math.log(ratio[0]) for ratio in self.ratios) / len(self.ratios))
            least = min(self.ratios)
            print(f"\nGeometric mean of the ratios: {mean:.2f}. "
                  f"Least: {least[0]:.2f}, {least[1]} of {least[2]:,}.")
