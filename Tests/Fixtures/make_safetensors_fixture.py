"""Writes the safetensors fixtures with the official library.

    python -m venv venv && venv/bin/pip install numpy==2.4.6 safetensors==0.8.0
    venv/bin/python make_safetensors_fixture.py          # writes both files beside this script
    venv/bin/python make_safetensors_fixture.py FILE     # checks that FILE holds pinion_arrays()

safetensors_official.safetensors is what the library itself writes: arrays of several types, a
text, names beyond ASCII. safetensors_pinion.safetensors holds the bytes that Pinion's own writer
must give for pinion_arrays(), laid out here by hand and then read back by the library.
"""

import json
import struct
import sys
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

FOLDER = Path(__file__).parent
TEXTS = {"format": "pinion", "quote \" and \\": "line\nbreak", "zeta": "ζ"}


def ramp(*shape, dtype=np.float32):
    """Numbers that every type here holds exactly: (37 i mod 101 - 50) / 8."""
    count = int(np.prod(shape, dtype=np.int64))
    values = ((np.arange(count) * 37) % 101 - 50) / 8
    return values.astype(dtype).reshape(shape)


def official_arrays():
    return {
        "conv2d/kernel": ramp(3, 3, 2, 4),
        "conv2d/bias": ramp(4),
        "loss": ramp(),
        "empty": ramp(0, 5),
        "größe \"α\"": ramp(2, 3),
        "step": np.array([1, -2, 3], dtype=np.int64),
        "image": np.arange(7, dtype=np.uint8),
        "mask": np.array([[True, False], [False, True]]),
        "half": ramp(3, dtype=np.float16),
        "double": ramp(2, 2, dtype=np.float64),
        "label": np.array([7, 8], dtype=np.int32),
    }


def pinion_arrays():
    return {
        "dense/kernel": ramp(5, 3),
        "dense/bias": ramp(3),
        "größe \"α\"\n": ramp(2, 1, 2),
        "scalar": ramp(),
        "empty": ramp(4, 0),
    }


def write_as_pinion(path):
    header = {"__metadata__": dict(sorted(TEXTS.items()))}
    data = b""
    for name, array in pinion_arrays().items():
        end = len(data) + array.nbytes
        header[name] = {
            "dtype": "F32", "shape": list(array.shape), "data_offsets": [len(data), end]}
        data += array.tobytes()
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("\\n", "\\u000a").encode()
    text += b" " * (-(8 + len(text)) % 64)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def check(path):
    with safe_open(path, framework="numpy") as file:
        assert file.metadata() == TEXTS, file.metadata()
        expected = pinion_arrays()
        assert sorted(file.keys()) == sorted(expected), file.keys()
        for name, array in expected.items():
            found = file.get_tensor(name)
            assert found.dtype == array.dtype and found.shape == array.shape, name
            assert found.tobytes() == array.tobytes(), name
    print(f"{path}: as expected")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        check(sys.argv[1])
    else:
        official = FOLDER / "safetensors_official.safetensors"
        # One text: the library writes several in an order of its own.
        save_file(official_arrays(), official, metadata={"quote \" and \\": "ζ\n"})
        official.chmod(0o644)
        write_as_pinion(FOLDER / "safetensors_pinion.safetensors")
        check(FOLDER / "safetensors_pinion.safetensors")
