"""The process of a peer: measures on request.

A process prints one line of JSON, {"parameters": ..., "description": ...},
when ready. Then each line read from standard input is answered by one:
"train SECONDS" and "predict SECONDS" by images a second, "latency THREADS
SECONDS" by the median time of one image in microseconds. It ends with the
input. Whatever libraries print goes to standard error.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Protocol


class Subject(Protocol):
    """A network of one library; unsupported measures raise an error."""

    parameters: int
    description: str

    def train(self, seconds: float) -> float:
        """Training throughput in images per second."""

    def predict(self, seconds: float) -> float:
        """Prediction throughput in images per second."""

    def latency(self, threads: int, seconds: float) -> float:
        """Median latency of predicting one image in microseconds."""


def arguments() -> argparse.Namespace:
    """The common command line of all peers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--variant", default="", help="the variant of the library")
    parser.add_argument("--onnx", help="the network's ONNX file")
    return parser.parse_args()


def bursts(step: Callable[[], int], seconds: float) -> float:
    """Images per second of a step that returns its images, after two warm-up steps."""
    step(), step()
    images = 0
    start = time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        images += step()
    return images / elapsed


def median_latency(call: Callable[[], object], seconds: float) -> float:
    """Median microseconds per call, after warm-up calls."""
    for _ in range(10):
        call()
    times = []
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        call()
        times.append(time.perf_counter() - start)
    return 1e6 * statistics.median(times)


def serve(make: Callable[[argparse.Namespace], Subject]) -> None:
    """Create the subject and answer commands."""
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    subject = make(arguments())
    print(json.dumps({"parameters": subject.parameters,
                      "description": subject.description}), file=replies)
    for line in sys.stdin:
        command, *numbers = line.split()
        if command == "latency":
            reply = subject.latency(int(numbers[0]), float(numbers[1]))
        else:
            reply = getattr(subject, command)(float(numbers[0]))
        print(reply, file=replies)
    # Threads of some libraries would keep the process alive.
    os._exit(0)
