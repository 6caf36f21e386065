"""Writes tensor_operations.json: what NumPy makes of given tensors, in double precision.

Made with NumPy 2.4.6 (`pip install numpy==2.4.6`).
Usage: python make_tensor_fixtures.py
Each case has a name, by which the tests find the operation, inputs and outputs. NaN is null.
"""

import json
import math
from pathlib import Path

import numpy as np

assert np.__version__ == "2.4.6", np.__version__

generator = np.random.Generator(np.random.PCG64(20240611))
cases = []


def tensor(array):
    array = np.asarray(array, np.float64)
    data = [None if math.isnan(x) else int(x) if x.is_integer() else x for x in array.ravel().tolist()]
    return {"shape": list(array.shape), "data": data}


def numbers(*shape, low=-3.0, high=3.0):
    """Exact in single precision."""
    return generator.uniform(low, high, shape).astype(np.float32).astype(np.float64)


def add(name, inputs, *outputs):
    cases.append({
        "name": name, "inputs": [tensor(x) for x in inputs],
        "outputs": [tensor(x) for x in outputs],
    })


x = np.concatenate([numbers(11), [0.0, 0.5, 1.5, -0.5, -1.5, 2.5, 1e-6, np.nan]])
for name in ("exp", "expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan", "floor", "ceil",
             "round", "trunc", "sign", "square", "abs", "negative"):
    add(name, [x], getattr(np, name)(x))
positive = numbers(9, low=0.01, high=20)
for name in ("log", "log2", "log10", "log1p", "sqrt"):
    add(name, [positive], getattr(np, name)(positive))
unit = numbers(9, low=-1, high=1)
add("arcsin", [unit], np.arcsin(unit))
add("arccos", [unit], np.arccos(unit))
a, b = numbers(3, 1, 4), numbers(2, 1)
for name in ("add", "subtract", "multiply", "divide", "maximum", "minimum", "arctan2", "mod"):
    add(name, [a, b], getattr(np, name)(a, b))
add("power", [positive.reshape(3, 3), unit[:3]], np.power(positive.reshape(3, 3), unit[:3]))
add("clip", [x], np.clip(x, -1, 0.75))

whole = generator.integers(-2, 3, (3, 4)).astype(float)
other = generator.integers(-2, 3, (4,)).astype(float)
for name in ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal"):
    add(name, [whole, other], getattr(np, name)(whole, other))
add("isnan", [x], np.isnan(x))
add("where", [whole, other], np.where(whole > other, whole, other))
add("boolean index", [whole], whole[whole > 0])
add("any", [whole], (whole > 1).any(axis=0))
add("all", [whole], (whole > -2).all(axis=1, keepdims=True))

c = numbers(4, 3, 2)
add("concatenate", [c, c[:2]], np.concatenate([c, c[:2]], 0))
add("stack", [c, c], np.stack([c, c], -1))
add("split", [c], *np.split(c, 2, 0))
add("split at", [c], *np.split(c, [1, 1], 1))
add("pad", [whole], np.pad(whole, ((1, 0), (2, 3)), constant_values=7))
add("tile", [whole], np.tile(whole, (2, 3)))
add("repeat", [c], np.repeat(c, 3, 1))
add("flip", [c], np.flip(c, (0, 2)))
add("roll", [c], np.roll(c, -5, 0))
add("roll forward", [c], np.roll(c, 2, 1))
add("every second", [c], c[::2, ::-1])
add("backwards", [c], c[3:0:-2, -2:, 1])
assigned = c.copy()
assigned[::-2, 1:] = other[:2]
add("assign backwards", [c, other[:2]], assigned)

index = np.array([[2, 0], [-1, 1]])
add("take", [c, index], np.take(c, index, 0))
add("take inner", [c, [1, -1, 0]], np.take(c, [1, -1, 0], 1))
along = generator.integers(-4, 4, (2, 3, 2))
add("take along", [c, along], np.take_along_axis(c, along, 0))
scattered, values = c.copy(), numbers(4, 2, 2)
targets = np.stack([np.zeros((4, 2)), np.full((4, 2), 2)], 1).astype(int)
np.put_along_axis(scattered, targets, values, 1)
add("scatter", [c, values, targets], scattered)
sums = c.copy()
repeats = generator.integers(0, 3, (4, 5, 2))
for i in range(4):
    for j in range(5):
        for k in range(2):
            sums[i, repeats[i, j, k], k] += 1.5
add("scatter add", [c, repeats], sums)

many = np.concatenate([generator.integers(-20, 20, 360) / 4, np.round(numbers(160) * 64) / 64, [np.nan, -0.0, np.nan]])
grid = generator.integers(-3, 4, (5, 6, 3)).astype(float)
add("sort", [many], np.sort(many))
add("sort down", [many[:521]], np.sort(many[:521])[::-1])
add("sort middle", [grid], np.sort(grid, 1))
add("argsort", [many], np.argsort(many, kind="stable"))
add("argsort first", [grid], np.argsort(grid, 0, kind="stable"))
order = np.argsort(-grid, -1, kind="stable")[..., :2]
add("top k", [grid], np.take_along_axis(grid, order, -1), order)
values, counts = np.unique(many, return_counts=True)
add("unique", [many], values, counts)
labels = generator.integers(0, 6, 40)
add("bincount", [labels], np.bincount(labels, minlength=9))
counts, edges = np.histogram(many[:519], 7)
add("histogram", [many[:519]], counts, edges)
counts, edges = np.histogram(many, 8, (-2, 2))
add("histogram in range", [many], counts, edges)

for axis in range(3):
    add(f"cumsum {axis}", [c], np.cumsum(c, axis))
    add(f"cumprod {axis}", [c], np.cumprod(c, axis))
    add(f"prod {axis}", [c], np.prod(c, axis))
    add(f"norm {axis}", [c], np.linalg.norm(c, axis=axis))
add("prod", [c], np.prod(c))
add("norm", [c], np.linalg.norm(c))
add("argmin", [grid], np.argmin(grid, 1))

left, right = numbers(2, 1, 3, 4), numbers(5, 4, 2)
add("matmul", [left, right], np.matmul(left, right))
square, cube = numbers(3, 3), numbers(3, 3, 4)
for text, *operands in [
    ("ij,jk->ik", numbers(2, 3), numbers(3, 4)), ("ij,jk", numbers(2, 3), numbers(3, 4)),
    ("ij->ji", numbers(2, 3)), ("ba", numbers(2, 3)), ("ii", square), ("ii->i", square),
    ("iij->ij", cube), ("ijk->k", cube), ("bij,bjk->bik", numbers(5, 2, 3), numbers(5, 3, 2)),
    ("i,j->ij", numbers(3), numbers(4)), ("i,i", numbers(3), numbers(3)), ("i,i->i", unit, unit),
    ("bhqd,bkhd->bhqk", numbers(2, 3, 4, 5), numbers(2, 6, 3, 5)),
    ("ijk,kl->jl", numbers(2, 3, 4), numbers(4, 2)), ("ii,ij->j", square, numbers(3, 2)),
    ("ij,kl->", numbers(2, 3), numbers(2, 2)), (",ij->ij", numbers(), numbers(2, 3)),
]:
    add(f"einsum {text}", operands, np.einsum(text, *operands))

rows = ",\n".join(json.dumps(case) for case in cases)
Path(__file__).with_name("tensor_operations.json").write_text(f"[\n{rows}\n]\n")
