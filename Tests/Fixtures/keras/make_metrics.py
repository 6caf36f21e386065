"""Writes keras_metrics.json: metrics of given outputs and targets.

The file is an array of cases: name, predictions (tensor), targets (tensor), weights ([number], one
a sample), plain and weighted: {metric: number}. Predictions are added in two batches.
"""

from common import double, singles, tensor, write
import keras
import numpy as np


def result(make, predictions, targets, weights):
    metric = make()
    half = len(predictions) // 2
    for part in [slice(0, half), slice(half, None)]:
        chosen = None if weights is None else weights[part]
        if chosen is not None and predictions.ndim == 3:
            # For each position, as Keras does not spread these.
            chosen = np.broadcast_to(chosen[:, None], targets[part].shape[:2])
        metric.update_state(targets[part], predictions[part], sample_weight=chosen)
    return double(metric.result())


def case(name, predictions, targets, metrics, random):
    predictions, targets = singles(predictions), singles(targets)
    weights = random.integers(0, 9, len(predictions)) / 4 + 0.25
    return {
        "name": name,
        "predictions": tensor(predictions),
        "targets": tensor(targets),
        "weights": [float(w) for w in weights],
        "plain": {k: result(m, predictions, targets, None) for k, m in metrics.items()},
        "weighted": {k: result(m, predictions, targets, weights) for k, m in metrics.items()},
    }


def cases():
    random = np.random.default_rng(2718)
    m = keras.metrics
    scores = {
        "auc roc": lambda: m.AUC(),
        "auc pr": lambda: m.AUC(curve="PR"),
        "auc roc 11": lambda: m.AUC(num_thresholds=11),
        "auc pr 11": lambda: m.AUC(num_thresholds=11, curve="PR"),
        "precision at 0.5": lambda: m.Precision(),
        "recall at 0.5": lambda: m.Recall(),
        "precision at 0.3": lambda: m.Precision(thresholds=0.3),
        "binary accuracy": lambda: m.BinaryAccuracy(),
        "binary accuracy at 0.3": lambda: m.BinaryAccuracy(threshold=0.3),
    }
    y = random.integers(0, 2, (60, 1))
    p = np.clip(0.3 * y + 0.7 * random.random((60, 1)), 0, 1)
    yield case("yes or no", p, y, scores, random)
    yield case("multiples of thresholds", np.round(p * 20) / 20, y, scores, random)
    yield case("all yes", p, np.ones((60, 1)), scores, random)
    yield case("all no", p, np.zeros((60, 1)), scores, random)
    labels = random.integers(0, 2, (40, 4))
    p = np.clip(0.3 * labels + 0.7 * random.random((40, 4)), 0, 1)
    several = {
        f"f{beta:g} {average} at 0.5": lambda beta=beta, average=average: m.FBetaScore(
            average=average, beta=beta, threshold=0.5
        )
        for beta in [1.0, 2.0]
        for average in ["macro", "micro", "weighted"]
    }
    for curve in ["ROC", "PR"]:
        several[f"auc {curve.lower()} macro"] = lambda curve=curve: m.AUC(
            curve=curve, multi_label=True, num_labels=4
        )
    yield case("four labels", p, labels, {**scores, **several}, random)
    one_hot = np.eye(4)[random.integers(0, 4, 40)]
    p = 0.4 * one_hot + 0.6 * random.random((40, 4))
    p /= p.sum(axis=1, keepdims=True)
    best = {
        f"f{beta:g} {average}": lambda beta=beta, average=average: m.FBetaScore(
            average=average, beta=beta
        )
        for beta in [1.0, 2.0]
        for average in ["macro", "micro", "weighted"]
    }
    kinds = {
        "accuracy": lambda: m.CategoricalAccuracy(),
        "iou": lambda: m.OneHotMeanIoU(num_classes=4, dtype="float64"),
        "binary crossentropy": lambda: m.BinaryCrossentropy(),
        "categorical crossentropy": lambda: m.CategoricalCrossentropy(),
    }
    yield case("one of four", p, one_hot, {**best, **kinds}, random)
    y = random.integers(0, 3, (10, 6))
    p = np.eye(3)[y] * 0.4 + 0.6 * random.random((10, 6, 3))
    yield case(
        "positions", p, y,
        {
            "iou": lambda: m.MeanIoU(num_classes=3, sparse_y_pred=False, dtype="float64"),
            "accuracy": lambda: m.SparseCategoricalAccuracy(),
        },
        random,
    )
    y = random.normal(3, 2, (20, 3))
    numbers = {
        "rmse": lambda: m.RootMeanSquaredError(),
        "mae": lambda: m.MeanAbsoluteError(),
        "mse": lambda: m.MeanSquaredError(),
        "mape": lambda: m.MeanAbsolutePercentageError(),
        "log cosh": lambda: m.LogCoshError(),
        "r2": lambda: m.R2Score(dtype="float64"),
    }
    yield case("numbers", y + random.normal(0, 1, (20, 3)), y, numbers, random)


write("keras_metrics", list(cases()))
