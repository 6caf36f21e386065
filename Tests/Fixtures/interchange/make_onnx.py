"""Writes ONNX files of PyTorch's and Keras's exporters, with inputs and outputs as .npz.

    python -m venv venv && venv/bin/pip install -r requirements.txt keras==3.15.1 torchvision
    KERAS_BACKEND=torch venv/bin/python make_onnx.py           # writes the files beside this script
    KERAS_BACKEND=torch venv/bin/python make_onnx.py FOLDER    # full-size networks of torchvision

    PINION_ONNX_IMPORT_FOLDER=FOLDER swift test --filter ONNXImportTests

Each network is written by the TorchScript exporter (onnx_NAME_script) and by the dynamo exporter
(onnx_NAME_dynamo). Without a folder they are those of make_pytorch.py, a chain of activations and
layers, and a Keras network; onnx_fixed_1 and onnx_fixed_2 have batches of fixed sizes. What
describes the nodes' origins is removed to keep the files small.
Images are (N, H, W, C) in the .npz files.
"""

import os
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from make_pytorch import FOLDER, MobileNetV2, ResNet18, randomize


class Activations(nn.Module):
    """Activations, normalizations and merging by name, an image that is made a vector."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding="same")
        self.norm = nn.GroupNorm(2, 8)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1, stride=2, groups=2, bias=False)
        self.gate1, self.gate2 = nn.Conv2d(8, 4, 1), nn.Conv2d(4, 8, 1)
        self.prelu = nn.PReLU(8)
        self.up = nn.ConvTranspose2d(8, 4, 2, stride=2)
        self.dense1 = nn.Linear(16 * 4 * 5, 12)
        self.layer_norm = nn.LayerNorm(12)
        self.dense2 = nn.Linear(12, 4)

    def forward(self, x):
        x = (x - torch.tensor([0.5, 0.4, 0.3])[:, None, None]) / 0.25
        x = nn.functional.gelu(self.norm(self.conv1(x)))
        x = nn.functional.silu(self.conv2(x))
        # Squeeze and excitation.
        gate = torch.relu(self.gate1(nn.functional.adaptive_avg_pool2d(x, 1)))
        x = x * nn.functional.hardsigmoid(self.gate2(gate))
        y = self.prelu(x)
        z = nn.functional.avg_pool2d(nn.functional.interpolate(y, scale_factor=2), 2)
        x = torch.cat([nn.functional.hardswish(x), z], 1)
        x = nn.functional.max_pool2d(self.up(x[:, 8:]), 3, 2, ceil_mode=True)
        x = torch.cat([x, nn.functional.leaky_relu(y), nn.functional.elu(x)], 1)
        x = nn.functional.dropout(torch.flatten(x, 1), 0.5, self.training)
        x = self.layer_norm(self.dense1(x))
        return torch.softmax(self.dense2(torch.tanh(x) * 2 + 1), -1)


class Heads(nn.Module):
    """Attention by three projections and PyTorch's function."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width, bias=False)
        self.value, self.out = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        batch, steps, width = x.shape

        def split(y):
            return y.view(batch, steps, self.heads, width // self.heads).transpose(1, 2)

        y = nn.functional.scaled_dot_product_attention(
            split(self.query(x)), split(self.key(x)), split(self.value(x)))
        return self.out(y.transpose(1, 2).reshape(batch, steps, width))


class JointHeads(nn.Module):
    """Attention by one projection and its formula, as in timm."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.joint, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        batch, steps, width = x.shape
        joint = self.joint(x).reshape(batch, steps, 3, self.heads, width // self.heads)
        query, key, value = joint.permute(2, 0, 3, 1, 4).unbind(0)
        scores = (query * (width // self.heads) ** -0.5) @ key.transpose(-2, -1)
        return self.out((scores.softmax(-1) @ value).transpose(1, 2).reshape(batch, steps, width))


class ModuleHeads(nn.Module):
    """Attention by PyTorch's module."""

    def __init__(self, width, heads):
        super().__init__()
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


class Transformer(nn.Module):
    """A vision transformer of two blocks, with a class token or a mean of the positions."""

    def __init__(self, attention, width=12, heads=3, has_token=True):
        super().__init__()
        self.patches = nn.Conv2d(3, width, 4, 4)
        self.token = nn.Parameter(torch.randn(1, 1, width)) if has_token else None
        self.positions = nn.Parameter(torch.randn(1, 6 + has_token, width))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(5))
        self.attentions = nn.ModuleList(attention(width, heads) for _ in range(2))
        self.first = nn.ModuleList(nn.Linear(width, 20) for _ in range(2))
        self.second = nn.ModuleList(nn.Linear(20, width) for _ in range(2))
        self.head = nn.Linear(width, 5)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        if self.token is not None:
            x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1)
        x = x + self.positions
        for i in range(2):
            x = x + self.attentions[i](self.norms[2 * i](x))
            y = nn.functional.gelu(self.first[i](self.norms[2 * i + 1](x)))
            x = x + self.second[i](y)
        x = self.norms[4](x)
        return self.head(x[:, 0] if self.token is not None else x.mean(1))


def slim(path):
    """Removes what an exporter says about the origin of nodes and values."""
    model = onnx.load(path)
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in [*model.graph.input, *model.graph.output, *model.graph.initializer]:
        del value.metadata_props[:]
    del model.graph.value_info[:]
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    onnx.save(model, path)


def write(folder, name, model, height, width, is_small=True):
    model.eval()
    images = torch.rand(2, 3, height, width)
    with torch.no_grad():
        outputs = model.double()(images.double()).float().numpy()
    model.float()
    arrays = dict(inputs=images.permute(0, 2, 3, 1).contiguous().numpy(), outputs=outputs)
    for exporter in ("script", "dynamo"):
        path = folder / f"onnx_{name}_{exporter}.onnx"
        options = (
            dict(dynamo=False, dynamic_axes={"images": {0: "batch"}})
            if exporter == "script"
            else dict(
                dynamo=True, external_data=False, dynamic_shapes=({0: torch.export.Dim("n")},)))
        torch.onnx.export(model, (images,), str(path), input_names=["images"], **options)
        if is_small:
            slim(path)
    np.savez_compressed(folder / f"onnx_{name}.npz", **arrays)


def write_fixed(folder):
    """A transformer whose exporter was given a batch of one and of two, and no symbolic size."""
    model = Transformer(ModuleHeads).eval()
    randomize(model)
    images = torch.rand(3, 3, 8, 12)
    with torch.no_grad():
        outputs = model.double()(images.double()).float().numpy()
    model.float()
    for size in (1, 2):
        path = folder / f"onnx_fixed_{size}.onnx"
        torch.onnx.export(model, (images[:size],), str(path), dynamo=False)
        slim(path)
    np.savez_compressed(
        folder / "onnx_fixed.npz", inputs=images.permute(0, 2, 3, 1).contiguous().numpy(),
        outputs=outputs)


def write_keras(folder):
    """A network of Keras, by its own exporter: with a symbolic and with a fixed size of batches."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    for exporter, size in (("script", None), ("dynamo", 2)):
        inputs = keras.Input(batch_shape=(size, 9, 8, 3), name="images")
        x = layers.Conv2D(6, 2, padding="same", activation="relu")(inputs)
        x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D(2)(x)
        y = layers.SeparableConv2D(6, 3, padding="same", activation="leaky_relu")(x)
        x = layers.Add()([x, y])
        x = layers.Conv2D(4, 3, strides=2, padding="same", activation="elu")(x)
        x = layers.Flatten()(x)
        x = layers.Dense(8, activation="tanh")(x)
        model = keras.Model(inputs, layers.Dense(5, activation="softmax")(x))
        model.set_weights([
            w if w.ndim > 1 else np.random.default_rng(i).uniform(0.5, 1.5, w.shape)
            for i, w in enumerate(model.get_weights())])
        model(np.zeros((2, 9, 8, 3), np.float32))
        path = folder / f"onnx_keras_{exporter}.onnx"
        signature = [keras.InputSpec(shape=(size, 9, 8, 3), dtype="float32", name="images")]
        model.export(str(path), format="onnx", verbose=False, input_signature=signature)
        slim(path)
        images = np.random.default_rng(2).random((2, 9, 8, 3), np.float32)
        np.savez_compressed(
            folder / f"onnx_keras_{exporter}.npz", inputs=images,
            outputs=np.asarray(model.predict(images, verbose=0)))


def write_keras_attention(folder):
    """A transformer's block of Keras; its exporter fails for a symbolic size of batches."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    inputs = keras.Input(batch_shape=(2, 4, 6), name="steps")
    y = layers.LayerNormalization()(inputs)
    x = layers.Add()([inputs, layers.MultiHeadAttention(2, 5, value_dim=3)(y, y)])
    y = layers.Dense(9, activation="gelu")(layers.LayerNormalization()(x))
    x = layers.Add()([x, layers.Dense(6)(y)])
    model = keras.Model(inputs, layers.Dense(3)(layers.GlobalAveragePooling1D()(x)))
    model.set_weights([
        w if w.ndim > 1 else np.random.default_rng(i).uniform(0.5, 1.5, w.shape)
        for i, w in enumerate(model.get_weights())])
    steps = np.random.default_rng(2).random((2, 4, 6), np.float32)
    path = folder / "onnx_keras_attention.onnx"
    signature = [keras.InputSpec(shape=(2, 4, 6), dtype="float32", name="steps")]
    model.export(str(path), format="onnx", verbose=False, input_signature=signature)
    slim(path)
    np.savez_compressed(
        folder / "onnx_keras_attention.npz", inputs=steps,
        outputs=np.asarray(model.predict(steps, verbose=0)))


if __name__ == "__main__":
    torch.manual_seed(1)
    if len(sys.argv) > 1:
        from torchvision.models import mobilenet_v2, resnet18

        for name, make in (("resnet18", resnet18), ("mobilenet_v2", mobilenet_v2)):
            model = make()
            randomize(model)
            write(Path(sys.argv[1]), name, model, 224, 224, is_small=False)
        sys.exit()
    for name, model, size in (
        ("resnet", ResNet18(width=2), (32, 32)), ("mobilenet", MobileNetV2(), (32, 32)),
        ("activations", Activations(), (8, 10)), ("heads", Transformer(Heads), (8, 12)),
        ("joint", Transformer(JointHeads, has_token=False), (8, 12)),
        ("module", Transformer(ModuleHeads), (8, 12)),
    ):
        randomize(model)
        write(FOLDER, name, model, *size)
    write_fixed(FOLDER)
    if os.environ.get("KERAS_BACKEND") == "torch":
        write_keras(FOLDER)
        write_keras_attention(FOLDER)
    for file in FOLDER.glob("onnx_*"):
        file.chmod(0o644)
