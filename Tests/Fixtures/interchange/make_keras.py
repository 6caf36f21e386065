"""Writes the Keras fixtures: weights, with inputs and outputs as .npz. Run a copy of it with the
environment of ../keras/README.md.

    python make_keras.py FOLDER            # writes the files into FOLDER, this script's in the tree
    python make_keras.py --check FOLDER    # loads the weights that InterchangeTests wrote
    python make_keras.py --applications FOLDER    # larger networks, which are not in the tree

keras_chain is a chain, keras_graph a graph whose layers Keras orders otherwise than they were made,
keras_nested a trained model of nested ones.
"""

import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers


def chain():
    return keras.Sequential([
        layers.Input((8, 8, 3)), layers.Conv2D(4, 3, padding="same", activation="relu"),
        layers.BatchNormalization(), layers.Dropout(0.5), layers.DepthwiseConv2D(3),
        layers.LeakyReLU(), layers.Conv2D(3, 1, use_bias=False), layers.MaxPooling2D(),
        layers.Flatten(), layers.Dense(5, activation="tanh"), layers.LayerNormalization(),
        layers.Dense(3, activation="softmax"), ])


def graph():
    def conv(x):
        return layers.Conv2D(4, 3, padding="same")(x)

    inputs = layers.Input((6, 6, 4))
    x = conv(inputs)
    shortcut = conv(x)
    y = layers.PReLU(shared_axes=[1, 2])(conv(x))
    y = conv(layers.BatchNormalization(center=False)(y))
    x = layers.Reshape((36, 4))(layers.Add()([y, shortcut]))
    x = layers.MultiHeadAttention(2, 3)(x, x)
    return keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling1D()(x)))


def nested():
    """Nested models with several outputs and calls, shared layers, options at Keras's defaults."""
    code = keras.Sequential([
        layers.Input((8, )), layers.Dense(4, "gelu", kernel_regularizer="l2"),
        layers.Dense(2, kernel_constraint=keras.constraints.MaxNorm(3)), ], name="code")
    inner = layers.Input((2, ))
    hidden = layers.Dense(3)(inner)
    heads = keras.Model(inner, [layers.Dense(2)(hidden), layers.LeakyReLU()(hidden)], name="heads")
    left, right = layers.Input((8, ), name="left"), layers.Input((8, ), name="right")
    normalization = layers.Normalization()
    normalization.adapt(np.random.default_rng(3).random((50, 8)))
    left_code = code(normalization(left))
    product = layers.Multiply()([left_code, code(right)])
    first, second = heads(product), heads(left_code)
    shared = layers.Dense(2, name="shared")
    merged = layers.Concatenate()([shared(first[0]), shared(product), first[1], second[0]])
    rows = layers.Reshape((1, -1))(merged)
    attended = layers.MultiHeadAttention(2, 3)(query=rows, value=rows, use_causal_mask=True)
    kind = layers.Dense(3, "softmax", name="kind")(layers.Flatten()(layers.ReLU(6)(attended)))
    return keras.Model([left, right], [kind, second[1]], name="nested")


def write_nested(folder):
    model = nested()
    rng = np.random.default_rng(1)
    for variable in model.trainable_variables:
        variable.assign(rng.uniform(-0.5, 0.5, variable.shape))
    schedule = keras.optimizers.schedules.CosineDecay(0.01, 100)
    model.compile(
        keras.optimizers.Nadam(schedule, clipnorm=1.0), ["categorical_crossentropy", "mse"],
        loss_weights=[1.0, 0.5], metrics=[["accuracy"], []])
    inputs = [rng.random((4, 8), np.float32) for _ in range(2)]
    targets = [np.eye(3, dtype=np.float32)[[0, 1, 2, 1]], rng.random((4, 3), np.float32)]
    model.train_on_batch(inputs, targets)
    model.save(folder / "keras_nested.keras")
    run = {f"input_{i}": x for i, x in enumerate(inputs)}
    run |= {f"target_{i}": y for i, y in enumerate(targets)}
    run |= {f"output_{i}": y for i, y in enumerate(model.predict(inputs, verbose=0))}
    run["losses"] = np.float32([model.train_on_batch(inputs, targets)[0] for _ in range(2)])
    np.savez_compressed(folder / "keras_nested.npz", **run)


def applications(folder):
    """Networks of keras.applications with random weights, and moving statistics that fit these.

    Outputs are in single and in double precision.
    """
    for name, make, scale in (
        ("mobilenet", keras.applications.MobileNetV2, 1),
        ("efficientnet", keras.applications.EfficientNetB0, 255)):
        model = make(weights=None, input_shape=(64, 64, 3), classes=10)
        rng = np.random.default_rng(1)
        for variable in model.trainable_variables:
            if "gamma" in variable.path:
                variable.assign(rng.uniform(0.5, 1.5, variable.shape))
            elif len(variable.shape) == 1:
                variable.assign(rng.uniform(-0.3, 0.3, variable.shape))
        inputs = scale * rng.random((16, 64, 64, 3), np.float32)
        for layer in model.layers:
            if isinstance(layer, layers.BatchNormalization):
                layer.momentum, momentum = 0.0, layer.momentum
        model(inputs, training=True)
        for layer in model.layers:
            if isinstance(layer, layers.BatchNormalization):
                layer.momentum = momentum
        single = model.predict(inputs[:2], verbose=0)
        assert np.abs(single[0] - single[1]).max() > 0.01, single
        model.save(folder / f"{name}.keras")
        keras.config.set_dtype_policy("float64")
        double = make(weights=None, input_shape=(64, 64, 3), classes=10)
        double.set_weights(model.get_weights())
        keras.config.set_dtype_policy("float32")
        outputs = np.asarray(double(keras.ops.cast(inputs[:2], "float64"), training=False))
        assert outputs.dtype == np.float64
        np.savez(folder / f"{name}.npz", inputs=inputs[:2], single=single, outputs=outputs)


def randomize(model):
    rng = np.random.default_rng(1)
    for variable in model.weights:
        if "seed" in variable.path:
            continue
        low, high = (0.5, 1.5) if "variance" in variable.path else (-0.5, 0.5)
        variable.assign(rng.uniform(low, high, variable.shape))


def write(folder):
    for name, model in (("chain", chain()), ("graph", graph())):
        randomize(model)
        inputs = np.random.default_rng(2).random((2, *model.input_shape[1:]), np.float32)
        np.savez_compressed(
            folder / f"keras_{name}.npz", inputs=inputs, outputs=model.predict(inputs, verbose=0))
        model.save_weights(folder / f"keras_{name}.weights.h5")
        if name == "chain":
            model.compile("adam", "mse")
            model.save(folder / f"keras_{name}.keras")


def check(folder, fixtures):
    for name, model in (("chain", chain()), ("graph", graph())):
        model.load_weights(folder / f"{name}.weights.h5")
        run = np.load(fixtures / f"keras_{name}.npz")
        outputs = model.predict(run["inputs"], verbose=0)
        difference = np.linalg.norm(outputs - run["outputs"]) / np.linalg.norm(run["outputs"])
        print(f"{name}: {difference:.1e}")
        assert difference < 1e-6, name


if __name__ == "__main__":
    if sys.argv[1] == "--check":
        check(Path(sys.argv[2]), Path(sys.argv[3]))
    elif sys.argv[1] == "--applications":
        applications(Path(sys.argv[2]))
    else:
        write(Path(sys.argv[1]))
        write_nested(Path(sys.argv[1]))
