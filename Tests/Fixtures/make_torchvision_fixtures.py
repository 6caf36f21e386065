"""Writes torchvision.json: what torchvision and PyTorch compute that Keras lacks.

    python3.11 -m venv /tmp/torchvision-venv
    /tmp/torchvision-venv/bin/pip install torch==2.13.0+cpu torchvision==0.28.0 numpy==2.4.6
    /tmp/torchvision-venv/bin/python make_torchvision_fixtures.py

An object of
  stochasticDepth   cases of StochasticDepth(rate, "row") in training: rate, inputs (N, ...), kept (which samples are), outputs,
                    outputGradients, inputGradients; inference, the outputs in inference
  dirac             cases of dirac_(kernel, groups): groups, and the kernel (height, width, in, out), of one or three axes of a
                    window too

A tensor is {"shape": [2, 3], "data": [six numbers, row-major]}. The CPU build of PyTorch may be in an index of its own.
"""

import json
import pathlib

import torch

# PyPI's torchvision does not load its compiled operators beside a CPU build of PyTorch, and needs these to be declared.
declarations = torch.library.Library("torchvision", "DEF")
for name in ["nms", "qnms"]:
    declarations.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import torchvision  # noqa: E402


def tensor(values):
    # The fewest digits that read back as the same 32-bit floats.
    data = [float(str(x)) for x in values.detach().reshape(-1).numpy()]
    return {"shape": list(values.shape), "data": data}


def stochastic_depth(rate, shape):
    layer = torchvision.ops.StochasticDepth(rate, "row")
    inputs = torch.round(100 * torch.randn(shape)) / 100
    inputs.requires_grad_()
    slopes = torch.round(100 * torch.randn(shape)) / 100
    outputs = layer.train()(inputs)
    outputs.backward(slopes)
    return {
        "rate": rate,
        "inputs": tensor(inputs),
        "kept": [bool(torch.any(row != 0)) for row in outputs],
        "outputs": tensor(outputs),
        "outputGradients": tensor(slopes),
        "inputGradients": tensor(inputs.grad),
        "inference": tensor(layer.eval()(inputs)),
    }


def dirac(groups, *shape):
    """Of a kernel (out, in, ...), as PyTorch has it."""
    kernel = torch.nn.init.dirac_(torch.empty(shape), groups)
    window = range(2, len(shape))
    return {"groups": groups, "kernel": tensor(kernel.permute(*window, 1, 0))}


torch.manual_seed(571)
fixture = {
    "stochasticDepth": [
        stochastic_depth(rate, shape)
        for rate, shape in [
            (0.2, (6, 4)), (0.5, (5, 2, 3)), (0.7, (6, 2, 1, 3)), (0.0, (2, 3)), (1.0, (2, 3))
        ]
    ],
    "dirac": [
        dirac(1, 3, 3, 3, 3), dirac(1, 4, 2, 3, 2), dirac(1, 2, 5, 4, 3), dirac(2, 6, 2, 3, 3),
        dirac(3, 6, 3, 2, 2), dirac(1, 3, 2, 5), dirac(2, 4, 3, 2, 3, 3),
    ],
}
path = pathlib.Path(__file__).resolve().parent / "torchvision.json"
lines = [
    f"{json.dumps(name)}: [\n"
    + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    + "\n]"
    for name, cases in fixture.items()
]
path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
