"""Runs networks that `random-networks export` wrote in Keras, in double and in single precision.

`run(description, tensors, floats)` builds the network of layers, loss and optimizer of Keras's and takes two training steps;
dropouts multiply with the factors that the file gives, as Keras draws others.
"""

import json
import pathlib
import struct

import common  # noqa: F401  (sets the backend up, before Keras is imported)
import keras
import numpy as np
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)


def load(folder, number):
    """The description of a network and its tensors, in float32."""
    description = json.loads((pathlib.Path(folder) / f"{number}.json").read_text())
    description["graph"] = json.loads(description["graph"])
    data = (pathlib.Path(folder) / f"{number}.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    tensors = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name == "__metadata__":
            continue
        low, high = (8 + length + offset for offset in entry["data_offsets"])
        assert entry["dtype"] == "F32"
        tensors[name] = np.frombuffer(data[low:high], "<f4").reshape(entry["shape"])
    return description, tensors


# MARK: Parts


def activation(part):
    kind, configuration = part["type"], part["configuration"]
    if kind == "LeakyReLU":
        slope = np.float32(configuration["negativeSlope"])
        return lambda x: keras.activations.leaky_relu(x, negative_slope=float(slope))
    return getattr(keras.activations, {"ReLU": "relu"}.get(kind, kind.lower()))


def size(value):
    return (value["height"], value["width"])


def layer(part):
    """A layer of Keras's, or None of what is spelt out in `forward`."""
    kind, c = part["type"], part["configuration"]
    if kind == "Dense":
        return keras.layers.Dense(
            c["units"], activation(c["activation"]), use_bias=c["usesBias"]
        )
    if kind == "Conv2D":
        return keras.layers.Conv2D(
            *(c["filters"], size(c["kernel"]), size(c["stride"]), c["padding"]),
            activation=activation(c["activation"]),
            use_bias=c["usesBias"],
        )
    if kind == "MaxPooling2D":
        return keras.layers.MaxPooling2D(size(c["pool"]), size(c["stride"]), c["padding"])
    if kind == "BatchNormalization":
        names = ("axis", "momentum", "epsilon", "center", "scale")
        return keras.layers.BatchNormalization(**{name: c[name] for name in names})
    if kind == "Activation":
        return keras.layers.Activation(activation(c["function"]))
    if kind == "Flatten":
        return keras.layers.Flatten()
    if kind == "Add":
        return keras.layers.Add()
    assert kind == "Dropout", kind
    return None


def loss(part):
    c = part["configuration"]
    if part["type"] == "MeanSquaredError":
        return keras.losses.MeanSquaredError()
    if part["type"] == "CategoricalCrossEntropy":
        return keras.losses.CategoricalCrossentropy(
            from_logits=c["fromLogits"], label_smoothing=c["labelSmoothing"]
        )
    assert part["type"] == "SparseCategoricalCrossEntropy", part
    return keras.losses.SparseCategoricalCrossentropy(from_logits=c["fromLogits"])


def snake(name):
    return "".join("_" + c.lower() if c.isupper() else c for c in name)


def rate(part):
    """A constant or a schedule; the names are Keras's, in Swift's spelling."""
    kind, c = part["type"], dict(part["configuration"])
    if kind == "ConstantRate":
        return np.float64(c["value"])
    if kind == "CosineDecayRestarts":
        c["t_mul"], c["m_mul"] = c.pop("tMul"), c.pop("mMul")
    names = {snake(name): value for name, value in c.items() if value is not None}
    return getattr(keras.optimizers.schedules, kind)(**names)


def optimizer(part, floats):
    c = dict(part["configuration"])
    assert not c.pop("parameterRules", None), part
    names = {"learning_rate": rate(c.pop("learningRate"))}
    for name, value in c.items():
        name = name.replace("beta", "beta_")
        if not isinstance(value, bool):
            # As numpy's, TensorFlow does not round them to float32 on the way to float64.
            value = np.float64(value) if floats == "float64" else float(value)
        names[name] = value
    return getattr(keras.optimizers, part["type"])(**names)


# MARK: The run


class Network:
    def __init__(self, description, tensors, floats):
        keras.config.set_floatx(floats)
        keras.config.set_dtype_policy(floats)
        self.floats = floats
        self.tensors = tensors
        graph = description["graph"]["graph"]
        self.entries = graph["layers"]
        self.layers = [layer(entry["layer"]) for entry in self.entries]
        self.nodes = [(node["layer"], node["inputs"]) for node in graph["nodes"]]
        self.loss = loss(description["loss"])
        self.inputs = tf.constant(tensors["inputs"], floats)
        self.targets = tf.constant(tensors["targets"], floats)
        self.forward(None)
        self.variables = {
            f"{entry['name']}/{variable.name}": variable
            for entry, built in zip(self.entries, self.layers)
            for variable in (built.weights if built is not None else [])
            if variable.name != "seed_generator_state"
        }
        for name, variable in self.variables.items():
            variable.assign(tensors["weights/0/" + name].astype(floats))

    def forward(self, step):
        """The outputs in the training step of a number, or in inference."""
        values = [self.inputs]
        for number, sources in self.nodes:
            entry, built = self.entries[number], self.layers[number]
            inputs = [values[i] for i in sources]
            if built is None:
                factors = self.tensors.get(f"factors/{step}/{entry['name']}")
                scale = 1 if factors is None else tf.constant(factors, self.floats)
                values.append(inputs[0] * scale)
            elif entry["layer"]["type"] == "BatchNormalization":
                values.append(built(inputs[0], training=step is not None))
            else:
                values.append(built(inputs if len(inputs) > 1 else inputs[0]))
        return values[-1]

    def slopes(self, step):
        """The loss of a step and the gradients by name."""
        names = [name for name, v in self.variables.items() if v.trainable]
        variables = [self.variables[name].value for name in names]
        with tf.GradientTape() as tape:
            outputs = self.forward(step)
            # Keras takes a sigmoid's argument for logits of a softmax; the formula takes its value.
            last = self.entries[self.nodes[-1][0]]["layer"]
            isSoftmax = "Softmax" in json.dumps(last)
            value = self.loss(self.targets, outputs if isSoftmax else tf.identity(outputs))
        gradients = tape.gradient(value, variables)
        return float(value), dict(zip(names, gradients))

    def values(self):
        return {name: np.asarray(v.numpy(), np.float64) for name, v in self.variables.items()}


def run(description, tensors, floats, slack=None):
    """Outputs before and after two steps, losses, first gradients, and the weights after each step, as float64.

    Adds `slack`, by name, to the gradients of both steps."""
    network = Network(description, tensors, floats)
    result = {"losses": [], "weights": [], "outputs": [network.forward(None).numpy()]}
    names = [name for name, v in network.variables.items() if v.trainable]
    updater = optimizer(description["optimizer"], floats)
    updater.build([network.variables[name] for name in names])
    for step in range(2):
        value, gradients = network.slopes(step)
        if step == 0:
            result["gradients"] = {
                name: np.asarray(gradient.numpy(), np.float64)
                for name, gradient in gradients.items()
            }
        if slack is not None:
            gradients = {name: gradients[name] + slack[name] for name in names}
        updater.apply(
            [gradients[name] for name in names], [network.variables[name] for name in names]
        )
        result["losses"].append(value)
        result["weights"].append(network.values())
    result["outputs"].append(network.forward(None).numpy())
    return result
