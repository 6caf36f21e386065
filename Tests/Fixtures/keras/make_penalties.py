"""Writes regularization.json: training with regularizers and constraints.

An object of
  inputs, targets   [8 x 4 x 4 x 2] and [8 x 4], as tensors
  initial           the trainable parameters before the first step, as Pinion's flat buffer holds them
  losses64          [6 numbers]: the total loss of each step before its update, in float64
  parameters64      [6 x]: the parameters after each step
  evaluation64      the loss that evaluate reports in the end
  matrix            a tensor with a row of zeros
  orthogonal64      the penalty of OrthogonalRegularizer(0.5) on it, by mode
  activities        an object of the fields initial to evaluation64, with penalties on outputs of layers; its evaluation is in
                    batches of five samples and three

The networks are those of RegularizationTests, trained on all samples at once by SGD(0.2).
"""

from common import double, numbers, singles, tensor, write
import keras
import numpy as np
from keras.constraints import MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from keras.regularizers import L1, L1L2, L2, OrthogonalRegularizer

keras.config.set_floatx("float64")
random = np.random.default_rng(577)
inputs = singles(np.round(random.normal(0, 1, (8, 4, 4, 2)), 2))
targets = singles(np.round(random.normal(0, 1, (8, 4)), 2))

model = keras.Sequential(
    [
        keras.Input((4, 4, 2)),
        keras.layers.Conv2D(
            3,
            2,
            activation="tanh",
            kernel_regularizer=L1L2(0.01, 0.02),
            bias_regularizer=L2(0.3),
            kernel_constraint=MaxNorm(0.8, axis=[0, 1, 2]),
            bias_constraint=NonNeg(),
        ),
        keras.layers.Flatten(),
        keras.layers.Dense(
            5,
            activation="tanh",
            kernel_regularizer=L1(0.005),
            kernel_constraint=MinMaxNorm(0.5, 1.5, rate=0.25, axis=0),
        ),
        keras.layers.Dense(4, kernel_constraint=UnitNorm(axis=0), bias_regularizer=L1(0.1)),
    ]
)


def train(model, batch=32):
    """The fields initial, losses64, parameters64 and evaluation64 of a model."""
    for variable in model.trainable_variables:
        variable.assign(singles(np.round(random.normal(0, 0.4, variable.shape), 3)))

    def flat():
        return np.concatenate([v.numpy().reshape(-1) for v in model.trainable_variables])

    initial = flat()
    model.compile(optimizer=keras.optimizers.SGD(np.float64(0.2)), loss="mse")
    model.optimizer._learning_rate.assign(np.float64(0.2))
    losses, parameters = [], []
    for _ in range(6):
        model.reset_metrics()
        losses.append(double(model.train_on_batch(inputs, targets)))
        parameters.append([double(x) for x in flat()])
    return {
        "initial": numbers(initial),
        "losses64": losses,
        "parameters64": parameters,
        "evaluation64": double(model.evaluate(inputs, targets, batch_size=batch, verbose=0)),
    }


parameters = train(model)
matrix = singles(np.round(random.normal(0, 1, (4, 3)), 2))
matrix[2] = 0
orthogonal = {
    mode: double(OrthogonalRegularizer(np.float64(0.5), mode)(keras.ops.convert_to_tensor(matrix)))
    for mode in ["rows", "columns"]
}
activities = keras.Sequential(
    [
        keras.Input((4, 4, 2)),
        keras.layers.Conv2D(3, 2, activation="tanh", activity_regularizer=L1L2(0.01, 0.02)),
        keras.layers.Flatten(),
        keras.layers.ActivityRegularization(l1=0.03),
        keras.layers.Activation("softplus"),
        keras.layers.Dense(5, activation="tanh", activity_regularizer=L2(0.1)),
        keras.layers.Dense(4, activation="softmax", activity_regularizer=L1L2(0.02, 0.3)),
    ]
)
write(
    "regularization",
    {
        "inputs": tensor(inputs),
        "targets": tensor(targets),
        **parameters,
        "matrix": tensor(matrix),
        "orthogonal64": orthogonal,
        "activities": train(activities, batch=5),
    },
)
