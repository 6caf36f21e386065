"""Writes the PyTorch fixtures: .pt and .safetensors files, with inputs and outputs as .npz.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python make_pytorch.py              # writes the files beside this script

pytorch_tensors.pt has tensors of every type, with strides, in shared storages and nested
dictionaries. pytorch_forms.pt has tensors in forms that state_dict() seldom has, in a file without
checksums. pytorch_attention.pt is an attention between dense layers, pytorch_chain.pt a chain of
every other layer with weights, pytorch_vectors.pt layers of vectors that were images or become
them. pytorch_resnet has the modules
and names of torchvision's ResNet-18 and pytorch_mobilenet those of its MobileNetV2 (fewer blocks),
with few channels. Images are (N, H, W, C) in the .npz files.
"""

import collections
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

FOLDER = Path(__file__).parent


def tensors():
    base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 8
    shared = torch.arange(10, dtype=torch.float64)
    types = {
        name: torch.arange(6).reshape(2, 3).to(getattr(torch, name))
        for name in "bool int8 uint8 int16 int32 int64 float16 bfloat16 float32 float64".split()
    }
    return collections.OrderedDict(
        epoch=3, loss=0.25, name="tensors", flags=[True, False, None],
        types=types,
        views={
            "base": base, "transposed": base.permute(2, 0, 1), "slice": base[:, 1:, ::2],
            "row": base[1, 2], "expanded": base[0, 0].expand(3, 4), "scalar": torch.tensor(-1.5),
            "empty": torch.zeros(0, 3), "front": shared[:4], "back": shared[4:],
            "column": base[:, :, 1:2],
        },
        parameters=[nn.Parameter(torch.ones(2)), nn.Parameter(torch.full((1, 2), 1e-40))],
        large=torch.tensor([2 ** 62, -2 ** 62, 2 ** 24 + 1]),
    )


def forms():
    """Elements of the opposite sign, and of unsigned integers, which are in untyped storages."""
    numbers = torch.tensor([[1 + 2j, 3 - 4j], [5 + 6j, -7 + 8j]])
    return {
        "negated": numbers[0].conj().imag, "turned": numbers.conj().imag.T,
        "uint16": torch.tensor([1, 2, 65535], dtype=torch.uint16)[1:],
        "uint32": torch.tensor([[7, 2 ** 32 - 2 ** 8]], dtype=torch.uint32),
        "uint64": torch.tensor([2 ** 63, 3], dtype=torch.uint64),
    }


class Chain(nn.Sequential):
    def __init__(self):
        super().__init__(collections.OrderedDict(
            conv=nn.Conv2d(3, 8, (3, 2)), bn=nn.BatchNorm2d(8), prelu=nn.PReLU(8),
            grouped=nn.Conv2d(8, 12, 3, groups=4, bias=False),
            depthwise=nn.Conv2d(12, 24, (2, 3), groups=12), relu=nn.ReLU(),
            separable=nn.Conv2d(24, 24, 3, groups=24, bias=False), pointwise=nn.Conv2d(24, 5, 1),
            up=nn.ConvTranspose2d(5, 6, 2, stride=2), pool=nn.MaxPool2d(2),
            norm=nn.GroupNorm(3, 6), flatten=nn.Flatten(), flat_bn=nn.BatchNorm1d(6 * 4 * 5),
            dense=nn.Linear(6 * 4 * 5, 7), tanh=nn.Tanh(), layer_norm=nn.LayerNorm(7),
            logits=nn.Linear(7, 4)))


class Vectors(nn.Module):
    """Vectors of images, merged, and an image of a vector."""

    def __init__(self):
        super().__init__()
        self.conv, self.image_norm = nn.Conv2d(3, 4, 2), nn.LayerNorm([4, 4, 5])
        self.norm, self.prelu = nn.LayerNorm(80), nn.PReLU(80)
        self.other = nn.Conv2d(3, 2, 3)
        self.dense, self.skip = nn.Linear(104, 24), nn.Linear(104, 24)
        self.bn, self.up = nn.BatchNorm1d(24), nn.ConvTranspose2d(4, 3, 2, stride=2)

    def forward(self, x):
        y = self.prelu(self.norm(self.image_norm(self.conv(x)).flatten(1)))
        y = torch.cat([y, self.other(x).flatten(1)], 1)
        y = torch.relu(self.bn(self.dense(y) + self.skip(y)))
        return self.up(y.view(-1, 4, 2, 3))


class BasicBlock(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = None
        if stride != 1 or inputs != width:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + shortcut)


class ResNet18(nn.Module):
    def __init__(self, width=3, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs = width
        for stage in range(4):
            outputs = width << stage
            stride = 1 if stage == 0 else 2
            self.add_module(f"layer{stage + 1}", nn.Sequential(
                BasicBlock(inputs, outputs, stride), BasicBlock(outputs, outputs, 1)))
            inputs = outputs
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(5, 6)
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True)
        self.logits = nn.Linear(6, 3)

    def forward(self, x):
        x = self.embed(x)
        return self.logits(self.attention(x, x, x, need_weights=False)[0])


def conv_bn(inputs, outputs, kernel, stride=1, groups=1, activation=True):
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs)]
    return layers + [nn.ReLU6()] if activation else layers


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        hidden = inputs * expansion
        layers = [nn.Sequential(*conv_bn(inputs, hidden, 1))] if expansion > 1 else []
        layers.append(nn.Sequential(*conv_bn(hidden, hidden, 3, stride, groups=hidden)))
        self.conv = nn.Sequential(*layers, *conv_bn(hidden, outputs, 1, activation=False))
        self.is_residual = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.conv(x) if self.is_residual else self.conv(x)


class MobileNetV2(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        blocks = [nn.Sequential(*conv_bn(3, 4, 3, 2))]
        inputs = 4
        for expansion, outputs, stride in ((1, 3, 1), (6, 4, 2), (6, 4, 1), (6, 6, 2), (6, 6, 1)):
            blocks.append(InvertedResidual(inputs, outputs, stride, expansion))
            inputs = outputs
        blocks.append(nn.Sequential(*conv_bn(inputs, 16, 1)))
        self.features = nn.Sequential(*blocks)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(16, classes))

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


def randomize(model):
    """Statistics and scales that differ between channels."""
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if name.endswith("running_var") or (name.endswith("weight") and tensor.dim() == 1):
            nn.init.uniform_(tensor, 0.5, 1.5)
        elif name.endswith(("running_mean", "bias")):
            nn.init.uniform_(tensor, -0.5, 0.5)


def write(name, model, height, width):
    randomize(model)
    model.eval()
    images = torch.rand(2, 3, height, width)
    with torch.no_grad():
        outputs = model.double()(images.double()).float()
    model.float()
    torch.save(model.state_dict(), FOLDER / f"pytorch_{name}.pt")
    np.savez_compressed(
        FOLDER / f"pytorch_{name}.npz", inputs=images.permute(0, 2, 3, 1).contiguous().numpy(),
        outputs=(outputs.permute(0, 2, 3, 1) if outputs.dim() == 4 else outputs).numpy())
    return model


if __name__ == "__main__":
    torch.manual_seed(1)
    values = tensors()
    torch.save(values, FOLDER / "pytorch_tensors.pt")
    np.savez_compressed(
        FOLDER / "pytorch_tensors.npz",
        **{f"types.{k}": v.float().numpy() for k, v in values["types"].items()},
        **{f"views.{k}": v.float().numpy() for k, v in values["views"].items()},
        **{f"parameters.{i}": v.detach().numpy() for i, v in enumerate(values["parameters"])},
        large=values["large"].float().numpy())
    torch.serialization.set_crc32_options(False)
    torch.save(forms(), FOLDER / "pytorch_forms.pt")
    torch.serialization.set_crc32_options(True)
    state = torch.get_rng_state()  # So that the other files stay as they are.
    attention = Attention().eval()
    nn.init.uniform_(attention.attention.in_proj_bias, -0.5, 0.5)
    nn.init.uniform_(attention.attention.out_proj.bias, -0.5, 0.5)
    sequences = torch.rand(2, 4, 5)
    torch.save(attention.state_dict(), FOLDER / "pytorch_attention.pt")
    with torch.no_grad():
        outputs = attention.double()(sequences.double()).float()
    np.savez_compressed(
        FOLDER / "pytorch_attention.npz", inputs=sequences.numpy(), outputs=outputs.numpy())
    torch.set_rng_state(state)
    write("chain", Chain(), 11, 12)
    write("mobilenet", MobileNetV2(), 32, 32)
    resnet = write("resnet", ResNet18(), 32, 32)
    save_file(resnet.state_dict(), FOLDER / "pytorch_resnet.safetensors")
    mobilenet = MobileNetV2()
    mobilenet.load_state_dict(torch.load(FOLDER / "pytorch_mobilenet.pt"))
    save_file(mobilenet.double().state_dict(), FOLDER / "pytorch_mobilenet.safetensors")
    write("vectors", Vectors(), 5, 6)
    for file in FOLDER.glob("*.safetensors"):
        file.chmod(0o644)
