"""Writes layers.json: what Keras computes of single layers, those of the table in Tests/LayerCases.

    swift build -c release --product random-networks
    python make_layers.py .build/release/random-networks [FOLDER]

The program writes each layer as a `.keras` file, into FOLDER if given. The result is an array of:
  key              identifies the row of the table
  inputs           [tensor]
  weights          [{"name", "shape", "data"}], trainable or not, before the first call
  output           tensor
  upstream         tensor: the gradient of the loss with respect to the output
  inputGradients   [tensor]: gradients of sum(output * upstream)
  weightGradients  [{"name", "shape", "data"}] of the trainable weights
  stateAfter       [{"name", "shape", "data"}] of the non-trainable weights after the last call
  rate, losses     of ten steps of gradient descent with the momentum 0.9 from these weights: the loss
                   before each, mean((output - upstream)^2) and the layer's penalties; no losses if
                   nothing is trained or the layer draws random numbers

Each row has random numbers of its own, rounded to float32, by its key. Keras computes in float64 on
them, so that a test measures Pinion's rounding errors and not the sum of two. They are drawn anew
until float32 agrees with float64 and no small change moves a gradient by much, as at the kink of a
rectifier.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile
import zlib

from common import double, singles, tensor, write
import keras
import numpy as np
import tensorflow as tf

STEPS, MOMENTUM = 10, 0.9
RATES = [0.05, 0.01, 0.002, 0.0004]


class Case:
    """A layer as a model, in one precision."""

    def __init__(self, path, floats):
        keras.backend.clear_session()
        keras.config.set_floatx(floats)
        keras.config.set_dtype_policy(floats)
        self.floats = floats
        text = zipfile.ZipFile(path).read("config.json").decode()
        config = json.loads(text.replace('"float32"', f'"{floats}"'))
        self.model = keras.saving.deserialize_keras_object(config)
        self.row = json.loads(path.with_suffix(".json").read_text())
        # Those of Normalization are arguments; random layers have a seed.
        self.weights = {
            v.path.split("/", 1)[1]: v
            for v in self.model.weights
            if v.name not in ("mean", "variance", "count") and "seed" not in v.path
        }
        trainable = {id(v) for v in self.model.trainable_weights}
        self.trainable = {n: v for n, v in self.weights.items() if id(v) in trainable}

    def call(self, inputs):
        given = inputs if len(inputs) > 1 else inputs[0]
        return self.model(given, training=self.row["isTraining"])

    def assign(self, weights):
        for name, variable in self.weights.items():
            variable.assign(weights[name].astype(self.floats))

    def constants(self, arrays):
        return [tf.constant(array, self.floats) for array in arrays]

    def evaluate(self, inputs, weights, upstream):
        self.assign(weights)
        given = self.constants(inputs)
        (upstream,) = self.constants([upstream])
        for _ in range(self.row["calls"]):
            with tf.GradientTape() as tape:
                tape.watch(given)
                output = self.call(given)
                loss = tf.reduce_sum(output * upstream) + sum(self.model.losses)
        variables = self.trainable
        gradients = tape.gradient(loss, given + [v.value for v in variables.values()])
        # None, of numbers that are indices.
        arrays = [
            np.zeros(x.shape) if g is None else cleared(tf.convert_to_tensor(g).numpy())
            for g, x in zip(gradients, given + list(variables.values()))
        ]
        return {
            "output": output.numpy(),
            "inputs": arrays[: len(given)],
            "weights": dict(zip(variables, arrays[len(given) :])),
            "state": {n: v.numpy() for n, v in self.weights.items() if n not in variables},
        }

    def train(self, inputs, weights, target, rate):
        self.assign(weights)
        given = self.constants(inputs)
        (target,) = self.constants([target])
        variables = [v.value for v in self.trainable.values()]
        velocity = [np.zeros(v.shape) for v in variables]
        losses = []
        for _ in range(STEPS):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((self.call(given) - target) ** 2) + sum(self.model.losses)
            losses.append(float(loss))
            for i, gradient in enumerate(tape.gradient(loss, variables)):
                gradient = tf.convert_to_tensor(gradient).numpy()
                velocity[i] = (MOMENTUM * velocity[i] - rate * gradient).astype(self.floats)
                variables[i].assign_add(velocity[i])
        return losses


def cleared(gradient):
    """The gradient, or 0 where it is only a rounding error, as that of the bias of keys."""
    return gradient * (np.linalg.norm(gradient) > 1e-12)


def distinct(random, shape):
    """A permutation of numbers at equal distances, none of which is 0."""
    count = int(np.prod(shape))
    spaced = np.round(4 * (np.arange(count) + 0.37) / count - 2, 4)
    return random.permutation(spaced).reshape(shape)


def draw_inputs(random, row, shape):
    if row["values"] == "indices":
        return random.integers(0, row["indices"], shape).astype(float)
    if row["values"] == "rounded":
        return np.round(random.normal(0, 1, shape), 3)
    values = distinct(random, shape)
    return np.maximum(0, values - 0.7) if row["values"] == "rectified" else values


def draw_weight(random, name, shape):
    kind = name.split("/")[-1]
    if kind in ("gamma", "moving_variance"):
        return np.abs(random.normal(0, 1, shape)) + 0.5
    return random.normal(0, 1 / np.sqrt(max(1, np.prod(shape[:-1]))), shape)


def draw(random, case):
    row = case.row
    shapes = [(row["batch"], *tensor.shape[1:]) for tensor in case.model.inputs]
    inputs = [singles(draw_inputs(random, row, shape)) for shape in shapes]
    weights = {
        name: singles(np.round(draw_weight(random, name, variable.shape), 4))
        for name, variable in case.weights.items()
    }
    case.assign(weights)
    output = case.call(case.constants(inputs))
    upstream = singles(np.round(random.normal(0, 1, output.shape), 3))
    return inputs, weights, upstream


def arrays(result):
    return [result["output"], *result["inputs"], *result["weights"].values()]


def distance(one, other):
    """Norm over norm, or over a hundredth of the largest norm."""
    floor = max(np.linalg.norm(b) for b in arrays(other)) / 100
    return max(
        np.linalg.norm(a - b) / max(np.linalg.norm(b), floor, 1e-9)
        for a, b in zip(arrays(one), arrays(other))
    )


def is_settled(random, case, single, result, inputs, weights, upstream):
    """Whether float32 agrees, and changes by 1e-6 and 1e-5 have effects of their size."""
    if not distance(single.evaluate(inputs, weights, upstream), result) < 2e-5:
        return False
    if case.row["values"] != "distinct":
        return True
    for size in (1e-6, 1e-5):
        for _ in range(2):
            moved = [x + size * random.uniform(-1, 1, x.shape) for x in inputs]
            changed = {n: w + size * random.uniform(-1, 1, w.shape) for n, w in weights.items()}
            if not distance(case.evaluate(moved, changed, upstream), result) < 300 * size:
                return False
    return True


def named(arrays):
    return [{"name": name, **tensor(array)} for name, array in arrays.items()]


def trajectory(case, single, inputs, weights, target):
    """The largest rate at which float32 stays close to float64, and the losses; else None."""
    if not case.trainable or not case.row["isTraining"]:
        return 0, []
    for rate in RATES:
        losses = case.train(inputs, weights, target, rate)
        other = single.train(inputs, weights, target, rate)
        if max(abs(a - b) / abs(a) for a, b in zip(losses, other)) < 2e-6 and losses[-1] < losses[0]:
            return rate, losses
    return None


def numbers_of(random, case, single):
    for _ in range(100):
        drawn = draw(random, case)
        result = case.evaluate(*drawn)
        if is_settled(random, case, single, result, *drawn):
            steps = trajectory(case, single, *drawn)
            if steps:
                return drawn, result, steps
    raise ValueError(f"no numbers for {case.row['key']}")


def make(path):
    case, single = Case(path, "float64"), Case(path, "float32")
    random = np.random.default_rng(zlib.crc32(case.row["key"].encode()))
    (inputs, weights, upstream), result, (rate, losses) = numbers_of(random, case, single)
    return {
        "key": case.row["key"],
        "inputs": [tensor(x) for x in inputs],
        "weights": named(weights),
        "output": tensor(result["output"]),
        "upstream": tensor(upstream),
        "inputGradients": [tensor(g) for g in result["inputs"]],
        "weightGradients": named(result["weights"]),
        "stateAfter": named(result["state"]),
        "rate": rate,
        "losses": [double(loss) for loss in losses],
    }


def main(program, folder):
    subprocess.run([program, "layers", folder], check=True)
    paths = sorted(pathlib.Path(folder).glob("*.keras"))
    write("layers", [make(path) for path in paths])


with tempfile.TemporaryDirectory() as temporary:
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else temporary)
