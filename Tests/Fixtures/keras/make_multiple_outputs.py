"""Trains a network of two inputs and two outputs, a layer used three times and a nested graph, in
Keras, and writes multiple_outputs.json: the data, the initial weights, and after each step the losses, the
accuracy and all weights.

    KERAS_BACKEND=tensorflow python make_multiple_outputs.py

requirements.txt pins the versions.
"""

import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np

assert keras.__version__ == "3.15.1", keras.__version__

STEPS, BATCH = 4, 6
LOSS_WEIGHTS = {"digit": 0.75, "angle": 2.0}


def network():
    left = keras.Input((5,), name="left")
    right = keras.Input((5,), name="right")
    shared = keras.layers.Dense(4, activation="tanh", name="shared")
    inner = keras.Input((4,), name="inner")
    hidden = keras.layers.Dense(6, activation="relu", name="hidden")(inner)
    back = keras.layers.Dense(5, name="back")(hidden)
    encoder = keras.Model(inner, back, name="encoder")
    sum_ = keras.layers.Add(name="sum")([shared(left), shared(right)])
    third = shared(encoder(sum_))
    digit = keras.layers.Dense(3, activation="softmax", name="digit")(third)
    angle = keras.layers.Dense(2, name="angle")(third)
    return keras.Model([left, right], [digit, angle], name="two")


def weights(model):
    layers = {layer.name: layer for layer in model.layers}
    layers["encoder/hidden"] = layers["encoder"].get_layer("hidden")
    layers["encoder/back"] = layers["encoder"].get_layer("back")
    result = {}
    for name in ["shared", "encoder/hidden", "encoder/back", "digit", "angle"]:
        kernel, bias = layers[name].get_weights()
        result[name + "/kernel"], result[name + "/bias"] = kernel, bias
    return result


def tensor(array):
    array = np.asarray(array, np.float32)
    return {"shape": list(array.shape), "data": [float(v) for v in array.ravel()]}


def main():
    random = np.random.default_rng(7)
    model = network()
    for variable in model.trainable_variables:
        variable.assign(random.uniform(-0.8, 0.8, variable.shape).astype(np.float32))
    model.compile(
        optimizer=keras.optimizers.Adam(0.02),
        loss={"digit": "sparse_categorical_crossentropy", "angle": "mean_squared_error"},
        loss_weights=LOSS_WEIGHTS, metrics={"digit": ["accuracy"]})
    count = STEPS * BATCH
    left, right = (random.normal(size=(count, 5)).astype(np.float32) for _ in range(2))
    digit = random.integers(0, 3, (count, 1)).astype(np.float32)
    angle = random.normal(size=(count, 2)).astype(np.float32)
    sample_weights = random.uniform(0, 2, count).astype(np.float32)
    fixture = {
        "steps": STEPS, "batch": BATCH, "learningRate": 0.02, "lossWeights": LOSS_WEIGHTS,
        "left": tensor(left), "right": tensor(right), "digit": tensor(digit),
        "angle": tensor(angle), "sampleWeights": tensor(sample_weights),
        "initial": {name: tensor(value) for name, value in weights(model).items()},
        "logs": [], "weights": [],
    }
    for step in range(STEPS):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        model.reset_metrics()
        logs = model.train_on_batch(
            [left[rows], right[rows]], [digit[rows], angle[rows]],
            sample_weight=sample_weights[rows], return_dict=True)
        fixture["logs"].append({name: float(value) for name, value in logs.items()})
        fixture["weights"].append(
            {name: tensor(value) for name, value in weights(model).items()})
    outputs = model.predict([left, right], batch_size=BATCH, verbose=0)
    fixture["outputs"] = [tensor(output) for output in outputs]
    model.reset_metrics()
    # Without sample weights, as `evaluate` of data without them.
    logs = model.evaluate(
        [left, right], [digit, angle], batch_size=BATCH, verbose=0, return_dict=True)
    fixture["evaluation"] = {name: float(value) for name, value in logs.items()}
    path = pathlib.Path(__file__).parent.parent / "multiple_outputs.json"
    path.write_text(json.dumps(fixture) + "\n")


if __name__ == "__main__":
    main()
