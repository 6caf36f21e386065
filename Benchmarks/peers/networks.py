"""The report's seven networks, as data for the builders of all libraries.

Equal to Examples/Networks; `compare.py` checks the parameter counts.
"""

from dataclasses import dataclass

BATCH = 100
LEAKY_SLOPE = 0.1
DROPOUT = 0.25
NORM_EPSILON = 1e-3
NORM_MOMENTUM = 0.99  # Keras's convention; PyTorch's is 1 - momentum.
LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class Conv:
    """A `same`-padded convolution with an activation."""

    filters: int
    activation: str
    kernel: int = 3


@dataclass(frozen=True)
class Pool:
    """2x2 max pooling; `same` keeps an incomplete last window."""

    same: bool = False


@dataclass(frozen=True)
class RowNorm:
    """Batch normalization with one set of statistics per image row."""


@dataclass(frozen=True)
class FeatureNorm:
    """Batch normalization with one set of statistics per feature."""


@dataclass(frozen=True)
class Drop:
    """Dropout."""


@dataclass(frozen=True)
class Flat:
    """Flattening."""


@dataclass(frozen=True)
class Dense:
    """A dense layer with an activation, "" for logits."""

    units: int
    activation: str = ""


Layer = Conv | Pool | RowNorm | FeatureNorm | Drop | Flat | Dense


@dataclass(frozen=True)
class Network:
    """Layers for images of shape (height, width, channels)."""

    shape: tuple[int, int, int]
    classes: int
    layers: tuple[Layer, ...]

    @property
    def is_convolutional(self) -> bool:
        """Whether any layer is a convolution."""
        return any(isinstance(layer, Conv) for layer in self.layers)


def _mlp(shape: tuple[int, int, int]) -> Network:
    hidden = tuple(Dense(units, "relu") for units in (32, 64, 128, 256))
    return Network(shape, 10, (Flat(), *hidden, Dense(10)))


def _block(filters: int, kernel: int = 3, same: bool = False) -> list[Layer]:
    return [RowNorm(), Conv(filters, "leaky", kernel), Pool(same), Drop()]


def _head(units: int, classes: int) -> list[Layer]:
    return [Flat(), FeatureNorm(), Dense(units, "leaky"), Drop(), Dense(classes)]


def _first(filters: int) -> list[Layer]:
    return [RowNorm(), Conv(filters, "leaky")]


_MNIST = (28, 28, 1)
_CIFAR = (32, 32, 3)

NETWORKS: dict[str, Network] = {
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
