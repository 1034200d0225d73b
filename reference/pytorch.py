"""Holds `contam train --start` against PyTorch on starts of its own: other activations, losses, optimizers, depths and
seeds, with and without biases, in f32 and f64.

    python3 reference/pytorch.py path/to/contam

needs numpy and torch. Every setting gets a start file and a regime file in a temporary directory, is trained here by autograd
and there by contam, and the training loss, the loss out of distribution and both feature correlations are compared at every
tenth of 200 steps (60 with Adam, whose runs part ways).
"""

import itertools
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

ACTIVATIONS = {
    "relu": torch.relu,
    "leaky-relu": functional.leaky_relu,
    "gelu": functional.gelu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "identity": lambda z: z,
}

LOSSES = {
    "hinge": lambda y, h: torch.clamp(1 - y * h, min=0).mean(),
    "logistic": lambda y, h: functional.softplus(-y * h).mean(),
    "squared": lambda y, h: ((y - h) ** 2).mean(),
}

OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.0, weight_decay=1e-3),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, weight_decay=1e-3),
    "adam": lambda p: torch.optim.Adam(p, lr=2e-3, weight_decay=1e-3),
    "adamw": lambda p: torch.optim.AdamW(p, lr=2e-3, weight_decay=1e-3),
}

SHAPES = ((2, True), (3, False), (4, True), (2, False), (3, True))
PRECISIONS = (torch.float32, torch.float64)
SIZES = dict(n=160, d0=12, core=5, d=20, width=24)


def start(seed, depth, bias, labels, dtype):
    """Data, features and layers, drawn here."""
    torch.manual_seed(seed)
    n, d0, core, d, width = (SIZES[key] for key in ("n", "d0", "core", "d", "width"))
    features = torch.linalg.qr(torch.randn(d, d0, dtype=torch.float64))[0].T
    y = torch.where(torch.rand(n) < 0.5, -1.0, 1.0).double()
    z = torch.rand(n, d0, dtype=torch.float64)
    if labels == "linear":
        z[:, :core] *= y[:, None]
    else:
        direction = functional.normalize(torch.randn(n, core, dtype=torch.float64), dim=1)
        z[:, :core] = direction * torch.where(y > 0, 1.0, 2.0)[:, None]
    shifted = z.clone()
    shifted[:, core:] = -torch.rand(n, d0 - core, dtype=torch.float64)
    sides = [d] + [width] * (depth - 1) + [1]
    layers = [torch.nn.Linear(a, b, bias=bias).to(dtype) for a, b in zip(sides, sides[1:])]
    arrays = {"train_x": z @ features, "test_x": shifted @ features, "y": y, "input_transform": features}
    return {name: array.to(dtype) for name, array in arrays.items()}, layers


def train(arrays, layers, activation, loss, optimizer, frozen, steps):
    """Rows of (train loss, ood loss, core correlation, background correlation), one every ten steps."""
    act, criterion, core = ACTIVATIONS[activation], LOSSES[loss], SIZES["core"]
    if frozen:
        for parameter in layers[-1].parameters():
            parameter.requires_grad_(False)
    parameters = [p for layer in layers for p in layer.parameters() if p.requires_grad]
    stepper = OPTIMIZERS[optimizer](parameters)

    def outputs(x):
        for layer in layers[:-1]:
            x = act(layer(x))
        return layers[-1](x).squeeze(1)

    rows = []
    for step in range(steps + 1):
        value = criterion(arrays["y"], outputs(arrays["train_x"]))
        if step % 10 == 0:
            with torch.no_grad():
                ood = criterion(arrays["y"], outputs(arrays["test_x"]))
                projections = layers[0].weight @ arrays["input_transform"].T
                norms = [part.norm(dim=1).mean() for part in (projections[:, :core], projections[:, core:])]
            rows.append([float(number) for number in (value.detach(), ood, *norms)])
        stepper.zero_grad()
        value.backward()
        stepper.step()
    return np.array(rows)


def regime(activation, loss, optimizer, frozen, bias, depth, labels, dtype, steps):
    adam = optimizer.startswith("adam")
    momentum = {"sgd": "momentum = 0.0\n", "momentum": "momentum = 0.9\n"}.get(optimizer, "")
    return (
        f'engine = "{"ambient" if adam else "feature"}"\nprecision = "{"f32" if dtype == torch.float32 else "f64"}"\nseed = 1\n'
        f'[data]\nd0 = {SIZES["d0"]}\ncore = {SIZES["core"]}\nd = {SIZES["d"]}\nlabels = "{labels}"\nbatch = "full"\nsamples = {SIZES["n"]}\n'
        f'[network]\nwidth = {SIZES["width"]}\ndepth = {depth}\nactivation = "{activation}"\noutput = "{"frozen" if frozen else "trained"}"\nbias = {str(bias).lower()}\n'
        f'[training]\nsteps = {steps}\nlearning_rate = {2e-3 if adam else 0.02}\nweight_decay = 0.001\n'
        f'optimizer = "{optimizer if adam else "sgd"}"\n{momentum}loss = "{loss}"\nrecord_every = 10\n'
    )


def replay(contam, directory, arrays, layers, text):
    saved = {name: array.numpy() for name, array in arrays.items()}
    for idx, layer in enumerate(layers):
        saved[f"fcs_{idx}_weight"] = layer.weight.detach().numpy()
        if layer.bias is not None:
            saved[f"fcs_{idx}_bias"] = layer.bias.detach().numpy()
    np.savez(directory / "start.npz", **saved)
    (directory / "regime.toml").write_text(text)
    command = [contam, "train", "regime.toml", "--start", "start.npz", "--json"]
    run = subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True)
    columns = ("train_loss", "ood_loss", "core_correlation", "background_correlation")
    return np.array([[row[column] for column in columns] for row in json.loads(run.stdout)["rows"]])


def main():
    contam, worst, count, failed = str(Path(sys.argv[1]).resolve()), {}, 0, 0
    torch.set_num_threads(1)  # the networks are small
    for seed, (activation, loss, optimizer) in enumerate(itertools.product(ACTIVATIONS, LOSSES, OPTIMIZERS)):
        # The rest goes around at periods of its own, so that it meets every activation, loss and optimizer.
        (depth, bias), dtype = SHAPES[seed % 5], PRECISIONS[seed // 5 % 2]
        frozen, labels = seed % 7 < 3, ("linear", "nonlinear")[seed // 3 % 2]
        steps = 60 if optimizer.startswith("adam") else 200
        arrays, layers = start(seed, depth, bias, labels, dtype)
        text = regime(activation, loss, optimizer, frozen, bias, depth, labels, dtype, steps)
        with tempfile.TemporaryDirectory() as directory:
            # Saved before training: the layers move.
            ours = replay(contam, Path(directory), arrays, layers, text)
        theirs = train(arrays, layers, activation, loss, optimizer, frozen, steps)
        difference = np.abs(ours - theirs).max()
        limit = 1e-4 if dtype == torch.float32 else 1e-9
        key = (str(dtype).removeprefix("torch."), optimizer)
        worst[key] = max(worst.get(key, 0.0), difference)
        count += 1
        if not difference < limit:
            failed += 1
            print(f"{activation} {loss} {optimizer} depth {depth} bias {bias} frozen {frozen} {labels} {dtype}: {difference:.1e}")
    for (precision, optimizer), difference in sorted(worst.items()):
        print(f"{precision:<8} {optimizer:<9} largest difference {difference:.1e}")
    print(f"{count} settings, {failed} beyond 1e-4 (float32) or 1e-9 (float64)")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
