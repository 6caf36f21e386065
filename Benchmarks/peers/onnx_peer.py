"""ONNX Runtime: prediction with the network exported by PyTorch.

Sessions have fixed batch sizes and bound memory, which enables all
optimizations and avoids allocations.
"""

import argparse

import numpy as np
import onnxruntime as ort
from data import images
from networks import BATCH, NETWORKS
from worker import bursts, median_latency, serve


class BoundSession:
    """A session for one batch size, with memory for its results."""

    def __init__(self, file: str, batch: int, threads: int, classes: int) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_free_dimension_override_by_name("batch", batch)
        self.session = ort.InferenceSession(
            file, options, providers=["CPUExecutionProvider"])
        self.classes = ort.OrtValue.ortvalue_from_numpy(
            np.zeros((batch, classes), np.float32))

    def bind(self, batch: np.ndarray) -> ort.IOBinding:
        """Run one batch."""
        binding = self.session.io_binding()
        binding.bind_ortvalue_input(
            "images", ort.OrtValue.ortvalue_from_numpy(batch))
        binding.bind_ortvalue_output("classes", self.classes)
        return binding


class OnnxSubject:
    """The network's sessions."""

    def __init__(self, options: argparse.Namespace) -> None:
        network = NETWORKS[options.network]
        self.file, self.classes = options.onnx, network.classes
        data = images(network, 10 * BATCH).transpose(0, 3, 1, 2).copy()
        self.one = data[:1].copy()
        self.full = BoundSession(
            self.file, BATCH, options.threads, self.classes)
        self.batches = [self.full.bind(data[first:first + BATCH])
                        for first in range(0, len(data), BATCH)]
        self.single: dict[int, BoundSession] = {}
        metadata = self.full.session.get_modelmeta().custom_metadata_map
        self.parameters = int(metadata["parameters"])
        self.description = f"ONNX Runtime {ort.__version__}"
        self.position = 0
        self.predict(0.1)

    def train(self, seconds: float) -> float:
        raise NotImplementedError

    def predict(self, seconds: float) -> float:
        return bursts(self._predict_batch, seconds)

    def latency(self, threads: int, seconds: float) -> float:
        if threads not in self.single:
            self.single[threads] = BoundSession(
                self.file, 1, threads, self.classes)
        session = self.single[threads]
        binding, run = session.bind(self.one), session.session.run_with_iobinding
        return median_latency(lambda: run(binding), seconds)

    def _predict_batch(self) -> int:
        self.full.session.run_with_iobinding(self.batches[self.position])
        self.position = (self.position + 1) % len(self.batches)
        return BATCH


if __name__ == "__main__":
    serve(OnnxSubject)
