"""Writes multiple_outputs.json: the training of a network of two inputs and two outputs, with a
layer used three times and a nested graph.

The file is an object with
  steps, batch   the numbers of steps and of samples in each
  learningRate   of Adam
  lossWeights    by output
  left, right    tensors of the inputs, steps * batch rows
  digit, angle   tensors of the targets
  sampleWeights  tensor
  initial        the weights before training, by name
  logs           of each step: its losses and metrics, by name
  weights        after each step, by name
  outputs        tensors of both outputs after training
  evaluation     losses and metrics after training, without sample weights, by name
"""

from common import number, tensor, write
import keras
import numpy as np

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
        fixture["logs"].append({name: number(value) for name, value in logs.items()})
        fixture["weights"].append(
            {name: tensor(value) for name, value in weights(model).items()})
    outputs = model.predict([left, right], batch_size=BATCH, verbose=0)
    fixture["outputs"] = [tensor(output) for output in outputs]
    model.reset_metrics()
    # Without sample weights, as `evaluate` of data without them.
    logs = model.evaluate(
        [left, right], [digit, angle], batch_size=BATCH, verbose=0, return_dict=True)
    fixture["evaluation"] = {name: number(value) for name, value in logs.items()}
    write("multiple_outputs", fixture)


if __name__ == "__main__":
    main()
