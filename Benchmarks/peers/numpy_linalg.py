"""NumPy beside `linalg-benchmark`, in turns: the same operations in double precision on one thread.

Run it with a NumPy that uses the same OpenBLAS, as Debian's python3-numpy does:
    swift build -c release --product linalg-benchmark
    /usr/bin/python3 Benchmarks/peers/numpy_linalg.py --pinion .build/release/linalg-benchmark
"""

from numpy_timing import Comparison, arguments  # first: it sets the number of threads

from functools import partial

import numpy as np

parser = arguments(__doc__, 0.05, 5)
parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128, 256, 512, 1024, 2048])
parser.add_argument("--single", action="store_true", help="single precision, too")
options = parser.parse_args()
generator = np.random.default_rng(1)
comparison = Comparison(
    options, "--sizes", *map(str, options.sizes), *(["--single"] if options.single else []))
for size in options.sizes:
    for kind in ["float64", "float32"] if options.single else ["float64"]:
        a = generator.normal(size=(size, size)).astype(kind)
        b = a[:, :1].copy()
        symmetric = a + a.T
        for name, work in [
            ("solve", partial(np.linalg.solve, a, b)), ("qr", partial(np.linalg.qr, a)),
            ("svd", partial(np.linalg.svd, a, full_matrices=False)),
            ("eigh", partial(np.linalg.eigh, symmetric)), ("eig", partial(np.linalg.eig, a)),
        ]:
            comparison.add(name, kind, size, work)
comparison.run()
