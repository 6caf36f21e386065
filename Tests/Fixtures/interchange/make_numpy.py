"""Writes the .npy and .npz fixtures with NumPy.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python make_numpy.py                # writes the files beside this script
    venv/bin/python make_numpy.py FOLDER         # checks the files that InterchangeTests wrote

numpy_types.npz has an array of shape (3, 5) of each type, in both byte orders and in C and Fortran
order; numpy_compressed.npz is deflated; numpy_zip64.npz has sizes and offsets of 64 bits.
"""

import sys
import zipfile
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent
TYPES = "b1 i1 u1 i2 u2 i4 u4 i8 u8 f2 f4 f8".split()


def ramp(shape, dtype):
    """(37 i mod 101 - 50) / 8 of floats, 37 i mod 101 - 50 of integers, 37 i mod 101 without sign,
    and whether that is even."""
    count = int(np.prod(shape, dtype=np.int64))
    values = (np.arange(count) * 37) % 101
    kind = np.dtype(dtype).kind
    if kind == "b":
        values = values % 2 == 0
    elif kind == "i":
        values = values - 50
    elif kind == "f":
        values = (values - 50) / 8
    return values.reshape(shape).astype(dtype)


def types():
    arrays = {}
    for name in TYPES:
        for order, prefix in (("little", "<"), ("big", ">")):
            for layout in "CF":
                array = np.asarray(ramp((3, 5), prefix + name), order=layout)
                arrays[f"{name}_{order}_{layout}"] = array
    return arrays


def write():
    np.savez(FOLDER / "numpy_types.npz", **types())
    np.savez_compressed(
        FOLDER / "numpy_compressed.npz", large=ramp((40, 7, 3), "<f4"), scalar=ramp((), "<f8"),
        empty=ramp((4, 0, 2), "<f4"), fortran=np.asfortranarray(ramp((2, 3, 4, 5), "<f4")))
    for version in ((1, 0), (2, 0), (3, 0)):
        with open(FOLDER / f"numpy_version{version[0]}.npy", "wb") as file:
            np.lib.format.write_array(file, ramp((2, 3), "<f4"), version=version)
    # Limits so low that every size and offset takes 64 bits.
    zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = -1, 0
    np.savez(FOLDER / "numpy_zip64.npz", a=ramp((2, 3), "<f4"), b=ramp((4,), "<i4"))


def check(folder):
    expected = {"float": "f4", "double": "f8", "int": "i4", "bool": "b1"}
    for name, dtype in expected.items():
        for shape in ((), (0, 3), (7,), (2, 3, 4)):
            file = folder / f"{name}_{len(shape)}.npy"
            array = np.load(file)
            assert array.dtype == dtype and array.shape == shape, file
            assert (array == ramp(shape, dtype)).all(), file
    for file in ("stored", "compressed", "zip64"):
        with zipfile.ZipFile(folder / f"{file}.npz") as archive:
            assert archive.testzip() is None
        with np.load(folder / f"{file}.npz") as archive:
            assert sorted(archive) == sorted([*expected, "größe"]), file
            for name, dtype in expected.items():
                assert archive[name].dtype == dtype, name
                assert (archive[name] == ramp((5, 1000), dtype)).all(), name
    print(f"{folder}: as expected")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        check(Path(sys.argv[1]))
    else:
        write()
