"""OpenVINO: prediction with the network exported by PyTorch.

Single precision is forced, because OpenVINO uses bfloat16 if available.
Batches use the optimal number of concurrent requests, single images one.
"""

import argparse

import openvino as ov
import openvino.properties as props
import openvino.properties.hint as hints
from data import images
from networks import BATCH, NETWORKS
from worker import bursts, median_latency, serve


class OpenVINOSubject:
    """The compiled network, for batches and for single images."""

    def __init__(self, options: argparse.Namespace) -> None:
        network = NETWORKS[options.network]
        self.core, self.file = ov.Core(), options.onnx
        self.shape = [network.shape[2], *network.shape[:2]]
        data = images(network, 10 * BATCH).transpose(0, 3, 1, 2).copy()
        self.one = data[:1].copy()
        self.batches = [data[first:first + BATCH]
                        for first in range(0, len(data), BATCH)]
        compiled = self._compile(
            BATCH, options.threads, hints.PerformanceMode.THROUGHPUT)
        self.queue = ov.AsyncInferQueue(compiled)
        self.single: dict[int, ov.InferRequest] = {}
        self.parameters = self._parameters()
        self.description = (f"OpenVINO {ov.__version__}, "
                            f"{len(self.queue)} requests at a time")
        self.predict(0.1)

    def train(self, seconds: float) -> float:
        raise NotImplementedError

    def predict(self, seconds: float) -> float:
        return bursts(self._predict_all, seconds)

    def latency(self, threads: int, seconds: float) -> float:
        if threads not in self.single:
            compiled = self._compile(1, threads, hints.PerformanceMode.LATENCY)
            self.single[threads] = compiled.create_infer_request()
            self.single[threads].set_input_tensor(
                ov.Tensor(self.one, shared_memory=True))
        return median_latency(self.single[threads].infer, seconds)

    def _predict_all(self) -> int:
        for batch in self.batches:
            self.queue.start_async(batch, share_inputs=True)
        self.queue.wait_all()
        return BATCH * len(self.batches)

    def _compile(
        self, batch: int, threads: int, mode: hints.PerformanceMode
    ) -> ov.CompiledModel:
        model = self.core.read_model(self.file)
        model.reshape([batch, *self.shape])
        return self.core.compile_model(model, "CPU", {
            props.inference_num_threads: threads,
            hints.inference_precision: ov.Type.f32,
            hints.performance_mode: mode,
        })

    def _parameters(self) -> int:
        import onnx
        metadata = onnx.load(self.file).metadata_props
        return next(int(entry.value) for entry in metadata
                    if entry.key == "parameters")


if __name__ == "__main__":
    serve(OpenVINOSubject)
