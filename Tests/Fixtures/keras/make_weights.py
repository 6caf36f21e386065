"""Writes weights.json: training and evaluation with weights of samples and of classes.

A dense layer with softmax, in float64, trained by SGD (rate 0.5) in batches of 5, unshuffled:
  inputs, labels, kernel, bias   tensors; the layer before training
  sampleWeights, classWeight     [number], one a sample and one a class
  runs                           by name, such as "sample sparse" or "class oneHot" (labels as
                                 indices or one-hot): logs of two epochs ({name: [number]}), the
                                 kernel afterwards, and what evaluate says then, with the sample
                                 weights
Metrics are accuracy, counted once a sample, and accuracy and the cross-entropy with weights.
"""

from common import double, singles, tensor, write
import keras
import numpy as np

keras.config.set_floatx("float64")
random = np.random.default_rng(5)
x = singles(random.normal(0, 1, (13, 4)))
y = random.integers(0, 3, 13)
kernel = singles(random.normal(0, 0.5, (4, 3)))
bias = singles(random.normal(0, 0.1, 3))
sample_weights = singles(random.integers(0, 9, 13) / 4)
class_weight = {0: 0.5, 2: 3.0}


def run(kind, encoding):
    sparse = encoding == "sparse"
    target = y[:, None] if sparse else np.eye(3)[y]
    prefix = "sparse_" if sparse else ""
    model = keras.Sequential([keras.Input([4]), keras.layers.Dense(3, activation="softmax")])
    model.layers[0].set_weights([kernel, bias])
    model.compile(
        keras.optimizers.SGD(0.5),
        loss=prefix + "categorical_crossentropy",
        metrics=["accuracy"],
        weighted_metrics=["accuracy", prefix + "categorical_crossentropy"],
    )
    weights = {"sample": {"sample_weight": sample_weights}, "class": {"class_weight": class_weight}}
    history = model.fit(
        x, target, epochs=2, batch_size=5, shuffle=False, verbose=0, **weights[kind]
    )
    after = model.evaluate(
        x, target, batch_size=5, verbose=0, sample_weight=sample_weights, return_dict=True
    )
    return {
        "logs": {name: [double(v) for v in values] for name, values in history.history.items()},
        "kernel": tensor(model.layers[0].get_weights()[0]),
        "evaluation": {name: double(value) for name, value in after.items()},
    }


write(
    "weights",
    {
        "inputs": tensor(x),
        "labels": tensor(y),
        "kernel": tensor(kernel),
        "bias": tensor(bias),
        "sampleWeights": {"data": [double(w) for w in sample_weights]},
        "classWeight": {"data": [class_weight.get(c, 1.0) for c in range(3)]},
        "runs": {f"{k} {e}": run(k, e) for k in ["sample", "class"] for e in ["sparse", "oneHot"]},
    },
)
