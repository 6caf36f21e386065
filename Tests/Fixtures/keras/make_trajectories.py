"""Writes trajectories.json: ten training steps of small networks that between them have every layer of Keras's but those in
the report's networks (`make_training.py`) and those that draw random numbers.

An array of:
  name
  batch                     samples of a step; step s reads samples s * batch, ... of the data
  inputs, targets           of all samples, each (10 * batch, ...)
  initial                   all weights before the first step, by name: layer/parameter
  losses                    [10 numbers]: the total loss of each step's batch in training mode, before the update
  weights                   after the ten steps, moving statistics included, by name

`KerasTrajectoryTests` builds the same networks with the same names, losses and optimizers. Everything is computed in float64,
from a float32 start. Activations are smooth, so that rounding tips nothing over; the rates are such that float32 stays within
1e-5 or so of float64 (`python make_trajectories.py check` prints how far Keras's own float32 is).
"""

import sys

from common import double, singles, tensor, write
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

STEPS = 10


class PositionEmbedding(layers.Layer):
    """x plus Keras's embedding of 0, 1, ..."""

    def build(self, shape):
        self.embeddings = self.add_weight(shape=shape[1:], name="embeddings")

    def call(self, x):
        return x + self.embeddings


def separable():
    image = x = keras.Input((9, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", dilation_rate=2, activation="gelu", name="dilated")(x)
    x = layers.DepthwiseConv2D(3, strides=2, padding="same", depth_multiplier=2, name="depthwise")(x)
    x = layers.GroupNormalization(groups=4, name="groups")(x)
    x = layers.PReLU(shared_axes=[1, 2], name="prelu")(x)
    x = layers.SeparableConv2D(
        6, 3, padding="same", depth_multiplier=2, dilation_rate=2, activation="silu", name="separable"
    )(x)
    x = layers.Conv2D(6, 3, padding="same", groups=3, activation="tanh", name="grouped")(x)
    x = layers.AveragePooling2D(2, padding="same")(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(3, activation="softmax", name="head")(x)
    return [image], [x]


def transposed():
    image = x = keras.Input((4, 5, 3))
    x = layers.Conv2DTranspose(4, 3, strides=2, padding="same", activation="gelu", name="first")(x)
    x = layers.LayerNormalization(name="layers")(x)
    x = layers.UpSampling2D((2, 1), interpolation="bilinear")(x)
    x = layers.Cropping2D(((1, 2), (0, 3)))(x)
    x = layers.DepthwiseConv2D(2, dilation_rate=(2, 1), activation="mish", name="depthwise")(x)
    x = layers.ZeroPadding2D(((0, 1), (2, 0)))(x)
    x = layers.Conv2DTranspose(
        5, (2, 3), strides=(1, 2), activation="softplus", output_padding=(0, 1), name="second"
    )(x)
    x = layers.UpSampling2D((1, 2))(x)
    x = layers.AveragePooling2D(3, strides=2)(x)
    x = layers.RMSNormalization(name="squares")(x)
    x = layers.GlobalMaxPooling2D()(x)
    x = layers.Dense(2, name="head")(x)
    return [image], [x]


def attention():
    words = keras.Input((6,))
    x = layers.Embedding(9, 8, name="words")(words)
    x = PositionEmbedding(name="places")(x)
    y = layers.LayerNormalization(name="before")(x)
    y = layers.MultiHeadAttention(2, 4, name="own")(y, y, use_causal_mask=True)
    x = layers.Add()([x, y])
    y = layers.RMSNormalization(name="between")(x)
    y = layers.Dense(12, activation="gelu", name="wide")(y)
    y = layers.Dense(8, name="narrow")(y)
    x = layers.Add()([x, y])
    notes = keras.Input((4, 5))
    keys = layers.Dense(5, activation="tanh", name="keys")(notes)
    x = layers.MultiHeadAttention(
        2, 3, value_dim=4, output_shape=(7,), use_bias=False, name="other"
    )(x, notes, keys)
    x = layers.Activation("softsign")(x)
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dense(4, activation="softmax", name="head")(x)
    return [words, notes], [x]


def normalized():
    image = x = keras.Input((6, 5, 4))
    x = layers.BatchNormalization(axis=1, name="rows")(x)
    x = layers.Conv2D(6, 3, padding="same", activation="elu", name="conv")(x)
    x = layers.UnitNormalization(axis=[2, 3])(x)
    x = layers.LayerNormalization(axis=[1, 2, 3], name="all")(x)
    x = layers.GroupNormalization(groups=-1, name="instance")(x)
    x = layers.MaxPooling2D(2, padding="same")(x)
    x = layers.Permute((3, 1, 2))(x)
    x = layers.Reshape((9, 6))(x)
    x = layers.PReLU(name="prelu")(x)
    x = layers.Rescaling(0.5, 0.1)(x)
    x = layers.Normalization(mean=[0.1] * 6, variance=[0.5] * 6)(x)
    x = layers.BatchNormalization(name="channels")(x)
    x = layers.GlobalMaxPooling1D()(x)
    x = layers.Dense(3, activation="softmax", name="head")(x)
    return [image], [x]


def merged():
    left, right = keras.Input((3, 4)), keras.Input((5, 4))
    penalty = keras.regularizers.L1L2(np.float64(0.001), np.float64(0.01))
    a = layers.Dense(
        4, activation="tanh", kernel_regularizer=penalty,
        kernel_constraint=keras.constraints.MaxNorm(0.8, axis=0), name="a",
    )(left)
    b = layers.Dense(4, activation="sigmoid", activity_regularizer=penalty, name="b")(right)
    c = layers.Dot(axes=(2, 2))([a, b])
    d = layers.GlobalAveragePooling1D()(b)
    e = layers.Multiply()([a, layers.RepeatVector(3)(d)])
    e = layers.Subtract()([e, a])
    f = layers.Average()([e, a])
    e = layers.Maximum()([e, f])
    f = layers.Minimum()([f, a])
    g = layers.Concatenate()([c, e, f])
    g = layers.ActivityRegularization(np.float64(0.001), np.float64(0.002))(g)
    g = layers.Flatten()(g)
    return [left, right], [
        layers.Dense(3, activation="softmax", name="kind")(g),
        layers.Dense(2, kernel_constraint=keras.constraints.NonNeg(), name="place")(g),
    ]


def adam(kind, rate, **options):
    """Numbers of numpy's, which TensorFlow does not round to float32 on the way to float64."""
    if keras.config.floatx() == "float64":
        options = {name: np.float64(value) for name, value in options.items()}
    return getattr(keras.optimizers, kind)(learning_rate=np.float64(rate), **options)


MOMENTS = {"beta_1": 0.9, "beta_2": 0.999}
# The network, its targets (a number of classes, or of values), the weights of the losses, and the optimizer.
CASES = {
    "separable": (separable, [("classes", 3)], [1], lambda: adam("Adam", 0.003, **MOMENTS)),
    "transposed": (
        transposed, [("values", 2)], [1],
        lambda: adam("AdamW", 0.002, weight_decay=0.01, **MOMENTS),
    ),
    "attention": (attention, [("classes", 4)], [1], lambda: adam("Nadam", 0.002, **MOMENTS)),
    "normalized": (
        normalized, [("classes", 3)], [1],
        lambda: keras.optimizers.SGD(np.float64(0.02), momentum=np.float64(0.9), nesterov=True),
    ),
    "merged": (
        merged, [("classes", 3), ("values", 2)], [1, 0.5],
        lambda: adam("RMSprop", 0.003, rho=0.9),
    ),
}
BATCH = 5


def data(name, inputs, targets):
    random = np.random.default_rng(sum(map(ord, name)))
    count = STEPS * BATCH
    x = [
        random.integers(0, 9, (count, *shape[1:])).astype(np.float32)
        if len(shape) == 2
        else random.uniform(-1, 1, (count, *shape[1:])).astype(np.float32)
        for shape in inputs
    ]
    y = [
        random.integers(0, size, (count, 1)).astype(np.float32)
        if kind == "classes"
        else random.uniform(-1, 1, (count, size)).astype(np.float32)
        for kind, size in targets
    ]
    return x, y


def start(name, variables):
    """Float32 values: uniform, of the size that keeps activations of order 1; scales near 1."""
    random = np.random.default_rng(1 + sum(map(ord, name)))
    result = {}
    for path, variable in variables.items():
        shape, kind = tuple(variable.shape), path.split("/")[-1]
        u = random.uniform(-1, 1, shape)
        if kind in ("moving_mean", "moving_variance"):
            u = np.zeros(shape) if kind == "moving_mean" else np.ones(shape)
        elif kind in ("gamma", "scale"):
            u = 1 + 0.2 * u
        elif kind in ("beta", "bias", "alpha"):
            u = 0.2 * u
        elif len(shape) > 1:
            fan = np.prod(shape[:2] if "/query/" in path or "/key/" in path else shape[:-1])
            u = u * np.sqrt(3 / max(1, min(fan, 36)))
        result[path] = u.astype(np.float32)
    return result


def run(name, floats):
    make, targets, weights, optimizer = CASES[name]
    keras.config.set_floatx(floats)
    keras.config.set_dtype_policy(floats)
    keras.backend.clear_session()
    inputs, outputs = make()
    model = keras.Model(inputs, outputs)
    variables = {
        v.path: v for v in model.weights if v.name not in ("mean", "variance", "count")
        and "seed" not in v.path
    }
    initial = start(name, variables)
    for path, value in initial.items():
        variables[path].assign(value.astype(floats))
    x, y = data(name, [tuple(t.shape) for t in inputs], targets)
    losses = {
        "classes": keras.losses.SparseCategoricalCrossentropy(),
        "values": keras.losses.MeanSquaredError(),
    }
    updater = optimizer()
    updater.build(model.trainable_variables)
    history = []
    for step in range(STEPS):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        with tf.GradientTape() as tape:
            found = model([tf.constant(a[rows], floats) for a in x], training=True)
            found = found if isinstance(found, list) else [found]
            total = sum(
                weight * losses[kind](tf.constant(b[rows], floats), output)
                for weight, (kind, _), b, output in zip(weights, targets, y, found)
            ) + sum(model.losses)
        gradients = tape.gradient(total, [v.value for v in model.trainable_variables])
        gradients = [ops.convert_to_tensor(tf.convert_to_tensor(g)) for g in gradients]
        updater.apply(gradients, model.trainable_variables)
        history.append(float(total))
    return initial, x, y, history, {path: v.numpy() for path, v in variables.items()}


def case(name):
    initial, x, y, losses, weights = run(name, "float64")
    if "check" in sys.argv:
        _, _, _, rounded, single = run(name, "float32")
        worst = max(
            np.linalg.norm(single[path] - value) / max(np.linalg.norm(value), 1e-3)
            for path, value in weights.items()
        )
        print(name, losses[0], losses[-1], np.max(np.abs(np.subtract(rounded, losses))), worst)
    return {
        "name": name,
        "batch": BATCH,
        "inputs": [tensor(a) for a in x],
        "targets": [tensor(b) for b in y],
        "initial": {path: tensor(value) for path, value in initial.items()},
        "losses": [double(loss) for loss in losses],
        "weights": {path: tensor(singles(value)) for path, value in weights.items()},
    }


cases = [case(name) for name in CASES]
if "check" not in sys.argv:
    write("trajectories", cases)
