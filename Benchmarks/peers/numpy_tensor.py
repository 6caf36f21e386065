"""NumPy beside `tensor-benchmark`: the same operations on one thread.

    swift run -c release tensor-benchmark --json tensor.json
    python3 Benchmarks/peers/numpy_tensor.py --pinion tensor.json
"""

from numpy_timing import arguments, measure, read, report  # first: it sets the number of threads

import numpy as np

parser = arguments(__doc__, 0.1)
parser.add_argument("--size", type=int, default=1_000_000, help="a multiple of 10000")
options = parser.parse_args()
pinion = read(options.pinion)
generator = np.random.default_rng(1)
size = options.size
x, y = (generator.normal(size=size).astype(np.float32) for _ in range(2))
positive = np.abs(x)
matrix, row = x.reshape(-1, 1000), y[:1000].copy()
positions = (np.clip((y + 4) / 8, 0, 0.99999) * size).astype(np.int32)
batch = x.reshape(-1, 100, 100)
total = x.copy()
for name, work in [
    ("add", lambda: x + y), ("multiply by a number", lambda: x * np.float32(2.5)),
    ("add a row", lambda: matrix + row), ("add in place", lambda: np.add(total, y, out=total)),
    ("exp", lambda: np.exp(x)), ("log", lambda: np.log(positive)), ("tanh", lambda: np.tanh(x)),
    ("sin", lambda: np.sin(x)), ("sqrt", lambda: np.sqrt(positive)),
    ("maximum", lambda: np.maximum(x, y)), ("less", lambda: x < y),
    ("where", lambda: np.where(x < y, x, y)), ("sum", lambda: x.sum()),
    ("sum of rows", lambda: matrix.sum(1)), ("sum of columns", lambda: matrix.sum(0)),
    ("variance", lambda: x.var()), ("max", lambda: x.max()), ("argmax", lambda: x.argmax()),
    ("max of rows", lambda: matrix.max(1)), ("transpose", lambda: matrix.T.copy()),
    ("sort", lambda: np.sort(x)), ("argsort", lambda: np.argsort(x, kind="stable")),
    ("gather", lambda: x[positions]), ("cumsum", lambda: np.cumsum(x)),
    ("matmul", lambda: np.matmul(batch, batch)),
]:
    report(name, "float32", size, measure(work, options.repetitions, options.seconds), pinion)
