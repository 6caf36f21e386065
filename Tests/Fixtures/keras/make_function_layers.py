"""Writes function_layers.json: activations, normalizations and PReLU, in the form of layers.json.

Beside the arguments of the layers stand those of an activation function, "alpha" and "approximate".
"axes" is an "axis" of several, and "factor" the "scale" of Rescaling.
Importing make_layers, whose functions make the cases, writes layers.json anew.
"""

from common import write
import keras
import numpy as np

import make_layers
from make_layers import case, values

make_layers.random = np.random.default_rng(20251126)
make_layers.cases.clear()
# Arguments of functions, not of layers.
OF_FUNCTIONS = ["negative_slope", "alpha", "approximate"]


def activation_of(config):
    given = {key: config[key] for key in OF_FUNCTIONS if key in config}
    function = getattr(keras.activations, config["activation"])
    return lambda x: function(x, **given)


def build(kind, config, dtype):
    arguments = dict(config, dtype=dtype)
    for ours, theirs in [("axes", "axis"), ("factor", "scale")]:
        if ours in arguments:
            arguments[theirs] = arguments.pop(ours)
    if "activation" in config:
        arguments["activation"] = activation_of(config)
        for key in OF_FUNCTIONS:
            arguments.pop(key, None)
    return getattr(keras.layers, kind)(**arguments)


make_layers.build = build

ACTIVATIONS = [
    {"activation": "elu"},
    {"activation": "elu", "alpha": 0.5},
    {"activation": "celu", "alpha": 2.0},
    {"activation": "selu"},
    {"activation": "gelu", "approximate": False},
    {"activation": "gelu", "approximate": True},
    {"activation": "silu"},
    {"activation": "softplus"},
    {"activation": "softsign"},
    {"activation": "mish"},
    {"activation": "hard_sigmoid"},
    {"activation": "hard_silu"},
    {"activation": "relu6"},
    {"activation": "log_softmax"},
    {"activation": "exponential"},
]
for config in ACTIVATIONS:
    options = " ".join(f"{value}" for value in config.values())
    # To −10 and 10, so that all branches occur.
    case(f"activation {options}", "Activation", config, lambda: [values((3, 4, 5), 4)])

    def weights(inputs):
        return {"kernel": (7, 5), "bias": (5,)}

    case(
        f"dense {options}",
        "Dense",
        {"units": 5, "use_bias": True, **config},
        lambda: [values((3, 7), 2)],
        weights,
    )



def normalization(kind, shape, **config):
    options = " ".join(f"{key} {value}" for key, value in config.items())

    def weights(inputs):
        axes = config.get("axes") or [config["axis"]]
        sides = tuple(shape[axis] for axis in sorted(axes))
        if kind == "UnitNormalization":
            return {}
        if kind == "RMSNormalization":
            return {"scale": sides}
        gamma = {"gamma": sides} if config.get("scale", True) else {}
        return {**gamma, "beta": sides} if config.get("center", True) else gamma

    name = f"{kind} {shape} {options}"
    case(name, kind, config, lambda: [values(shape) + 0.5], weights, training=True)


SHAPE = (2, 4, 3, 6)
for axis in [-1, 1, 2, 3]:
    normalization("LayerNormalization", SHAPE, axis=axis, epsilon=1e-3)
    normalization("UnitNormalization", SHAPE, axis=axis)
# Keras's fails on other axes than the last.
normalization("RMSNormalization", SHAPE, axis=-1, epsilon=1e-6)
normalization("RMSNormalization", (3, 33), axis=-1, epsilon=0.1)
for axes in [[1, 2, 3], [2, 3], [1, 2]]:
    normalization("LayerNormalization", SHAPE, axes=axes, epsilon=1e-5)
    normalization("UnitNormalization", SHAPE, axes=axes)
for center, scale in [(False, True), (True, False), (False, False)]:
    options = {"epsilon": 1e-3, "center": center, "scale": scale}
    normalization("LayerNormalization", (3, 7), axis=-1, **options)
    normalization("GroupNormalization", (2, 3, 2, 6), groups=3, axis=-1, **options)
normalization("LayerNormalization", (3, 33), axis=-1, epsilon=0.1)
for axis, numbers in [(-1, [1, 2, -1]), (1, [1, 2, -1]), (2, [1, 3])]:
    for groups in numbers:
        normalization("GroupNormalization", SHAPE, groups=groups, axis=axis, epsilon=1e-3)
normalization("GroupNormalization", (3, 8), groups=4, axis=-1, epsilon=1e-3)

for factor, offset in [(0.5, 0.0), (-2.0, 0.25)]:
    config = {"factor": factor, "offset": offset}
    case(f"rescaling {factor} {offset}", "Rescaling", config, lambda: [values((3, 4, 2))])
for axis, count in [(-1, 5), (1, 3)]:
    config = {
        "axis": axis,
        "mean": [0.5 * i - 1 for i in range(count)],
        # The square root of the last is below the smallest divisor.
        "variance": [0.25 * (i + 1) for i in range(count - 1)] + [0.0],
    }
    # Where x − mean is divided by 10⁻⁷, it is a whole number of 10⁻³.
    case(f"normalization axis {axis}", "Normalization", config, lambda: [values((2, 3, 5))])

for shape, shared in [
    ((3, 7), None),
    ((2, 3, 4, 5), [1, 2]),
    ((2, 3, 4, 5), [3]),
    ((2, 3, 4), [1]),
]:
    config = {"shared_axes": shared}

    def weights(inputs):
        return {
            "alpha": tuple(
                1 if axis + 1 in (shared or []) else side for axis, side in enumerate(shape[1:])
            )
        }

    case(f"PReLU {shape} shared {shared}", "PReLU", config, lambda: [values(shape)], weights)

for kind, config in [
    ("SpatialDropout2D", {"rate": 0.5}),
    ("GaussianNoise", {"stddev": 0.5}),
    ("GaussianDropout", {"rate": 0.5}),
]:
    case(f"{kind} inference", kind, config, lambda: [values((2, 3, 4, 2))])

write("function_layers", make_layers.cases)
