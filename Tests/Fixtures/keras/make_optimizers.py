"""Writes optimizers.json and schedules.json: steps of the update rules, and learning rates.

optimizers.json is an object:
  initial      [13 numbers]: the parameters before the first step
  gradients    [20 x [13 numbers]]: those of each step, the same in all cases
  cases        an array of
    name          unique
    optimizer     SGD, Adam or Nadam
    config        its arguments under Keras's names, without the learning rate
    learningRate  {"type", "config"}: "Constant" with "value", or a schedule with its arguments under Keras's names
    parameters    [20 x [13 numbers]]: after each step, in float32
    parameters64  the same, everything in float64
    rates64       [20 numbers]: the learning rate of each step, in float64

In float32 Keras computes also 1 - beta_2^t in float32, which is off by 1e-5 of itself at the first
steps; parameters64 are the formula's values.

schedules.json is an array of cases:
  name      unique
  schedule  {"type", "config"} as above
  rates     [51 numbers]: at steps 0 ... 50, in float32
  rates64   in float64
"""

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


def train(kind, config, rate_kind, rate_config):
    floats = keras.config.floatx()
    if floats == "float64":
        # With these the betas are always arguments, and so exact.
        betas = {} if kind == "SGD" else {"beta_1": 0.9, "beta_2": 0.999}
        config, rate_config = exact({**betas, **config}), exact(rate_config)
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
