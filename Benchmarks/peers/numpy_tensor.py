"""NumPy beside `tensor-benchmark`, in turns: the same operations on one thread.

    swift build -c release --product tensor-benchmark
    python3 Benchmarks/peers/numpy_tensor.py --pinion .build/release/tensor-benchmark
"""

from numpy_timing import Comparison, arguments  # first: it sets the number of threads

import numpy as np

parser = arguments(__doc__, 0.02, 7)
parser.add_argument("--size", type=int, default=1_000_000, help="a multiple of 10000")
options = parser.parse_args()
size = options.size
generator = np.random.default_rng(1)
x, y = (generator.normal(size=size).astype(np.float32) for _ in range(2))
positive, unit = np.abs(x), np.tanh(x)
matrix, batch, small = x.reshape(-1, 1000), x.reshape(-1, 100, 100), x.reshape(-1, 10, 10)
row, column, number = y[:1000].copy(), matrix[:, :1].copy(), np.float32(2.5)
mask, no, yes = x < y, x < -100, x > -100
positions = (np.clip((y + 4) / 8, 0, 0.99999) * size).astype(np.int32)
labels = positions % 100
integers = labels.astype(np.float32)
rows = np.arange(len(matrix), dtype=np.int32) * 7 % len(matrix)
order = np.argsort(matrix, kind="stable")
halves = [matrix, y.reshape(matrix.shape)]
total, product, scaled, target, scattered = (x.copy() for _ in range(5))


def parts(arrays):
    """NumPy's parts are views; Pinion's are copies."""
    return [array.copy() for array in arrays]


def put():
    target[positions] = y


def top(values, count):
    """The largest in descending order along the last axis, and their positions."""
    found = np.argpartition(values, -count, axis=-1)[..., -count:]
    ordered = np.flip(np.argsort(np.take_along_axis(values, found, -1), axis=-1), -1)
    found = np.take_along_axis(found, ordered, -1)
    return np.take_along_axis(values, found, -1), found


comparison = Comparison(options, "--size", str(size))
for name, work in [
    ("add", lambda: x + y), ("divide", lambda: x / y), ("add a number", lambda: x + number),
    ("multiply by a number", lambda: x * number), ("add a row", lambda: matrix + row),
    ("add a column", lambda: matrix + column),
    ("add in place", lambda: np.add(total, y, out=total)),
    ("multiply in place", lambda: np.multiply(product, y, out=product)),
    ("scale in place", lambda: np.multiply(scaled, np.float32(1.000001), out=scaled)),
    ("negate", lambda: -x), ("abs", lambda: np.abs(x)), ("square", lambda: np.square(x)),
    ("maximum", lambda: np.maximum(x, y)), ("clip", lambda: np.clip(x, -1, 1)),
    ("sign", lambda: np.sign(x)), ("floor", lambda: np.floor(x)),
    ("sqrt", lambda: np.sqrt(positive)), ("exp", lambda: np.exp(x)),
    ("expm1", lambda: np.expm1(x)), ("log", lambda: np.log(positive)),
    ("log1p", lambda: np.log1p(positive)), ("log2", lambda: np.log2(positive)),
    ("log10", lambda: np.log10(positive)), ("sin", lambda: np.sin(x)), ("cos", lambda: np.cos(x)),
    ("tan", lambda: np.tan(x)), ("arcsin", lambda: np.arcsin(unit)),
    ("arccos", lambda: np.arccos(unit)), ("arctan", lambda: np.arctan(x)),
    ("sinh", lambda: np.sinh(x)), ("cosh", lambda: np.cosh(x)), ("tanh", lambda: np.tanh(x)),
    ("pow", lambda: np.power(positive, y)), ("pow of a number", lambda: np.power(positive, number)),
    ("arctan2", lambda: np.arctan2(y, x)), ("remainder", lambda: np.mod(x, y)),
    ("less", lambda: x < y), ("less than a number", lambda: x < np.float32(0.5)),
    ("equal", lambda: x == y), ("isnan", lambda: np.isnan(x)),
    ("isfinite", lambda: np.isfinite(x)), ("where", lambda: np.where(mask, x, y)),
    ("where with a number", lambda: np.where(mask, x, np.float32(0))), ("any", lambda: no.any()),
    ("all", lambda: yes.all()), ("count true", lambda: np.count_nonzero(mask)),
    ("and", lambda: mask & no), ("not", lambda: ~mask),
    ("flatnonzero", lambda: np.flatnonzero(mask)), ("boolean index", lambda: x[mask]),
    ("sum", lambda: x.sum()), ("sum of rows", lambda: matrix.sum(1)),
    ("sum of columns", lambda: matrix.sum(0)), ("mean", lambda: x.mean()),
    ("variance", lambda: x.var()), ("variance of rows", lambda: matrix.var(1)),
    ("variance of columns", lambda: matrix.var(0)), ("norm", lambda: np.linalg.norm(x)),
    ("norm of rows", lambda: np.linalg.norm(matrix, axis=1)), ("product", lambda: x.prod()),
    ("max", lambda: x.max()), ("max of rows", lambda: matrix.max(1)),
    ("max of columns", lambda: matrix.max(0)), ("argmax", lambda: x.argmax()),
    ("argmax of rows", lambda: matrix.argmax(1)), ("argmax of columns", lambda: matrix.argmax(0)),
    ("argmin", lambda: x.argmin()),
    ("transpose", lambda: matrix.T.copy()),
    ("transpose a batch", lambda: batch.transpose(0, 2, 1).copy()),
    ("flip", lambda: np.flip(x).copy()), ("flip rows", lambda: np.flip(matrix, 1).copy()),
    ("slice", lambda: matrix[:, 100:900].copy()), ("every other", lambda: x[::2].copy()),
    ("concatenate", lambda: np.concatenate(halves)),
    ("concatenate columns", lambda: np.concatenate(halves, 1)),
    ("stack", lambda: np.stack(halves)),
    ("stack as the last axis", lambda: np.stack(halves, -1)),
    ("split", lambda: parts(np.split(matrix, 10))),
    ("split columns", lambda: parts(np.split(matrix, 10, 1))),
    ("pad", lambda: np.pad(matrix, 2)), ("roll", lambda: np.roll(x, 1000)),
    ("tile", lambda: np.tile(matrix, (2, 1))), ("repeat", lambda: np.repeat(x, 2)),
    ("gather", lambda: x[positions]), ("gather rows", lambda: matrix[rows]),
    ("take along an axis", lambda: np.take_along_axis(matrix, order, 1)), ("scatter", put),
    ("scatter add", lambda: np.add.at(scattered, positions, y)), ("sort", lambda: np.sort(x)),
    ("sort rows", lambda: np.sort(matrix)), ("sort columns", lambda: np.sort(matrix, 0)),
    ("argsort", lambda: np.argsort(x, kind="stable")),
    ("argsort rows", lambda: np.argsort(matrix, kind="stable")), ("top 10", lambda: top(x, 10)),
    ("top 10 of rows", lambda: top(matrix, 10)),
    ("unique", lambda: np.unique(x, return_counts=True)),
    ("unique of 100", lambda: np.unique(integers, return_counts=True)),
    ("bincount", lambda: np.bincount(labels)), ("histogram", lambda: np.histogram(x, 10)),
    ("cumsum", lambda: np.cumsum(x)), ("cumsum of rows", lambda: np.cumsum(matrix, 1)),
    ("cumsum of columns", lambda: np.cumsum(matrix, 0)), ("cumprod", lambda: np.cumprod(x)),
    ("matmul", lambda: np.matmul(matrix, matrix.T.copy())),
    ("batched matmul", lambda: np.matmul(batch, batch)),
    ("batched matmul of 10", lambda: np.matmul(small, small)),
    ("matrix and vector", lambda: np.matmul(matrix, row)),
    ("einsum bij,bjk->bik", lambda: np.einsum("bij,bjk->bik", batch, batch, optimize=True)),
    ("einsum bij,bkj->bik", lambda: np.einsum("bij,bkj->bik", batch, batch, optimize=True)),
    ("einsum ij->j", lambda: np.einsum("ij->j", matrix)),
]:
    comparison.add(name, "float32", size, work)
comparison.run()
