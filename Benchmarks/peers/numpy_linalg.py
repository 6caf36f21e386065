"""NumPy beside `linalg-benchmark`: the same operations on one thread.

Run it with the NumPy that uses the same OpenBLAS (Debian's python3-numpy does):
    swift run -c release linalg-benchmark --json linalg.json
    python3 Benchmarks/peers/numpy_linalg.py --pinion linalg.json
"""

from numpy_timing import arguments, measure, read, report  # first: it sets the number of threads

import numpy as np

parser = arguments(__doc__, 0.2)
parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128, 256, 512, 1024, 2048])
parser.add_argument("--single", action="store_true", help="single precision, too")
options = parser.parse_args()
pinion = read(options.pinion)
generator = np.random.default_rng(1)
for size in options.sizes:
    for kind in ["float64", "float32"] if options.single else ["float64"]:
        a = generator.normal(size=(size, size)).astype(kind)
        b = a[:, :1].copy()
        symmetric = a + a.T
        for name, work in [
            ("solve", lambda: np.linalg.solve(a, b)), ("qr", lambda: np.linalg.qr(a)),
            ("svd", lambda: np.linalg.svd(a, full_matrices=False)),
            ("eigh", lambda: np.linalg.eigh(symmetric)), ("eig", lambda: np.linalg.eig(a)),
        ]:
            seconds = measure(work, options.repetitions, options.seconds)
            report(name, kind, size, seconds, pinion)
