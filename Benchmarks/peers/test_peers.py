"""Tests that require no other library: run `python -m unittest` in this folder."""

import unittest
from unittest import mock

import contender
import networks
from compare import require_same_network
from networks import NETWORKS
from results import Comparison, Samples, geometric_means, markdown


class Counter:
    """Counts parameters by the definition of each layer."""

    def __init__(self, name: str) -> None:
        network = NETWORKS[name]
        self.rows, self.columns, self.channels = network.shape
        self.features = 0
        self.count = self.all(network.layers)

    def all(self, layers: tuple) -> int:
        return sum(self.one(layer) for layer in layers)

    def shrink(self, lost: int, stride: int, up: int = 1) -> None:
        self.rows = (self.rows - lost + up * (stride - 1)) // stride
        self.columns = (self.columns - lost + up * (stride - 1)) // stride

    def one(self, layer) -> int:
        match layer:
            case networks.Conv(filters, _, kernel, stride, bias, valid):
                count = (kernel ** 2 * self.channels + bias) * filters
                self.channels = filters
                self.shrink((kernel - 1) * valid, stride)
                return count
            case networks.Depthwise(stride):
                self.shrink(0, stride)
                return 9 * self.channels
            case networks.Pool(same, _):
                self.shrink(0, 2, same)
            case networks.AvgPool():
                self.shrink(0, 2, 0)
            case networks.GlobalPool():
                self.features = self.features or self.channels
            case networks.Tokens():
                self.features = self.channels
            case networks.RowNorm():
                return 4 * self.rows
            case networks.ChannelNorm():
                return 4 * self.channels
            case networks.FeatureNorm():
                return 4 * self.features
            case networks.LayerNorm():
                return 2 * self.features
            case networks.Positions():
                return self.rows * self.columns * self.features
            case networks.Attention():
                return 4 * (self.features + 1) * self.features
            case networks.Flat():
                self.features = self.rows * self.columns * self.channels
            case networks.Dense(units, _):
                count = (self.features + 1) * units
                self.features = units
                return count
            case networks.Residual(layers, shortcut):
                before = dict(vars(self))
                count = self.all(shortcut)
                vars(self).update(before)
                return count + self.all(layers)
            case networks.Append(layers):
                channels = self.channels
                count = self.all(layers)
                self.channels += channels
                return count
        return 0


class NetworkTest(unittest.TestCase):
    def test_parameters_are_those_of_pinion(self) -> None:
        self.assertEqual({name: Counter(name).count for name in NETWORKS}, {
            "fashion-mnist-mlp": 71_146, "fashion-mnist-cnn": 59_434,
            "fashion-mnist-personal": 109_726, "cifar10-mlp": 144_362,
            "cifar10-cnn": 122_986, "cifar10-personal": 150_218,
            "cifar100-personal": 684_564, "lenet5": 61_706, "resnet20": 274_042,
            "vgg": 1_189_066, "all-convolutional": 480_234, "mobilenet": 139_722,
            "densenet": 73_678, "resnet18-stem": 2_806_250,
            "vision-transformer": 208_842, "wide-mlp": 2_919_434})


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
