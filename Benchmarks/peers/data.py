"""Random images and labels."""

import numpy as np
from networks import Network


def images(network: Network, count: int) -> np.ndarray:
    """Floats in 0...1 of shape (count, height, width, channels)."""
    generator = np.random.default_rng(0)
    return generator.random((count, *network.shape), dtype=np.float32)


def labels(network: Network, count: int) -> np.ndarray:
    """Class indices of shape (count)."""
    return np.random.default_rng(1).integers(0, network.classes, count)
