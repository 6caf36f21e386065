"""The networks of the benchmarks, as data for the builders of all libraries.

Equal to Benchmarks/Networks; `compare.py` checks the parameter counts.
"""

from __future__ import annotations

from dataclasses import dataclass

BATCH = 100
LEAKY_SLOPE = 0.1
DROPOUT = 0.25
NORM_EPSILON = 1e-3
NORM_MOMENTUM = 0.99  # Keras's convention; PyTorch's is 1 - momentum.
LAYER_NORM_EPSILON = 1e-6
LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class Conv:
    """A convolution with an activation; `same`-padded unless `valid`."""

    filters: int
    activation: str = ""
    kernel: int = 3
    stride: int = 1
    bias: bool = True
    valid: bool = False


@dataclass(frozen=True)
class Depthwise:
    """A `same`-padded 3x3 depthwise convolution without a bias."""

    stride: int = 1


@dataclass(frozen=True)
class Pool:
    """Max pooling with stride 2; `same` keeps an incomplete last window."""

    same: bool = False
    size: int = 2


@dataclass(frozen=True)
class AvgPool:
    """2x2 average pooling."""


@dataclass(frozen=True)
class GlobalPool:
    """The mean over all pixels, or over all tokens."""


@dataclass(frozen=True)
class RowNorm:
    """Batch normalization with one set of statistics per image row."""


@dataclass(frozen=True)
class ChannelNorm:
    """Batch normalization with one set of statistics per channel."""


@dataclass(frozen=True)
class FeatureNorm:
    """Batch normalization with one set of statistics per feature."""


@dataclass(frozen=True)
class LayerNorm:
    """Layer normalization over the features of a sample or a token."""


@dataclass(frozen=True)
class Act:
    """An activation."""

    function: str


@dataclass(frozen=True)
class Drop:
    """Dropout."""

    rate: float = DROPOUT


@dataclass(frozen=True)
class Flat:
    """Flattening."""


@dataclass(frozen=True)
class Dense:
    """A dense layer with an activation, "" for logits."""

    units: int
    activation: str = ""


@dataclass(frozen=True)
class Tokens:
    """A row of tokens from an image: all pixels."""


@dataclass(frozen=True)
class Positions:
    """A learned vector added to each token."""


@dataclass(frozen=True)
class Attention:
    """Self-attention over tokens, with dropout of the weights."""

    heads: int
    rate: float


@dataclass(frozen=True)
class Residual:
    """The sum of the outputs of some layers and of a shortcut, by default the input."""

    layers: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] = ()


@dataclass(frozen=True)
class Append:
    """The input and the output of some layers, concatenated along the channels."""

    layers: tuple[Layer, ...]


Layer = (Conv | Depthwise | Pool | AvgPool | GlobalPool | RowNorm | ChannelNorm | FeatureNorm
         | LayerNorm | Act | Drop | Flat | Dense | Tokens | Positions | Attention | Residual
         | Append)


@dataclass(frozen=True)
class Network:
    """Layers for images of shape (height, width, channels)."""

    shape: tuple[int, int, int]
    classes: int
    layers: tuple[Layer, ...]

    @property
    def is_convolutional(self) -> bool:
        """Whether any layer is a convolution."""
        return any(isinstance(layer, (Conv, Residual)) for layer in self.layers)


def _mlp(shape: tuple[int, int, int]) -> Network:
    hidden = tuple(Dense(units, "relu") for units in (32, 64, 128, 256))
    return Network(shape, 10, (Flat(), *hidden, Dense(10)))


def _block(filters: int, kernel: int = 3, same: bool = False) -> list[Layer]:
    return [RowNorm(), Conv(filters, "leaky", kernel), Pool(same), Drop()]


def _head(units: int, classes: int) -> list[Layer]:
    return [Flat(), FeatureNorm(), Dense(units, "leaky"), Drop(), Dense(classes)]


def _first(filters: int) -> list[Layer]:
    return [RowNorm(), Conv(filters, "leaky")]


def _normed(filters: int, kernel: int = 3, stride: int = 1) -> list[Layer]:
    """A convolution, normalization and rectifier."""
    return [Conv(filters, "", kernel, stride, bias=False), ChannelNorm(), Act("relu")]


def _depthwise(filters: int, stride: int) -> list[Layer]:
    return [Depthwise(stride), ChannelNorm(), Act("relu"), *_normed(filters, 1)]


def _residual(filters: int, narrows: bool) -> list[Layer]:
    """A block of a ResNet; one that narrows has stride 2 and a 1x1 shortcut."""
    stride = 2 if narrows else 1
    body = (*_normed(filters, stride=stride), *_normed(filters)[:-1])
    shortcut = tuple(_normed(filters, 1, 2)[:-1]) if narrows else ()
    return [Residual(body, shortcut), Act("relu")]


def _stages(blocks: int, *filters: int) -> list[Layer]:
    """Stages of residual blocks, of which all but the first narrow."""
    return [layer for stage, width in enumerate(filters) for block in range(blocks)
            for layer in _residual(width, narrows=stage > 0 and block == 0)]


def _before(filters: int, kernel: int) -> list[Layer]:
    """A convolution behind normalization and rectifier."""
    return [ChannelNorm(), Act("relu"), Conv(filters, "", kernel, bias=False)]


def _dense_net(growth: int, layers: int) -> list[Layer]:
    """Three blocks of layers that see all outputs before them."""
    filters = 2 * growth
    parts: list[Layer] = [Conv(filters, bias=False)]
    for block in range(3):
        for _ in range(layers):
            parts.append(Append((*_before(4 * growth, 1), *_before(growth, 3))))
            filters += growth
        if block < 2:
            filters //= 2
            parts += [*_before(filters, 1), AvgPool()]
    return [*parts, ChannelNorm(), Act("relu")]


def _transformer(width: int, heads: int) -> list[Layer]:
    """A block of a vision transformer."""
    return [
        Residual((LayerNorm(), Attention(heads, 0.1))),
        Residual((LayerNorm(), Dense(2 * width, "gelu"), Drop(0.1), Dense(width), Drop(0.1)))]


def _repeated(count: int, *layers: Layer) -> list[Layer]:
    return [layer for _ in range(count) for layer in layers]


_MNIST = (28, 28, 1)
_CIFAR = (32, 32, 3)

_REPORT: dict[str, Network] = {
    "fashion-mnist-mlp": _mlp(_MNIST),
    "fashion-mnist-cnn": Network(_MNIST, 10, (
        Conv(32, "relu"), Conv(32, "relu"), Pool(), Conv(64, "relu"), Pool(),
        Flat(), Dense(10))),
    "fashion-mnist-personal": Network(_MNIST, 10, (
        *_first(32), *_block(64), *_block(64, kernel=2),
        *_block(64, same=True), *_head(32, 10))),
    "cifar10-mlp": _mlp(_CIFAR),
    "cifar10-cnn": Network(_CIFAR, 10, (
        Conv(32, "relu"), Conv(32, "relu"), Pool(), Conv(64, "relu"), Pool(),
        Conv(128, "relu"), Pool(), Flat(), Dense(10))),
    "cifar10-personal": Network(_CIFAR, 10, (
        *_first(32), *_block(32), *_block(64), *_block(64), *_block(128),
        *_head(16, 10))),
    "cifar100-personal": Network(_CIFAR, 100, (
        *_first(32), *_block(64), *_block(128), *_block(128), *_block(256),
        *_head(128, 100))),
}
# The names of the report's seven networks.
REPORT = tuple(_REPORT)

NETWORKS: dict[str, Network] = _REPORT | {
    "lenet5": Network(_MNIST, 10, (
        Conv(6, "tanh", 5), AvgPool(), Conv(16, "tanh", 5, valid=True), AvgPool(),
        Flat(), Dense(120, "tanh"), Dense(84, "tanh"), Dense(10))),
    "resnet20": Network(_CIFAR, 10, (
        *_normed(16), *_stages(3, 16, 32, 64), GlobalPool(), Dense(10))),
    "vgg": Network(_CIFAR, 10, (
        *_normed(64), *_normed(64), Pool(), *_normed(128), *_normed(128), Pool(),
        *_normed(256), *_normed(256), Pool(), Flat(), Dense(10))),
    "all-convolutional": Network((64, 64, 3), 10, (
        *_normed(32), *_normed(64, stride=2), *_normed(64, 1),
        *_normed(128, stride=2), *_normed(128, 1),
        *_normed(256, stride=2), *_normed(256, 1), GlobalPool(), Dense(10))),
    "mobilenet": Network(_CIFAR, 10, (
        *_normed(32), *_depthwise(64, 1), *_depthwise(128, 2), *_depthwise(128, 1),
        *_depthwise(256, 2), *_depthwise(256, 1), GlobalPool(), Dense(10))),
    "densenet": Network(_CIFAR, 10, (*_dense_net(12, 3), GlobalPool(), Dense(10))),
    "resnet18-stem": Network((96, 96, 3), 10, (
        *_normed(32, 7, 2), Pool(True, 3), *_stages(2, 32, 64, 128, 256),
        GlobalPool(), Dense(10))),
    "vision-transformer": Network(_CIFAR, 10, (
        Conv(64, "", 4, 4, valid=True), Tokens(), Positions(),
        *_repeated(6, *_transformer(64, 4)), LayerNorm(), GlobalPool(), Dense(10))),
    "wide-mlp": Network(_MNIST, 10, (
        Flat(), *_repeated(3, Dense(1024), LayerNorm(), Act("gelu")), Dense(10))),
}
