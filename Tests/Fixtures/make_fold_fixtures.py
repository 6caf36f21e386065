"""Writes folds.json: the fold of each sample by scikit-learn's KFold and StratifiedKFold.

Made with scikit-learn 1.9.1 (`pip install scikit-learn==1.9.1`). Usage: python make_fold_fixtures.py
"""

import json
from pathlib import Path

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold


def folds(splitter, labels):
    result = np.full(len(labels), -1)
    for fold, (_, validation) in enumerate(splitter.split(labels[:, None], labels)):
        result[validation] = fold
    return result.tolist()


def cases():
    generator = np.random.default_rng(41)
    for counts, k in [([10, 10], 5), ([7, 16, 9], 3), ([4, 5, 11, 23], 4), ([8, 3], 2), ([5], 5)]:
        labels = np.repeat(np.arange(len(counts)), counts)
        for order in (np.arange(len(labels)), generator.permutation(len(labels))):
            y = labels[order]
            yield {
                "labels": y.tolist(), "k": k, "consecutive": folds(KFold(k), y),
                "stratified": folds(StratifiedKFold(k), y),
            }


text = json.dumps(list(cases()))
(Path(__file__).parent / "folds.json").write_text(text + "\n", encoding="utf-8")
