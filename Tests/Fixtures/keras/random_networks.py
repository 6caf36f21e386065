"""Runs networks that `random-networks export` wrote in Keras, in double and in single precision.

`run(description, tensors, floats)` builds the network of layers, losses and optimizer of Keras's and takes two training steps;
layers of noise multiply with the factors that the file gives and add its terms, as Keras draws others, and so do the weights
of attentions. A convolution whose
configuration asks for Winograd's algorithm is computed by it, as Keras on a GPU does: an output's rounding is in proportion to
the largest input of its tile, whatever is multiplied with that, so that single precision by another algorithm tells nothing
about it. Raises `Skipped` of what Keras has not, or computes otherwise.
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


class Skipped(Exception):
    """A network that cannot be compared, and why."""


# MARK: Parts


def activation(part):
    kind, c = part["type"], part["configuration"]
    if kind == "LeakyReLU":
        slope = np.float32(c["negativeSlope"])
        return lambda x: keras.activations.leaky_relu(x, negative_slope=float(slope))
    if kind in ("ELU", "CELU"):
        function, alpha = getattr(keras.activations, kind.lower()), float(np.float32(c["alpha"]))
        return lambda x: function(x, alpha=alpha)
    if kind == "GELU":
        return lambda x: keras.activations.gelu(x, approximate=c["approximate"])
    names = {"HardSwish": "hard_silu", "HardSigmoid": "hard_sigmoid", "LogSoftmax": "log_softmax"}
    return getattr(keras.activations, names.get(kind, kind.lower()))


def size(value):
    return (value["height"], value["width"])


def edges(value):
    return ((value["top"], value["bottom"]), (value["left"], value["right"]))


def factor(value):
    """As numpy's, TensorFlow does not round it to float32 on the way to float64."""
    return np.float64(value) if keras.config.floatx() == "float64" else float(value)


def regularizer(part):
    """A penalty, or None; whether it is on the rows or the columns is a property in Swift."""
    if part is None:
        return None
    c = part["configuration"]
    if part["type"] == "OrthogonalRegularizer":
        return keras.regularizers.OrthogonalRegularizer(factor(c["factor"]), mode=c["mode"])
    assert part["type"] == "L1L2", part
    return keras.regularizers.L1L2(factor(c["l1"]), factor(c["l2"]))


def constraint(part, axes):
    """A projection, or None, with norms over the axes."""
    if part is None:
        return None
    c = part["configuration"]
    if part["type"] == "NonNegative":
        return keras.constraints.NonNeg()
    assert part["type"] == "NormConstraint", part
    return keras.constraints.MinMaxNorm(c["minimum"], c["maximum"], c["rate"], axis=axes)


def terms(c, axes, **names):
    """The penalties and projections of parameters under Keras's names, whose kernels have norms over the axes; names: Keras's
    name of a parameter by the property's. Of a layer with parameters, also the penalty on its outputs."""
    result = {}
    for name, other in ({"kernel": "kernel", "bias": "bias"} | names).items():
        result[f"{other}_regularizer"] = regularizer(c.get(f"{name}Regularizer"))
        result[f"{other}_constraint"] = constraint(c.get(f"{name}Constraint"), axes)
    result["activity_regularizer"] = regularizer(c.get("activityRegularizer"))
    return {name: value for name, value in result.items() if value is not None}


def convolution(c, **names):
    """The arguments that the convolutions share."""
    result = {
        "kernel_size": size(c["kernel"]),
        "strides": size(c["stride"]),
        "padding": c["padding"],
        "activation": activation(c["activation"]),
        "use_bias": c["usesBias"],
    }
    if "dilation" in c:
        result["dilation_rate"] = size(c["dilation"])
    return result | terms(c, [0, 1, 2], **names)


def winograd_matrices():
    """B', G and A' of `winograd_transforms.h`: F(4 x 4, 3 x 3) by its points."""
    points = [0, 5 / 8, -5 / 8, 3 / 2, -3 / 2]
    others = [[y for y in points if y != x] for x in points]
    scales = [np.prod(np.subtract(x, y)) for x, y in zip(points, others)]
    inputs = [[*np.poly(y)[::-1], 0] for y in others] + [np.poly(points)[::-1]]
    kernels = [[x**k / n for k in range(3)] for x, n in zip(points, scales)] + [[0, 0, 1]]
    outputs = [[x**k for k in range(4)] for x in points] + [[0, 0, 0, 1]]
    return np.array(inputs), np.array(kernels), np.transpose(outputs)


class WinogradConv2D(keras.layers.Conv2D):
    """A convolution of 3 x 3 with stride 1 by Winograd's algorithm."""

    def convolution_op(self, x, kernel):
        border = int(self.padding == "same")
        height, width = x.shape[1] + 2 * border - 2, x.shape[2] + 2 * border - 2
        rows, columns = -(-height // 4), -(-width // 4)
        bottom = 4 * rows + 2 - x.shape[1] - border
        right = 4 * columns + 2 - x.shape[2] - border
        x = tf.pad(x, [[0, 0], [border, bottom], [border, right], [0, 0]])
        tiles = tf.stack(
            [
                tf.stack([x[:, i : i + 4 * rows : 4, j : j + 4 * columns : 4] for j in range(6)])
                for i in range(6)
            ]
        )
        b, g, a = (tf.constant(matrix, x.dtype) for matrix in winograd_matrices())
        inputs = tf.einsum("pi,qj,ijnrsc->pqnrsc", b, b, tiles)
        kernels = tf.einsum("pi,qj,ijcf->pqcf", g, g, kernel)
        products = tf.einsum("pqnrsc,pqcf->pqnrsf", inputs, kernels)
        y = tf.einsum("ip,jq,pqnrsf->nrisjf", a, a, products)
        y = tf.reshape(y, [-1, 4 * rows, 4 * columns, self.filters])
        return y[:, :height, :width]


def settings(c, *names):
    """Arguments under Keras's names from properties of the same names in Swift's spelling."""
    return {snake(name): c[name] for name in names if name in c}


def normalization(kind, c):
    names = settings(c, "momentum", "epsilon", "center", "scale", "groups")
    axis = c.get("axes", c.get("axis"))
    if isinstance(axis, list) and len(axis) == 1:
        (axis,) = axis
    return getattr(keras.layers, kind)(axis=axis, **names)


class ClassToken(keras.layers.Layer):
    """A vector before each sequence."""

    def build(self, shape):
        self.token = self.add_weight(shape=shape[2:], name="token")

    def call(self, x):
        first = tf.broadcast_to(self.token, [tf.shape(x)[0], 1, x.shape[2]])
        return tf.concat([first, x], axis=1)


class PositionEmbedding(keras.layers.Layer):
    """x plus Keras's embedding of 0, 1, ..."""

    def build(self, shape):
        self.embeddings = self.add_weight(shape=shape[1:], name="embeddings")

    def call(self, x):
        return x + self.embeddings


# Layers that multiply by random factors, or add random terms, and that Keras draws otherwise.
NOISE = ["Dropout", "SpatialDropout2D", "GaussianDropout", "GaussianNoise", "StochasticDepth"]
MERGING = ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"]
NORMALIZATIONS = [
    "BatchNormalization", "LayerNormalization", "GroupNormalization", "UnitNormalization",
]


def layer(part):
    """A layer of Keras's, or None of what is spelt out in `forward`."""
    kind, c = part["type"], part["configuration"]
    if kind in NOISE:
        return None
    if kind in ["Flatten", *MERGING]:
        return getattr(keras.layers, kind)()
    if kind in NORMALIZATIONS:
        return normalization(kind, c)
    if kind == "RMSNormalization":
        return keras.layers.RMSNormalization(axis=c["axis"], epsilon=c["epsilon"])
    if kind == "Dense":
        return keras.layers.Dense(
            c["units"], activation(c["activation"]), use_bias=c["usesBias"], **terms(c, [0])
        )
    if kind == "Conv2D":
        # In double precision the algorithms do not differ.
        kind = WinogradConv2D if c["algorithm"] == "winograd" else keras.layers.Conv2D
        return kind(c["filters"], groups=c.get("groups", 1), **convolution(c))
    if kind == "DepthwiseConv2D":
        return keras.layers.DepthwiseConv2D(
            depth_multiplier=c["depthMultiplier"], **convolution(c, kernel="depthwise")
        )
    if kind == "SeparableConv2D":
        names = {"depthwise": "depthwise", "pointwise": "pointwise"}
        return keras.layers.SeparableConv2D(
            c["filters"], depth_multiplier=c["depthMultiplier"], **convolution(c, **names)
        )
    if kind == "Conv2DTranspose":
        extra = c.get("outputPadding")
        return keras.layers.Conv2DTranspose(
            c["filters"], output_padding=extra and size(extra), **convolution(c)
        )
    if kind in ["MaxPooling2D", "AveragePooling2D"]:
        return getattr(keras.layers, kind)(size(c["pool"]), size(c["stride"]), c["padding"])
    if kind.startswith("Global"):
        return getattr(keras.layers, kind)(keepdims=c["keepDims"])
    if kind == "Activation":
        return keras.layers.Activation(activation(c["function"]))
    if kind == "PReLU":
        return keras.layers.PReLU(shared_axes=c["sharedAxes"] or None)
    if kind == "ZeroPadding2D":
        return keras.layers.ZeroPadding2D(edges(c["padding"]))
    if kind == "Cropping2D":
        return keras.layers.Cropping2D(edges(c["cropping"]))
    if kind == "UpSampling2D":
        return keras.layers.UpSampling2D(size(c["size"]), interpolation=c["interpolation"])
    if kind == "Reshape":
        return keras.layers.Reshape(c["shape"])
    if kind == "Permute":
        return keras.layers.Permute(c["axes"])
    if kind == "RepeatVector":
        return keras.layers.RepeatVector(c["count"])
    if kind == "Concatenate":
        return keras.layers.Concatenate(axis=c["axis"])
    if kind == "Rescaling":
        return keras.layers.Rescaling(c["scale"], c["offset"])
    if kind == "Normalization":
        return keras.layers.Normalization(
            axis=c["axis"], mean=np.float64(c["mean"]), variance=np.float64(c["variance"])
        )
    if kind == "Embedding":
        names = terms(c, [0], embeddings="embeddings")
        return keras.layers.Embedding(c["inputDim"], c["outputDim"], **names)
    if kind == "PositionEmbedding":
        return PositionEmbedding()
    if kind == "ClassToken":
        return ClassToken()
    if kind == "Dot":
        return keras.layers.Dot(axes=c["axes"])
    if kind == "ActivityRegularization":
        return keras.layers.ActivityRegularization(factor(c["l1"]), factor(c["l2"]))
    if kind != "MultiHeadAttention":
        raise Skipped(f"Keras has no {kind}")
    output = c.get("outputDim")
    names = terms(c, [0, 1])
    if "activity_regularizer" in names:
        raise Skipped("Keras penalizes the projections of an attention, not its output alone")
    return keras.layers.MultiHeadAttention(
        c["heads"], c["keyDim"], value_dim=c["valueDim"], use_bias=c["usesBias"],
        output_shape=output and (output,), dropout=c["dropout"], **names,
    )


def name_of(variable):
    """The name within the layer: kernel, or query/kernel of a layer in it."""
    return variable.path.split("/", 1)[1] if "/" in variable.path else variable.name


def loss(part, reduction="sum_over_batch_size"):
    kind, c = part["type"], part["configuration"]
    if kind == "SummedLoss":
        return loss(c["base"], "sum")
    names = settings(
        c, "fromLogits", "labelSmoothing", "delta", "axis", "alpha", "gamma", "applyClassBalancing"
    )
    if kind == "SparseCategoricalCrossEntropy":
        assert names.pop("label_smoothing") == 0
    if kind == "Distillation":
        raise Skipped("Keras has no loss of distillation")
    kind = kind.replace("CrossEntropy", "Crossentropy")
    return getattr(keras.losses, kind)(reduction=reduction, **names)


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


CLIPPING = {"value": "clipvalue", "norm": "clipnorm", "globalNorm": "global_clipnorm"}
MUON = {
    "newtonSchulzSteps": "ns_steps", "rootMeanSquareRate": "rms_rate",
    "excludedNames": "exclude_layers", "excludesEmbeddings": "exclude_embeddings",
    "adamRateRatio": "adam_lr_ratio",
}


def optimizer(part, floats, variables):
    """An optimizer of variables, not yet built."""
    c = dict(part["configuration"])
    assert not c.pop("parameterRules", None), part
    if part["type"] == "Muon" and c["learningRate"]["type"] != "ConstantRate":
        raise Skipped("Keras's Muon fails with a schedule in double precision")
    names = {"learning_rate": rate(c.pop("learningRate"))}
    for kind, bound in c.pop("clipping", {}).items():
        c[CLIPPING[kind]] = bound["_0"]
    if part["type"] == "LARS":
        raise Skipped("Keras has no LARS")
    if c.pop("flattensKernels", False) and any(len(v.shape) > 2 for v in variables):
        raise Skipped("Keras's Muon does not update kernels of convolutions as matrices")
    if part["type"] == "Muon":
        c = {MUON.get(name, name): value for name, value in c.items()}
    for name, value in c.items():
        name = snake(name).replace("beta", "beta_")
        if name == "momentum":
            value = float(value)  # 0 is an integer in JSON.
        if floats == "float64" and isinstance(value, float):
            # As numpy's, TensorFlow does not round them to float32 on the way to float64.
            value = np.float64(value)
        names[name] = value
    return getattr(keras.optimizers, {"LAMB": "Lamb"}.get(part["type"], part["type"]))(**names)


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
        self.outputs = graph["outputs"]
        self.losses = [loss(part) for part in description["losses"]]
        self.weights = description["lossWeights"]
        self.inputs = self.constants("inputs", len(graph["inputs"]))
        self.targets = self.constants("targets", len(self.losses))
        self.forward(None)
        self.variables = {
            f"{entry['name']}/{name_of(variable)}": variable
            for entry, built in zip(self.entries, self.layers)
            for variable in (built.weights if built is not None else [])
            if "seed_generator_state" not in variable.path
            # Constants of Normalization.
            and variable.name not in ("mean", "variance", "count")
        }
        for built in self.layers:
            penalty = getattr(built, "kernel_regularizer", None)
            if isinstance(penalty, keras.regularizers.OrthogonalRegularizer):
                if built.kernel.shape[0 if penalty.mode == "rows" else 1] == 1:
                    raise Skipped("Keras divides by the pairs of a single vector, which are none")
        for name, variable in self.variables.items():
            variable.assign(tensors["weights/0/" + name].astype(floats))

    def constants(self, kind, count):
        values = [self.tensors[f"{kind}/{index}"] for index in range(count)]
        return [tf.constant(value, self.floats) for value in values]

    def attention(self, built, step, name, *inputs, **options):
        """An attention whose weights are multiplied with the factors of a step."""
        factors = self.tensors.get(f"factors/{step}/{name}", np.ones(1))
        if not built.built:
            built.build(*(x.shape for x in inputs))
        built._dropout_layer = lambda weights, training=None: weights * tf.constant(
            factors, self.floats
        )
        return built(*inputs, **options)

    def forward(self, step):
        """The outputs in the training step of a number, or in inference."""
        values = list(self.inputs)
        for number, sources in self.nodes:
            entry, built = self.entries[number], self.layers[number]
            inputs = [values[i] for i in sources]
            kind, c = entry["layer"]["type"], entry["layer"]["configuration"]
            if built is None:
                factors = self.tensors.get(f"factors/{step}/{entry['name']}", np.ones(1))
                terms = self.tensors.get(f"terms/{step}/{entry['name']}", np.zeros(1))
                values.append(
                    inputs[0] * tf.constant(factors, self.floats) + tf.constant(terms, self.floats)
                )
            elif kind == "BatchNormalization":
                values.append(built(inputs[0], training=step is not None))
            elif kind == "MultiHeadAttention":
                query, value, key = (inputs + inputs[-1:] * 2)[:3]
                mask = c["usesCausalMask"]
                # Keras's einsum on TensorFlow confuses the axes.
                if 1 in (c["keyDim"], c["valueDim"]) and c["heads"] > 1:
                    if c["heads"] in (query.shape[1], key.shape[1]):
                        raise Skipped("Keras fails at heads of one number, as many as steps")
                values.append(
                    self.attention(
                        built, step, entry["name"], query, value, key, use_causal_mask=mask
                    )
                )
            else:
                values.append(built(inputs if len(inputs) > 1 else inputs[0]))
        return [values[i] for i in self.outputs]

    def value(self, index, output):
        """The loss of an output."""
        loss = self.losses[index]
        # Keras takes a sigmoid's argument for logits of a softmax; the formula takes its value.
        number, _ = self.nodes[self.outputs[index] - len(self.inputs)]
        last = self.entries[number]["layer"]
        isBinary = isinstance(
            loss, (keras.losses.BinaryCrossentropy, keras.losses.BinaryFocalCrossentropy)
        )
        isRow = isBinary or '"type": "Softmax"' in json.dumps(last)
        clipping = (keras.losses.KLDivergence, keras.losses.CategoricalFocalCrossentropy)
        takesLogits = getattr(loss, "from_logits", False)
        if isinstance(loss, clipping) and (isRow or takesLogits):
            probabilities = tf.nn.softmax(output) if takesLogits else output
            if np.min(probabilities.numpy()) < keras.config.epsilon():
                raise Skipped("Keras clips a softmax before the loss, which takes its logits here")
        return loss(self.targets[index], output if isRow else tf.identity(output))

    def slopes(self, step):
        """The loss of a step, penalties included, and the gradients by name."""
        names = [name for name, v in self.variables.items() if v.trainable]
        variables = [self.variables[name].value for name in names]
        with tf.GradientTape() as tape:
            value = sum(
                weight * self.value(index, output)
                for index, (weight, output) in enumerate(zip(self.weights, self.forward(step)))
            )
            for built in self.layers:
                if built is not None and built.losses:
                    value += sum(built.losses)
        gradients = tape.gradient(value, variables)
        # IndexedSlices, of embeddings.
        gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
        return float(value), dict(zip(names, gradients))

    def predict(self):
        return [output.numpy() for output in self.forward(None)]

    def values(self):
        return {name: np.asarray(v.numpy(), np.float64) for name, v in self.variables.items()}


def run(description, tensors, floats, slack=None):
    """Outputs before and after two steps, losses, first gradients, and the weights after each step, as float64.

    Adds `slack`, by name, to the gradients of both steps."""
    network = Network(description, tensors, floats)
    result = {"losses": [], "weights": [], "outputs": [network.predict()]}
    names = [name for name, v in network.variables.items() if v.trainable]
    variables = [network.variables[name] for name in names]
    updater = optimizer(description["optimizer"], floats, variables)
    updater.build(variables)
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
    result["outputs"].append(network.predict())
    return result
