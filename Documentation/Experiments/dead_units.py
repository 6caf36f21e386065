"""Counts units of the first dense layer that no test image of CIFAR-10 activates.

    python3 dead_units.py test_batch.bin WEIGHTS.safetensors ...

Needs NumPy and safetensors.
"""

import sys

import numpy
from safetensors.numpy import load_file

records = numpy.fromfile(sys.argv[1], numpy.uint8).reshape(-1, 3073)
# From (channels, height, width) to Pinion's order, in 0...1.
images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1) / numpy.float32(255)
for file in sys.argv[2:]:
    weights = load_file(file)
    sums = images.reshape(len(images), -1) @ weights["dense/kernel"] + weights["dense/bias"]
    print(f"{(sums <= 0).all(axis=0).sum()} of {sums.shape[1]} units are never active: {file}")
