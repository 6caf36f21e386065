"""Writes optimizers.json, optimizer_tensors.json and schedules.json: steps of the update rules, and
learning rates.

optimizers.json is an object:
  initial      [13 numbers]: the parameters before the first step
  gradients    [20 x [13 numbers]]: those of each step, the same in all cases
  cases        an array of
    name          unique
    optimizer     the class in Keras
    config        its arguments under Keras's names, without the learning rate
    learningRate  {"type", "config"}: "Constant" with "value", or a schedule with its arguments under Keras's names
    parameters    [20 x [13 numbers]]: after each step, in float32
    parameters64  the same, everything in float64
    rates64       [20 numbers]: the learning rate of each step, in float64

In float32 Keras computes also 1 - beta_2^t in float32, which is off by 1e-5 of itself at the first
steps; parameters64 are the formula's values.

optimizer_tensors.json holds steps that look at a parameter as a whole or at its name:
  variables    an array of {"name", "role", "shape"}; their numbers follow each other in what follows
  initial      the parameters before the first step
  gradients    [7 x]: those of each step
  cases        an array of
    name, optimizer, config   as above, config with the arguments of the base class
    learningRate              a number
    excluded     names whose variables have no weight decay
    flattened    whether conv/kernel is a matrix of (height * width * in, out)
    parameters64 [7 x]: after each step, in float64
    average64    the moving average after the last step; null without one

schedules.json is an array of cases:
  name      unique
  schedule  {"type", "config"} as above
  rates     [51 numbers]: at steps 0 ... 50, in float32
  rates64   in float64
"""

import inspect

from common import double, number, numbers, singles, write
import keras
import numpy as np
import tensorflow as tf

STEPS = 20
SIZE = 13

random = np.random.default_rng(2718)
initial = singles(np.round(random.normal(0, 1, SIZE), 3))
gradients = singles(np.round(random.normal(0, 0.5, (STEPS, SIZE)), 3))
# Where epsilon matters: gradients that are zero, now and then or always, or tiny, or huge.
gradients[::3, 1] = 0
gradients[:, 2] = 0
gradients[:, 3] = singles(gradients[:, 3] * 1e-6)
gradients[:, 4] = singles(gradients[:, 4] * 1e4)
gradients[:, 5] = 0.25


def with_floats(floats, compute):
    keras.config.set_floatx(floats)
    return compute()


def exact(value):
    """The value with its floats as numpy's, which TensorFlow does not round to float32 on the way to float64."""
    if isinstance(value, dict):
        return {key: exact(element) for key, element in value.items()}
    if isinstance(value, list):
        return [exact(element) for element in value]
    return np.float64(value) if isinstance(value, float) else value


def schedule(kind, config):
    if kind == "Constant":
        return config["value"]
    return getattr(keras.optimizers.schedules, kind)(**config)


def defaults(kind):
    """The floats among the defaults of a class."""
    arguments = inspect.signature(getattr(keras.optimizers, kind).__init__).parameters
    return {
        name: argument.default
        for name, argument in arguments.items()
        if isinstance(argument.default, float) and name != "learning_rate"
    }


def train(kind, config, rate_kind, rate_config):
    floats = keras.config.floatx()
    if floats == "float64":
        # With these the betas are always arguments, and so exact.
        config, rate_config = exact({**defaults(kind), **config}), exact(rate_config)
    rate = schedule(rate_kind, rate_config)
    optimizer = getattr(keras.optimizers, kind)(learning_rate=rate, **config)
    variable = keras.Variable(initial, dtype=floats)
    rates, parameters = [], []
    for gradient in gradients:
        rates.append(float(optimizer.learning_rate))
        optimizer.apply([tf.constant(gradient, floats)], [variable])
        parameters.append(variable.numpy().copy())
    return parameters, rates


RULES = [
    ("SGD", {}, 0.01),
    ("SGD", {"momentum": 0.9}, 0.01),
    ("SGD", {"momentum": 0.9, "nesterov": True}, 0.01),
    ("SGD", {"momentum": 0.5, "nesterov": True}, 0.1),
    ("Adam", {}, 0.001),
    ("Adam", {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}, 0.01),
    ("Adam", {"amsgrad": True}, 0.001),
    ("Adam", {"beta_1": 0.5, "beta_2": 0.6, "amsgrad": True}, 0.02),
    ("Nadam", {}, 0.001),
    ("Nadam", {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}, 0.01),
    ("AdamW", {}, 0.001),
    ("AdamW", {"weight_decay": 0.2, "amsgrad": True}, 0.02),
    ("Adamax", {}, 0.001),
    ("Adamax", {"beta_1": 0.5, "beta_2": 0.7, "epsilon": 1e-3}, 0.02),
    ("RMSprop", {}, 0.001),
    ("RMSprop", {"rho": 0.6, "epsilon": 1e-3}, 0.01),
    ("RMSprop", {"momentum": 0.7}, 0.002),
    ("RMSprop", {"centered": True}, 0.002),
    ("RMSprop", {"rho": 0.8, "momentum": 0.5, "centered": True}, 0.01),
    ("Adagrad", {}, 0.001),
    ("Adagrad", {"initial_accumulator_value": 0.5, "epsilon": 1e-3}, 0.1),
    ("Adadelta", {}, 0.001),
    ("Adadelta", {"rho": 0.7, "epsilon": 1e-4}, 1.0),
    ("Lion", {}, 0.001),
    ("Lion", {"beta_1": 0.7, "beta_2": 0.8, "weight_decay": 0.1}, 0.02),
    ("SGD", {"momentum": 0.9, "weight_decay": 0.3}, 0.1),
]

DECAYS = [
    (
        "ExponentialDecay",
        {
            "initial_learning_rate": 0.01,
            "decay_steps": 5,
            "decay_rate": 0.5,
            "staircase": False,
        },
    ),
    (
        "CosineDecay",
        {
            "initial_learning_rate": 0.001,
            "decay_steps": 12,
            "alpha": 0.1,
            "warmup_target": 0.02,
            "warmup_steps": 5,
        },
    ),
    ("PiecewiseConstantDecay", {"boundaries": [4, 9], "values": [0.01, 0.003, 0.0005]}),
]

optimizer_cases = []


def optimizer_case(kind, config, rate_kind, rate_config):
    options = " ".join(f"{key} {value}" for key, value in config.items())
    rate = rate_config["value"] if rate_kind == "Constant" else rate_kind
    arguments = (kind, config, rate_kind, rate_config)
    parameters, _ = with_floats("float32", lambda: train(*arguments))
    parameters64, rates64 = with_floats("float64", lambda: train(*arguments))
    optimizer_cases.append(
        {
            "name": f"{kind} {options} at {rate}".replace("  ", " "),
            "optimizer": kind,
            "config": config,
            "learningRate": {"type": rate_kind, "config": rate_config},
            "parameters": [numbers(p) for p in parameters],
            "parameters64": [[double(x) for x in p] for p in parameters64],
            "rates64": [double(rate) for rate in rates64],
        }
    )


for kind, config, rate in RULES:
    optimizer_case(kind, config, "Constant", {"value": rate})
for kind, config in [("SGD", {"momentum": 0.9}), ("Adam", {}), ("Nadam", {})]:
    for rate_kind, rate_config in DECAYS:
        optimizer_case(kind, config, rate_kind, rate_config)

write(
    "optimizers",
    {
        "initial": numbers(initial),
        "gradients": [numbers(gradient) for gradient in gradients],
        "cases": optimizer_cases,
    },
)

VARIABLES = [
    ("dense/kernel", "kernel", [5, 3]),
    ("dense/bias", "bias", [3]),
    ("norm/gamma", "normalization", [4]),
    ("wide/kernel", "kernel", [3, 7]),
    ("conv/kernel", "kernel", [2, 2, 3, 4]),
    ("embedding/embeddings", "other", [6, 2]),
]
SIZES = [int(np.prod(shape)) for _, _, shape in VARIABLES]
random = np.random.default_rng(1618)
tensor_initial = singles(np.round(random.normal(0, 1, sum(SIZES)), 3))
tensor_gradients = singles(np.round(random.normal(0, 0.5, (7, sum(SIZES))), 3))
# A parameter and a gradient of zeros, whose norms are ratios of nothing.
tensor_initial[15:18] = 0
tensor_gradients[3] = 0

tensor_cases = []


def tensor_case(kind, config, rate, excluded=(), flattened=False):
    keras.config.set_floatx("float64")
    optimizer = getattr(keras.optimizers, kind)(
        learning_rate=rate, **{**exact(defaults(kind)), **exact(config)}
    )
    # The rate is a variable, but made from float32.
    optimizer._learning_rate.assign(np.float64(rate))
    shapes = [
        [12, 4] if flattened and name == "conv/kernel" else shape for name, _, shape in VARIABLES
    ]
    edges = np.cumsum(SIZES)[:-1]
    variables = [
        keras.Variable(part.reshape(shape), dtype="float64", name=name.replace("/", "_"))
        for part, shape, (name, _, _) in zip(np.split(tensor_initial, edges), shapes, VARIABLES)
    ]
    if excluded:
        optimizer.exclude_from_weight_decay(
            var_names=[name.replace("/", "_") for name in excluded]
        )
    steps = []
    for gradient in tensor_gradients:
        parts = [
            tf.constant(part.reshape(shape), "float64")
            for part, shape in zip(np.split(gradient, edges), shapes)
        ]
        optimizer.apply(parts, variables)
        steps.append(np.concatenate([v.numpy().reshape(-1) for v in variables]))
    average = None
    if config.get("use_ema"):
        averages = optimizer._model_variables_moving_average
        average = [double(x) for v in averages for x in v.numpy().reshape(-1)]
    tensor_cases.append(
        {
            "name": f"{kind} "
            + " ".join(f"{key} {value}" for key, value in config.items())
            + f" at {rate}"
            + (" flattened" if flattened else ""),
            "optimizer": kind,
            "config": config,
            "learningRate": rate,
            "excluded": list(excluded),
            "flattened": flattened,
            "parameters64": [[double(x) for x in step] for step in steps],
            "average64": average,
        }
    )


BIASES = ("dense/bias", "norm/gamma")
tensor_case("SGD", {"clipvalue": 0.3}, 0.1)
tensor_case("SGD", {"momentum": 0.9, "clipnorm": 1.0}, 0.1)
tensor_case("SGD", {"momentum": 0.9, "nesterov": True, "global_clipnorm": 2.0}, 0.1)
tensor_case("Adam", {"clipnorm": 0.5, "weight_decay": 0.1}, 0.01, BIASES)
tensor_case("AdamW", {"weight_decay": 0.1, "global_clipnorm": 1.0}, 0.01, BIASES)
tensor_case("Lamb", {}, 0.01)
tensor_case("Lamb", {"weight_decay": 0.1, "global_clipnorm": 1.0, "beta_2": 0.9}, 0.1, BIASES)
tensor_case("Muon", {}, 0.02)
tensor_case("Muon", {}, 0.02, flattened=True)
tensor_case("Muon", {"nesterov": False, "rms_rate": None, "ns_steps": 3, "momentum": 0.8}, 0.1)
tensor_case(
    "Muon",
    {"exclude_layers": ["wide"], "adam_lr_ratio": 0.5, "weight_decay": 0.3, "clipnorm": 1.0},
    0.02,
    BIASES,
    flattened=True,
)
tensor_case("Adam", {"use_ema": True, "ema_momentum": 0.9}, 0.01)
tensor_case("SGD", {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 3}, 0.1)
tensor_case("Adam", {"gradient_accumulation_steps": 3, "clipnorm": 0.5}, 0.01)
tensor_case(
    "Nadam",
    {
        "gradient_accumulation_steps": 2,
        "weight_decay": 0.1,
        "use_ema": True,
        "ema_momentum": 0.7,
        "ema_overwrite_frequency": 2,
    },
    0.02,
    BIASES,
)
write(
    "optimizer_tensors",
    {
        "variables": [
            {"name": name, "role": role, "shape": shape} for name, role, shape in VARIABLES
        ],
        "initial": numbers(tensor_initial),
        "gradients": [numbers(gradient) for gradient in tensor_gradients],
        "cases": tensor_cases,
    },
)

SCHEDULES = [
    *[
        (
            kind,
            {
                "initial_learning_rate": 0.1,
                "decay_steps": 7,
                "decay_rate": rate,
                "staircase": staircase,
            },
        )
        for kind, rate in [("ExponentialDecay", 0.9), ("InverseTimeDecay", 0.5)]
        for staircase in [False, True]
    ],
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 30}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 60, "alpha": 0.2}),
    (
        "CosineDecay",
        {
            "initial_learning_rate": 0.0,
            "decay_steps": 30,
            "alpha": 0.01,
            "warmup_target": 0.1,
            "warmup_steps": 10,
        },
    ),
    (
        "CosineDecay",
        {
            "initial_learning_rate": 0.05,
            "decay_steps": 20,
            "warmup_target": 0.1,
            "warmup_steps": 0,
        },
    ),
    *[
        (
            "CosineDecayRestarts",
            {
                "initial_learning_rate": 0.1,
                "first_decay_steps": first,
                "t_mul": t_mul,
                "m_mul": m_mul,
                "alpha": alpha,
            },
        )
        for first, t_mul, m_mul, alpha in [
            (10, 2.0, 1.0, 0.0),
            (5, 2.0, 0.8, 0.1),
            (8, 1.0, 0.5, 0.0),
            (7, 1.5, 0.9, 0.05),
        ]
    ],
    ("PiecewiseConstantDecay", {"boundaries": [10, 20, 35], "values": [0.1, 0.05, 0.2, 0.001]}),
    ("PiecewiseConstantDecay", {"boundaries": [0], "values": [1.0, 0.5]}),
    *[
        (
            "PolynomialDecay",
            {
                "initial_learning_rate": 0.1,
                "decay_steps": steps,
                "end_learning_rate": end,
                "power": power,
                "cycle": cycle,
            },
        )
        for steps, end, power in [(20, 0.0001, 1.0), (15, 0.01, 2.0), (13, 0.2, 0.5)]
        for cycle in [False, True]
    ],
]


def rates(kind, config):
    made = schedule(kind, exact(config) if keras.config.floatx() == "float64" else config)
    return [float(made(tf.constant(step, tf.int64))) for step in range(51)]


schedule_cases = []
for kind, config in SCHEDULES:
    single = with_floats("float32", lambda: rates(kind, config))
    wide = with_floats("float64", lambda: rates(kind, config))
    schedule_cases.append(
        {
            "name": f"{kind} " + " ".join(f"{key} {value}" for key, value in config.items()),
            "schedule": {"type": kind, "config": config},
            "rates": [number(rate) for rate in single],
            "rates64": [double(rate) for rate in wide],
        }
    )
    worst = max(range(51), key=lambda step: abs(single[step] - wide[step]))
    if abs(single[worst] - wide[worst]) > 1e-6:
        print(f"{schedule_cases[-1]['name']}: step {worst}: {single[worst]} and {wide[worst]}")
write("schedules", schedule_cases)
