"""PyTorch: a loop over tensors in memory.

Variants: "nchw", "channels-last", "compiled" (channels last, through
`torch.compile`). Denormals are flushed and Adam is fused, which was fastest;
loss and accuracy are accumulated as in Keras.
"""

import argparse

import torch
from data import images, labels
from networks import BATCH, LEARNING_RATE, NETWORKS
from torch import nn
from torch_networks import build, count_parameters
from worker import bursts, median_latency, serve


class TorchSubject:
    """A PyTorch model with its data."""

    def __init__(self, options: argparse.Namespace) -> None:
        torch.set_num_threads(options.threads)
        torch.set_flush_denormal(True)
        network = NETWORKS[options.network]
        self.channels_last = options.variant != "nchw"
        data = torch.from_numpy(images(network, options.images))
        if not self.channels_last:
            data = data.permute(0, 3, 1, 2).contiguous()
        self.images = data
        self.labels = torch.from_numpy(labels(network, options.images))
        self.plain = build(network, self.channels_last)
        if self.channels_last:
            self.plain = self.plain.to(memory_format=torch.channels_last)
        self.parameters = count_parameters(self.plain)
        self.optimizer = torch.optim.Adam(
            self.plain.parameters(), LEARNING_RATE, eps=1e-7, fused=True)
        self.loss = nn.CrossEntropyLoss()
        compiled = options.variant == "compiled"
        self.model = torch.compile(self.plain) if compiled else self.plain
        self.description = f"PyTorch {torch.__version__}, {options.variant}"
        self.loss_sum = torch.zeros(())
        self.hits = torch.zeros((), dtype=torch.long)
        self.order = torch.randperm(options.images)
        self.position = 0
        self.train(0.1)
        self.predict(0.1)

    def train(self, seconds: float) -> float:
        self.plain.train()
        return bursts(self._step, seconds)

    def predict(self, seconds: float) -> float:
        self.plain.eval()
        with torch.inference_mode():
            return bursts(self._predict_batch, seconds)

    def latency(self, threads: int, seconds: float) -> float:
        self.plain.eval()
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        image = self._view(self.images[:1])
        with torch.inference_mode():
            median = median_latency(lambda: self.model(image), seconds)
        torch.set_num_threads(before)
        return median

    def _view(self, batch: torch.Tensor) -> torch.Tensor:
        """Convert to (n, channels, rows, columns) in the variant's memory format."""
        return batch.permute(0, 3, 1, 2) if self.channels_last else batch

    def _next(self) -> slice:
        """The next full batch; reshuffles after each epoch."""
        if self.position + BATCH > len(self.images):
            self.order = torch.randperm(len(self.images))
            self.position = 0
        self.position += BATCH
        return slice(self.position - BATCH, self.position)

    def _step(self) -> int:
        indices = self.order[self._next()]
        batch = self._view(self.images[indices])
        targets = self.labels[indices]
        self.optimizer.zero_grad(set_to_none=True)
        outputs = self.model(batch)
        loss = self.loss(outputs, targets)
        loss.backward()
        self.optimizer.step()
        self.loss_sum += loss.detach()
        self.hits += (outputs.detach().argmax(1) == targets).sum()
        return BATCH

    def _predict_batch(self) -> int:
        torch.softmax(self.model(self._view(self.images[self._next()])), 1)
        return BATCH


if __name__ == "__main__":
    serve(TorchSubject)
