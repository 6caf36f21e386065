"""Measures the time from the start of a process to its first prediction.

Each process loads a network from a file, predicts one image and prints its
class; the time until that output is measured. Contenders take turns. The
first round, which fills file caches, is not counted.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from contender import OURS, clean_environment
from networks import NETWORKS


def keras_model(network: str):
    """The network in Keras on TensorFlow."""
    import os
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    from keras_peer import build
    return build(NETWORKS[network])


def write_keras(network: str, file: str) -> None:
    keras_model(network).save_weights(file)


def run_keras(network: str, file: str) -> int:
    import numpy as np
    model = keras_model(network)
    model.load_weights(file)
    image = np.full((1, *NETWORKS[network].shape), 0.5, np.float32)
    return int(np.argmax(model(image, training=False)))


def write_torch(network: str, file: str) -> None:
    import torch
    from torch_networks import build
    torch.save(build(NETWORKS[network], channels_last=True).state_dict(), file)


def run_torch(network: str, file: str) -> int:
    import torch
    from torch_networks import build
    model = build(NETWORKS[network], channels_last=True)
    model.load_state_dict(torch.load(file))
    model.eval()
    rows, columns, channels = NETWORKS[network].shape
    with torch.inference_mode():
        return int(model(torch.full((1, channels, rows, columns), 0.5)).argmax())


def write_onnx(network: str, file: str) -> None:
    from torch_networks import export
    export(network, file)


def run_onnx(network: str, file: str) -> int:
    import numpy as np
    import onnxruntime as ort
    session = ort.InferenceSession(file, providers=["CPUExecutionProvider"])
    rows, columns, channels = NETWORKS[network].shape
    image = np.full((1, channels, rows, columns), 0.5, np.float32)
    return int(np.argmax(session.run(None, {"images": image})[0]))


Writer = Callable[[str, str], None]
Runner = Callable[[str, str], int]
PEERS: dict[str, tuple[str, Writer, Runner]] = {
    "keras-tensorflow": (".weights.h5", write_keras, run_keras),
    "torch": (".pt", write_torch, run_torch),
    "onnxruntime": (".onnx", write_onnx, run_onnx),
}


def milliseconds(command: list[str]) -> float:
    """The time from the start of a process to its first line of output."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          env=clean_environment()[0]) as process:
        line = process.stdout.readline()
        elapsed = time.perf_counter() - start
        process.wait()
    if not line:
        raise RuntimeError(f"{' '.join(command)}: no prediction")
    return 1e3 * elapsed


def main() -> None:
    """Measure, or perform one step in a separate process."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", type=Path, help="path of train-benchmark")
    parser.add_argument("--network", choices=NETWORKS, default="cifar10-cnn")
    parser.add_argument("--contenders", nargs="+", choices=(OURS, *PEERS),
                        default=[OURS, *PEERS])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--step", nargs=3, metavar=("write|run", "PEER", "FILE"),
                        help="the program, as run by this script")
    options = parser.parse_args()
    if options.step:
        step, peer, file = options.step
        _, write, run = PEERS[peer]
        do = run if step == "run" else write
        print(do(options.network, file), flush=True)
        return
    if not options.ours:
        parser.error("--ours is needed")
    with tempfile.TemporaryDirectory() as folder:
        print("\n".join(measure(options, Path(folder))))


def measure(options: argparse.Namespace, folder: Path) -> list[str]:
    """Write the weights, then measure all rounds; returns one line per contender."""
    runs: dict[str, list[str]] = {}
    for name in options.contenders:
        if name == OURS:
            file = str(folder / "weights.safetensors")
            write = [str(options.ours), "export", options.network, file]
            runs[name] = [str(options.ours), "first-prediction", file]
        else:
            own = [sys.executable, __file__, "--network", options.network, "--step"]
            file = str(folder / ("weights" + PEERS[name][0]))
            write = [*own, "write", name, file]
            runs[name] = [*own, "run", name, file]
        subprocess.run(write, check=True, env=clean_environment()[0],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    times: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(options.rounds + 1):
        for name, command in runs.items():
            elapsed = milliseconds(command)
            if turn:
                times[name].append(elapsed)
    if options.json:
        options.json.write_text(json.dumps(
            {"network": options.network, "milliseconds": times}, indent=2) + "\n")
    return [
        f"{name:20} {statistics.median(values):8.1f} ms "
        f"({min(values):.1f}–{max(values):.1f})"
        for name, values in times.items()]


if __name__ == "__main__":
    main()
