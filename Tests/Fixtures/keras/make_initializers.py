"""Writes initializers.json: the ranges from which Keras draws, for kernels of some shapes.

The file is an array of cases:
  initializer  as Keras names it
  shape        of the kernel
  fanIn, fanOut
  then, for the uniform ones,
  limit        values are uniform in -limit ... limit
  and for the normal ones
  stddev       of the normal distribution before it is truncated,
  truncation   values lie within -truncation ... truncation (twice stddev)

The numbers are what the initializers hand to Keras's generator, recorded on the way.
"""

from common import double, write
import keras
from keras.src import backend
from keras.src.initializers.random_initializers import compute_fans

recorded = {}


def uniform(shape, minval, maxval, **_):
    assert minval == -maxval
    recorded.update(limit=double(maxval))


def truncated_normal(shape, mean, stddev, **_):
    assert mean == 0
    recorded.update(stddev=double(stddev), truncation=double(2 * stddev))


backend.random.uniform = uniform
backend.random.truncated_normal = truncated_normal

cases = []
for name in [
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
]:
    for shape in [(784, 32), (32, 10), (7,), (3, 3, 1, 32), (3, 3, 32, 64), (2, 2, 64, 64), (5, 3, 7, 16)]:
        recorded.clear()
        keras.initializers.get(name)(shape)
        fan_in, fan_out = compute_fans(shape)
        cases.append(
            {
                "initializer": name,
                "shape": list(shape),
                "fanIn": fan_in,
                "fanOut": fan_out,
                **recorded,
            }
        )
write("initializers", cases)
