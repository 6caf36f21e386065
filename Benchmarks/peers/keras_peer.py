"""Keras on TensorFlow or JAX: `fit` and `predict` with arrays in memory.

The fastest tested settings: no XLA on TensorFlow (`jit_compile`), several
steps per call (`steps_per_execution`) except for convolutions on JAX, whose
loops use fewer threads.
"""

import argparse
import os
import time

import networks
from networks import (BATCH, LAYER_NORM_EPSILON, LEAKY_SLOPE, LEARNING_RATE,
                      NETWORKS, NORM_EPSILON, NORM_MOMENTUM, Act, Append,
                      Attention, AvgPool, ChannelNorm, Conv, Dense, Depthwise,
                      Drop, FeatureNorm, Flat, GlobalPool, Layer, LayerNorm,
                      Network, Pool, Residual, RowNorm, Tokens)
from worker import serve


class KerasSubject:
    """A compiled Keras model with its data."""

    def __init__(self, options: argparse.Namespace) -> None:
        os.environ["KERAS_BACKEND"] = options.variant
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        if options.variant == "tensorflow":
            import tensorflow as tf
            tf.config.threading.set_intra_op_parallelism_threads(options.threads)
            tf.config.threading.set_inter_op_parallelism_threads(options.threads)
            version = f"TensorFlow {tf.__version__}"
        else:
            # XLA's pool has one thread per core available to the process.
            import jax
            version = f"JAX {jax.__version__}"
        import keras
        from data import images, labels
        network = NETWORKS[options.network]
        self.images = images(network, options.images)
        self.targets = keras.utils.to_categorical(
            labels(network, options.images), network.classes)
        self.model = build(network)
        on_jax = options.variant == "jax"
        steps = 20 if not network.is_convolutional else 1 if on_jax else 5
        self.model.compile(
            optimizer=keras.optimizers.Adam(LEARNING_RATE),
            loss="categorical_crossentropy", metrics=["accuracy"],
            jit_compile=on_jax, steps_per_execution=steps)
        self.unit = BATCH * steps
        self.parameters = self.model.count_params()
        self.description = (f"Keras {keras.__version__}, {version}, "
                            f"jit_compile={on_jax}, steps_per_execution={steps}")
        self._fit(self.unit, 1)
        self.training_rate = self._fit(2 * self.unit, 1)
        self._predict(self.unit)
        self.prediction_rate = self._predict(2 * self.unit)

    def train(self, seconds: float) -> float:
        """`fit`, from the start of the first epoch to the end of the last."""
        count = self._round(self.training_rate * seconds)
        whole = len(self.images) // self.unit * self.unit
        self.training_rate = self._fit(min(count, whole), max(1, round(count / whole)))
        return self.training_rate

    def predict(self, seconds: float) -> float:
        """`predict`."""
        count = self._round(self.prediction_rate * seconds)
        images = 0
        start = time.perf_counter()
        while images < count:
            part = min(count - images, len(self.images) // self.unit * self.unit)
            self._predict(part)
            images += part
        self.prediction_rate = images / (time.perf_counter() - start)
        return self.prediction_rate

    def latency(self, threads: int, seconds: float) -> float:
        raise NotImplementedError

    def _round(self, count: float) -> int:
        return max(1, round(count / self.unit)) * self.unit

    def _fit(self, count: int, epochs: int) -> float:
        import keras

        class Timer(keras.callbacks.Callback):
            begin: float | None = None
            end: float

            def on_epoch_begin(self, epoch, logs=None):
                self.begin = self.begin or time.perf_counter()

            def on_epoch_end(self, epoch, logs=None):
                self.end = time.perf_counter()

        timer = Timer()
        self.model.fit(
            self.images[:count], self.targets[:count], batch_size=BATCH,
            epochs=epochs, verbose=0, callbacks=[timer])
        return count * epochs / (timer.end - timer.begin)

    def _predict(self, count: int) -> float:
        start = time.perf_counter()
        self.model.predict(self.images[:count], batch_size=BATCH, verbose=0)
        return count / (time.perf_counter() - start)


def build(network: Network):
    """The network as a Keras model."""
    import keras
    from keras import layers as kl

    class Positions(kl.Layer):
        """A learned vector added to each token."""

        def build(self, shape) -> None:
            self.vectors = self.add_weight(shape=shape[1:], initializer="uniform")

        def call(self, x):
            return x + self.vectors

    def activation(name: str) -> list:
        if name == "leaky":
            return [kl.LeakyReLU(negative_slope=LEAKY_SLOPE)]
        return [kl.Activation(name)] if name else []

    def normalization(axis: int = -1):
        return kl.BatchNormalization(
            axis=axis, epsilon=NORM_EPSILON, momentum=NORM_MOMENTUM)

    def make(layer: Layer) -> list:
        match layer:
            case Conv(filters, function, kernel, stride, bias, valid):
                return [kl.Conv2D(filters, kernel, stride, "valid" if valid else "same",
                                  use_bias=bias), *activation(function)]
            case Depthwise(stride):
                return [kl.DepthwiseConv2D(3, stride, "same", use_bias=False)]
            case Pool(same, size):
                return [kl.MaxPool2D(size, 2, padding="same" if same else "valid")]
            case AvgPool():
                return [kl.AveragePooling2D(2)]
            case RowNorm():
                return [normalization(1)]
            case ChannelNorm() | FeatureNorm():
                return [normalization()]
            case LayerNorm():
                return [kl.LayerNormalization(epsilon=LAYER_NORM_EPSILON)]
            case Act(function):
                return activation(function)
            case Drop(rate):
                return [kl.Dropout(rate)]
            case Flat():
                return [kl.Flatten()]
            case Dense(units, function):
                return [kl.Dense(units), *activation(function)]
            case networks.Positions():
                return [Positions()]

    def apply(layers: tuple[Layer, ...], x):
        for layer in layers:
            match layer:
                case Residual(body, shortcut):
                    x = kl.Add()([apply(body, x), apply(shortcut, x)])
                case Append(body):
                    x = kl.Concatenate()([x, apply(body, x)])
                case Attention(heads, rate):
                    attention = kl.MultiHeadAttention(
                        heads, x.shape[-1] // heads, dropout=rate)
                    x = attention(x, x)
                case Tokens():
                    x = kl.Reshape((-1, x.shape[-1]))(x)
                case GlobalPool():
                    pool = (kl.GlobalAveragePooling2D if len(x.shape) == 4
                            else kl.GlobalAveragePooling1D)
                    x = pool()(x)
                case _:
                    for part in make(layer):
                        x = part(x)
        return x

    image = keras.Input(network.shape)
    return keras.Model(image, kl.Activation("softmax")(apply(network.layers, image)))


if __name__ == "__main__":
    serve(KerasSubject)
