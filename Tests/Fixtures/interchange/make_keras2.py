"""Writes the fixtures of Keras 2, and of the .h5 files of Keras 3. Run a copy of it with the
environment of ../keras/README.md and tf_keras of the same version as TensorFlow.

    python make_keras2.py FOLDER    # writes the files into FOLDER, where keras_nested.keras is
    python make_keras2.py --layers FOLDER    # a network for each layer, which are not in the tree

keras2_model is a trained model with nested ones, keras2_weights weights alone as old versions of
h5py wrote them: names of a fixed size, and a long list in parts. keras_nested.h5 is what Keras 3
makes of keras_nested.keras.
"""

import os
import sys
from pathlib import Path

os.environ["TF_USE_LEGACY_KERAS"] = "1"

import h5py
import keras as keras3
import numpy as np
import tf_keras as keras
from tf_keras import layers


def model():
    """Nested models with several calls and outputs; normalizations adapted in and outside."""
    rng = np.random.default_rng(3)
    images = rng.random((9, 6, 6, 3), np.float32)
    inputs = layers.Input((6, 6, 3), name="images")
    outer = layers.Normalization()
    outer.adapt(images)
    inner = layers.Normalization()
    inner.adapt(images * 2)
    frozen = layers.Conv2D(4, 3, padding="same", activation="relu", use_bias=False)
    frozen.trainable = False
    part = keras.Sequential([
        layers.Input((6, 6, 3)), inner, layers.BatchNormalization(), frozen,
        layers.BatchNormalization(), layers.ReLU(6.0)], name="part")
    features = layers.Input((6, 6, 4), name="features")
    y = layers.LeakyReLU(0.2)(layers.DepthwiseConv2D(3, padding="same")(features))
    graph = keras.Model(features, [y, layers.BatchNormalization()(y)], name="graph")
    first, second = graph(part(outer(inputs)))
    third, fourth = graph(first)
    x = layers.Concatenate()([layers.Add()([second, third]), fourth])
    x = layers.LayerNormalization()(layers.Reshape((36, 8))(x))
    x = layers.MultiHeadAttention(2, 3)(x, value=x)
    x = layers.Dropout(0.0)(layers.GlobalAveragePooling1D()(x))
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x), name="model")


def randomize(model):
    rng = np.random.default_rng(1)
    for variable in model.trainable_variables:
        variable.assign(rng.uniform(-0.5, 0.5, variable.shape))
    for variable in model.non_trainable_variables:
        if "moving" in variable.name:
            variable.assign(rng.uniform(0.5, 1.5, variable.shape))


def write_model(folder):
    network = model()
    randomize(network)
    network.compile(
        keras.optimizers.Adam(0.01, clipnorm=1.0),
        keras.losses.CategoricalCrossentropy(label_smoothing=0.1), metrics=["accuracy"])
    rng = np.random.default_rng(2)
    inputs = rng.random((4, 6, 6, 3), np.float32)
    targets = np.eye(3, dtype=np.float32)[[0, 1, 2, 1]]
    network.train_on_batch(inputs, targets)
    network.save(folder / "keras2_model.h5")
    run = {"inputs": inputs, "targets": targets}
    run["outputs"] = network.predict(inputs, verbose=0)
    run["losses"] = np.float32([network.train_on_batch(inputs, targets)[0] for _ in range(3)])
    np.savez_compressed(folder / "keras2_model.npz", **run)


def write_weights(folder):
    network = keras.Sequential([
        layers.Conv2D(4, 3, activation="relu", input_shape=(6, 6, 3)), layers.BatchNormalization(),
        layers.MaxPooling2D(), layers.Flatten(), layers.Dense(3, activation="softmax")])
    randomize(network)
    path = folder / "keras2_weights.h5"
    network.save_weights(path)
    with h5py.File(path, "r+") as file:
        for group in [file, *file.values()]:
            for key in ("layer_names", "weight_names"):
                if key not in group.attrs:
                    continue
                names = [str(name).encode() for name in group.attrs[key]]
                del group.attrs[key]
                if len(names) > 3:
                    group.attrs[key + "0"] = np.array(names[:3])
                    group.attrs[key + "1"] = np.array(names[3:])
                else:
                    group.attrs[key] = np.array(names)
    inputs = np.random.default_rng(2).random((4, 6, 6, 3), np.float32)
    np.savez_compressed(
        folder / "keras2_weights.npz", inputs=inputs, outputs=network.predict(inputs, verbose=0))


def write_layers(folder):
    """A network for each layer, with inputs and outputs. For PINION_KERAS2_FOLDER."""
    rng = np.random.default_rng(1)

    def write(name, network, inputs):
        for variable in network.weights:
            if variable.dtype.is_floating:
                variable.assign(rng.uniform(0.1, 0.9, variable.shape))
        network.save(folder / f"{name}.h5")
        np.savez(folder / f"{name}.npz", inputs=inputs, outputs=network(inputs).numpy())

    chains = [
        layers.Conv2D(4, 3, strides=2, padding="same", kernel_regularizer="l2"),
        layers.Conv2DTranspose(4, 3, strides=2), layers.DepthwiseConv2D(3, depth_multiplier=2),
        layers.SeparableConv2D(4, 3), layers.BatchNormalization(), layers.LayerNormalization(),
        layers.GroupNormalization(2), layers.UnitNormalization(), layers.Rescaling(2.0, 1.0),
        layers.GlobalAveragePooling2D(), layers.GlobalMaxPooling2D(keepdims=True),
        layers.Flatten(), layers.Reshape((8, 16)), layers.Permute((2, 1, 3)),
        layers.ZeroPadding2D(((1, 2), (0, 1))), layers.Cropping2D(1), layers.UpSampling2D(2),
        layers.UpSampling2D(2, interpolation="bilinear"), layers.Dropout(0.2),
        layers.SpatialDropout2D(0.2), layers.GaussianDropout(0.2), layers.GaussianNoise(0.2),
        layers.ActivityRegularization(0.1), layers.PReLU(shared_axes=[1, 2]),
        layers.MaxPooling2D(), layers.AveragePooling2D(3, padding="same", strides=1),
        layers.ReLU(), layers.ReLU(6.0), layers.LeakyReLU(), layers.ELU(0.5), layers.Softmax(),
        layers.Dense(3, activation="gelu"), layers.Activation("selu"),
        layers.Activation("swish")]
    for number, layer in enumerate(chains):
        write(
            f"{number}_{layer.name}", keras.Sequential([layers.Input((8, 8, 2)), layer]),
            rng.random((3, 8, 8, 2), np.float32))
    write(
        "embedding", keras.Sequential([
            layers.Embedding(5, 4, input_length=6), layers.GlobalMaxPooling1D()]),
        rng.integers(0, 5, (3, 6)).astype(np.float32))
    write(
        "repeat_vector", keras.Sequential([layers.Input((6, )), layers.RepeatVector(3)]),
        rng.random((3, 6), np.float32))
    x = layers.Input((4, 3))
    for layer in (
        layers.Add(), layers.Subtract(), layers.Multiply(), layers.Average(), layers.Maximum(),
        layers.Minimum(), layers.Concatenate(1), layers.Dot((2, 2))):
        write(
            layer.name, keras.Model(x, layer([layers.Dense(3)(x), x])),
            rng.random((3, 4, 3), np.float32))
    attention = layers.MultiHeadAttention(2, 2, use_bias=False)
    write(
        "attention", keras.Model(x, attention(x, x, use_causal_mask=True)),
        rng.random((3, 4, 3), np.float32))


if __name__ == "__main__":
    if sys.argv[1] == "--layers":
        write_layers(Path(sys.argv[2]))
        sys.exit()
    target = Path(sys.argv[1])
    write_model(target)
    write_weights(target)
    keras3.saving.load_model(target / "keras_nested.keras").save(target / "keras_nested.h5")
