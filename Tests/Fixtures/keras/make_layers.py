"""Writes layers.json: outputs, gradients and states of single layers.

The file is an array of cases:
  name             unique
  layer            Keras's name of the class
  config           the layer's arguments under Keras's names; sizes always as [height, width].
                   "activation" is a name; beside leaky_relu stands its "negative_slope".
  training         whether the layer was called with training=True
  calls            how often it was called on the same inputs; all but the output and
                   the state after the last call are those of the first as well
  inputs           [tensor]
  weights          [{"name", "shape", "data"}], trainable or not, before the first call
  output           tensor
  upstream         tensor: the gradient of the loss with respect to the output
  inputGradients   [tensor]: gradients of sum(output * upstream)
  weightGradients  [{"name", "shape", "data"}] of the trainable weights
  stateAfter       [{"name", "shape", "data"}] of the non-trainable weights after the last call

Inputs, weights and upstreams are random numbers of three decimals, rounded to float32. Keras
computes in float64 on them, so that a test measures Pinion's rounding errors and not the sum of two;
the script also checks that Keras's float32 agrees.
"""

from common import singles, tensor, write
import keras
import numpy as np
import tensorflow as tf

random = np.random.default_rng(20240607)
cases = []


def values(shape, scale=1.0):
    drawn = np.round(random.normal(0, scale, shape), 3)
    drawn[drawn == 0] = 0.001
    return singles(drawn)


def distinct(shape, low, high):
    """Different numbers, so that no pooling window has two maxima."""
    count = int(np.prod(shape))
    spaced = np.round(low + (high - low) * (np.arange(count) + 0.5) / count, 4)
    assert len(set(spaced)) == count
    return singles(random.permutation(spaced).reshape(shape))


def activation_of(config):
    if config["activation"] == "leaky_relu":
        slope = config["negative_slope"]
        return lambda x: keras.activations.leaky_relu(x, negative_slope=slope)
    return config["activation"]


def build(kind, config, dtype):
    arguments = dict(config, dtype=dtype)
    if "activation" in config:
        arguments["activation"] = activation_of(config)
        arguments.pop("negative_slope", None)
    arguments.pop("use_causal_mask", None)
    return getattr(keras.layers, kind)(**arguments)


MERGING = ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot"]


def name_of(variable):
    """The name within the layer: kernel, or query/kernel of a layer in it."""
    return variable.path.split("/", 1)[1] if "/" in variable.path else variable.name


def dense_gradient(gradient, of):
    return np.zeros(of.shape) if gradient is None else tf.convert_to_tensor(gradient).numpy()


def evaluate(kind, config, inputs, weights, upstream, training, calls, dtype):
    layer = build(kind, config, dtype)
    given = [tf.constant(x, dtype) for x in inputs]
    arguments = {"training": training}
    if kind == "MultiHeadAttention":
        arguments["use_causal_mask"] = config.get("use_causal_mask", False)
        positional = given if len(given) > 1 else given * 2
        layer.build(*[x.shape for x in positional])
    else:
        positional = [given if kind in MERGING else given[0]]
        shapes = [tuple(x.shape) for x in given]
        layer.build(shapes if kind in MERGING else shapes[0])
    for variable in layer.weights:
        variable.assign(weights[name_of(variable)])
    for _ in range(calls):
        with tf.GradientTape() as tape:
            tape.watch(given)
            output = layer(*positional, **arguments)
            if upstream is None:
                return output.numpy()
            loss = tf.reduce_sum(output * tf.constant(upstream, dtype))
    trainable = layer.trainable_weights
    gradients = tape.gradient(loss, given + [v.value for v in trainable])
    return {
        "output": output.numpy(),
        # None, of numbers that are indices.
        "inputs": [dense_gradient(g, x) for g, x in zip(gradients, given)],
        "weights": {
            name_of(v): dense_gradient(g, v)
            for v, g in zip(trainable, gradients[len(given) :])
        },
        "state": {name_of(v): v.numpy() for v in layer.non_trainable_weights},
    }


def named(arrays):
    return [{"name": name, **tensor(array)} for name, array in arrays.items()]


def agree(double, single):
    scale = max(1.0, np.abs(double).max())
    assert np.abs(double - single).max() < 2e-5 * scale, "float32 disagrees"


def near_kink(kind, config, inputs, weights):
    """Whether rounding could move an element across the kink of a rectifier."""
    if "relu" not in config.get("activation", ""):
        return False
    linear = dict(config, activation="linear")
    output = evaluate(kind, linear, inputs, weights, None, False, 1, "float64")
    return np.abs(output).min() < 1e-5


def case(name, kind, config, draw_inputs, weights=None, training=False, calls=1):
    while True:
        inputs = draw_inputs()
        shapes = weights(inputs) if weights else {}
        drawn = {
            key: np.abs(values(shape)) + 0.5
            if key in ("gamma", "moving_variance")
            else values(shape, 1 / np.sqrt(max(1, np.prod(shape[:-1]))))
            for key, shape in shapes.items()
        }
        if not near_kink(kind, config, inputs, drawn):
            break
    drawn = {key: singles(array) for key, array in drawn.items()}
    first = evaluate(kind, config, inputs, drawn, None, training, 1, "float64")
    upstream = values(first.shape)
    arguments = (kind, config, inputs, drawn, upstream, training, calls)
    result = evaluate(*arguments, "float64")
    single = evaluate(*arguments, "float32")
    agree(result["output"], single["output"])
    for double_gradient, single_gradient in zip(result["inputs"], single["inputs"]):
        agree(double_gradient, single_gradient)
    for key in result["weights"]:
        agree(result["weights"][key], single["weights"][key])
    assert name not in [known["name"] for known in cases]
    cases.append(
        {
            "name": name,
            "layer": kind,
            "config": config,
            "training": training,
            "calls": calls,
            "inputs": [tensor(x) for x in inputs],
            "weights": named(drawn),
            "output": tensor(result["output"]),
            "upstream": tensor(upstream),
            "inputGradients": [tensor(g) for g in result["inputs"]],
            "weightGradients": named(result["weights"]),
            "stateAfter": named(result["state"]),
        }
    )


ACTIVATIONS = [
    {"activation": "linear"},
    {"activation": "relu"},
    {"activation": "leaky_relu", "negative_slope": 0.2},
    {"activation": "leaky_relu", "negative_slope": 0.3},
    {"activation": "tanh"},
    {"activation": "sigmoid"},
    {"activation": "softmax"},
]


def label(activation):
    slope = activation.get("negative_slope")
    return activation["activation"] + (f" {slope}" if slope else "")


def dense(units, shape, activation, use_bias=True):
    config = {"units": units, "use_bias": use_bias, **activation}

    def weights(inputs):
        kernel = {"kernel": (shape[-1], units)}
        return {**kernel, "bias": (units,)} if use_bias else kernel

    name = f"dense {shape}->{units} {label(activation)}{'' if use_bias else ' no bias'}"
    case(name, "Dense", config, lambda: [values(shape)], weights)


def conv(shape, filters, kernel, strides=(1, 1), padding="same", activation="linear", use_bias=True):
    config = {
        "filters": filters,
        "kernel_size": list(kernel),
        "strides": list(strides),
        "padding": padding,
        "use_bias": use_bias,
        "activation": activation,
    }

    def weights(inputs):
        result = {"kernel": (*kernel, shape[-1], filters)}
        return {**result, "bias": (filters,)} if use_bias else result

    name = (
        f"conv {shape}->{filters} kernel {kernel} strides {strides} {padding} {activation}"
        f"{'' if use_bias else ' no bias'}"
    )
    case(name, "Conv2D", config, lambda: [values(shape)], weights)


def pool(shape, size, strides, padding, low=-1.0, high=1.0):
    config = {
        "pool_size": list(size),
        "strides": list(strides) if strides else None,
        "padding": padding,
    }
    name = f"pool {shape} size {size} strides {strides} {padding} values {low}...{high}"
    case(name, "MaxPooling2D", config, lambda: [distinct(shape, low, high)])


def batch_normalization(shape, axis, training, calls=1, **other):
    config = {
        "axis": axis,
        "momentum": 0.99,
        "epsilon": 1e-3,
        "center": True,
        "scale": True,
        **other,
    }

    def weights(inputs):
        size = (shape[axis],)
        result = {}
        if config["scale"]:
            result["gamma"] = size
        if config["center"]:
            result["beta"] = size
        return {**result, "moving_mean": size, "moving_variance": size}

    options = " ".join(f"{key} {value}" for key, value in other.items())
    mode = f"training x{calls}" if training else "inference"
    name = f"batch normalization {shape} axis {axis} {mode} {options}".strip()
    case(name, "BatchNormalization", config, lambda: [values(shape) + 0.5], weights, training, calls)


for activation in ACTIVATIONS:
    dense(5, (3, 7), activation)
dense(4, (1, 1), {"activation": "linear"})
dense(1, (2, 9), {"activation": "relu"}, use_bias=False)
dense(10, (33, 6), {"activation": "softmax"})

ONE = (1, 1)
for shape, filters, kernel, strides, padding in [
    ((2, 5, 7, 3), 4, (3, 3), ONE, "same"),
    ((2, 5, 7, 3), 4, (3, 3), ONE, "valid"),
    ((2, 5, 7, 3), 4, (3, 3), (2, 2), "same"),
    ((2, 5, 7, 3), 4, (3, 3), (2, 2), "valid"),
    ((2, 6, 8, 3), 2, (3, 3), (2, 2), "same"),
    ((2, 5, 7, 3), 2, (3, 3), (1, 2), "same"),
    ((2, 5, 7, 3), 2, (3, 3), (1, 2), "valid"),
    ((3, 4, 4, 1), 3, (1, 1), ONE, "same"),
    ((3, 4, 5, 7), 3, (1, 1), (2, 2), "valid"),
    ((1, 5, 6, 3), 2, (2, 2), ONE, "same"),
    ((1, 5, 6, 3), 2, (2, 2), ONE, "valid"),
    ((2, 5, 7, 1), 2, (2, 2), (2, 2), "same"),
    ((1, 4, 6, 3), 2, (4, 4), ONE, "same"),
    ((1, 7, 6, 1), 2, (4, 2), (2, 1), "same"),
    ((1, 7, 6, 1), 3, (5, 5), ONE, "same"),
    ((2, 7, 6, 1), 3, (5, 5), ONE, "valid"),
    ((1, 7, 9, 1), 3, (5, 5), (2, 2), "same"),
    ((2, 5, 7, 3), 2, (3, 2), ONE, "same"),
    ((2, 5, 7, 3), 2, (3, 2), (1, 2), "valid"),
    ((1, 4, 5, 7), 5, (3, 3), ONE, "same"),
    ((1, 4, 4, 16), 3, (3, 3), ONE, "same"),
    ((1, 5, 5, 16), 2, (2, 2), ONE, "valid"),
    ((1, 4, 5, 3), 16, (3, 3), ONE, "same"),
    ((1, 2, 2, 3), 2, (5, 5), ONE, "same"),
    ((2, 1, 1, 3), 2, (3, 3), ONE, "same"),
]:
    conv(shape, filters, kernel, strides, padding)
conv((2, 5, 7, 3), 3, (3, 3), activation="relu")
conv((2, 5, 7, 3), 3, (3, 3), (2, 2), "valid", activation="relu")
conv((2, 5, 4, 3), 3, (3, 3), activation="tanh")
conv((2, 5, 4, 3), 3, (2, 2), activation="relu", use_bias=False)
conv((3, 4, 4, 1), 2, (3, 3), use_bias=False)

for size, strides in [
    ((2, 2), None),
    ((2, 2), (1, 1)),
    ((2, 2), (2, 2)),
    ((3, 3), None),
    ((3, 3), (1, 1)),
    ((3, 3), (2, 2)),
    ((2, 3), None),
    ((2, 3), (1, 1)),
    ((2, 3), (2, 2)),
]:
    for padding in ["valid", "same"]:
        pool((2, 5, 7, 3), size, strides, padding)
pool((1, 7, 7, 2), (2, 2), None, "same", -2.0, -1.0)
pool((1, 4, 5, 1), (3, 3), (2, 2), "same", -2.0, -1.0)
pool((3, 4, 6, 1), (2, 2), None, "valid", -2.0, -1.0)
pool((1, 7, 5, 16), (2, 2), None, "same")

case("flatten (2, 3, 4, 5)", "Flatten", {}, lambda: [values((2, 3, 4, 5))])
case("flatten (3, 7)", "Flatten", {}, lambda: [values((3, 7))])
for rate, training in [(0.0, True), (0.0, False), (0.5, False)]:
    mode = "training" if training else "inference"
    case(
        f"dropout {rate} {mode}",
        "Dropout",
        {"rate": rate},
        lambda: [values((2, 3, 4))],
        training=training,
    )

for axis in [1, 2, 3, -1]:
    for training in [True, False]:
        batch_normalization((2, 5, 4, 3), axis, training)
    batch_normalization((2, 5, 4, 3), axis, True, calls=3, momentum=0.9, epsilon=1e-5)
for training in [True, False]:
    batch_normalization((5, 7), -1, training)
    for center, scale in [(False, True), (True, False), (False, False)]:
        batch_normalization((2, 3, 4, 3), 1, training, center=center, scale=scale)
        batch_normalization((5, 4), -1, training, center=center, scale=scale)
batch_normalization((5, 7), -1, True, calls=3, momentum=0.8, epsilon=0.01)
batch_normalization((33, 3), -1, True, momentum=0.5, epsilon=1e-4)

for activation in ACTIVATIONS:
    case(f"activation {label(activation)}", "Activation", activation, lambda: [values((3, 2, 5), 2)])

for count in [2, 3]:
    case(f"add {count}", "Add", {}, lambda: [values((2, 3, 4)) for _ in range(count)])

def plain(kind, shapes, draw=values, **config):
    """A layer without weights."""
    options = " ".join(f"{key} {value}" for key, value in config.items())
    name = f"{kind} {' '.join(map(str, shapes))} {options}".strip()
    case(name, kind, config, lambda: [draw(shape) for shape in shapes])


for size, strides, padding in [
    ([2, 2], None, "valid"),
    ([2, 2], None, "same"),
    ([3, 3], [1, 1], "same"),
    ([3, 3], [2, 2], "same"),
    ([2, 3], [2, 1], "valid"),
    ([5, 7], None, "valid"),
]:
    shape = (2, 5, 7, 3)
    plain("AveragePooling2D", [shape], pool_size=size, strides=strides, padding=padding)
for kind, shape in [("2D", (2, 3, 4, 5)), ("2D", (1, 1, 1, 7)), ("1D", (3, 6, 4))]:
    for keepdims in [False, True]:
        plain(f"GlobalAveragePooling{kind}", [shape], keepdims=keepdims)
        plain(f"GlobalMaxPooling{kind}", [shape], keepdims=keepdims)
# Equal largest values, as behind a rectifier.
plain("GlobalMaxPooling2D", [(2, 4, 4, 3)], draw=lambda shape: np.maximum(0, values(shape) - 1))

for edges in [[[1, 1], [1, 1]], [[0, 2], [1, 0]], [[3, 0], [0, 0]]]:
    plain("ZeroPadding2D", [(2, 4, 5, 3)], padding=edges)
    plain("Cropping2D", [(2, 4, 5, 3)], cropping=edges)
for shape in [(2, 3, 4, 3), (1, 1, 5, 2), (1, 1, 1, 1)]:
    for size in [[2, 2], [3, 1], [2, 5], [1, 1]]:
        for interpolation in ["nearest", "bilinear"]:
            plain("UpSampling2D", [shape], size=size, interpolation=interpolation)
for target in [[12, 5], [-1], [3, -1, 2], [1, 60]]:
    plain("Reshape", [(2, 3, 4, 5)], target_shape=target)
for dims in [[1, 2, 3], [2, 1, 3], [3, 1, 2], [1, 3, 2], [3, 2, 1], [2, 3, 1]]:
    plain("Permute", [(2, 3, 4, 5)], dims=dims)
plain("Permute", [(2, 3, 4)], dims=[2, 1])
plain("RepeatVector", [(3, 4)], n=5)

for shapes in [
    [(2, 3, 4, 5), (2, 3, 4, 5)],
    [(2, 3, 4, 5), (2, 1, 1, 5)],
    [(2, 1, 4, 1), (2, 3, 1, 5)],
    [(2, 3, 4, 5), (2, 3, 4, 1)],
    [(2, 5), (2, 3, 4, 5)],
]:
    for kind in ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"]:
        plain(kind, shapes)
for kind in ["Multiply", "Average", "Maximum", "Minimum"]:
    plain(kind, [(2, 3, 4), (2, 3, 1), (2, 3, 4), (2, 1, 4)])
for axis, other in [(-1, (2, 3, 4, 2)), (3, (2, 3, 4, 1)), (1, (2, 2, 4, 5)), (2, (2, 3, 7, 5))]:
    plain("Concatenate", [(2, 3, 4, 5), other, (2, 3, 4, 5)], axis=axis)

for tokens in [(3, 4), (2, 2, 3)]:
    case(
        f"embedding {tokens}",
        "Embedding",
        {"input_dim": 5, "output_dim": 3},
        lambda: [random.integers(0, 5, tokens).astype(float)],
        lambda inputs: {"embeddings": (5, 3)},
    )


def attention(shapes, heads, key_dim, **config):
    config = {"num_heads": heads, "key_dim": key_dim, **config}

    def weights(inputs):
        value_dim = config.get("value_dim") or key_dim
        query, value, key = [shape[-1] for shape in ([*shapes] + [shapes[-1]] * 2)[:3]]
        out = config.get("output_shape") or query
        result = {
            "query/kernel": (query, heads, key_dim),
            "query/bias": (heads, key_dim),
            "key/kernel": (key, heads, key_dim),
            "key/bias": (heads, key_dim),
            "value/kernel": (value, heads, value_dim),
            "value/bias": (heads, value_dim),
            "attention_output/kernel": (heads, value_dim, out),
            "attention_output/bias": (out,),
        }
        bias = config.get("use_bias", True)
        return {k: v for k, v in result.items() if bias or k.endswith("kernel")}

    options = " ".join(f"{key} {value}" for key, value in config.items())
    name = f"attention {' '.join(map(str, shapes))} {options}"
    case(name, "MultiHeadAttention", config, lambda: [values(s) for s in shapes], weights)


attention([(2, 5, 6)], 2, 3)
attention([(3, 4, 5)], 3, 2, use_bias=False)
attention([(2, 5, 6)], 2, 3, value_dim=4, use_causal_mask=True)
attention([(1, 1, 4)], 1, 4, output_shape=3)
attention([(2, 5, 6), (2, 3, 4)], 2, 3)
attention([(2, 3, 6), (2, 5, 4), (2, 5, 7)], 2, 3, value_dim=5, output_shape=8)
attention([(2, 3, 6), (2, 3, 4), (2, 3, 4)], 2, 2, use_causal_mask=True)

for axes, shapes in [
    ([1, 1], [(3, 5), (3, 5)]),
    ([2, 2], [(2, 4, 3), (2, 2, 3)]),
    ([1, 2], [(2, 3, 4), (2, 2, 3)]),
    ([3, 1], [(2, 2, 4, 3), (2, 3, 2)]),
]:
    plain("Dot", shapes, axes=axes)

write("layers", cases)
