"""Writes metrics.json: what scikit-learn says about given labels and predictions.

Made with scikit-learn 1.9.1 and NumPy 2.4.6 (`pip install scikit-learn==1.9.1 numpy==2.4.6`).
Usage: python make_metrics_fixtures.py
"""

import json
from pathlib import Path

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    classification_report,
    confusion_matrix,
    precision_recall_fscore_support,
    top_k_accuracy_score,
)


def scores(actual, predicted, labels, average):
    values = precision_recall_fscore_support(
        actual, predicted, labels=labels, average=average, zero_division=0
    )
    return [np.asarray(v, dtype=float).tolist() if v is not None else None for v in values]


def case(name, class_names, actual, predicted, prints=True):
    labels = list(range(len(class_names)))
    arguments = dict(labels=labels, target_names=class_names, zero_division=0)
    result = {
        "name": name,
        "classNames": class_names,
        "actual": [int(v) for v in actual],
        "predicted": [int(v) for v in predicted],
        "confusion": confusion_matrix(actual, predicted, labels=labels).ravel().tolist(),
        "accuracy": float(accuracy_score(actual, predicted)),
        "perClass": scores(actual, predicted, labels, None),
        "macro": scores(actual, predicted, labels, "macro")[:3],
        "weighted": scores(actual, predicted, labels, "weighted")[:3],
    }
    if prints:
        result["reports"] = {
            str(digits): classification_report(actual, predicted, digits=digits, **arguments)
            for digits in (0, 2, 4, 10)
        }
    return result


def noisy(generator, classes, count, right):
    actual = generator.integers(0, classes, count)
    other = generator.integers(0, classes, count)
    return actual, np.where(generator.random(count) < right, actual, other)


def cases():
    generator = np.random.default_rng(20)
    fashion = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"]
    fashion += ["Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
    yield case("ten classes", fashion, *noisy(generator, 10, 400, 0.7))
    yield case("two classes", ["no", "yes"], *noisy(generator, 2, 33, 0.5))
    yield case("perfect", ["a", "b", "c"], [0, 1, 2, 2], [0, 1, 2, 2])
    # Without a single hit scikit-learn prints the supports as floats, "2.0", which is not worth copying.
    yield case("all wrong", ["a", "b", "c"], [0, 1, 2, 2], [1, 2, 0, 0], prints=False)
    # Class 1 is never predicted, class 2 has no samples, class 3 has neither.
    yield case("empty rows and columns", list("wxyz"), [0, 0, 1, 1, 0], [0, 2, 0, 2, 0])
    # Eighths, whose third digit is a 5, and a name wider than "weighted avg".
    names = ["grün", "a rather long name"]
    yield case("ties of rounding", names, [0] * 8 + [1] * 8, [0] * 9 + [1] * 7)


def top_k():
    generator = np.random.default_rng(21)
    logits = generator.normal(size=(50, 7))
    probabilities = (np.exp(logits) / np.exp(logits).sum(1, keepdims=True)).astype(np.float32)
    actual = generator.integers(0, 7, 50)
    weights = [(7 * i) % 9 / 4 for i in range(50)]

    def values(weights):
        arguments = dict(labels=range(7), sample_weight=weights)
        return {
            str(k): float(top_k_accuracy_score(actual, probabilities, k=k, **arguments))
            for k in range(1, 7)
        }

    return {
        "probabilities": {"shape": [50, 7], "data": [float(v) for v in probabilities.ravel()]},
        "actual": actual.tolist(),
        "accuracy": values(None),
        "weights": weights,
        "weightedAccuracy": values(weights),
    }


def main():
    text = json.dumps({"cases": list(cases()), "topK": top_k()}, ensure_ascii=False)
    (Path(__file__).parent / "metrics.json").write_text(text + "\n", encoding="utf-8")


main()
