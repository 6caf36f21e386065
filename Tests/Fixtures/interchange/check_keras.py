"""Compares `.keras` files that InterchangeTests wrote with Pinion, by Keras. Run a copy with the
environment of ../keras/README.md.

    mkdir FOLDER; PINION_KERAS_FOLDER=FOLDER swift test --filter KerasFilesTests
    python check_keras.py FOLDER

Keras loads each file without custom objects; outputs differ by at most 1e-5, norm over norm. Files
with targets were saved after a step of training: the losses of the next two steps are Pinion's
within 1e-4. Where they are not, the steps are repeated without two habits of Keras on TensorFlow:
losses of classes replace a sigmoid by a softmax of its logits, and Adam sums the squares of an
embedding's gradients instead of squaring their sum. Such files are marked by a star.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

LIMIT, LOSS_LIMIT = 1e-5, 1e-4


def listed(run, name):
    return [run[f"{name}_{i}"] for i in range(99) if f"{name}_{i}" in run]


def plain_step(model, inputs, targets):
    """A step with a loss of the outputs as numbers, and dense gradients."""
    variables = model.trainable_variables
    with tf.GradientTape() as tape:
        loss = model.loss(targets, tf.identity(model(inputs, training=True))) + sum(model.losses)
    gradients = tape.gradient(loss, [variable.value for variable in variables])
    model.optimizer.apply([tf.convert_to_tensor(g) for g in gradients], variables)
    return float(loss)


def common_step(model, inputs, targets):
    return float(model.train_on_batch(inputs, targets, return_dict=True)["loss"])


def loss_error(path, run, step):
    model = keras.models.load_model(path)
    assert model.optimizer is not None and int(model.optimizer.iterations) == 1
    error = 0.0
    for truth in run["losses"]:
        value = step(model, run["input_0"], run["targets"])
        # Unlike `max`, keeps NaN.
        error = float(np.maximum(error, abs(value - truth) / max(1.0, abs(truth))))
    return error


def check(path):
    run = np.load(path.with_suffix(".npz"))
    model = keras.models.load_model(path)
    inputs = listed(run, "input")
    # Graphs of one layer are called with the tensor itself.
    found = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    found = found if isinstance(found, (list, tuple)) else [found]
    expected = listed(run, "output")
    assert len(found) == len(expected)
    worst = 0.0
    for value, truth in zip(found, expected):
        truth = truth.astype(np.float64)
        assert value.shape == truth.shape, (value.shape, truth.shape)
        difference = np.linalg.norm(np.asarray(value) - truth)
        worst = float(np.maximum(worst, difference / max(np.linalg.norm(truth), 1e-6)))
    loss = 0.0
    if "targets" in run:
        loss = loss_error(path, run, common_step)
        if not loss <= LOSS_LIMIT:
            return worst, loss_error(path, run, plain_step), f"{path.stem} *"
    return worst, loss, path.stem


def main():
    results = []
    for path in sorted(Path(sys.argv[1]).glob("*.keras")):
        if not path.with_suffix(".npz").exists():
            continue
        try:
            results.append(check(path))
        except Exception as error:  # Every file is reported.
            results.append((np.inf, np.inf, f"{path.stem}: {str(error)[:300]}"))
        keras.backend.clear_session()
    for worst, loss, name in sorted(results, reverse=True)[:20]:
        print(f"{worst:.1e} {loss:.1e} {name}")
    for worst, loss, name in sorted(results, key=lambda result: -result[1])[:10]:
        print(f"loss {loss:.1e} {name}")
    failures = sum(not (w <= LIMIT and x <= LOSS_LIMIT) for w, x, _ in results)
    print(f"{len(results)} files, {failures} beyond {LIMIT:g} or {LOSS_LIMIT:g}")
    return int(failures > 0 or not results)


if __name__ == "__main__":
    sys.exit(main())
