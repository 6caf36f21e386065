"""Writes zoo.json: the networks of Examples/Zoo in Keras.

The file is an array of networks:
  name          the function in Swift
  trainable     the number of trainable parameters at the default size
  nonTrainable  that of the others
  small         the arguments of a smaller network
  output        tensor: what the smaller one puts out in inference

Names of layers follow the order of calls in both libraries. Weights are computed from their names
and the places of their elements, as in `value`. Keras computes in float64.
"""

from common import singles, tensor, write
import keras
import numpy as np
import tensorflow as tf
from keras import Input, Model, Sequential
from keras.layers import *  # noqa: F403


def hashed(name, count):
    """Numbers in [-1, 1) from a name, by FNV-1a and the finalizer of MurmurHash3."""
    seed = 2166136261
    for byte in name.encode():
        seed = (seed ^ byte) * 16777619 % 2**32
    x = np.arange(count, dtype=np.uint32) * np.uint32(2654435761) + np.uint32(seed)
    for shift, factor in [(16, 0x85EBCA6B), (13, 0xC2B2AE35)]:
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    x = x ^ (x >> np.uint32(16))
    return x / 2.0**31 - 1


def value(name, shape):
    """The numbers of a parameter."""
    v = hashed(name, int(np.prod(shape)))
    kind = name.split("/")[-1]
    if kind == "kernel":
        fan = shape[0] * shape[1] if "depthwise" in name else np.prod(shape[:-1])
        v = v * np.sqrt(6 / fan) * (0.3 if "dense" in name else 1)
    elif kind == "gamma":
        v = 1 + 0.1 * v
    elif kind == "moving_variance":
        v = 1 + 0.5 * v
    else:
        v = 0.1 * v
    return singles(v.reshape(shape))


def normalized(filters, x, kernel=3, stride=1, padding="same", linear=False):
    x = Conv2D(filters, kernel, strides=stride, padding=padding, use_bias=False)(x)
    x = BatchNormalization()(x)
    return x if linear else Activation("relu")(x)


def leNet5(input=(28, 28, 1), classes=10):
    return Sequential(
        [
            Input(input),
            Conv2D(6, 5, padding="same", activation="tanh"),
            AveragePooling2D(2),
            Conv2D(16, 5, activation="tanh"),
            AveragePooling2D(2),
            Flatten(),
            Dense(120, activation="tanh"),
            Dense(84, activation="tanh"),
            Dense(classes, activation="softmax"),
        ]
    )


def vgg16(input=(32, 32, 3), classes=10, width=64):
    x = image = Input(input)
    for convolutions, factor in [(2, 1), (2, 2), (3, 4), (3, 8), (3, 8)]:
        for _ in range(convolutions):
            x = normalized(width * factor, x)
        x = MaxPooling2D()(x)
    x = Dropout(0.5)(Flatten()(x))
    return Model(image, Dense(classes, activation="softmax")(x))


def denseNet(input=(32, 32, 3), classes=10, depth=40, growth=12):
    def layer(x, filters, kernel):
        x = Activation("relu")(BatchNormalization()(x))
        return Conv2D(filters, kernel, padding="same", use_bias=False)(x)

    image = Input(input)
    x = Conv2D(2 * growth, 3, padding="same", use_bias=False)(image)
    filters = 2 * growth
    for block in range(3):
        for _ in range((depth - 4) // 6):
            bottleneck = layer(x, 4 * growth, 1)
            x = Concatenate()([x, layer(bottleneck, growth, 3)])
            filters += growth
        if block == 2:
            break
        filters //= 2
        x = AveragePooling2D(2)(layer(x, filters, 1))
    x = GlobalAveragePooling2D()(Activation("relu")(BatchNormalization()(x)))
    return Model(image, Dense(classes, activation="softmax")(x))


def uNet(input=(64, 64, 3), classes=2, width=16):
    def pair(x, filters):
        return normalized(filters, normalized(filters, x))

    x = image = Input(input)
    levels = []
    for level in range(4):
        x = pair(x, width << level)
        levels.append(x)
        x = MaxPooling2D()(x)
    x = pair(x, width << 4)
    for level in reversed(range(4)):
        x = normalized(width << level, UpSampling2D(interpolation="bilinear")(x), kernel=2)
        x = pair(Concatenate()([levels[level], x]), width << level)
    return Model(image, Conv2D(classes, 1, activation="softmax")(x))


def residual(x, filters, stride, projected):
    y = normalized(filters, x, stride=stride)
    y = normalized(filters, y, linear=True)
    if projected:
        x = normalized(filters, x, kernel=1, stride=stride, linear=True)
    return Activation("relu")(Add()([y, x]))


def resNet20(input=(32, 32, 3), classes=10, blocks=3, width=16):
    image = Input(input)
    x = normalized(width, image)
    for stage in range(3):
        for block in range(blocks):
            narrows = stage > 0 and block == 0
            x = residual(x, width << stage, 2 if narrows else 1, narrows)
    x = GlobalAveragePooling2D()(x)
    return Model(image, Dense(classes, activation="softmax")(x))


def resNet18(input=(224, 224, 3), classes=1000, width=64):
    image = Input(input)
    x = normalized(width, ZeroPadding2D(3)(image), kernel=7, stride=2, padding="valid")
    x = MaxPooling2D(3, strides=2)(ZeroPadding2D(1)(x))
    for stage in range(4):
        for block in range(2):
            narrows = stage > 0 and block == 0
            x = residual(x, width << stage, 2 if narrows else 1, narrows)
    x = GlobalAveragePooling2D()(x)
    return Model(image, Dense(classes, activation="softmax")(x))


def wideResNet(input=(32, 32, 3), classes=10, depth=28, width=10, dropout=0.3):
    def convolution(filters, stride=1, kernel=3):
        return Conv2D(filters, kernel, strides=stride, padding="same", use_bias=False)

    image = Input(input)
    x = convolution(16)(image)
    for stage in range(3):
        for block in range((depth - 4) // 6):
            filters, stride = width << (4 + stage), 2 if stage > 0 and block == 0 else 1
            active = Activation("relu")(BatchNormalization()(x))
            y = convolution(filters, stride)(active)
            y = Dropout(dropout)(Activation("relu")(BatchNormalization()(y)))
            y = convolution(filters)(y)
            x = Add()([y, convolution(filters, stride, 1)(active) if block == 0 else x])
    x = GlobalAveragePooling2D()(Activation("relu")(BatchNormalization()(x)))
    return Model(image, Dense(classes, activation="softmax")(x))


def mobileNetV2(input=(224, 224, 3), classes=1000, width=1.0):
    def rounded(filters):
        eights = max(8, int(filters * width + 4) // 8 * 8)
        return eights + 8 if eights < 0.9 * filters * width else eights

    def active(x, layer, linear=False):
        x = BatchNormalization()(layer(x))
        return x if linear else ReLU(6)(x)

    image = Input(input)
    x = active(image, Conv2D(rounded(32), 3, strides=2, padding="same", use_bias=False))
    channels = rounded(32)
    for expansion, size, count, first in [
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ]:
        filters = rounded(size)
        for block in range(count):
            stride = first if block == 0 else 1
            y = x
            if expansion > 1:
                y = active(y, Conv2D(expansion * channels, 1, use_bias=False))
            y = active(y, DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False))
            y = active(y, Conv2D(filters, 1, use_bias=False), linear=True)
            x = Add()([x, y]) if stride == 1 and channels == filters else y
            channels = filters
    x = active(x, Conv2D(1280 if width <= 1 else rounded(1280), 1, use_bias=False))
    x = GlobalAveragePooling2D()(x)
    return Model(image, Dense(classes, activation="softmax")(x))


def efficientNetB0(input=(224, 224, 3), classes=1000, width=1.0):
    def rounded(filters):
        eights = max(8, int(filters * width + 4) // 8 * 8)
        return eights + 8 if eights < 0.9 * filters * width else eights

    def active(x, layer, linear=False):
        x = BatchNormalization()(layer(x))
        return x if linear else Activation("silu")(x)

    image = Input(input)
    x = active(image, Conv2D(rounded(32), 3, strides=2, padding="same", use_bias=False))
    channels = rounded(32)
    for expansion, size, count, first, kernel in [
        (1, 16, 1, 1, 3),
        (6, 24, 2, 2, 3),
        (6, 40, 2, 2, 5),
        (6, 80, 3, 2, 3),
        (6, 112, 3, 1, 5),
        (6, 192, 4, 2, 5),
        (6, 320, 1, 1, 3),
    ]:
        filters = rounded(size)
        for block in range(count):
            stride, wide = first if block == 0 else 1, expansion * channels
            y = active(x, Conv2D(wide, 1, use_bias=False)) if expansion > 1 else x
            y = active(y, DepthwiseConv2D(kernel, strides=stride, padding="same", use_bias=False))
            weights = GlobalAveragePooling2D(keepdims=True)(y)
            weights = Conv2D(max(1, channels // 4), 1, activation="silu")(weights)
            y = Multiply()([y, Conv2D(wide, 1, activation="sigmoid")(weights)])
            y = active(y, Conv2D(filters, 1, use_bias=False), linear=True)
            x = Add()([Dropout(0.2)(y), x]) if stride == 1 and channels == filters else y
            channels = filters
    x = active(x, Conv2D(rounded(1280), 1, use_bias=False))
    x = Dropout(0.2)(GlobalAveragePooling2D()(x))
    return Model(image, Dense(classes, activation="softmax")(x))


class PositionEmbedding(Layer):  # noqa: F405
    def build(self, shape):
        self.embeddings = self.add_weight(shape=shape[1:], name="embeddings")

    def call(self, x):
        return x + self.embeddings


def visionTransformer(input=(32, 32, 3), classes=10, patch=4, width=64, depth=6, heads=4):
    image = Input(input)
    x = Conv2D(width, patch, strides=patch)(image)
    x = PositionEmbedding(name="position_embedding")(Reshape((-1, width))(x))
    for _ in range(depth):
        y = LayerNormalization(epsilon=1e-6)(x)
        y = MultiHeadAttention(heads, width // heads, dropout=0.1)(y, y)
        x = Add()([x, y])
        y = LayerNormalization(epsilon=1e-6)(x)
        y = Dropout(0.1)(Dense(2 * width, activation="gelu")(y))
        x = Add()([x, Dropout(0.1)(Dense(width)(y))])
    x = GlobalAveragePooling1D()(LayerNormalization(epsilon=1e-6)(x))
    return Model(image, Dense(classes, activation="softmax")(x))


def entry(function, **small):
    keras.config.set_floatx("float32")
    keras.backend.clear_session()
    model = function()
    count = lambda weights: int(sum(np.prod(w.shape) for w in weights))  # noqa: E731
    counts = (count(model.trainable_weights), count(model.non_trainable_weights))
    del model
    keras.config.set_floatx("float64")
    keras.backend.clear_session()
    model = function(**small)
    for layer in model.layers:
        for weight in layer.weights:
            # Without the name of the model around the layer.
            name = weight.path[weight.path.index(layer.name) :]
            weight.assign(value(name, weight.shape))
    shape = (1, *model.input_shape[1:])
    x = singles(hashed("input", int(np.prod(shape))).reshape(shape))
    output = model(tf.constant(x), training=False).numpy()
    print(function.__name__, counts, output.reshape(-1)[:4])
    return {
        "name": function.__name__,
        "trainable": counts[0],
        "nonTrainable": counts[1],
        "small": small,
        "output": tensor(output),
    }


if __name__ == "__main__":
    write(
        "zoo",
        [
            entry(leNet5),
            entry(vgg16, width=4),
            entry(resNet20, input=(16, 16, 3), width=4),
            entry(resNet18, input=(32, 32, 3), classes=10, width=4),
            entry(wideResNet, input=(8, 8, 3), depth=16, width=1),
            entry(denseNet, input=(8, 8, 3), depth=22, growth=4),
            entry(uNet, input=(16, 16, 3), width=2),
            entry(mobileNetV2, input=(32, 32, 3), classes=10, width=0.25),
            entry(efficientNetB0, input=(32, 32, 3), classes=10, width=0.25),
            entry(visionTransformer, input=(16, 16, 3), width=16, depth=2),
        ],
    )
