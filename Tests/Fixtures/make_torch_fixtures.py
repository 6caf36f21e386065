"""Writes schedules_torch.json: learning rates of PyTorch's schedules that Keras lacks.

An array of {"name", "schedule": {"type", "config"}, "rates64": at steps 0 ... 29}; config holds the
arguments under PyTorch's names. Written with PyTorch 1.13 on the CPU.
"""

import json
import pathlib

import torch
from torch.optim.lr_scheduler import CyclicLR, OneCycleLR

STEPS = 30


def rates(kind, config):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1, momentum=0.9)
    schedule = {"OneCycleLR": OneCycleLR, "CyclicLR": CyclicLR}[kind](optimizer, **config)
    values = []
    for step in range(STEPS):
        values.append(float(f"{optimizer.param_groups[0]['lr']:.12g}"))
        optimizer.step()
        if step + 1 < STEPS:
            schedule.step()
    return values


CASES = [
    ("OneCycleLR", {"max_lr": 0.1, "total_steps": 30}),
    ("OneCycleLR", {"max_lr": 0.1, "total_steps": 30, "three_phase": True}),
    (
        "OneCycleLR",
        {
            "max_lr": 0.02,
            "total_steps": 37,
            "pct_start": 0.4,
            "anneal_strategy": "linear",
            "div_factor": 10.0,
            "final_div_factor": 100.0,
        },
    ),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 31, "pct_start": 0.0}),
    *[
        (
            "CyclicLR",
            {
                "base_lr": 0.01,
                "max_lr": 0.1,
                "step_size_up": up,
                "step_size_down": down,
                "mode": mode,
                "gamma": 0.9,
            },
        )
        for up, down in [(4, None), (3, 7)]
        for mode in ["triangular", "triangular2", "exp_range"]
    ],
]

lines = [
    json.dumps(
        {
            "name": f"{kind} " + " ".join(f"{key} {value}" for key, value in config.items()),
            "schedule": {"type": kind, "config": config},
            "rates64": rates(kind, config),
        },
        separators=(",", ":"),
    )
    for kind, config in CASES
]
path = pathlib.Path(__file__).resolve().parent / "schedules_torch.json"
path.write_text("[\n" + ",\n".join(lines) + "\n]\n")
