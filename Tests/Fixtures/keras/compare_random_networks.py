"""Compares any number of random networks with Keras, in double precision.

    swift build -c release --product random-networks
    python compare_random_networks.py --program .build/release/random-networks --first 0 --count 500

For each network that the program writes (two training steps of it, see random_networks.py):

* outputs before training and the losses of both steps lie within 1e-5 of Keras's in double precision, in proportion to the
  largest output or to the loss where these exceed 1; so do the outputs after both steps, or within three times the error of
  Keras in single precision, or within what such a difference of the gradients, see below, makes of them;
* gradients of the first step lie within three times the error of Keras in single precision, or of plain loops in it, which
  sum one term after the other, tensor by tensor, 16 roundings
  of the largest sum's terms (which is what sums in another order, or Winograd's algorithm, differ by), and 1/64 rounding of
  the largest terms of all (for sums of what has canceled in layers above);
* weights after each step lie within three times that error of theirs, 4 roundings of the largest weight, and what both
  steps in double precision make of such a difference in all gradients (an Adam makes a whole step of a gradient that is
  zero but for rounding, and the second gradients depend on it);
* gradients that are zero because every term of the sum is are zero, exactly.

The error of Keras in single precision is the largest of EVALUATIONS ones: with the inputs and weights as they are, and with
each number a last bit higher, lower or as it is, by chance, compared with double precision at the same numbers. One evaluation
alone is a sample of one: the errors of a few sums may cancel in it, and the error of another order of summation, which is as
good, is then many times larger. More than one are made only if one is not enough.

Networks that Keras cannot compute are left out, with the reason. Prints a line for each disagreement, and a summary; exits
with 1 if there are any. TensorFlow breaks its own heap now and then in double precision: networks run in processes of
--batch at a time, which are started again without those that are done.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import random_networks as networks  # First: it sets TensorFlow up.
import numpy as np

ROUNDING = 2.0**-24
EVALUATIONS = 8


def neighbor(tensors, sample):
    """The tensors with each input and weight moved by at most a last bit; sample 0 is as they are."""
    if sample == 0:
        return tensors
    random = np.random.default_rng(sample)
    moved = dict(tensors)
    for name, value in tensors.items():
        isInput = name.startswith("inputs/")
        isIndices = isInput and np.all(value == np.floor(value))
        if name.startswith("weights/0/") or isInput and not isIndices:
            direction = random.choice(np.float32([-np.inf, 0, np.inf]), value.shape)
            step = np.where(direction == 0, value, np.nextafter(value, direction))
            moved[name] = np.where(value == 0, value, step).astype(np.float32)
    return moved


class Evaluations:
    """What Keras computes of a network in double precision, and the errors of single precision."""

    def __init__(self, description, tensors, count=1):
        self.description, self.tensors, self.pairs = description, tensors, []
        self.extend(count)
        self.truth = self.pairs[0][0]

    def extend(self, count):
        for sample in range(len(self.pairs), count):
            moved = neighbor(self.tensors, sample)
            self.pairs.append(
                [networks.run(self.description, moved, floats) for floats in ("float64", "float32")]
            )

    def error(self, value):
        """The largest error of single precision in an element of `value` of a run."""
        return max(
            np.max(np.abs(np.asarray(value(single), np.float64) - value(truth)))
            for truth, single in self.pairs
        )


def true_zeros(name, tensors):
    """Where a gradient is zero because every term of its sum is."""
    return tensors["magnitudes/" + name] == 0


def allowed_gradients(tensors, evaluations):
    """The error that is allowed in each element of a gradient, by name."""
    allowed = {}
    largest = max(np.max(v) for name, v in tensors.items() if name.startswith("magnitudes/"))
    for name in evaluations.truth["gradients"]:
        own = evaluations.error(lambda run: run["gradients"][name])
        own = max(own, float(tensors["plain/" + name][0]))
        terms = np.max(tensors["magnitudes/" + name].astype(np.float64))
        zeros = true_zeros(name, tensors)
        allowed[name] = np.where(
            zeros, 0, 3 * own + 16 * ROUNDING * terms + ROUNDING / 64 * float(largest)
        )
    return allowed


def disturbed(description, tensors, slack):
    """Both steps in double precision if all gradients differ by `slack` one way, and the other."""
    return [
        networks.run(
            description, tensors, "float64", {name: sign * e for name, e in slack.items()}
        )
        for sign in (-1, 1)
    ]


def reach(runs, value, expected):
    """How far `value` of the disturbed runs is from the expected one at most, element by element."""
    return np.maximum(*(np.abs(value(run) - expected) for run in runs))


def compare(folder, number):
    """The disagreements of a network, and the largest errors in proportion to what is allowed."""
    description, tensors = networks.load(folder, number)
    evaluations = Evaluations(description, tensors)
    result = compare_with(evaluations, number)
    if result["findings"]:
        evaluations.extend(EVALUATIONS)
        result = compare_with(evaluations, number)
    return result


def compare_with(evaluations, number):
    description, tensors, truth = evaluations.description, evaluations.tensors, evaluations.truth
    findings, worst = [], {}

    def check(kind, name, error, allowed):
        # Not by `> 0` and `max`, which drop NaN.
        equal = float(np.max(error)) == 0
        ratio = 0.0 if equal else float(np.max(error / np.maximum(allowed, 1e-300)))
        worst[kind] = float(np.maximum(worst.get(kind, 0.0), ratio))
        if not ratio <= 1:
            findings.append(f"{kind} {name}: {float(np.max(error)):.3g}, {ratio:.3g} of allowed")

    def near(kind, name, found, expected):
        scale = max(1.0, float(np.max(np.abs(expected))))
        check(kind, name, np.abs(np.asarray(found, np.float64) - expected), 1e-5 * scale)

    for index, expected in enumerate(truth["outputs"][0]):
        near("outputs", f"{index} before", tensors[f"outputs/0/{index}"], expected)
    for step in range(2):
        near("loss", f"of step {step}", tensors["losses"][step], np.float64(truth["losses"][step]))

    slack = allowed_gradients(tensors, evaluations)
    for name, expected in truth["gradients"].items():
        found = tensors["gradients/" + name].astype(np.float64)
        zeros = true_zeros(name, tensors)
        check("gradient", name, np.where(zeros, 0, np.abs(found - expected)), np.max(slack[name]))
        if np.any(found[zeros] != 0):
            count = int(np.sum(found[zeros] != 0))
            findings.append(f"zeros {name}: {count} of {int(np.sum(zeros))} are not zero")
    runs = disturbed(description, tensors, slack)
    plainly = True
    for index, expected in enumerate(truth["outputs"][1]):
        own = evaluations.error(lambda run: run["outputs"][1][index])
        bound = max(
            1e-5 * max(1.0, np.max(np.abs(expected))), 3 * own,
            np.max(reach(runs, lambda run: run["outputs"][1][index], expected)),
        )
        error = np.abs(tensors[f"outputs/2/{index}"].astype(np.float64) - expected)
        check("outputs after", f"{index} (of Keras in single precision {own:.3g})", error, bound)
        plainly &= float(np.max(error)) <= 1e-5 * max(1.0, float(np.max(np.abs(expected))))
    for step in range(2):
        for name, expected in truth["weights"][step].items():
            found = np.asarray(tensors[f"weights/{step + 1}/{name}"], np.float64)
            own = evaluations.error(lambda run: run["weights"][step][name])
            allowed = 3 * own + 4 * ROUNDING * np.max(np.abs(expected))
            allowed = allowed + reach(runs, lambda run: run["weights"][step][name], expected)
            if name not in slack:
                # A mean's roundings are in proportion to the values, whose spread the variance tells.
                variance = truth["weights"][step][name.replace("moving_mean", "moving_variance")]
                size = np.max(np.abs(expected)) + np.sqrt(np.max(variance))
                allowed = allowed + 16 * ROUNDING * size
            check(f"weights {step + 1}", name, np.abs(found - expected), allowed)
    return {"number": number, "findings": findings, "worst": worst, "plainly": plainly}


def work(folder, numbers):
    for number in numbers:
        try:
            result = compare(folder, number)
        except networks.Skipped as reason:
            result = {"number": number, "findings": [], "worst": {}, "skipped": str(reason)}
        except Exception as error:
            result = {"number": number, "findings": [f"Keras fails: {error!r} {error}"], "worst": {}}
        print(json.dumps(result), flush=True)


def run(folder, numbers, batch):
    """Results by number; a process that crashes costs the network that it was at one of three tries."""
    results, tries = {}, {}
    pending = list(numbers)
    while pending:
        part = pending[:batch]
        done = subprocess.run(
            [sys.executable, __file__, "--folder", str(folder), "--work", *map(str, part)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for line in done.stdout.splitlines():
            result = json.loads(line)
            results[result["number"]] = result
            if "skipped" in result:
                print(f"network {result['number']} is left out: {result['skipped']}", flush=True)
            for finding in result["findings"]:
                print(f"network {result['number']}: {finding}", flush=True)
        left = [number for number in part if number not in results]
        if left:
            tries[left[0]] = tries.get(left[0], 0) + 1
            if tries[left[0]] == 3:
                reason = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
                results[left[0]] = {"findings": [f"Keras fails: {reason}"], "worst": {}}
                print(f"network {left[0]}: Keras fails: {reason}", flush=True)
        pending = [number for number in pending if number not in results]
        print(f"{len(results)} of {len(numbers)} networks done", flush=True)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", help="random-networks, to write the networks first")
    parser.add_argument("--folder", type=pathlib.Path, help="where they are, or go")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--batch", type=int, default=25, help="networks a process")
    parser.add_argument("--work", type=int, nargs="*", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work is not None:
        return work(arguments.folder, arguments.work)
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.folder or pathlib.Path(scratch)
        if arguments.program:
            subprocess.run(
                [arguments.program, "export", str(arguments.first), str(arguments.count), folder],
                check=True,
            )
        numbers = range(arguments.first, arguments.first + arguments.count)
        numbers = [number for number in numbers if (folder / f"{number}.json").exists()]
        results = run(folder, numbers, arguments.batch)
    wrong = sum(1 for result in results.values() if result["findings"])
    skipped = sum(1 for result in results.values() if "skipped" in result)
    print(f"{len(numbers)} networks, {wrong} of which disagree and {skipped} are left out")
    beyond = sorted(number for number, r in results.items() if not r.get("plainly", True))
    print(f"  {len(beyond)} with outputs after training that differ by more than 1e-5: {beyond}")
    for kind in sorted({kind for result in results.values() for kind in result["worst"]}):
        ratio = max(result["worst"].get(kind, 0) for result in results.values())
        print(f"  {kind}: at most {ratio:.3g} of what is allowed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
