"""Writes callbacks.json: what Keras's callbacks decide on sequences of monitored values.

The file is an object of three arrays of cases. Each case has
  name
  config    the callback's arguments under Keras's names, all of them
  values    [number or null]: the monitored value at the end of each epoch; null is NaN
  hasNaN    whether there is one; Pinion need not follow Keras there, as NaN is never an improvement for it
and then, of epochs counted from 0,
  earlyStopping:
    stoppedEpoch   the epoch that ended training, or null
    bestEpoch      as the callback reports it
    best           the best value, or null if it is NaN or there is none
    weightsEpoch   the epoch whose weights the model has in the end
  reduceLROnPlateau: (the learning rate starts at 0.1)
    learningRates  [number] after each epoch
  modelCheckpoint: (with save_best_only)
    savedEpochs    [epoch]

The real callbacks are driven by hand, with a compiled model of one weight, which holds the number of the epoch.
Keras compares values in float32.
"""

import math

from common import number, write
import keras
import numpy as np

NAN = math.nan


def new_model():
    keras.backend.clear_session()
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(
        optimizer=keras.optimizers.SGD(0.1),
        loss="mse",
        metrics=[keras.metrics.BinaryAccuracy(name="accuracy")],
    )
    # Metrics exist, and "auto" can ask for their direction, once they have seen a batch.
    model.train_on_batch(np.zeros((1, 1)), np.zeros((1, 1)))
    return model


def drive(callback, model, values, after_epoch):
    model.stop_training = False
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        model.set_weights([np.full((1, 1), float(epoch))])
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, {callback.monitor: value})
        after_epoch(epoch)
        if model.stop_training:
            break
    callback.on_train_end()


def described(name, config, values):
    return {
        "name": name,
        "config": config,
        "values": [None if math.isnan(value) else number(value) for value in values],
        "hasNaN": any(math.isnan(value) for value in values),
    }


early_stopping = []
reduce_on_plateau = []
model_checkpoint = []


def stopping(name, values, **changed):
    config = {
        "monitor": "val_loss",
        "min_delta": 0,
        "patience": 0,
        "mode": "auto",
        "baseline": None,
        "restore_best_weights": False,
        "start_from_epoch": 0,
        **changed,
    }
    model = new_model()
    callback = keras.callbacks.EarlyStopping(**config)
    drive(callback, model, values, lambda epoch: None)
    best = None if callback.best is None else float(callback.best)
    early_stopping.append(
        {
            **described(name, config, values),
            "stoppedEpoch": callback.stopped_epoch if model.stop_training else None,
            "bestEpoch": int(callback.best_epoch),
            "best": None if best is None or math.isnan(best) else number(best),
            "weightsEpoch": int(model.get_weights()[0][0, 0]),
        }
    )


def plateau(name, values, **changed):
    config = {
        "monitor": "val_loss",
        "factor": 0.1,
        "patience": 10,
        "mode": "auto",
        "min_delta": 1e-4,
        "cooldown": 0,
        "min_lr": 0.0,
        **changed,
    }
    model = new_model()
    rates = []
    drive(
        keras.callbacks.ReduceLROnPlateau(**config),
        model,
        values,
        lambda epoch: rates.append(number(model.optimizer.learning_rate)),
    )
    reduce_on_plateau.append({**described(name, config, values), "learningRates": rates})


def checkpoint(name, values, **changed):
    config = {
        "monitor": "val_loss",
        "mode": "auto",
        "initial_value_threshold": None,
        **changed,
    }
    model = new_model()
    saved = []
    model.save_weights = lambda *_, **__: saved.append(int(model.get_weights()[0][0, 0]))
    callback = keras.callbacks.ModelCheckpoint(
        "never-written.weights.h5", save_best_only=True, save_weights_only=True, **config
    )
    drive(callback, model, values, lambda epoch: None)
    model_checkpoint.append({**described(name, config, values), "savedEpochs": saved})


FALLING = [1.0, 0.75, 0.5, 0.375, 0.25, 0.125]
VALLEY = [1.0, 0.5, 0.25, 0.5, 0.375, 0.3125, 0.5, 0.625, 0.75, 0.875]
RISING = [0.25, 0.5, 0.75, 0.625, 0.5, 0.875, 0.5, 0.5, 0.5, 0.5]
STEPS = [1.0, 0.75, 0.5, 0.4375, 0.375, 0.25, 0.1875, 0.125, 0.125, 0.125]
FLAT = [0.5] * 8
SAW = [1.0, 1.5, 0.5, 1.5, 0.25, 1.5, 0.125, 1.5, 0.0625, 1.5, 1.5, 1.5]

stopping("falling", FALLING)
stopping("patience 0", VALLEY)
for patience in [1, 2, 3, 4, 7, 20]:
    stopping(f"patience {patience}", VALLEY, patience=patience)
stopping("patience 3 restoring", VALLEY, patience=3, restore_best_weights=True)
stopping("patience 20 restoring at the end", VALLEY, patience=20, restore_best_weights=True)
stopping("first epoch never stops", [1.0, 2.0, 3.0], patience=0)
stopping("flat", FLAT, patience=3)
stopping("flat, patience 1, restoring", FLAT, patience=1, restore_best_weights=True)
stopping("saw", SAW, patience=2, restore_best_weights=True)
for delta in [0.0625, 0.125, 0.25, -0.25]:
    stopping(f"min_delta {delta}", STEPS, patience=2, min_delta=delta, restore_best_weights=True)
stopping("mode max", RISING, patience=2, mode="max", restore_best_weights=True)
stopping("mode max, patience 3", RISING, patience=3, mode="max", restore_best_weights=True)
stopping("mode max, min_delta", RISING, patience=2, mode="max", min_delta=0.25)
stopping("mode min on rising values", RISING, patience=2, mode="min", restore_best_weights=True)
stopping("auto accuracy", RISING, monitor="val_accuracy", patience=3, restore_best_weights=True)
stopping("auto training loss", VALLEY, monitor="loss", patience=3)
stopping("negative values", [-0.25, -0.5, -0.375, -0.25, -0.75], patience=2)
stopping("baseline reached", VALLEY, patience=3, baseline=0.6)
stopping("baseline never reached", VALLEY, patience=3, baseline=0.125)
stopping("baseline never reached, restoring", VALLEY, patience=3, baseline=0.125, restore_best_weights=True)
stopping("baseline too late", FALLING, patience=4, baseline=0.2)
stopping("baseline just in time", FALLING, patience=6, baseline=0.2)
stopping("baseline, mode max", RISING, mode="max", patience=3, baseline=0.7)
stopping("baseline with min_delta", VALLEY, patience=3, baseline=0.5, min_delta=0.25)
for start in [1, 3, 5, 20]:
    stopping(
        f"start_from_epoch {start}",
        VALLEY,
        patience=2,
        start_from_epoch=start,
        restore_best_weights=True,
    )
stopping("start_from_epoch after the best", RISING, patience=2, mode="min", start_from_epoch=2)
for restore in [False, True]:
    options = {"patience": 2, "restore_best_weights": restore}
    stopping(f"NaN first, restoring {restore}", [NAN, 1.0, 0.5, 0.25, 0.5], **options)
    stopping(f"NaN later, restoring {restore}", [1.0, 0.5, NAN, 0.25, 0.5, NAN, NAN], **options)
    stopping(f"NaN always, restoring {restore}", [NAN] * 5, **options)

plateau("never", FALLING, patience=2)
for patience in [0, 1, 2, 3, 10]:
    plateau(f"patience {patience}", VALLEY, patience=patience)
plateau("flat", FLAT, patience=2)
plateau("factor 0.5", FLAT + FLAT, factor=0.5, patience=3)
for cooldown in [1, 2, 4]:
    plateau(f"cooldown {cooldown}", FLAT + FLAT, factor=0.5, patience=2, cooldown=cooldown)
plateau("cooldown ends with an improvement", FLAT[:5] + FALLING + FLAT, factor=0.5, patience=2, cooldown=3)
plateau("min_lr", FLAT + FLAT, factor=0.5, patience=1, min_lr=0.02)
plateau("min_lr above the rate", FLAT, factor=0.5, patience=1, min_lr=0.2)
plateau("min_delta 0", [1.0, 1.0 - 1e-5, 1.0 - 2e-5, 1.0 - 3e-5, 1.0 - 4e-5], patience=2, min_delta=0)
plateau("min_delta by default", [1.0, 1.0 - 1e-5, 1.0 - 2e-5, 1.0 - 3e-5, 1.0 - 4e-5], patience=2)
plateau("min_delta 0.125", STEPS, patience=2, min_delta=0.125)
plateau("mode max", RISING, mode="max", patience=2)
plateau("auto accuracy", RISING, monitor="val_accuracy", patience=2)
plateau("saw", SAW, patience=2, factor=0.25)
plateau("NaN first", [NAN, 1.0, 0.5, 0.25, 0.5], patience=2)
plateau("NaN later", [1.0, 0.5, NAN, NAN, 0.25, 0.5, NAN], patience=2)

checkpoint("falling", FALLING)
checkpoint("valley", VALLEY)
checkpoint("flat", FLAT)
checkpoint("saw", SAW)
checkpoint("mode max", RISING, mode="max")
checkpoint("auto accuracy", RISING, monitor="val_accuracy")
checkpoint("threshold", VALLEY, initial_value_threshold=0.5)
checkpoint("threshold never reached", VALLEY, initial_value_threshold=0.125)
checkpoint("threshold, mode max", RISING, mode="max", initial_value_threshold=0.5)
checkpoint("NaN first", [NAN, 1.0, 0.5, 0.25])
checkpoint("NaN later", [1.0, 0.5, NAN, 0.25, 0.5])

write(
    "callbacks",
    {
        "earlyStopping": early_stopping,
        "reduceLROnPlateau": reduce_on_plateau,
        "modelCheckpoint": model_checkpoint,
    },
)
