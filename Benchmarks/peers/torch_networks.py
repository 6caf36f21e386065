"""The networks in PyTorch, and their export to ONNX.

As a program, torch_networks.py NETWORK FILE exports a network for prediction.
"""

import sys
from collections import OrderedDict

import torch
from networks import (BATCH, DROPOUT, LEAKY_SLOPE, NETWORKS, NORM_EPSILON,
                      NORM_MOMENTUM, Conv, Dense, Drop, FeatureNorm, Flat,
                      Network, Pool, RowNorm)
from torch import nn


class RowBatchNorm(nn.Module):
    """Batch normalization per row of images (n, channels, rows, columns).

    Implemented on (n, rows, rest), which requires no copy for images in
    channels-last format.
    """

    def __init__(self, rows: int, channels_last: bool) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(rows, NORM_EPSILON, 1 - NORM_MOMENTUM)
        # Move the rows to axis 1, and back.
        self.order = (0, 2, 3, 1) if channels_last else (0, 2, 1, 3)
        self.back = (0, 3, 1, 2) if channels_last else (0, 2, 1, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows_first = x.permute(self.order)
        shape = rows_first.shape
        y = self.norm(rows_first.reshape(shape[0], shape[1], -1))
        return y.view(shape).permute(self.back)


class RowAffine(nn.Module):
    """A RowBatchNorm folded into a scale and an offset per row."""

    def __init__(self, norm: nn.BatchNorm1d) -> None:
        super().__init__()
        factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        term = norm.bias - norm.running_mean * factor
        self.register_buffer("factor", factor.detach().view(1, 1, -1, 1))
        self.register_buffer("term", term.detach().view(1, 1, -1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor + self.term


class Flatten(nn.Module):
    """Flatten (n, channels, rows, columns) in memory order."""

    def __init__(self, channels_last: bool) -> None:
        super().__init__()
        self.channels_last = channels_last

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.channels_last:
            x = x.permute(0, 2, 3, 1)
        return x.flatten(1)


def build(network: Network, channels_last: bool) -> nn.Sequential:
    """The network with initial weights, up to the logits."""
    rows, _, channels = network.shape
    parts: list[nn.Module] = []

    def activate(activation: str) -> None:
        if activation == "leaky":
            parts.append(nn.LeakyReLU(LEAKY_SLOPE, inplace=True))
        elif activation == "relu":
            parts.append(nn.ReLU(inplace=True))

    features = 0
    for layer in network.layers:
        match layer:
            case Conv(filters, activation, kernel):
                if kernel % 2 == 0:
                    parts.append(nn.ZeroPad2d((0, kernel - 1, 0, kernel - 1)))
                parts.append(nn.Conv2d(
                    channels, filters, kernel,
                    padding=kernel // 2 if kernel % 2 else 0))
                channels = filters
                activate(activation)
            case Pool(same):
                parts.append(nn.MaxPool2d(2, ceil_mode=same))
                rows = -(-rows // 2) if same else rows // 2
            case RowNorm():
                parts.append(RowBatchNorm(rows, channels_last))
            case FeatureNorm():
                parts.append(nn.BatchNorm1d(
                    features, NORM_EPSILON, 1 - NORM_MOMENTUM))
            case Drop():
                parts.append(nn.Dropout(DROPOUT))
            case Flat():
                parts.append(Flatten(channels_last))
                features = rows * rows * channels
            case Dense(units, activation):
                parts.append(nn.Linear(features, units))
                features = units
                activate(activation)
    return nn.Sequential(*parts)


def count_parameters(model: nn.Module) -> int:
    """The number of trainable parameters and moving statistics, as in Keras."""
    return sum(value.numel() for name, value in model.state_dict().items()
               if not name.endswith("num_batches_tracked"))


def export(name: str, file: str) -> None:
    """Export the network for prediction, with softmax, for any batch size."""
    import onnx
    network = NETWORKS[name]
    rows, columns, channels = network.shape
    model = build(network, channels_last=False)
    count = count_parameters(model)
    parts = OrderedDict(
        (key, RowAffine(part.norm) if isinstance(part, RowBatchNorm) else part)
        for key, part in model.named_children())
    parts["softmax"] = nn.Softmax(dim=1)
    torch.onnx.export(
        nn.Sequential(parts).eval(), (torch.rand(BATCH, channels, rows, columns),),
        file, input_names=["images"], output_names=["classes"], dynamo=False,
        dynamic_axes={"images": {0: "batch"}, "classes": {0: "batch"}})
    exported = onnx.load(file)
    exported.metadata_props.add(key="parameters", value=str(count))
    onnx.save(exported, file)


if __name__ == "__main__":
    export(sys.argv[1], sys.argv[2])
