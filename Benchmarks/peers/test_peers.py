"""Tests that require no other library: run `python -m unittest` in this folder."""

import unittest
from unittest import mock

import contender
from compare import require_same_network
from networks import (NETWORKS, Conv, Dense, FeatureNorm, Flat, Pool, RowNorm)
from results import Comparison, Samples, geometric_means, markdown


def count_parameters(name: str) -> int:
    """Expected counts are computed from the definition."""
    network = NETWORKS[name]
    rows, _, channels = network.shape
    features = count = 0
    for layer in network.layers:
        match layer:
            case Conv(filters, _, kernel):
                count += (kernel ** 2 * channels + 1) * filters
                channels = filters
            case Pool(same):
                rows = (rows + same) // 2
            case RowNorm():
                count += 4 * rows
            case Flat():
                features = rows * rows * channels
            case FeatureNorm():
                count += 4 * features
            case Dense(units, _):
                count += (features + 1) * units
                features = units
    return count


class NetworkTest(unittest.TestCase):
    def test_parameters_are_the_reports(self) -> None:
        self.assertEqual({name: count_parameters(name) for name in NETWORKS}, {
            "fashion-mnist-mlp": 71_146, "fashion-mnist-cnn": 59_434,
            "fashion-mnist-personal": 109_726, "cifar10-mlp": 144_362,
            "cifar10-cnn": 122_986, "cifar10-personal": 150_218,
            "cifar100-personal": 684_564})


    def test_others_are_refused(self) -> None:
        require_same_network("cifar10-mlp", {"pinion": 5, "torch": 5})
        with self.assertRaises(RuntimeError):
            require_same_network("cifar10-mlp", {"pinion": 5, "torch": 6})


class ResultsTest(unittest.TestCase):
    def comparison(self, measure: str, **samples: list[float]) -> Comparison:
        contenders = {name: Samples(values) for name, values in samples.items()}
        return Comparison("cifar10-mlp", measure, contenders)

    def test_ratio_of_rates_is_to_the_fastest_peer(self) -> None:
        found = self.comparison(
            "train", pinion=[9, 30, 31], torch=[10, 11, 40], jax=[20])
        self.assertEqual((found.peer, found.ratio), ("jax", 1.5))

    def test_ratio_of_times_is_to_the_reference(self) -> None:
        found = self.comparison("latency1", pinion=[5], onnxruntime=[10], openvino=[4])
        self.assertEqual((found.peer, found.ratio), ("openvino", 0.8))
        found.reference = "onnxruntime"
        self.assertEqual(found.ratio, 2)

    def test_file_has_what_the_table_shows(self) -> None:
        found = self.comparison("predict", pinion=[20, 40, 30], torch=[10]).as_json()
        self.assertEqual(set(found), {
            "network", "measure", "peer", "ratio", "disturbance", "contenders"})
        self.assertEqual(found["contenders"]["pinion"], {
            "median": 30, "minimum": 20, "maximum": 40, "samples": [20, 40, 30]})

    def test_no_ratio_without_us(self) -> None:
        self.assertIsNone(self.comparison("train", torch=[10]).ratio)

    def test_geometric_mean(self) -> None:
        found = [self.comparison("train", pinion=[20], torch=[10]),
                 self.comparison("train", pinion=[80], torch=[10])]
        self.assertAlmostEqual(geometric_means(found)["train"], 4)

    def test_markdown_marks_who_is_absent(self) -> None:
        text = markdown([self.comparison("train", pinion=[20], torch=[10]),
                         self.comparison("train", pinion=[20])])
        self.assertIn(
            "| 20.0 (20.0–20.0) | 10.0 (10.0–10.0) | **2.00** | torch | 0% |", text)
        self.assertIn("| 20.0 (20.0–20.0) | – | – | – | 0% |", text)


class EnvironmentTest(unittest.TestCase):
    def test_overrides_are_removed_for_all(self) -> None:
        variables = {"OPENBLAS_CORETYPE": "Haswell", "OMP_NUM_THREADS": "1", "HOME": "/"}
        with mock.patch.dict("os.environ", variables, clear=True):
            kept, removed = contender.clean_environment()
        self.assertEqual(kept, {"HOME": "/"})
        self.assertEqual(removed, ["OMP_NUM_THREADS", "OPENBLAS_CORETYPE"])


if __name__ == "__main__":
    unittest.main()
