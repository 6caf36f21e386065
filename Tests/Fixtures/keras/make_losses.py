"""Writes losses.json: cross-entropies and their gradients.

The file is an array of cases:
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
"""

from common import number, numbers, tensor, write
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
