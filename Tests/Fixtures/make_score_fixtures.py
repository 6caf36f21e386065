"""Writes scores.json: what scikit-learn says about given outputs and targets.

Made with scikit-learn 1.9.1 and NumPy 2.4.6 (`pip install scikit-learn==1.9.1 numpy==2.4.6`).
Usage: python make_score_fixtures.py

The file is an array of cases: name, predictions (tensor (N, C), float32), targets ([number]: of
one output 0 or 1, of several the class index, for regression as many as predictions), weights
([number], one a sample), plain and weighted: {score: number, or null for NaN}. The expected
calibration error is that of Guo et al. 2017, as NumPy computes it here.
"""

import json
import warnings
from pathlib import Path

import numpy as np
from sklearn import metrics

warnings.filterwarnings("ignore")


def calibration_error(confidence, correct, weights, bins=15):
    index = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    error = 0
    for b in range(bins):
        chosen = index == b
        error += abs(np.sum(weights[chosen] * (correct[chosen] - confidence[chosen])))
    return error / weights.sum()


def averages(y, predicted, labels, weights):
    for average in ["macro", "weighted", "micro"]:
        arguments = dict(
            labels=labels, average=average, sample_weight=weights, zero_division=0
        )
        yield f"precision {average}", metrics.precision_score(y, predicted, **arguments)
        yield f"recall {average}", metrics.recall_score(y, predicted, **arguments)
        yield f"f1 {average}", metrics.f1_score(y, predicted, **arguments)
        yield f"f2 {average}", metrics.fbeta_score(y, predicted, beta=2, **arguments)


def agreement(y, predicted, labels, weights):
    for name, kind in [("equal", None), ("linear", "linear"), ("quadratic", "quadratic")]:
        yield f"kappa {name}", metrics.cohen_kappa_score(
            y, predicted, labels=labels, weights=kind, sample_weight=weights
        )
    yield "mcc", metrics.matthews_corrcoef(y, predicted, sample_weight=weights)
    occurring = sorted(set(y) | set(predicted))
    yield "iou", metrics.jaccard_score(
        y, predicted, labels=occurring, average="macro", sample_weight=weights, zero_division=0
    )


def binary(p, y, weights):
    p = p.ravel().astype(np.float64)
    y = y.astype(int)
    predicted = (p > 0.5).astype(int)
    yield "roc exact", metrics.roc_auc_score(y, p, sample_weight=weights)
    yield "pr exact", metrics.average_precision_score(y, p, sample_weight=weights)
    yield "brier", metrics.brier_score_loss(y, p, sample_weight=weights, labels=[0, 1])
    arguments = dict(sample_weight=weights, zero_division=0)
    yield "precision macro", metrics.precision_score(y, predicted, **arguments)
    yield "recall macro", metrics.recall_score(y, predicted, **arguments)
    yield "f1 macro", metrics.f1_score(y, predicted, **arguments)
    yield "f2 macro", metrics.fbeta_score(y, predicted, beta=2, **arguments)
    yield from agreement(y, predicted, [0, 1], weights)
    whole = np.ones(len(y)) if weights is None else weights
    yield "ece", calibration_error(
        np.maximum(p, 1 - p), (predicted == y).astype(float), whole
    )


def classes(p, y, weights):
    labels = list(range(p.shape[1]))
    p = p.astype(np.float64)
    y = y.astype(int)
    predicted = p.argmax(axis=1)
    yield from averages(y, predicted, labels, weights)
    yield from agreement(y, predicted, labels, weights)
    one_hot = np.eye(len(labels))[y]
    squares = ((p - one_hot) ** 2).sum(axis=1)
    yield "brier", np.average(squares, weights=weights) / (2 if len(labels) == 2 else 1)
    if len(set(y)) == len(labels):
        scaled = p / p.sum(axis=1, keepdims=True)
        score = metrics.brier_score_loss(y, scaled, sample_weight=weights, labels=labels)
        expected = np.average(squares, weights=weights) / (2 if len(labels) == 2 else 1)
        assert abs(score - expected) < 1e-6
    is_second = (y == 1).astype(int)
    yield "roc of 1", metrics.roc_auc_score(is_second, p[:, 1], sample_weight=weights)
    yield "pr of 1", metrics.average_precision_score(is_second, p[:, 1], sample_weight=weights)
    for average in ["macro", "weighted"]:
        arguments = dict(average=average, sample_weight=weights)
        area = metrics.roc_auc_score(one_hot, p, **arguments)
        if len(set(y)) == len(labels) > 2:
            # The same under its name for classes, which takes probabilities alone.
            scaled = p / p.sum(axis=1, keepdims=True)
            expected = metrics.roc_auc_score(y, scaled, multi_class="ovr", **arguments)
            assert abs(metrics.roc_auc_score(one_hot, scaled, **arguments) - expected) < 1e-12
        yield f"roc {average}", area
        yield f"pr {average}", metrics.average_precision_score(one_hot, p, **arguments)
    whole = np.ones(len(y)) if weights is None else weights
    yield "ece", calibration_error(p.max(axis=1), (predicted == y).astype(float), whole)


def regression(p, y, weights):
    p = p.astype(np.float64)
    y = y.reshape(p.shape)
    yield "r2", metrics.r2_score(y, p, sample_weight=weights)
    whole = np.ones(len(y)) if weights is None else weights
    squares = ((p - y) ** 2).mean(axis=1)
    yield "rmse", np.sqrt(np.average(squares, weights=whole))


def case(name, scores, predictions, targets, weights):
    predictions = np.asarray(predictions, np.float32)
    targets = np.asarray(targets, np.float32)

    def values(weights):
        pairs = scores(predictions, targets.astype(np.float64), weights)
        return {key: None if np.isnan(value) else float(value) for key, value in pairs}

    return {
        "name": name,
        "predictions": {
            "shape": list(predictions.shape),
            "data": [float(str(v)) for v in predictions.ravel()],
        },
        "targets": [float(str(v)) for v in targets.ravel()],
        "weights": [float(w) for w in weights],
        "plain": values(None),
        "weighted": values(np.asarray(weights)),
    }


def cases():
    random = np.random.default_rng(314)

    def weights(count):
        return random.integers(0, 9, count) / 4 + 0.25

    y = random.integers(0, 2, 60)
    p = np.clip(0.3 * y + random.random(60) * 0.7, 0, 1)
    yield case("yes or no", binary, p[:, None], y, weights(60))
    tied = np.round(p * 5) / 5
    yield case("yes or no with ties", binary, tied[:, None], y, weights(60))
    yield case("certain", binary, y[:8, None].astype(float), y[:8], weights(8))
    yield case("all yes", binary, p[:7, None], np.ones(7), weights(7))
    yield case("all no", binary, p[:7, None], np.zeros(7), weights(7))
    for count in [2, 5]:
        y = random.integers(0, count, 70)
        logits = random.normal(0, 1, (70, count)) + 1.2 * np.eye(count)[y]
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        yield case(f"{count} classes", classes, p, y, weights(70))
    # Classes 3 and 4 never occur, class 2 is never predicted.
    p = np.array([[0.6, 0.3, 0.1, 0, 0], [0.5, 0.3, 0.2, 0, 0], [0.2, 0.8, 0, 0, 0]])
    yield case("empty classes", classes, p, [0, 2, 1], weights(3))
    y = random.normal(100, 3, (20, 3))
    yield case("numbers", regression, y + random.normal(0, 1, (20, 3)), y, weights(20))
    y[:, 1] = 7
    predicted = y + random.normal(0, 1, (20, 3))
    yield case("a constant", regression, predicted, y, weights(20))
    predicted[:, 1] = 7
    yield case("a constant that is right", regression, predicted, y, weights(20))


def main():
    text = "[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases()) + "\n]\n"
    (Path(__file__).parent / "scores.json").write_text(text, encoding="utf-8")


main()
