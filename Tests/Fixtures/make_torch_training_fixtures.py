"""Writes torch_training.json: what Keras lacks and PyTorch has, in double precision.

Made with PyTorch 2.13.0 on the CPU (`pip install torch==2.13.0`).
Usage: python make_torch_training_fixtures.py

The file is an object of:
  distillation   cases of {"temperature", "alpha", "classes", "labels": [class of each row], "logits", "teacher": (rows, classes)
                 as lists, "loss", "gradient": with respect to the logits}: alpha T^2 KL(teacher / T || logits / T) + (1 - alpha)
                 cross-entropy, the mean over the rows, by kl_div and cross_entropy
  averaging      a linear layer of 3 to 2 after tanh of 4 to 3, trained on all samples at once in epochs of one step:
                 {"inputs": (8, 4), "targets": (8, 2), "initial", "average": {name: values, kernels (in, out)}}; the average is
                 that of AveragedModel after the epochs 1, 3 and 5
  warmup         learning rates at steps 0 ... 24: LinearLR from a fifth of 0.1 over 5 steps, then CosineAnnealingLR
"""

import json
import pathlib

import torch
import torch.nn.functional as F
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR
from torch.optim.swa_utils import AveragedModel

torch.set_default_dtype(torch.float64)


def single(*shape, seed, scale=1):
    """Uniform numbers that float32 holds."""
    generator = torch.Generator().manual_seed(seed)
    values = (2 * torch.rand(*shape, generator=generator) - 1) * scale
    return values.to(torch.float32).to(torch.float64)


def numbers(tensor):
    return [float(f"{v:.12g}") for v in tensor.detach().flatten().tolist()]


def distillation(temperature, alpha, classes=5, rows=6):
    seed = int(10 * temperature + 100 * alpha)
    logits = single(rows, classes, seed=seed, scale=4).requires_grad_()
    teacher = single(rows, classes, seed=seed + 1, scale=4)
    labels = torch.arange(rows) * 3 % classes
    soft = F.kl_div(
        F.log_softmax(logits / temperature, 1), F.softmax(teacher / temperature, 1),
        reduction="batchmean",
    )
    loss = alpha * temperature**2 * soft + (1 - alpha) * F.cross_entropy(logits, labels)
    loss.backward()
    return {
        "temperature": temperature,
        "alpha": alpha,
        "classes": classes,
        "labels": labels.tolist(),
        "logits": numbers(logits),
        "teacher": numbers(teacher),
        "loss": float(f"{loss.item():.12g}"),
        "gradient": numbers(logits.grad),
    }


def parameters(model):
    return {
        "hidden/kernel": numbers(model[0].weight.T),
        "hidden/bias": numbers(model[0].bias),
        "output/kernel": numbers(model[2].weight.T),
        "output/bias": numbers(model[2].bias),
    }


def averaging():
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Tanh(), torch.nn.Linear(3, 2))
    with torch.no_grad():
        for index, parameter in enumerate(model.parameters()):
            parameter.copy_(single(*parameter.shape, seed=index))
    inputs, targets = single(8, 4, seed=7), single(8, 2, seed=8)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    average = AveragedModel(model)
    initial = parameters(model)
    for epoch in range(6):
        optimizer.zero_grad()
        F.mse_loss(model(inputs), targets).backward()
        optimizer.step()
        if epoch in (1, 3, 5):
            average.update_parameters(model)
    return {
        "inputs": numbers(inputs),
        "targets": numbers(targets),
        "initial": initial,
        "average": parameters(average.module),
    }


def warmup():
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    schedule = SequentialLR(
        optimizer,
        [
            LinearLR(optimizer, start_factor=0.2, total_iters=5),
            CosineAnnealingLR(optimizer, T_max=20),
        ],
        milestones=[5],
    )
    rates = []
    for _ in range(25):
        rates.append(float(f"{optimizer.param_groups[0]['lr']:.12g}"))
        optimizer.step()
        schedule.step()
    return rates


fields = {
    "distillation": [
        distillation(t, a) for t, a in [(1.0, 0.5), (2.0, 0.5), (4.0, 0.9), (0.5, 1.0), (3.0, 0.0)]
    ],
    "averaging": averaging(),
    "warmup": warmup(),
}
path = pathlib.Path(__file__).resolve().parent / "torch_training.json"
path.write_text(json.dumps(fields, separators=(",", ":")) + "\n")
