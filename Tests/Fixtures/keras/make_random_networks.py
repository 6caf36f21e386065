"""Writes random_networks.json: some small random networks, and what Keras computes of them in double precision.

    swift build -c release --product random-networks
    python make_random_networks.py .build/release/random-networks

An array of:
  number, batch
  graph, losses, optimizer as saved models describe them; graph is a text that holds JSON, losses are those of the outputs
  lossWeights              their factors in the total
  inputs, targets          of the batch, each (batch, ...)
  weights                  all parameters before the step, by name
  outputs                  each in inference mode, before the step
  loss64                   the total loss of the step, in training mode, penalties included
  gradients                by name
  zeros                    the indices of the elements of each gradient that are true zeros: every term of the sum is
  allowed                  the error that is allowed in each gradient, as compare_random_networks.py says
  updated                  the trainable parameters after the step, by name
  updatedAllowed           the largest error that is allowed in each

Numbers are rounded to float32.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import random_networks
from common import double, tensor, write
import compare_random_networks as comparison
import numpy as np

# Small ones that between them have most layers, options, activations, losses and optimizers.
NUMBERS = (
    1, 4, 15, 26, 30, 32, 34, 35, 40, 51, 57, 58, 63, 69, 78, 83, 93, 95, 98, 103,
    113, 117,
)


def case(folder, number):
    description, tensors = random_networks.load(folder, number)
    evaluations = comparison.Evaluations(description, tensors, comparison.EVALUATIONS)
    truth = evaluations.truth
    allowed = comparison.allowed_gradients(tensors, evaluations)
    runs = comparison.disturbed(description, tensors, allowed)
    gradients, updated, reach, no_terms = {}, {}, {}, {}
    graph = description["graph"]["graph"]
    for name, expected in truth["gradients"].items():
        zeros = comparison.true_zeros(name, tensors)
        gradients[name] = tensor(np.where(zeros, 0, expected))
        no_terms[name] = np.flatnonzero(zeros).tolist()
        updated[name] = tensor(truth["weights"][0][name])
        own = evaluations.error(lambda run: run["weights"][0][name])
        through = comparison.reach(
            runs, lambda run: run["weights"][0][name], truth["weights"][0][name]
        )
        reach[name] = double(3 * own + np.max(through) + 2.0**-22)
    return {
        "number": number,
        "batch": description["batch"],
        "graph": json.dumps(description["graph"], separators=(",", ":")),
        "losses": description["losses"],
        "lossWeights": description["lossWeights"],
        "optimizer": description["optimizer"],
        "inputs": [tensor(tensors[f"inputs/{i}"]) for i in range(len(graph["inputs"]))],
        "targets": [tensor(tensors[f"targets/{i}"]) for i in range(len(graph["outputs"]))],
        "weights": {
            name.removeprefix("weights/0/"): tensor(value)
            for name, value in tensors.items()
            if name.startswith("weights/0/")
        },
        "outputs": [tensor(value) for value in truth["outputs"][0]],
        "loss64": double(truth["losses"][0]),
        "gradients": gradients,
        "zeros": no_terms,
        "allowed": {name: double(np.max(value)) for name, value in allowed.items()},
        "updated": updated,
        "updatedAllowed": reach,
    }


def main():
    with tempfile.TemporaryDirectory() as folder:
        for number in NUMBERS:
            subprocess.run([sys.argv[1], "export", str(number), "1", folder], check=True)
        write("random_networks", [case(pathlib.Path(folder), number) for number in NUMBERS])


if __name__ == "__main__":
    main()
