"""One library's process for one network: started, asked, stopped between."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
TRAIN, PREDICT, LATENCY = "train", "predict", "latency"

# What each contender runs and measures.
SCRIPTS: dict[str, tuple[str, str]] = {
    "keras-tensorflow": ("keras_peer.py", "tensorflow"),
    "keras-jax": ("keras_peer.py", "jax"),
    "torch": ("torch_peer.py", "nchw"),
    "torch-channels-last": ("torch_peer.py", "channels-last"),
    "torch-compiled": ("torch_peer.py", "compiled"),
    "onnxruntime": ("onnx_peer.py", ""),
    "openvino": ("openvino_peer.py", ""),
}
OURS = "pinion"
ALL = (OURS, *SCRIPTS)

# Variables that choose kernels, threads or precision for one library.
HELD_BACK_BY = ("DNNL_", "GOMP_", "GOTO_", "KMP_", "MKL_", "OMP_", "ONEDNN_",
                "OPENBLAS_", "TF_", "TORCH", "XLA_")


def measures(contender: str) -> set[str]:
    """What a contender can do."""
    if contender == OURS:
        return {TRAIN, PREDICT, LATENCY}
    if contender in ("onnxruntime", "openvino"):
        return {PREDICT, LATENCY}
    return {TRAIN, PREDICT}


def clean_environment() -> tuple[dict[str, str], list[str]]:
    """The environment without overrides, and the names of those removed."""
    removed = sorted(name for name in os.environ if name.startswith(HELD_BACK_BY))
    kept = {name: value for name, value in os.environ.items() if name not in removed}
    return kept, removed


class Contender:
    """A process that measures on command and is stopped meanwhile.

    Stopped by SIGSTOP, since threads of idle pools spin for a while.
    """

    def __init__(
        self, name: str, network: str, ours: Path, onnx: Path, threads: int,
        images: int, log: Path,
    ) -> None:
        self.name = name
        options = ["--threads", str(threads), "--images", str(images)]
        if name == OURS:
            command = [str(ours), "serve", network, *options]
        else:
            script, variant = SCRIPTS[name]
            command = [sys.executable, str(HERE / script), network, *options,
                       "--variant", variant, "--onnx", str(onnx)]
        cores = sorted(os.sched_getaffinity(0))[:threads]
        self.log = log
        with log.open("w") as errors:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=errors, text=True, bufsize=1, env=clean_environment()[0],
                preexec_fn=lambda: os.sched_setaffinity(0, cores))
        self.parameters = 0
        self.description = ""

    def wait_until_ready(self) -> None:
        """Reads what it is, then stops it."""
        ready = json.loads(self._read())
        self.parameters = ready["parameters"]
        self.description = ready["description"]
        self.process.send_signal(signal.SIGSTOP)

    def ask(self, command: str) -> float:
        """Lets it run for one command."""
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(command + "\n")
        reply = float(self._read())
        self.process.send_signal(signal.SIGSTOP)
        return reply

    def end(self) -> None:
        """Ends the process."""
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _read(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended:\n" + self.log.read_text()[-2000:])
        return line
