"""A process that measures one library on one network."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
LIBC = ctypes.CDLL(None)
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
TICKS = os.sysconf("SC_CLK_TCK")
TRAIN, PREDICT, LATENCY = "train", "predict", "latency"

# Script and variant of each contender.
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

# Prefixes of variables that select kernels, threads or precision.
REMOVED_PREFIXES = ("DNNL_", "GOMP_", "GOTO_", "KMP_", "MKL_", "OMP_", "ONEDNN_",
                "OPENBLAS_", "TF_", "TORCH", "XLA_")


def measures(contender: str) -> set[str]:
    """The measures that a contender supports."""
    if contender == OURS:
        return {TRAIN, PREDICT, LATENCY}
    if contender in ("onnxruntime", "openvino"):
        return {PREDICT, LATENCY}
    return {TRAIN, PREDICT}


def clean_environment() -> tuple[dict[str, str], list[str]]:
    """The environment without overrides, and the removed names."""
    removed = sorted(name for name in os.environ if name.startswith(REMOVED_PREFIXES))
    kept = {name: value for name, value in os.environ.items() if name not in removed}
    return kept, removed


def busy_seconds() -> float:
    """CPU time of all cores, including time stolen by the host."""
    fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    user, nice, system, _, _, interrupts, softirqs, stolen = map(int, fields)
    return (user + nice + system + interrupts + softirqs + stolen) / TICKS


def process_seconds(pid: int) -> float:
    """CPU time of all threads of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Contender:
    """A process that measures on request.

    Idle contenders are stopped by SIGSTOP, because threads of idle pools
    may spin.
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

        def prepare() -> None:
            # A stopped process would not notice the end of this one.
            LIBC.prctl(DIE_WITH_PARENT, signal.SIGKILL)
            os.sched_setaffinity(0, cores)

        with log.open("w") as errors:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=errors, text=True, bufsize=1, env=clean_environment()[0],
                preexec_fn=prepare)
        self.parameters = 0
        self.description = ""
        # The fraction of the cores that other processes used.
        self.disturbances: list[float] = []

    def wait_until_ready(self) -> None:
        """Read the description, then stop the process."""
        ready = json.loads(self._read())
        self.parameters = ready["parameters"]
        self.description = ready["description"]
        self.process.send_signal(signal.SIGSTOP)

    def ask(self, command: str) -> float:
        """Run one command."""
        others = busy_seconds() - process_seconds(self.process.pid)
        start = time.perf_counter()
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(command + "\n")
        reply = float(self._read())
        self.process.send_signal(signal.SIGSTOP)
        elapsed = time.perf_counter() - start
        others = busy_seconds() - process_seconds(self.process.pid) - others
        self.disturbances.append(max(0, others) / (elapsed * os.cpu_count()))
        return reply

    def end(self) -> None:
        """Terminate the process."""
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
