"""What the scripts share: how numbers and tensors are written, and where.

Importing this module first keeps TensorFlow quiet, on the CPU, and deterministic.
"""

import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
# oneDNN picks its kernels by the CPU; without it the files depend less on the machine.
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import numpy as np  # noqa: E402

FOLDER = pathlib.Path(__file__).resolve().parent.parent


def number(value):
    """The decimal of fewest digits (at most nine) that reads back as the same float32."""
    single = np.float32(value)
    if not np.isfinite(single):
        raise ValueError(f"{value} has no place in JSON")
    return float(str(single))


def numbers(values):
    return [number(value) for value in np.asarray(values).reshape(-1)]


def tensor(array):
    array = np.asarray(array)
    return {"shape": list(array.shape), "data": numbers(array)}


def double(value):
    """A double with twelve significant digits."""
    return float(f"{float(value):.12g}")


def singles(array):
    """The array with each element rounded to float32, as float64."""
    return np.asarray(array, dtype=np.float32).astype(np.float64)


def write(name, value):
    """Writes FOLDER/name.json; of a list, or of an object of lists, one element a line."""

    def line(element):
        return json.dumps(element, separators=(",", ":"), allow_nan=False)

    def block(elements):
        return "[\n" + ",\n".join(line(element) for element in elements) + "\n]"

    if isinstance(value, list):
        text = block(value)
    else:
        fields = [
            f"{json.dumps(key)}: "
            + (block(field) if isinstance(field, list) else line(field))
            for key, field in value.items()
        ]
        text = "{\n" + ",\n".join(fields) + "\n}"
    path = FOLDER / f"{name}.json"
    path.write_text(text + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes")
