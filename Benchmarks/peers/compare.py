"""Compares Pinion with other libraries on the networks of the benchmarks.

All contenders of a network run in one session and take turns for several
rounds; idle ones are stopped. The output contains the median, minimum and
maximum of each contender, and the ratio of Pinion to the fastest peer (for
latency, to ONNX Runtime).

Environment variables that select kernels, threads or precision of a library
(OPENBLAS_*, OMP_*, MKL_*, ONEDNN_*, TF_*, XLA_*, ...) are removed for all
contenders. All use the same cores and the same number of threads.

The output includes the CPU usage of other processes; beyond a few percent
the results are not reliable, because libraries are affected differently.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from contender import (ALL, HERE, LATENCY, PREDICT, TRAIN,
                       Contender, clean_environment, measures)
from networks import NETWORKS, REPORT
from results import Comparison, Samples, geometric_means, markdown

# torch.compile requires a C++ compiler.
DEFAULT = tuple(
    name for name in ALL if name != "torch-compiled" or shutil.which("g++"))


def parse() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", type=Path, required=True,
                        help="path of train-benchmark, built with -c release")
    parser.add_argument("--networks", nargs="+", choices=["report", *NETWORKS],
                        default=list(NETWORKS), help="report: the report's seven")
    parser.add_argument("--contenders", nargs="+", choices=ALL,
                        default=list(DEFAULT))
    parser.add_argument("--measures", nargs="+", choices=(TRAIN, PREDICT, LATENCY),
                        default=[TRAIN, PREDICT, LATENCY])
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seconds", type=float, default=1.5,
                        help="duration of a training measurement; others are shorter")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    options.networks = [
        name for entry in options.networks
        for name in (REPORT if entry == "report" else [entry])]
    return options


def start(network: str, options: argparse.Namespace, folder: Path) -> list[Contender]:
    """Start the network's contenders, and stop them when they are ready.

    They start concurrently, because some compile for a long time.
    """
    onnx = folder / f"{network}.onnx"
    images = 10_000 if NETWORKS[network].is_convolutional else 50_000
    names = [name for name in options.contenders
             if measures(name) & set(options.measures) and is_sensible(name, network)]
    if {"onnxruntime", "openvino"} & set(names):
        with (folder / "export.log").open("w") as log:
            subprocess.run(
                [sys.executable, str(HERE / "torch_networks.py"), network, str(onnx)],
                check=True, stdout=log, stderr=log)
    contenders: list[Contender] = []
    try:
        for name in names:
            contenders.append(Contender(
                name, network, options.ours, onnx, options.threads, images,
                folder / f"{name}.log"))
        for contender in contenders:
            contender.wait_until_ready()
        require_same_network(
            network, {entry.name: entry.parameters for entry in contenders})
    except BaseException:
        for contender in contenders:
            contender.process.kill()
        raise
    return contenders


def require_same_network(network: str, parameters: dict[str, int]) -> None:
    """Raise an error if the contenders' parameter counts differ."""
    if len(set(parameters.values())) > 1:
        raise RuntimeError(f"{network}: not the same networks: parameters {parameters}")


def is_sensible(contender: str, network: str) -> bool:
    """Whether the variant differs from others: layouts require convolutions."""
    return contender != "torch-channels-last" or NETWORKS[network].is_convolutional


def commands(options: argparse.Namespace) -> list[tuple[str, str, str]]:
    """The kind, the name in results, and the command of each measure."""
    found = []
    if TRAIN in options.measures:
        found.append((TRAIN, TRAIN, f"train {options.seconds}"))
    if PREDICT in options.measures:
        found.append((PREDICT, PREDICT, f"predict {options.seconds / 2}"))
    if LATENCY in options.measures:
        found += [
            (LATENCY, f"{LATENCY}{threads}", f"latency {threads} {options.seconds / 4}")
            for threads in sorted({1, options.threads})]
    return found


def compare(network: str, contenders: list[Contender],
            options: argparse.Namespace) -> list[Comparison]:
    """Run all rounds of one network; each starts with another contender."""
    comparisons = []
    for kind, measure, command in commands(options):
        able = [entry for entry in contenders if kind in measures(entry.name)]
        samples = {entry.name: Samples() for entry in able}
        for turn in range(options.rounds):
            for index in range(len(able)):
                contender = able[(index + turn) % len(able)]
                samples[contender.name].samples.append(contender.ask(command))
        disturbances = [part for entry in able for part in entry.disturbances]
        for entry in able:
            entry.disturbances.clear()
        comparisons.append(Comparison(
            network, measure, samples, "onnxruntime" if kind == LATENCY else None,
            statistics.fmean(disturbances) if disturbances else 0))
    return comparisons


def processor() -> str:
    """The model name of the processor."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"


def main() -> None:
    """Compare, print, and write the requested files."""
    options = parse()
    # Ends the contenders when this process is terminated.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    begin = time.time()
    _, removed = clean_environment()
    heading = (f"{processor()}, {options.threads} thread(s) on as many cores; "
               f"{options.rounds} rounds of {options.seconds} s; removed from the "
               f"environment of all: {', '.join(removed) or 'nothing'}")
    print(heading, flush=True)
    descriptions: dict[str, str] = {}
    results: list[Comparison] = []
    with tempfile.TemporaryDirectory() as folder:
        for network in options.networks:
            contenders = start(network, options, Path(folder))
            try:
                for contender in contenders:
                    if contender.name not in descriptions:
                        descriptions[contender.name] = contender.description
                        print(f"  {contender.name}: {contender.description}",
                              flush=True)
                found = compare(network, contenders, options)
            finally:
                for contender in contenders:
                    contender.end()
            results += found
            print(f"\n{network}, {contenders[0].parameters:,} parameters "
                  f"[{time.time() - begin:.0f} s]")
            for entry in found:
                ratio = f"{entry.ratio:.2f} × {entry.peer}" if entry.ratio else ""
                print(f"  {entry.measure:9} {ratio:24} "
                      f"(other processes: {entry.disturbance:.0%} of the cores)")
                for name, samples in entry.contenders.items():
                    print(f"    {name:20} {samples.text()}", flush=True)
    means = geometric_means(results)
    print("\nGeometric means of the ratios: "
          + ", ".join(f"{name} {mean:.2f}" for name, mean in means.items()))
    versions = "".join(f"* {name}: {text}\n" for name, text in descriptions.items())
    page = f"{heading}\n\n{versions}{markdown(results)}"
    print(f"\n{page}")
    if options.markdown:
        options.markdown.write_text(page)
    if options.json:
        options.json.write_text(json.dumps({
            "processor": processor(), "threads": options.threads,
            "seconds": options.seconds, "rounds": options.rounds,
            "removedEnvironment": removed, "contenders": descriptions,
            "results": [entry.as_json() for entry in results],
            "geometricMeans": means}, indent=2) + "\n")


if __name__ == "__main__":
    main()
