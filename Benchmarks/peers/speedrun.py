"""The speed run's training steps in PyTorch and in Pinion, in turns.

    python Benchmarks/peers/speedrun.py --ours .build/release/cifar10-speedrun [--data FOLDER]

Both train the same network on the same images by the same rules: batches of 1000, shifts, Muon and
SGD. A part is a process that makes a few steps, the first of which does not count. Of PyTorch each
variant has its parts: channels last, and the same through `torch.compile`; the faster one counts.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

VARIANTS = ["channels-last", "compiled"]
BATCH = 1000


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", type=pathlib.Path, help="the program cifar10-speedrun")
    parser.add_argument("--data", type=pathlib.Path, help="a folder with cifar-10-batches-bin")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--parts", type=int, default=5, help="parts of each contender")
    parser.add_argument("--steps", type=int, default=4, help="steps of a part that count")
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=VARIANTS)
    parser.add_argument("--json", type=pathlib.Path, help="write the times here")
    parser.add_argument("--part", choices=VARIANTS, help=argparse.SUPPRESS)
    return parser.parse_args()


def images_file(folder: pathlib.Path | None) -> pathlib.Path:
    """The first file of CIFAR-10, where the program looks for it."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    variable = os.environ.get("PINION_DATASETS")
    folders = [folder] if folder else [
        *([pathlib.Path(variable)] if variable else []), cache / "pinion",
        pathlib.Path("/usr/share/datasets")]
    for place in folders:
        for found in [place / "cifar-10-batches-bin", place]:
            if (found / "data_batch_1.bin").exists():
                return found / "data_batch_1.bin"
    sys.exit(f"speedrun: no data_batch_1.bin in {', '.join(map(str, folders))}")


def torch_part(options: argparse.Namespace) -> list[float]:
    """The seconds of each step of PyTorch."""
    import numpy as np
    import torch
    from torch import nn
    from torch.nn import functional

    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(1)

    class Convolution(nn.Conv2d):
        def __init__(self, inputs: int, outputs: int) -> None:
            super().__init__(inputs, outputs, 3, padding="same", bias=False)
            nn.init.dirac_(self.weight.data[:inputs])

    class Normalization(nn.BatchNorm2d):
        def __init__(self, channels: int) -> None:
            super().__init__(channels, eps=1e-12, momentum=0.4)
            self.weight.requires_grad_(False)

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.whiten = nn.Conv2d(3, 24, 2, bias=False)
            self.whiten.weight.requires_grad_(False)
            layers: list[nn.Module] = []
            inputs = 24
            for filters in [64, 256, 256]:
                layers += [
                    Convolution(inputs, filters), nn.MaxPool2d(2), Normalization(filters),
                    nn.GELU(), Convolution(filters, filters), Normalization(filters), nn.GELU()]
                inputs = filters
            self.layers = nn.Sequential(*layers)
            self.head = nn.Linear(256, 10, bias=False)
            nn.init.normal_(self.head.weight, std=1 / 256)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            # The padding of an even kernel is behind the image, so that maps have 32, 16, 8 and 4
            # pixels.
            x = functional.gelu(self.whiten(functional.pad(x, (0, 1, 0, 1))))
            return self.head(functional.max_pool2d(self.layers(x), 4).flatten(1))

    def orthogonalized(x: torch.Tensor) -> torch.Tensor:
        x = x / (x.norm() + 1e-7)
        if tall := x.size(0) > x.size(1):
            x = x.T
        for _ in range(3):
            a = x @ x.T
            x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
        return x.T if tall else x

    plain = Network().to(memory_format=torch.channels_last).train()
    model = torch.compile(plain) if options.part == "compiled" else plain
    filters = [m.weight for m in plain.modules() if isinstance(m, Convolution)]
    buffers = [torch.zeros_like(w) for w in filters]
    offsets = [m.bias for m in plain.modules() if isinstance(m, Normalization)]
    decay = 2e-6 * options.batch
    rates = [0.053 * options.batch, 0.67 * options.batch / 256**2]
    sgd = torch.optim.SGD(
        [{"params": offsets, "lr": rates[0], "weight_decay": decay / rates[0]},
         {"params": [plain.head.weight], "lr": rates[1], "weight_decay": decay / rates[1]}],
        momentum=0.85, nesterov=True, fused=True)

    records = np.fromfile(images_file(options.data), np.uint8).reshape(-1, 3073)
    pixels = torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32)).float() / 255
    labels = torch.from_numpy(records[:, 0].astype(np.int64))
    means = torch.tensor([0.4914, 0.4822, 0.4465]).view(1, 3, 1, 1)
    deviations = torch.tensor([0.2470, 0.2435, 0.2616]).view(1, 3, 1, 1)
    padded = functional.pad((pixels - means) / deviations, (2,) * 4, "reflect")
    padded = padded.to(memory_format=torch.channels_last)
    order = torch.randperm(len(labels))

    def batch(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        places = [(step * options.batch + i) % len(order) for i in range(options.batch)]
        indices = order[places]
        source, shifts = padded[indices], torch.randint(0, 5, (len(indices), 2))
        cropped = torch.empty(
            (len(indices), 3, 32, 32), memory_format=torch.channels_last)
        for y in range(5):
            for x in range(5):
                mask = (shifts[:, 0] == y) & (shifts[:, 1] == x)
                cropped[mask] = source[mask, :, y:y + 32, x:x + 32]
        return cropped, labels[indices]

    seconds = []
    for step in range(options.steps + 1):
        start = time.perf_counter()
        inputs, targets = batch(step)
        loss = functional.cross_entropy(model(inputs), targets, label_smoothing=0.2)
        loss.backward()
        rate = 0.17 * (1 - step / 350)
        with torch.no_grad():
            for weight, buffer in zip(filters, buffers):
                buffer.mul_(0.6).add_(weight.grad)
                update = weight.grad.add(buffer, alpha=0.6)
                weight.mul_(len(weight)**0.5 / weight.norm())
                update = orthogonalized(update.reshape(len(weight), -1))
                weight.add_(update.view(weight.shape), alpha=-rate)
        sgd.step()
        for parameter in plain.parameters():
            parameter.grad = None
        seconds.append(time.perf_counter() - start)
    return seconds


def our_part(options: argparse.Namespace) -> list[float]:
    """The seconds of each step of Pinion."""
    epochs = (options.steps + 1) * options.batch / 50_000
    with tempfile.TemporaryDirectory() as folder:
        results = pathlib.Path(folder) / "results.json"
        subprocess.run(
            [options.ours, "--skip-test", "--epochs", str(epochs - 1e-6), "--json", results,
             "--batch-size", str(options.batch), "--threads", str(options.threads),
             *(["--data", options.data] if options.data else [])],
            check=True, stdout=subprocess.DEVNULL)
        return json.loads(results.read_text())["stepSeconds"]


def peer_part(options: argparse.Namespace, variant: str) -> list[float]:
    command = [sys.executable, __file__, "--part", variant, "--threads", str(options.threads)]
    command += ["--steps", str(options.steps), "--batch", str(options.batch)]
    if options.data:
        command += ["--data", str(options.data)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    options = arguments()
    if options.part:
        print(json.dumps(torch_part(options)))
        return
    if not options.ours:
        sys.exit("speedrun: --ours names the program cifar10-speedrun")
    times: dict[str, list[float]] = {name: [] for name in ["Pinion", *options.variants]}
    for part in range(options.parts):
        for name in times:
            seconds = our_part(options) if name == "Pinion" else peer_part(options, name)
            times[name] += seconds[1:]
            print(
                f"part {part + 1} of {options.parts}, {name}: "
                + " ".join(f"{step:.2f}" for step in seconds[1:]) + " s a step", flush=True)
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        print(f"{name}: {median:.3f} s a step, {options.batch / median:.0f} images a second")
    best = min(options.variants, key=lambda name: medians[name])
    ratio = medians["Pinion"] / medians[best]
    print(f"Pinion's time / PyTorch's ({best}): {ratio:.3f}")
    if options.json:
        options.json.write_text(json.dumps({"stepSeconds": times, "ratio": ratio}, indent=1))


if __name__ == "__main__":
    main()
