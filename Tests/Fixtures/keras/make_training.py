"""Writes training.json and training_cifar.json: ten training steps of the report's networks.

Each file is an object of "formulas" (the text of FORMULAS below) and "runs", an array of:
  dataset, network    fashion-mnist: mlp, cnn, personal; cifar10: mlp, cnn, personal; cifar100: personal
  optimizer           Adam or Nadam, with Keras's defaults but for the learning rate
  learningRate        0.0002; 0.0001 for the networks with batch normalization, 0.00005 for CIFAR-100's (see below)
  imageStream         the number of the first image's noise
  inputShape          [height, width, channels]
  classes
  parameterCount      of trainable parameters
  firstGradients      the gradients on the first 8 images of step 0, before any step: summaries, one a trainable tensor, in the order of Keras's
                      model.trainable_weights
  losses, losses64    [10 numbers]: the loss of each step's batch in training mode, before the update
  parameterSum, parameterSum64      the sum of all trainable parameters after the ten steps
  parameterNorm, parameterNorm64    their L2 norm
  tensors             summaries of the trainable tensors after the ten steps
  states              summaries of the moving means and variances after the ten steps, in Keras's order
  logits, logits64    of image 0 of batch 0 in inference mode, after the ten steps
  probabilities, probabilities64    their softmax

A summary is {"name", "shape", "sum", "norm", "projection", "sum64", "norm64", "projection64"}: name is layer/tensor, norm
the L2 norm, and projection the sum of each element times its 2u - 1, which a tensor in the wrong order fails.

Fields named ...64 are the same run with every number in float64 (from the same float32 start), and they are the ones to
compare with: TensorFlow sums the moments of a float32 batch one number after the other, so that with batch normalization its
float32 statistics are off by 1e-5 and its first gradients by up to 1e-2.

Ten steps tell right from wrong only where they do not tell two right ones apart. Rounding tips a rectifier or a pooling
maximum over, which changes a gradient by far more than it changed the number; Adam turns that into a change of the weights in
proportion to the learning rate over the size of the weights, and the next step tips more of them. Measured as the float64
run's deviation when its weights and images change by 1e-7 of themselves, as float32 changes them: with batches of 16,
Glorot's weights and the default rate, the losses of the networks with batch normalization differ by 1e-2 after ten steps, those
of the others by up to 1e-3. So here batches have 64 images, kernels before the last are two and three times as large (as He's
are), the last one is small, the rate is 0.0002, with batch normalization 0.0001, for CIFAR-100's network 0.00005, and the images' noise is such that the losses deviate by at
most 1e-4 when weights and images change by 2e-7. The first gradients are compared more closely, so they are those of few
images, none of which holds a rectifier or a maximum near its edge: they deviate by at most 4e-5 when weights and images
change by 3e-7.

The networks are the report's with ReLU everywhere and without dropout. The loss is the mean categorical
cross-entropy of the softmax output, which Keras on TensorFlow computes from the logits.
"""

from common import double, numbers, write
import keras
import numpy as np
import tensorflow as tf

STEPS = 10
BATCH = 64
GRADIENT_BATCH = 8

FORMULAS = {
    "hash": (
        "hash(i, t): all in unsigned 64-bit arithmetic modulo 2^64: z = (t * 2^32 + i + 1) * 0x9E3779B97F4A7C15;"
        " z = (z xor (z >> 30)) * 0xBF58476D1CE4E5B9; z = (z xor (z >> 27)) * 0x94D049BB133111EB;"
        " z = z xor (z >> 31)  (the finaliser of splitmix64)"
    ),
    "weights": (
        "element i (row-major) of trainable tensor t (from 0, in the order of model.trainable_weights):"
        " u = (hash(i, t) >> 40) / 2^24, c = 2u - 1; kernels: float32(c * limit) with the product in double"
        " and limit = f sqrt(6 / (fanIn + fanOut)), fanIn = height * width * in and fanOut = height * width * out,"
        " or in and out of a Dense; f = 3 for convolutions, 2 for a Dense, 0.1 for the last one; gamma float32(1 + 0.2 c),"
        " beta float32(0.2 c), biases float32(0.1 c); moving mean 0, moving variance 1"
    ),
    "projection": "2u - 1 of element i (row-major): u = (hash(i, 5000) >> 40) / 2^24",
    "labels": "image n (0..63) of the batch of step s (0..9): (7n + 3s) mod classes",
    "images": (
        "element j of image n in step s, j = (y * width + x) * channels + channel, c = label mod 10:"
        " a = (y(c + 1) + x(10 - c) + 40 channel + 5n + 11s) mod 256; wave = 2a if a < 128, else 2(255 - a);"
        " k = floor(7 wave / 8) + (hash(j, imageStream + 64s + n) >> 59); the element is float32(k / 255)"
    ),
}


def hashes(count, stream):
    with np.errstate(over="ignore"):
        i = np.arange(count, dtype=np.uint64)
        z = (np.uint64(stream << 32) + i + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def centred(count, stream):
    """2u - 1 of the first elements."""
    return (hashes(count, stream) >> np.uint64(40)).astype(np.float64) / 2.0**23 - 1


def first(name, shape, index, last):
    """The first values of a trainable tensor."""
    values = centred(int(np.prod(shape)), index)
    if name == "kernel":
        field = int(np.prod(shape[:-2]))
        limit = np.sqrt(6.0 / (field * shape[-2] + field * shape[-1]))
        values = values * ((3 if len(shape) == 4 else 0.1 if last else 2) * limit)
    else:
        values = {"gamma": 1 + 0.2 * values, "beta": 0.2 * values, "bias": 0.1 * values}[name]
    return values.astype(np.float32).reshape(shape)


def batch(step, key, shape, classes):
    height, width, channels = shape
    labels = (7 * np.arange(BATCH) + 3 * step) % classes
    images = np.empty((BATCH, *shape), np.float32)
    y, x, channel = np.meshgrid(*(np.arange(size) for size in shape), indexing="ij")
    for n, label in enumerate(labels):
        c = label % 10
        a = (y * (c + 1) + x * (10 - c) + 40 * channel + 5 * n + 11 * step) % 256
        wave = np.where(a < 128, 2 * a, 2 * (255 - a))
        noise = hashes(height * width * channels, STREAMS[key] + BATCH * step + n) >> np.uint64(59)
        k = 7 * wave // 8 + noise.astype(np.int64).reshape(shape)
        assert k.min() >= 0 and k.max() <= 255
        images[n] = (k / 255.0).astype(np.float32)
    return images, labels


def convolution(filters, size=3):
    return keras.layers.Conv2D(filters, size, padding="same", activation="relu")


def pool(padding="valid"):
    return keras.layers.MaxPooling2D(2, padding=padding)


def rows():
    return keras.layers.BatchNormalization(axis=1)


def dense(units):
    return keras.layers.Dense(units, activation="relu")


def end(units):
    """From the last feature map to the last hidden layer of a personal network."""
    return [keras.layers.Flatten(), keras.layers.BatchNormalization(), dense(units)]


def mlp():
    return [keras.layers.Flatten()] + [dense(units) for units in (32, 64, 128, 256)]


NETWORKS = {
    ("fashion-mnist", "mlp"): mlp,
    ("fashion-mnist", "cnn"): lambda: [
        *(convolution(32), convolution(32), pool()),
        *(convolution(64), pool(), keras.layers.Flatten()),
    ],
    ("fashion-mnist", "personal"): lambda: [
        *(rows(), convolution(32)),
        *(rows(), convolution(64), pool()),
        *(rows(), convolution(64, size=2), pool()),
        *(rows(), convolution(64), pool("same")),
        *end(32),
    ],
    ("cifar10", "mlp"): mlp,
    ("cifar10", "cnn"): lambda: [
        *(convolution(32), convolution(32), pool()),
        *(convolution(64), pool()),
        *(convolution(128), pool(), keras.layers.Flatten()),
    ],
    ("cifar10", "personal"): lambda: [
        *(rows(), convolution(32)),
        *(rows(), convolution(32), pool()),
        *(rows(), convolution(64), pool()),
        *(rows(), convolution(64), pool()),
        *(rows(), convolution(128), pool()),
        *end(16),
    ],
    ("cifar100", "personal"): lambda: [
        *(rows(), convolution(32)),
        *(rows(), convolution(64), pool()),
        *(rows(), convolution(128), pool()),
        *(rows(), convolution(128), pool()),
        *(rows(), convolution(256), pool()),
        *end(128),
    ],
}

RATES = {"mlp": 0.0002, "cnn": 0.0002, "personal": 0.0001}
# Its six normalizations amplify most: at 0.0001 the roundings of some of OpenBLAS's kernels came up to the tolerances.
CIFAR100_RATE = 0.00005


def rate_of(key):
    return CIFAR100_RATE if key[0] == "cifar100" else RATES[key[1]]


# Chosen so that the first gradients and the losses are well-conditioned.
STREAMS = {
    ("fashion-mnist", "mlp"): 1000,
    ("fashion-mnist", "cnn"): 6000,
    ("fashion-mnist", "personal"): 10000,
    ("cifar10", "mlp"): 1000,
    ("cifar10", "cnn"): 1000,
    ("cifar10", "personal"): 1000,
    ("cifar100", "personal"): 1000,
}

# The trainable parameters that the report's tables print.
COUNTS = {
    ("fashion-mnist", "mlp"): 71146,
    ("fashion-mnist", "cnn"): 59434,
    ("fashion-mnist", "personal"): 107524,
    ("cifar10", "mlp"): 144362,
    ("cifar10", "cnn"): 122986,
    ("cifar10", "personal"): 149010,
    ("cifar100", "personal"): 682332,
}


def path(variable):
    return "/".join(variable.path.split("/")[-2:])


def sums(arrays):
    """Sum, L2 norm and projection of all elements."""
    joined = np.concatenate([array.astype(np.float64).reshape(-1) for array in arrays])
    return (
        double(joined.sum()),
        double(np.sqrt((joined**2).sum())),
        double((joined * centred(joined.size, 5000)).sum()),
    )


def train(key, optimizer, shape, classes, floats):
    keras.config.set_floatx(floats)
    keras.config.set_dtype_policy(floats)
    keras.backend.clear_session()
    model = keras.Sequential(
        [
            keras.Input(shape),
            *NETWORKS[key](),
            keras.layers.Dense(classes, name="logits"),
            keras.layers.Softmax(name="probabilities"),
        ]
    )
    assert model.count_params() - sum(
        int(np.prod(v.shape)) for v in model.non_trainable_weights
    ) == COUNTS[key]
    for index, variable in enumerate(model.trainable_weights):
        last = variable is model.get_layer("logits").kernel
        variable.assign(first(variable.name, tuple(variable.shape), index, last))
    loss = keras.losses.CategoricalCrossentropy()
    # The defaults; as numpy's, TensorFlow does not round them to float32 on the way to float64.
    betas = {"beta_1": np.float64(0.9), "beta_2": np.float64(0.999)}
    rate = np.float64(rate_of(key))
    updater = getattr(keras.optimizers, optimizer)(
        learning_rate=rate, **(betas if floats == "float64" else {})
    )
    trainable = [variable.value for variable in model.trainable_weights]

    def slopes(images, targets):
        with tf.GradientTape() as tape:
            value = loss(targets, model(images, training=True))
        return value, tape.gradient(value, trainable)

    @tf.function
    def step(images, targets):
        value, gradients = slopes(images, targets)
        updater.apply(gradients, model.trainable_weights)
        return value

    images, labels = batch(0, key, shape, classes)
    images = tf.constant(images[:GRADIENT_BATCH], floats)
    targets = tf.one_hot(labels[:GRADIENT_BATCH], classes, dtype=floats)
    states = [v.numpy() for v in model.non_trainable_weights]
    gradients = [sums([gradient.numpy()]) for gradient in slopes(images, targets)[1]]
    for variable, value in zip(model.non_trainable_weights, states):
        variable.assign(value)
    updater.build(model.trainable_weights)
    losses = []
    for number in range(STEPS):
        images, labels = batch(number, key, shape, classes)
        images = tf.constant(images, floats)
        value = step(images, tf.one_hot(labels, classes, dtype=floats))
        losses.append(float(value))

    images = tf.constant(batch(0, key, shape, classes)[0][:1], floats)
    head = keras.Model(model.inputs, model.get_layer("logits").output)
    return {
        "model": model,
        "losses": losses,
        "gradients": gradients,
        "sums": sums([v.numpy() for v in model.trainable_weights]),
        "tensors": [sums([v.numpy()]) for v in model.trainable_weights],
        "states": [sums([v.numpy()]) for v in model.non_trainable_weights],
        "logits": head(images, training=False).numpy()[0],
        "probabilities": model(images, training=False).numpy()[0],
    }


def summaries(variables, single, wide):
    return [
        {
            "name": path(variable),
            "shape": list(variable.shape),
            **dict(zip(("sum", "norm", "projection"), a)),
            **dict(zip(("sum64", "norm64", "projection64"), b)),
        }
        for variable, a, b in zip(variables, single, wide)
    ]


def run(key, optimizer, shape, classes):
    single = train(key, optimizer, shape, classes, "float32")
    wide = train(key, optimizer, shape, classes, "float64")
    model = wide["model"]
    losses = [(double(a), double(b)) for a, b in zip(single["losses"], wide["losses"])]
    print(*key, optimizer, losses[0], losses[-1])
    return {
        "dataset": key[0],
        "network": key[1],
        "optimizer": optimizer,
        "learningRate": rate_of(key),
        "imageStream": STREAMS[key],
        "inputShape": list(shape),
        "classes": classes,
        "parameterCount": COUNTS[key],
        "firstGradients": summaries(model.trainable_weights, single["gradients"], wide["gradients"]),
        "losses": [loss[0] for loss in losses],
        "losses64": [loss[1] for loss in losses],
        "parameterSum": single["sums"][0],
        "parameterSum64": wide["sums"][0],
        "parameterNorm": single["sums"][1],
        "parameterNorm64": wide["sums"][1],
        "tensors": summaries(model.trainable_weights, single["tensors"], wide["tensors"]),
        "states": summaries(model.non_trainable_weights, single["states"], wide["states"]),
        "logits": numbers(single["logits"]),
        "logits64": [double(x) for x in wide["logits"]],
        "probabilities": numbers(single["probabilities"]),
        "probabilities64": [double(x) for x in wide["probabilities"]],
    }


def file(name, keys, shape):
    runs = [
        run(key, optimizer, shape, 100 if key[0] == "cifar100" else 10)
        for key in keys
        for optimizer in ("Adam", "Nadam")
    ]
    write(name, {"formulas": FORMULAS, "runs": runs})


file("training", [key for key in NETWORKS if key[0] == "fashion-mnist"], (28, 28, 1))
file("training_cifar", [key for key in NETWORKS if key[0] != "fashion-mnist"], (32, 32, 3))
