"""Writes losses.json, cross-entropies and their gradients, and named_losses.json, the others.

losses.json is an array of cases:
  name            unique
  loss            CategoricalCrossentropy or SparseCategoricalCrossentropy
  fromLogits      whether the input holds logits; otherwise it holds probabilities
  labelSmoothing  0 for the sparse one
  input           tensor (batch, classes)
  labels          [int], one a sample; of soft targets the largest
  targets         tensor (batch, classes) for the categorical one: one-hot, or proper distributions;
                  absent for the sparse one
  values          [number], one a sample
  value           their mean over the batch
  gradient        tensor: of the mean, with respect to the input

Computed in float32, where Keras clips probabilities to 1e-7 ... 1 - 1e-7: the upper bound is
the float32 next to it, 1 - 2^-23. The categorical loss scales the probabilities to sum 1 and then clips them; the
sparse one clips them and then scales them, as it takes the softmax cross-entropy of their logarithms.

named_losses.json is an array of cases, computed in float64 from float32 inputs, or in float32 where
it matters that Keras clips to the float32 next to 1:
  name       unique
  loss       the class in Keras
  arguments  what it is made with
  input      tensor (batch, ...)
  targets    tensor
  values     [number], one a sample: the mean over its positions
  value      their mean over the batch
  sum        with reduction="sum"
  weights    [number], one a sample
  weighted   the value with these sample weights
  gradient   tensor: of the mean, with respect to the input
"""

from common import double, number, numbers, singles, tensor, write
import keras
import numpy as np
import tensorflow as tf

random = np.random.default_rng(31415)
cases = []


def case(name, kind, from_logits, smoothing, array, labels, targets=None):
    array = np.asarray(array, np.float32)
    labels = np.asarray(labels)
    classes = array.shape[-1]
    x = tf.constant(array)
    arguments = {"from_logits": from_logits, "reduction": "none"}
    if kind == "CategoricalCrossentropy":
        if targets is None:
            targets = np.eye(classes)[labels]
        y = tf.constant(np.asarray(targets, np.float32))
        arguments["label_smoothing"] = smoothing
    else:
        y = tf.constant(labels)
    with tf.GradientTape() as tape:
        tape.watch(x)
        values = getattr(keras.losses, kind)(**arguments)(y, x)
        mean = tf.reduce_mean(values)
    whole = getattr(keras.losses, kind)(**{**arguments, "reduction": "sum_over_batch_size"})
    assert abs(float(whole(y, tf.constant(array))) - float(mean)) <= 1e-6 * abs(float(mean))
    element = {
        "name": name,
        "loss": kind,
        "fromLogits": from_logits,
        "labelSmoothing": smoothing,
        "input": tensor(array),
        "labels": [int(label) for label in labels],
    }
    if targets is not None:
        element["targets"] = tensor(targets)
    cases.append(
        {
            **element,
            "values": numbers(values),
            "value": number(mean),
            "gradient": tensor(tape.gradient(mean, x)),
        }
    )


def all_losses(name, from_logits, array, labels):
    for smoothing in [0.0, 0.1]:
        case(
            f"{name} categorical smoothing {smoothing}",
            "CategoricalCrossentropy",
            from_logits,
            smoothing,
            array,
            labels,
        )
    case(f"{name} sparse", "SparseCategoricalCrossentropy", from_logits, 0.0, array, labels)


logits = np.round(random.normal(0, 2, (5, 7)), 3)
all_losses("logits", True, logits, [0, 6, 3, 3, 1])

saturated = np.where(random.random((6, 4)) < 0.5, -50.0, 50.0)
saturated[0] = [50, -50, -50, -50]
saturated[1] = [50, -50, -50, -50]
saturated[2] = [50, 50, -50, -50]
saturated[3] = [-50, -50, -50, -50]
all_losses("saturated logits", True, saturated, [0, 1, 0, 2, 3, 1])

all_losses("one sample of two classes", True, [[0.25, -1.5]], [1])

probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
all_losses("probabilities", False, probabilities, [0, 6, 3, 3, 1])
all_losses("unscaled probabilities", False, 1.5 * probabilities, [2, 5, 4, 3, 0])

certain = [[1, 0, 0, 0], [1, 0, 0, 0], [0.5, 0.5, 0, 0], [0.25, 0.25, 0.25, 0.25]]
all_losses("saturated probabilities", False, certain, [0, 1, 2, 3])

soft = random.random((5, 7))
soft = np.round(soft / soft.sum(axis=1, keepdims=True), 3)
soft[:, 0] += 1 - soft.sum(axis=1)
for smoothing in [0.0, 0.1]:
    case(
        f"soft targets smoothing {smoothing}",
        "CategoricalCrossentropy",
        True,
        smoothing,
        logits,
        soft.argmax(axis=1),
        soft,
    )

write("losses", cases)


def named(name, kind, array, targets, precision="float64", **arguments):
    array, targets = singles(array), singles(targets)
    x = tf.constant(array, precision)
    y = tf.constant(targets, precision)
    weights = [0.5 + index % 3 for index in range(len(array))]

    def loss(reduction, sample_weight=None):
        function = getattr(keras.losses, kind)(
            reduction=reduction, dtype=precision, **arguments
        )
        return function(y, x, sample_weight=sample_weight)

    with tf.GradientTape() as tape:
        tape.watch(x)
        value = loss("sum_over_batch_size")
    values = np.asarray(loss("none"))
    values = values.reshape(len(array), -1).mean(axis=1)
    return {
        "name": name,
        "loss": kind,
        "arguments": arguments,
        "input": tensor(array),
        "targets": tensor(targets),
        "values": [double(v) for v in values],
        "value": double(value),
        "sum": double(loss("sum")),
        "weights": weights,
        "weighted": double(loss("sum_over_batch_size", tf.constant(
            np.reshape(weights, [-1] + [1] * (array.ndim - 2)), precision))),
        "gradient": tensor(tape.gradient(value, x)),
    }


def named_cases():
    random = np.random.default_rng(27182)
    outputs = random.normal(0, 1.5, (3, 2, 5))
    targets = random.normal(0, 1.5, (3, 2, 5))
    targets[0, 0] = outputs[0, 0]
    targets[1, 1, :3] = 0
    positive, counts = np.abs(outputs) + 0.1, random.poisson(2, (3, 2, 5))
    signs = np.sign(random.normal(0, 1, (3, 2, 5)))
    far = np.array([[1e4, -1e4, 3e3, 0.5], [80, -90, 100, -1e-3]])
    for kind in ["MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError",
                 "MeanSquaredLogarithmicError", "Huber", "LogCosh", "CosineSimilarity"]:
        yield named(kind, kind, outputs, targets)
    for kind in ["MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh"]:
        yield named(f"{kind} far", kind, far, -far / 2)
    yield named("MeanSquaredLogarithmicError positive", "MeanSquaredLogarithmicError",
                positive * 30, np.abs(targets) * 3)
    yield named("Huber 0.3", "Huber", outputs, targets, delta=0.3)
    yield named("CosineSimilarity axis 1", "CosineSimilarity", outputs, targets, axis=1)
    yield named("Poisson", "Poisson", positive, counts)
    yield named("Poisson small", "Poisson", positive * 1e-6, counts)
    for kind in ["Hinge", "SquaredHinge"]:
        yield named(kind, kind, outputs, signs)
        yield named(f"{kind} zeros", kind, outputs, signs > 0)
        edge = np.array([[1.0, -1, 0.5]])
        yield named(f"{kind} on the edge", kind, edge, np.array([[1.0, -1, 1]]))
    one_hot = np.eye(5)[random.integers(0, 5, (3, 2))]
    yield named("CategoricalHinge", "CategoricalHinge", outputs, one_hot)
    yield named("CategoricalHinge equal", "CategoricalHinge", np.ones((2, 4)), np.eye(4)[[1, 3]])

    probabilities = np.exp(outputs) / np.exp(outputs).sum(axis=-1, keepdims=True)
    soft = np.exp(targets) / np.exp(targets).sum(axis=-1, keepdims=True)
    yield named("KLDivergence", "KLDivergence", probabilities, soft)
    yield named("KLDivergence one-hot", "KLDivergence", probabilities, one_hot)
    certain = np.array([[1.0, 0, 0], [0, 1, 0], [0.5, 0.5, 0]])
    yield named("KLDivergence saturated", "KLDivergence", certain, np.eye(3))

    yes = (random.random((3, 2, 5)) < 0.4).astype(float)
    part = random.random((3, 2, 5))
    single = 1 / (1 + np.exp(-outputs))
    edges = np.array([[1.0, 0, 1, 0], [0.5, 1e-8, 1 - 2.0**-24, 1e-3]])
    edge_targets = np.array([[1.0, 0, 0, 1], [1, 1, 0, 0.25]])
    extreme = np.array([[1e4, -1e4, 1e4, -1e4], [40, -40, 90, -90], [0, 1e-4, 1e-20, -20]])
    extreme_targets = np.array([[1.0, 0, 0, 1], [0, 1, 1, 0], [1, 0, 0.5, 0.25]])
    for kind in ["BinaryCrossentropy", "BinaryFocalCrossentropy"]:
        for smoothing in [0.0, 0.2]:
            more = {"label_smoothing": smoothing}
            name = f"{kind} smoothing {smoothing}"
            yield named(f"{name} logits", kind, outputs, yes, from_logits=True, **more)
            yield named(f"{name} soft logits", kind, outputs, part, from_logits=True, **more)
            yield named(f"{name} probabilities", kind, single, yes, **more)
            yield named(f"{name} edges", kind, edges, edge_targets, "float32", **more)
            if kind == "BinaryCrossentropy":
                yield named(f"{name} extreme logits", kind, extreme, extreme_targets,
                            from_logits=True, **more)
    for gamma in [0.0, 0.5, 3.0]:
        more = {"gamma": gamma, "apply_class_balancing": True, "alpha": 0.7}
        yield named(f"BinaryFocalCrossentropy gamma {gamma}", "BinaryFocalCrossentropy",
                    single, yes, **more)
        yield named(f"BinaryFocalCrossentropy gamma {gamma} logits", "BinaryFocalCrossentropy",
                    outputs, yes, from_logits=True, **more)
    for smoothing, gamma in [(0.0, 2.0), (0.1, 2.0), (0.0, 0.5), (0.0, 0.0)]:
        more = {"label_smoothing": smoothing, "gamma": gamma, "alpha": 0.4}
        name = f"CategoricalFocalCrossentropy smoothing {smoothing} gamma {gamma}"
        kind = "CategoricalFocalCrossentropy"
        yield named(f"{name} logits", kind, outputs, one_hot, from_logits=True, **more)
        yield named(f"{name} probabilities", kind, 1.5 * probabilities, one_hot, **more)
    yield named("CategoricalFocalCrossentropy saturated", "CategoricalFocalCrossentropy",
                certain, np.eye(3)[[0, 2, 1]], "float32")


write("named_losses", list(named_cases()))
