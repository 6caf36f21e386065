"""Reads the event files that InterchangeTests wrote by TensorBoard's own reader.

    mkdir FOLDER; PINION_TENSORBOARD_FOLDER=FOLDER swift test --filter TensorBoardTests
    venv/bin/python check_tensorboard.py FOLDER
"""

import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def read(folder):
    accumulator = EventAccumulator(str(folder), size_guidance={"images": 0, "histograms": 0})
    accumulator.Reload()
    return accumulator


def check(folder):
    train, validation = read(folder / "train"), read(folder / "validation")
    tags = train.Tags()
    assert {"epoch_loss", "epoch_accuracy", "epoch_learning_rate"} <= set(tags["scalars"]), tags
    for tag in ("epoch_loss", "epoch_accuracy", "epoch_learning_rate"):
        assert [event.step for event in train.Scalars(tag)] == [0, 1, 2, 3], (folder, tag)
    assert [event.step for event in train.Scalars("batch_loss")] == [0, 2, 4, 6, 8, 10], folder
    for tag in ("epoch_loss", "epoch_accuracy"):
        assert [event.step for event in validation.Scalars(tag)] == [0, 1, 2, 3], (folder, tag)
    for tag in (
        "dense/kernel", "dense/bias", "dense_1/kernel", "gradients/dense/kernel",
        "gradients/batch_normalization/gamma"):
        histograms = train.Histograms(tag)
        assert [event.step for event in histograms] == [0, 1, 2, 3], (folder, tag)
        for event in histograms:
            value = event.histogram_value
            assert sum(value.bucket) == value.num and value.min <= value.max
    nodes = {node.name: node for node in train.Graph().node}
    assert list(nodes) == ["input_layer", "dense", "batch_normalization", "dense_1"], list(nodes)
    assert list(nodes["dense_1"].input) == ["batch_normalization"], nodes["dense_1"]
    assert nodes["dense"].op == "Dense" and nodes["dense"].attr["parameters"].i == 15
    shape = nodes["dense"].attr["_output_shapes"].list.shape[0]
    assert [size.size for size in shape.dim] == [-1, 3], shape
    images = train.Images("confusion")
    assert [event.step for event in images] == [0, 1, 2, 3]
    assert (images[0].width, images[0].height) == (320, 320), images[0]
    assert images[0].encoded_image_string.startswith(b"\x89PNG")
    assert [event.tensor_proto.string_val[0] for event in train.Tensors("epoch")] == [
        b"**0**", b"**1**", b"**2**", b"**3**"]
    assert "_hparams_/session_start_info" in train.summary_metadata
    assert train.summary_metadata["_hparams_/session_start_info"].plugin_data.plugin_name == "hparams"
    print(f"{folder}: as expected")


if __name__ == "__main__":
    resumed = [f"{name}_{threads}" for threads in (1, 2, 3) for name in ("uninterrupted", "killed")]
    for name in ("whole", *resumed, "unsignaled", "signaled"):
        check(Path(sys.argv[1]) / name)
