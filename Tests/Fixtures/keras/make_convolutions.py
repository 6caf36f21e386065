"""Writes convolutions.json: convolutions besides the plain Conv2D, with the fields of layers.json.

Importing make_layers writes layers.json anew, too.
"""

import make_layers
from make_layers import case, values, write
import numpy as np

make_layers.random = np.random.default_rng(20261126)
make_layers.cases = []


def convolution(kind, shape, weights, activation="linear", use_bias=True, **config):
    """A case of a layer with the weights of these shapes, the last of them the bias."""
    config = {**config, "use_bias": use_bias, "activation": activation}
    names = list(weights) if use_bias else list(weights)[:-1]
    options = " ".join(f"{key} {value}" for key, value in config.items())
    name = f"{kind} {shape} {options}"
    case(name, kind, config, lambda: [values(shape)], lambda _: {n: weights[n] for n in names})


def depthwise(shape, kernel, multiplier=1, **config):
    channels = shape[-1]
    weights = {"kernel": (*kernel, channels, multiplier), "bias": (channels * multiplier,)}
    convolution(
        "DepthwiseConv2D", shape, weights, kernel_size=kernel, depth_multiplier=multiplier, **config
    )


def conv(shape, filters, kernel, groups=1, **config):
    weights = {"kernel": (*kernel, shape[-1] // groups, filters), "bias": (filters,)}
    config = {"filters": filters, "kernel_size": kernel, "groups": groups, **config}
    convolution("Conv2D", shape, weights, **config)


def separable(shape, filters, kernel, multiplier=1, **config):
    channels = shape[-1]
    weights = {
        "depthwise_kernel": (*kernel, channels, multiplier),
        "pointwise_kernel": (1, 1, channels * multiplier, filters),
        "bias": (filters,),
    }
    config = {"filters": filters, "kernel_size": kernel, "depth_multiplier": multiplier, **config}
    convolution("SeparableConv2D", shape, weights, **config)


def transpose(shape, filters, kernel, strides, padding, output_padding=None, **config):
    weights = {"kernel": (*kernel, filters, shape[-1]), "bias": (filters,)}
    config = {
        "filters": filters,
        "kernel_size": kernel,
        "strides": strides,
        "padding": padding,
        "output_padding": output_padding,
        **config,
    }
    convolution("Conv2DTranspose", shape, weights, **config)


# TensorFlow takes no strides that differ.
for padding in ["valid", "same"]:
    for kernel, strides, dilation in [
        ([3, 3], [1, 1], [1, 1]),
        ([3, 3], [2, 2], [1, 1]),
        ([4, 2], [2, 2], [1, 1]),
        ([3, 2], [1, 1], [2, 1]),
        ([2, 3], [1, 1], [2, 3]),
        ([1, 1], [1, 1], [1, 1]),
    ]:
        options = {"strides": strides, "padding": padding, "dilation_rate": dilation}
        for channels, multiplier in [(3, 1), (2, 3)]:
            depthwise((1, 5, 7, channels), kernel, multiplier, **options)
        separable((1, 5, 7, 3), 2, kernel, **options)
    for dilation in [[2, 2], [1, 2], [3, 1]]:
        for kernel in [[3, 3], [2, 2]]:
            conv((1, 7, 6, 2), 3, kernel, padding=padding, dilation_rate=dilation)
    for groups, channels, filters in [(2, 4, 6), (3, 3, 3), (3, 6, 3), (4, 4, 8)]:
        conv((2, 4, 5, channels), filters, [3, 2], groups, padding=padding)
    conv((1, 5, 7, 6), 4, [3, 3], 2, padding=padding, strides=[2, 1], activation="relu")
    conv((1, 7, 6, 4), 4, [3, 2], 2, padding=padding, dilation_rate=[2, 1])
    conv((2, 3, 4, 6), 4, [1, 1], 2, padding=padding, activation="tanh")
    for kernel in [[1, 1], [2, 2], [3, 3], [4, 4], [3, 2]]:
        for strides in [[1, 1], [2, 2], [3, 3], [2, 1]]:
            transpose((1, 3, 2, 2), 3, kernel, strides, padding)
    transpose((2, 3, 4, 3), 2, [3, 3], [2, 2], padding, [0, 1], activation="relu")
    transpose((2, 3, 4, 3), 2, [3, 5], [3, 2], padding, [2, 0], use_bias=False)
    transpose((1, 3, 4, 2), 2, [2, 4], [3, 2], padding, [1, 1], activation="tanh")
depthwise((1, 5, 4, 16), [3, 3], padding="same", activation="relu")
depthwise((1, 5, 4, 17), [3, 3], padding="same", activation="tanh")
depthwise((1, 5, 4, 8), [3, 3], 2, padding="same", use_bias=False)
depthwise((2, 5, 6, 1), [3, 3], 4, padding="same", activation="relu")
separable((2, 4, 5, 3), 5, [3, 3], 2, padding="same", activation="relu")
separable((2, 5, 4, 2), 3, [3, 3], 3, padding="same", use_bias=False)
separable((1, 5, 4, 16), 3, [3, 3], strides=[2, 2], activation="tanh")

write("convolutions", make_layers.cases)
