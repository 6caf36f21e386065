"""Timing as Stopwatch.swift does it, and tables beside Pinion's results."""

import argparse
import json
import os

for name in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{name}_NUM_THREADS"] = "1"

import statistics
import time


def arguments(description, seconds):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=seconds, help="of a repetition, at least")
    parser.add_argument("--pinion", help="the JSON file of Pinion's benchmark")
    return parser


def measure(work, repetitions, seconds):
    """Seconds per call, one number per repetition."""

    def elapsed(calls):
        start = time.perf_counter()
        for _ in range(calls):
            work()
        return time.perf_counter() - start

    calls, total = 1, elapsed(1)
    while total < seconds:
        calls = max(calls + 1, int(calls * min(1.1 * seconds / max(total, 1e-9), 10)))
        total = elapsed(calls)
    return [elapsed(calls) / calls for _ in range(repetitions)]


def read(path):
    """Pinion's medians in seconds by operation, type and size."""
    if not path:
        return {}
    with open(path) as file:
        results = json.load(file)["results"]
    return {(r["operation"], r["type"], r["size"]): statistics.median(r["seconds"]) for r in results}


def report(operation, kind, size, seconds, pinion):
    median = statistics.median(seconds)
    line = f"{operation:22} {kind} {size:8} {median * 1e6:12.1f} µs"
    own = pinion.get((operation, kind, size))
    if own:
        line += f"   Pinion {own * 1e6:12.1f} µs   {median / own:5.2f} times NumPy's speed"
    print(line, flush=True)
