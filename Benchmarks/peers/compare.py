"""Compares Pinion with other libraries on the report's networks.

All contenders of a network run in one go, alternating, several rounds; who
does not measure is stopped. For each network: every contender's median
with minimum and maximum, and how many times as fast as the fastest peer
Pinion is (for one image: as ONNX Runtime), 1 meaning equal.

Variables of the environment that choose kernels, threads or precision for
some library (OPENBLAS_*, OMP_*, MKL_*, ONEDNN_*, TF_*, XLA_*, ...) are
removed for all contenders alike: each library chooses for the processor
itself. All get the same cores, and are told to use as many threads.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from contender import (ALL, HERE, LATENCY, PREDICT, TRAIN,
                       Contender, clean_environment, measures)
from networks import NETWORKS
from results import Comparison, Samples, geometric_means, markdown

# torch.compile writes C++.
DEFAULT = tuple(name for name in ALL if name != "torch-compiled" or shutil.which("g++"))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", type=Path, required=True,
                        help="the program train-benchmark, a release build")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--contenders", nargs="+", choices=ALL, default=list(DEFAULT))
    parser.add_argument("--measures", nargs="+", choices=(TRAIN, PREDICT, LATENCY),
                        default=[TRAIN, PREDICT, LATENCY])
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seconds", type=float, default=1.5,
                        help="of a burst of training; others take half or less")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    return parser.parse_args()


def start(network: str, options: argparse.Namespace, folder: Path) -> list[Contender]:
    """The network's contenders, ready and stopped.

    They start together, for compiling takes some of them long.
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
        counts = {contender.name: contender.parameters for contender in contenders}
        if len(set(counts.values())) > 1:
            raise RuntimeError(f"{network}: not the same networks: parameters {counts}")
    except BaseException:
        for contender in contenders:
            contender.process.kill()
        raise
    return contenders


def is_sensible(contender: str, network: str) -> bool:
    """Whether it is a contender of its own: layouts need images."""
    return contender != "torch-channels-last" or NETWORKS[network].is_convolutional


def commands(options: argparse.Namespace) -> list[tuple[str, str, str]]:
    """The measure, what it is called in results, and its command."""
    found = []
    if TRAIN in options.measures:
        found.append((TRAIN, TRAIN, f"train {options.seconds}"))
    if PREDICT in options.measures:
        found.append((PREDICT, PREDICT, f"predict {options.seconds / 2}"))
    if LATENCY in options.measures:
        found += [(LATENCY, f"{LATENCY}{threads}", f"latency {threads} {options.seconds / 4}")
                  for threads in sorted({1, options.threads})]
    return found


def compare(network: str, contenders: list[Contender],
            options: argparse.Namespace) -> list[Comparison]:
    """All rounds of one network; each begins with another contender."""
    comparisons = []
    for kind, measure, command in commands(options):
        able = [entry for entry in contenders if kind in measures(entry.name)]
        samples = {entry.name: Samples() for entry in able}
        for turn in range(options.rounds):
            for index in range(len(able)):
                contender = able[(index + turn) % len(able)]
                samples[contender.name].samples.append(contender.ask(command))
        reference = "onnxruntime" if kind == LATENCY else None
        comparisons.append(Comparison(network, measure, samples, reference))
    return comparisons


def processor() -> str:
    """The processor's name, as Linux gives it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"


def main() -> None:
    """Compares, prints, and writes the files asked for."""
    options = parse()
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
                        print(f"  {contender.name}: {contender.description}", flush=True)
                found = compare(network, contenders, options)
            finally:
                for contender in contenders:
                    contender.end()
            results += found
            print(f"\n{network}, {contenders[0].parameters:,} parameters "
                  f"[{time.time() - begin:.0f} s]")
            for entry in found:
                ratio = f"{entry.ratio:.2f} × {entry.peer}" if entry.ratio else ""
                print(f"  {entry.measure:9} {ratio}")
                for name, samples in entry.contenders.items():
                    print(f"    {name:20} {samples.text()}", flush=True)
    means = geometric_means(results)
    print("\nGeometric means of the ratios: "
          + ", ".join(f"{name} {mean:.2f}" for name, mean in means.items()))
    page = f"{heading}\n\n" + "".join(
        f"* {name}: {text}\n" for name, text in descriptions.items()) + markdown(results)
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
