"""Writes summaries.json: what Keras prints of some networks, line by line.

The file is an array of cases:
  name   of the network, which the test builds as well
  lines  of its summary

The last two are printed as wide as it takes for Keras not to wrap or cut what is in a cell.
"""

import os

from common import write
import keras
from keras import layers as L


def mlp():
    return [
        L.Flatten(),
        L.Dense(32, activation="relu"),
        L.Dense(64, activation="relu"),
        L.Dense(128, activation="relu"),
        L.Dense(256, activation="relu"),
        L.Dense(10, activation="softmax"),
    ]


def cnn():
    return [
        L.Conv2D(32, 3, padding="same", activation="relu"),
        L.Conv2D(32, 3, padding="same", activation="relu"),
        L.MaxPooling2D(),
        L.Conv2D(64, 3, padding="same", activation="relu"),
        L.MaxPooling2D(),
        L.Flatten(),
        L.Dense(10, activation="softmax"),
    ]


def personal():
    return [
        L.BatchNormalization(axis=1),
        L.Conv2D(32, 3, padding="same", activation="leaky_relu"),
        L.BatchNormalization(axis=1),
        L.Conv2D(64, 3, padding="same", activation="leaky_relu"),
        L.MaxPooling2D(),
        L.Dropout(0.25),
        L.BatchNormalization(axis=1),
        L.Conv2D(64, 2, padding="same", activation="leaky_relu"),
        L.MaxPooling2D(),
        L.Dropout(0.25),
        L.BatchNormalization(axis=1),
        L.Conv2D(64, 3, padding="same", activation="leaky_relu"),
        L.MaxPooling2D(padding="same"),
        L.Dropout(0.25),
        L.Flatten(),
        L.BatchNormalization(),
        L.Dense(32, activation="leaky_relu"),
        L.Dropout(0.25),
        L.Dense(10, activation="softmax"),
    ]


def chain(shape, layers):
    return keras.Sequential([keras.Input(shape), *layers])


def residual():
    images = keras.Input((8, 8, 3))
    stem = L.Conv2D(16, 3, padding="same", activation="relu")(images)
    branch = L.BatchNormalization()(L.Conv2D(16, 3, padding="same")(stem))
    merged = L.Activation("relu")(L.Add()([stem, branch]))
    output = L.Dense(10, activation="softmax")(L.Flatten()(merged))
    return keras.Model(images, output)


def several():
    """Two inputs, three outputs, nested models, one of them frozen and used twice, and a shared layer."""
    left, right = keras.Input((8,), name="left"), keras.Input((8,), name="right")
    backbone = keras.Sequential(
        [keras.Input((8,)), L.Dense(4, name="wide"), L.Dense(3, name="narrow")],
        name="backbone",
    )
    entry = keras.Input((3,), name="entry")
    hidden = L.Dense(2, name="hidden")(entry)
    fork = keras.Model(entry, [hidden, L.Dense(5, name="last")(hidden)], name="fork")
    first, second = backbone(left), backbone(right)
    shared = L.Dense(3, name="shared")
    twice = shared(shared(first))
    few, many = fork(twice)
    total = L.Add(name="total")([second, twice, shared(second)])
    model = keras.Model([left, right], [total, few, many], name="several")
    backbone.trainable = False
    return model


def normalized():
    """A layer that normalizes, frozen by itself."""
    images = keras.Input((8,), name="images")
    frozen = L.BatchNormalization(name="frozen")
    output = L.Dense(2, name="head")(frozen(L.Dense(4, name="base")(images)))
    model = keras.Model(images, [output], name="normalized")
    frozen.trainable = False
    return model


def summary(name, make, width=80, **options):
    keras.backend.clear_session()
    # Both Keras and the library that draws the table for it ask how wide the terminal is.
    os.environ["COLUMNS"] = str(width)
    text = []
    make().summary(
        line_length=width - 4,
        print_fn=lambda line, **_: text.append(line),
        **options,
    )
    return {"name": name, "lines": "\n".join(text).rstrip("\n").split("\n")}


write(
    "summaries",
    [
        summary("mlp", lambda: chain((28, 28, 1), mlp())),
        summary("cnn", lambda: chain((28, 28, 1), cnn())),
        # 288 parameters are 1.125 KB: how the last digit is rounded shows.
        summary("tie", lambda: chain((9,), [L.Dense(32, use_bias=False)])),
        summary("personal", lambda: chain((28, 28, 1), personal()), width=124),
        summary("residual", residual, width=204),
        summary("several", several, width=204),
        summary("several, expanded", several, width=204, expand_nested=True),
        summary("normalized", normalized, width=204),
    ],
)
