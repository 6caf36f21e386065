"""Writes linalg.json: what NumPy and SciPy compute of given matrices, in double precision.

Made with NumPy 2.4.6, SciPy 1.17.1 and scikit-learn 1.9.1
(`pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1`).
Usage: python make_linalg_fixtures.py
"""

import json
from pathlib import Path

import numpy as np
import scipy.linalg
import sklearn
from sklearn.decomposition import PCA

assert (np.__version__, scipy.__version__, sklearn.__version__) == ("2.4.6", "1.17.1", "1.9.1")

generator = np.random.Generator(np.random.PCG64(20240610))


def tensor(array):
    array = np.asarray(array, np.float64)
    return {"shape": list(array.shape), "data": array.ravel().tolist()}


def matrix(*shape):
    """Exact in single precision, so that both precisions see the same matrix."""
    return generator.normal(size=shape).astype(np.float32).astype(np.float64)


def square(name, a):
    n = a.shape[-1]
    b = matrix(n, 3)
    values = np.sort_complex(np.linalg.eigvals(a))
    sign, logarithm = np.linalg.slogdet(a)
    return {
        "name": name, "matrix": tensor(a), "rightSide": tensor(b),
        "solution": tensor(np.linalg.solve(a, b)), "inverse": tensor(np.linalg.inv(a)),
        "determinant": float(np.linalg.det(a)), "sign": float(sign), "logMagnitude": float(logarithm),
        "real": tensor(values.real), "imaginary": tensor(np.abs(values.imag)),
        "exponential": tensor(scipy.linalg.expm(a)),
        "conditions": {
            "frobenius": float(np.linalg.cond(a, "fro")), "one": float(np.linalg.cond(a, 1)),
            "two": float(np.linalg.cond(a)), "infinity": float(np.linalg.cond(a, np.inf)),
            "nuclear": float(np.linalg.norm(a, "nuc") * np.linalg.norm(np.linalg.inv(a), "nuc")),
        },
    }


def any_shape(name, a):
    b = matrix(a.shape[0], 2)
    solution, _, rank, values = np.linalg.lstsq(a, b, rcond=None)
    p, l, u = scipy.linalg.lu(a)
    q, r = np.linalg.qr(a)
    return {
        "name": name, "matrix": tensor(a), "rightSide": tensor(b),
        "solution": tensor(solution), "rank": int(rank), "values": tensor(values),
        "permutation": np.argmax(p, axis=0).tolist(), "lower": tensor(l), "upper": tensor(u),
        "q": tensor(q), "r": tensor(r),
        "pseudoInverse": tensor(scipy.linalg.pinv(a)),
        "norms": {
            "frobenius": float(np.linalg.norm(a)), "one": float(np.linalg.norm(a, 1)),
            "two": float(np.linalg.norm(a, 2)), "infinity": float(np.linalg.norm(a, np.inf)),
            "nuclear": float(np.linalg.norm(a, "nuc")),
        },
    }


def symmetric(name, a):
    return {
        "name": name, "matrix": tensor(a), "values": tensor(np.linalg.eigvalsh(a)),
        "cholesky": tensor(np.linalg.cholesky(a)),
    }


def exact(array):
    return np.asarray(array, np.float32).astype(np.float64)


well = lambda n: exact(matrix(n, n) + 3 * np.sqrt(n) * np.eye(n))
rotation = exact([[0, -1, 0], [1, 0, 0], [0, 0, 2]])
stack = np.stack([well(4) for _ in range(6)]).reshape(2, 3, 4, 4)
side = matrix(3, 4, 2)
samples = exact(matrix(12, 5) * [5, 3, 2, 1, 0.5] + [1, 2, 3, 4, 5])
analysis = PCA(n_components=3).fit(samples)
definite = lambda n: exact((lambda m: m @ m.T / n + np.eye(n))(matrix(n, n)))

fixture = {
    "squares": [
        square("one", exact([[-2.5]])), square("two", exact([[1, 2], [3, 4]])),
        square("rotation", rotation), square("five", well(5)), square("tiny norm", well(4) * 2.0**-10),
        square("nine", well(9)), square("large norm", exact(matrix(6, 6) * 4 + np.eye(6))),
    ],
    "rectangles": [
        any_shape("tall", matrix(7, 3)), any_shape("wide", matrix(3, 6)), any_shape("square", well(5)),
        any_shape("column", matrix(4, 1)), any_shape("row", matrix(1, 4)),
    ],
    # A product of integers, of rank 2 in either precision.
    "deficient": {
        "matrix": tensor((low := exact([[1, 2], [3, -1], [0, 2], [4, 1]]) @ exact([[1, 0, 2], [2, 1, -1]]))),
        "pseudoInverse": tensor(scipy.linalg.pinv(low)), "rank": int(np.linalg.matrix_rank(low)),
    },
    "symmetric": [
        symmetric("one", exact([[4]])), symmetric("three", definite(3)), symmetric("eight", definite(8)),
    ],
    "stack": {
        "matrices": tensor(stack), "rightSides": tensor(side),
        "solutions": tensor(np.linalg.solve(stack, side)), "inverses": tensor(np.linalg.inv(stack)),
        "determinants": tensor(np.linalg.det(stack)),
        "factors": tensor(np.linalg.cholesky(d := np.stack([definite(3), definite(3)]))),
        "definite": tensor(d),
    },
    "analysis": {
        "samples": tensor(samples), "mean": tensor(analysis.mean_), "components": tensor(analysis.components_),
        "variances": tensor(analysis.explained_variance_), "ratios": tensor(analysis.explained_variance_ratio_),
        "transformed": tensor(analysis.transform(samples)),
    },
}
Path(__file__).with_name("linalg.json").write_text(json.dumps(fixture) + "\n")
