"""Writes numpy_print.json: arrays of float32, and the text that NumPy prints for them.

Run with NumPy 2.4.6, in this folder: python3 make_numpy_fixtures.py
An array is given by its shape and either the bits of its elements, or a factor: element i is then float32(i) * factor.
"""

import json
import pathlib

import numpy

assert numpy.__version__ == "2.4.6", numpy.__version__

cases = []


def add(name, array):
    array = numpy.asarray(array, numpy.float32)
    bits = array.reshape(-1).view(numpy.uint32).tolist()
    cases.append({"name": name, "shape": list(array.shape), "bits": bits, "text": str(array)})


def add_counted(name, shape, factor):
    count = int(numpy.prod(shape))
    array = (numpy.arange(count, dtype=numpy.float32) * numpy.float32(factor)).reshape(shape)
    cases.append({"name": name, "shape": list(shape), "factor": factor, "text": str(array)})


nan, inf = numpy.nan, numpy.inf
add("integers", [[1, 2], [3, 4]])
add("negative integers", [[-1, 20], [300, -4]])
add("fractions", [0.1, 0.25, 1 / 3, -2.5])
add("cut at eight digits", [1.23456789e-4, 9.87654321e-3, 0.05])
add("least positional", [1e-4])
add("just below it", [9.9999e-5])
add("greatest positional", [999999.94, 1000])
add("a million", [1e6])
add("ratio of a thousand", [1000, 1])
add("ratio above a thousand", [1000.1, 1])
add("scientific", [0.1, 1.2345678e-7, -3e30])
add("scientific without fractions", [1e-10, 1e10])
add("zeros", [0, -0.0, 0])
add("zero and large", [0, 1e9])
add("subnormal", [1e-45, 1.1754942e-38])
add("greatest", [3.4028235e38, -3.4028235e38])
add("not finite", [nan, inf, -inf])
add("not finite among finite", [nan, 1, inf, -2.5])
add("minus infinity among finite", [-inf, 1])
add("not finite among scientific", [nan, 1e-9, -inf])
add("only nan", [[nan], [nan]])
add("empty", numpy.zeros(0))
add("empty rows", numpy.zeros((2, 0, 3)))
add("one by one", [[[7]]])
add("three axes", numpy.arange(24).reshape(2, 3, 4) / 4)
add("four axes", numpy.arange(16).reshape(2, 2, 2, 2))
add("wrapped", numpy.arange(40) / 3)
add("wrapped rows", numpy.arange(60).reshape(2, 30) * 1.5)
add("wrapped deep rows", numpy.arange(50).reshape(1, 1, 2, 25) / 7)
add("wrapped with padding at the ends", [0.125, 1, 22] * 12)
for value in [0, -0.0, 1, -1.5, 0.1, 1e-4, 9.9e-5, 123456.79, 999999.9, 1e6, 1234567, 1e16, 3.4e38, 1e-45, nan, inf, -inf]:
    add(f"scalar {value}", value)

generator = numpy.random.Generator(numpy.random.PCG64(20240601))
for round in range(40):
    bits = generator.integers(0, 2**32, 12, dtype=numpy.uint32)
    add(f"random bits {round}", bits.view(numpy.float32).reshape(3, 4))
for round in range(40):
    scale = 10.0 ** generator.integers(-6, 7)
    add(f"random numbers {round}", (generator.normal(size=(4, 3)) * scale))
for round in range(20):
    add(f"small and long {round}", generator.uniform(1e-4, 0.09, size=(3, 2)))

add_counted("a thousand", [1000], 1)
add_counted("more than a thousand", [1001], 1)
add_counted("many rows", [1001, 2], 0.5)
add_counted("long rows", [2, 1001], 0.001)
add_counted("many of both", [50, 30], -0.25)
add_counted("three long axes", [7, 8, 30], 3)
add_counted("long only in the middle", [2, 300, 2], 1)
add_counted("summary that wraps", [3, 500], 1.2345678)

target = pathlib.Path(__file__).parent / "numpy_print.json"
lines = ",\n".join(json.dumps(case) for case in cases)
target.write_text(f"[\n{lines}\n]\n")
