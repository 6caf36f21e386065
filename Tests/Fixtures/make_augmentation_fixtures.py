"""Writes augmentation.json: what SciPy, scikit-learn and Keras make of given images and numbers.

Made with SciPy 1.17.1, NumPy 2.4.6, scikit-learn 1.9.1 and Keras 3.15.1 on TensorFlow 2.21.0
(`pip install scipy==1.17.1 numpy==2.4.6 scikit-learn==1.9.1 keras==3.15.1 tensorflow-cpu==2.21.0`).
Usage: python make_augmentation_fixtures.py
"""

import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import scipy.linalg
import scipy.ndimage
import scipy.stats
from sklearn.covariance import empirical_covariance
from sklearn.preprocessing import StandardScaler

# Our names of the fill modes, and SciPy's.
MODES = {"reflect": "reflect", "wrap": "grid-wrap", "nearest": "nearest", "constant": "grid-constant"}
ORDERS = {"nearest": 0, "bilinear": 1}
FILL = 0.375


def tensor(array):
    array = np.asarray(array)
    return {"shape": list(array.shape), "data": [round(float(v), 7) for v in array.ravel()]}


def image(generator, shape):
    return generator.random(shape).round(4).astype(np.float32)


def about_center(linear, height, width):
    """[xx, xy, x0, yx, yy, y0] of the linear map [[xx, xy], [yx, yy]] about the image's centre."""
    (xx, xy), (yx, yy) = linear
    center = np.array([(width - 1) / 2, (height - 1) / 2])
    x0, y0 = center - np.array(linear) @ center
    return [xx, xy, x0, yx, yy, y0]


def transforms(height, width):
    angle = np.deg2rad(33.0)
    cos, sin = np.cos(angle), np.sin(angle)
    yield about_center([[cos, -sin], [sin, cos]], height, width)
    yield about_center([[1.37, 0.21], [-0.4, 0.63]], height, width)
    # Many images away, so that each mode is asked about its second and third repetition.
    yield [1.0, 0.0, -2.3 * width - 0.31, 0.0, 1.0, 3.1 * height + 0.17]
    yield [-1.0, 0.0, width - 1.0, 0.0, 1.0, -2.0]


def affine():
    generator = np.random.default_rng(31)
    for shape in [(1, 1, 1), (1, 5, 3), (7, 4, 1), (5, 8, 3)]:
        source = image(generator, shape)
        for numbers in transforms(*shape[:2]):
            xx, xy, x0, yx, yy, y0 = numbers
            for mode, scipy_mode in MODES.items():
                for interpolation, order in ORDERS.items():
                    planes = [
                        scipy.ndimage.affine_transform(
                            source[..., c].astype(np.float64), [[yy, yx], [xy, xx]], [y0, x0],
                            order=order, mode=scipy_mode, cval=FILL, prefilter=False,
                        )
                        for c in range(shape[2])
                    ]
                    yield {
                        "image": tensor(source),
                        "transform": [float(v) for v in numbers],
                        "fill": mode,
                        "interpolation": interpolation,
                        "expected": tensor(np.stack(planes, axis=-1)),
                    }


def keras_layers():
    """Keras's layers with ranges of one number each. TensorFlow's `wrap` does not interpolate at the seam and is left out."""
    generator = np.random.default_rng(32)
    layers = keras.layers
    for shape in [(6, 9, 3), (8, 8, 1)]:
        source = image(generator, shape)
        for mode in ["reflect", "nearest", "constant"]:
            for interpolation in ORDERS:
                arguments = dict(fill_mode=mode, fill_value=FILL, interpolation=interpolation)
                for name, numbers, layer in [
                    ("rotation", [40.0], layers.RandomRotation((40 / 360, 40 / 360), **arguments)),
                    ("zoom", [0.31, -0.23],
                     layers.RandomZoom((0.31, 0.31), (-0.23, -0.23), **arguments)),
                    ("translation", [0.17, -0.29],
                     layers.RandomTranslation((0.17, 0.17), (-0.29, -0.29), **arguments)),
                ]:
                    yield {
                        "layer": name, "numbers": numbers, "fill": mode,
                        "interpolation": interpolation, "image": tensor(source),
                        "expected": tensor(layer(source[None], training=True)[0]),
                    }
        brightness = layers.RandomBrightness((0.3, 0.3), value_range=(0, 1))
        # Its range of factors is [1 - lower, 1 + upper], which equal bounds do not narrow to one number.
        contrast = layers.RandomContrast(0.5, value_range=(0, 1))
        factor = {"contrast_factor": np.full((1, 1, 1, 1), 1.8, np.float32)}
        for name, numbers, output in [
            ("brightness", [0.3], brightness(source[None], training=True)[0]),
            ("contrast", [0.8], contrast.transform_images(source[None], factor)[0]),
        ]:
            yield {
                "layer": name, "numbers": numbers, "fill": "reflect", "interpolation": "nearest",
                "image": tensor(source), "expected": tensor(output),
            }


def standardization():
    generator = np.random.default_rng(33)
    inputs = image(generator, (11, 3, 5, 3)) * [1.0, 0.01, 1.0] + [0.0, 100.0, 0.0]
    inputs[..., 2] = 0.25
    inputs = inputs.astype(np.float32)
    scaler = StandardScaler().fit(inputs.reshape(-1, 3).astype(np.float64))
    return {
        "inputs": {"shape": list(inputs.shape), "data": [float(v) for v in inputs.ravel()]},
        "mean": scaler.mean_.tolist(), "standardDeviation": scaler.scale_.tolist(),
        "expected": tensor(scaler.transform(inputs.reshape(-1, 3).astype(np.float64))),
    }


def whitening():
    generator = np.random.default_rng(34)
    # More samples than elements, and than a block; fewer, so that the covariance is singular.
    for count, epsilon in [(300, 0.01), (9, 0.001)]:
        mixing = generator.normal(size=(24, 24)) / 5
        inputs = (generator.random((count, 24)) @ mixing).astype(np.float32).round(4)
        precise = inputs.astype(np.float64)
        covariance = empirical_covariance(precise)
        matrix = np.linalg.inv(scipy.linalg.sqrtm(covariance + epsilon * np.eye(24)).real)
        yield {
            "inputs": tensor(inputs.reshape(count, 4, 3, 2)), "epsilon": epsilon,
            "matrix": tensor(matrix),
            "expected": tensor(((precise - precise.mean(0)) @ matrix)[:9]),
        }


def eigen():
    generator = np.random.default_rng(35)
    matrix = generator.normal(size=(7, 7)).astype(np.float32).round(4)
    matrix = np.tril(matrix) + np.tril(matrix, -1).T
    values, vectors = scipy.linalg.eigh(matrix.astype(np.float64))
    return {"matrix": tensor(matrix), "values": tensor(values), "vectors": tensor(vectors)}


def beta():
    for a, b in [(0.2, 0.2), (1.0, 1.0), (0.5, 2.0), (5.0, 3.0)]:
        points = [0.01, 0.1, 0.3, 0.5, 0.8, 0.99]
        yield {"alpha": a, "beta": b, "points": points,
               "cumulative": scipy.stats.beta.cdf(points, a, b).tolist()}


def main():
    text = json.dumps({
        "affine": list(affine()), "keras": list(keras_layers()),
        "standardization": standardization(), "whitening": list(whitening()), "eigen": eigen(),
        "beta": list(beta()),
    })
    (Path(__file__).parent / "augmentation.json").write_text(text + "\n", encoding="utf-8")


main()
