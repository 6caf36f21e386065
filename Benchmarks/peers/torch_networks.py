"""The networks in PyTorch, and their export to ONNX.

As a program, torch_networks.py NETWORK FILE exports a network for prediction.
"""

import sys
from collections import OrderedDict
from collections.abc import Callable

import networks
import torch
from networks import (BATCH, LAYER_NORM_EPSILON, LEAKY_SLOPE, NETWORKS,
                      NORM_EPSILON, NORM_MOMENTUM, Act, AvgPool, ChannelNorm,
                      Conv, Dense, Depthwise, Drop, FeatureNorm, Flat, Layer,
                      LayerNorm, Network, Pool, RowNorm)
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


class GlobalPool(nn.Module):
    """The mean over all pixels, or over all tokens."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3)) if x.dim() == 4 else x.mean(1)


class Tokens(nn.Module):
    """The pixels of (n, channels, rows, columns) as tokens, (n, pixels, channels)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(2).transpose(1, 2)


class Positions(nn.Module):
    """A learned vector added to each token."""

    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(tokens, width) * 0.02)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.weight


class Attention(nn.Module):
    """Self-attention by PyTorch's fused function."""

    def __init__(self, width: int, heads: int, rate: float) -> None:
        super().__init__()
        self.heads, self.rate = heads, rate
        self.inputs, self.outputs = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        samples, tokens, width = x.shape
        parts = self.inputs(x).view(samples, tokens, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        y = nn.functional.scaled_dot_product_attention(
            query, key, value, dropout_p=self.rate if self.training else 0.0)
        return self.outputs(y.transpose(1, 2).reshape(samples, tokens, width))


class Residual(nn.Module):
    """The sum of two branches."""

    def __init__(self, body: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x) + self.shortcut(x)


class Append(nn.Module):
    """The input and the output of a branch."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat((x, self.body(x)), 1)


def activations(name: str) -> list[nn.Module]:
    """The activation, or nothing for ""."""
    return {
        "": [], "leaky": [nn.LeakyReLU(LEAKY_SLOPE, inplace=True)],
        "relu": [nn.ReLU(inplace=True)], "tanh": [nn.Tanh()], "gelu": [nn.GELU()]}[name]


class Builder:
    """Makes modules of layers, and follows the shape of what they put out."""

    def __init__(self, network: Network, channels_last: bool) -> None:
        self.rows, self.columns, self.channels = network.shape
        self.features = 0  # Of vectors and tokens; 0 before.
        self.channels_last = channels_last

    def sequence(self, layers: tuple[Layer, ...]) -> nn.Sequential:
        """The layers one after the other."""
        return nn.Sequential(*(part for layer in layers for part in self.parts(layer)))

    def parts(self, layer: Layer) -> list[nn.Module]:
        """The modules of a layer."""
        match layer:
            case Conv(filters, activation, kernel, stride, bias, valid):
                pad = [] if valid or kernel % 2 else [
                    nn.ZeroPad2d((0, kernel - 1, 0, kernel - 1))]
                conv = nn.Conv2d(
                    self.channels, filters, kernel, stride, bias=bias,
                    padding=0 if valid or kernel % 2 == 0 else kernel // 2)
                self.channels = filters
                lost = kernel - 1 if valid else 0
                self._shrink(lambda n: -(-(n - lost) // stride))
                return [*pad, conv, *activations(activation)]
            case Depthwise(stride):
                self._shrink(lambda n: -(-n // stride))
                return [nn.Conv2d(self.channels, self.channels, 3, stride, padding=1,
                                  groups=self.channels, bias=False)]
            case Pool(same, size):
                self._shrink(lambda n: -(-n // 2) if same else n // 2)
                return [nn.MaxPool2d(size, 2, padding=size // 2 if size % 2 else 0,
                                     ceil_mode=same and size % 2 == 0)]
            case AvgPool():
                self._shrink(lambda n: n // 2)
                return [nn.AvgPool2d(2)]
            case networks.GlobalPool():
                self.features = self.features or self.channels
                return [GlobalPool()]
            case RowNorm():
                return [RowBatchNorm(self.rows, self.channels_last)]
            case ChannelNorm():
                return [nn.BatchNorm2d(self.channels, NORM_EPSILON, 1 - NORM_MOMENTUM)]
            case FeatureNorm():
                return [nn.BatchNorm1d(self.features, NORM_EPSILON, 1 - NORM_MOMENTUM)]
            case LayerNorm():
                return [nn.LayerNorm(self.features, LAYER_NORM_EPSILON)]
            case Act(function):
                return activations(function)
            case Drop(rate):
                return [nn.Dropout(rate)]
            case Flat():
                self.features = self.rows * self.columns * self.channels
                return [Flatten(self.channels_last)]
            case Dense(units, activation):
                features, self.features = self.features, units
                return [nn.Linear(features, units), *activations(activation)]
            case networks.Tokens():
                self.features = self.channels
                return [Tokens()]
            case networks.Positions():
                return [Positions(self.rows * self.columns, self.features)]
            case networks.Attention(heads, rate):
                return [Attention(self.features, heads, rate)]
            case networks.Residual(layers, shortcut):
                before = dict(vars(self))
                other = self.sequence(shortcut) if shortcut else nn.Identity()
                vars(self).update(before)
                return [Residual(self.sequence(layers), other)]
            case networks.Append(layers):
                channels = self.channels
                body = self.sequence(layers)
                self.channels += channels
                return [Append(body)]

    def _shrink(self, size: Callable[[int], int]) -> None:
        self.rows, self.columns = size(self.rows), size(self.columns)


def build(network: Network, channels_last: bool) -> nn.Sequential:
    """The network with initial weights, up to the logits."""
    return Builder(network, channels_last).sequence(network.layers)


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
