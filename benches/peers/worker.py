"""One case of one peer: prints the seconds of one unit of work as JSON. Run by peers.py.

    worker.py CASE numpy|torch|compiled|scipy THREADS TIMES
"""

import json
import os
import sys
import time

case, peer, n_threads, n_times = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(n_threads)

import numpy as np  # noqa: E402  (after the threads are set)

# (batch, features, ambient dimension, width): as in benches/roofline.rs
STEPS = {
    "step-64": (1024, 64, None, 256),
    "step-256": (1024, 256, None, 1024),
    "theorem-64": (128, 64, 32768, 256),
}


def timed(step, n_steps):
    """Seconds of a step, averaged over so many; as often as asked for."""
    step()
    times = []
    for _ in range(n_times):
        start = time.perf_counter()
        for _ in range(n_steps):
            step()
        times.append((time.perf_counter() - start) / n_steps)
    return times


def n_steps_of(flops):
    return int(np.clip(2e9 / flops, 3, 200))


def numpy_step():
    """A step of SGD on fresh samples, the hinge loss and a frozen output layer, in float32."""
    n, d0, d, m = STEPS[case]
    rng = np.random.default_rng(1)
    features = None if d is None else np.linalg.qr(rng.standard_normal((d, d0)))[0].T.astype("f4")
    weights = (rng.standard_normal((m, d or d0)) / np.sqrt(d or d0)).astype("f4")
    output = np.where(np.arange(m) < m // 2, 1, -1).astype("f4") / np.float32(m)
    half = d0 // 2

    def step():
        labels = np.where(rng.random(n, dtype="f4") < 0.5, -1, 1).astype("f4")
        latents = rng.random((n, d0), dtype="f4")
        latents[:, :half] *= labels[:, None]
        inputs = latents if features is None else latents @ features
        pre = inputs @ weights.T
        hidden = np.maximum(pre, 0)
        residual = np.where(labels * (hidden @ output) < 1, labels, 0).astype("f4")
        slopes = (pre > 0) * (residual[:, None] * output)
        gradient = slopes.T @ inputs
        np.multiply(weights, np.float32(1 - 1e-4), out=weights)
        np.add(weights, np.float32(0.1 / n) * gradient, out=weights)

    return timed(step, n_steps_of(4.0 * n * (d or d0) * m))


def torch_step():
    """The same with PyTorch's autograd and optimizer."""
    import torch

    torch.set_num_threads(n_threads)
    n, d0, d, m = STEPS[case]
    torch.manual_seed(1)
    features = None if d is None else torch.linalg.qr(torch.randn(d, d0))[0].T.contiguous()
    layer = torch.nn.Linear(d or d0, m, bias=False)
    output = torch.where(torch.arange(m) < m // 2, 1.0, -1.0) / m
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, weight_decay=1e-3)
    half = d0 // 2

    def step():
        labels = torch.where(torch.rand(n) < 0.5, -1.0, 1.0)
        latents = torch.rand(n, d0)
        latents[:, :half] *= labels[:, None]
        inputs = latents if features is None else latents @ features
        outputs = torch.relu(layer(inputs)) @ output
        loss = torch.clamp(1 - labels * outputs, min=0).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return timed(step, n_steps_of(4.0 * n * (d or d0) * m))


def toy(compiled):
    """A step of the authors' theoretical setting: 1,000 fixed samples in 256 dimensions, 256 units with biases."""
    import torch

    torch.set_num_threads(n_threads)
    torch.manual_seed(1)
    n, d, m = 1000, 256, 256
    transform = torch.linalg.qr(torch.randn(d, 64))[0].T
    labels = torch.where(torch.arange(n) < n // 2, 1.0, -1.0)
    latents = torch.rand(n, 64)
    latents[:, :32] *= labels[:, None]
    inputs = latents @ transform
    hidden, last = torch.nn.Linear(d, m), torch.nn.Linear(m, 1)
    with torch.no_grad():
        last.weight.copy_(torch.where(torch.arange(m) < m // 2, 1.0, -1.0)[None, :] / m)
    last.requires_grad_(False)
    optimizer = torch.optim.SGD(hidden.parameters(), lr=1e-3, momentum=0.9, weight_decay=1e-3)

    def loss_of(inputs, labels):
        return torch.clamp(1 - labels * last(torch.relu(hidden(inputs))).squeeze(1), min=0).mean()

    loss_of = torch.compile(loss_of) if compiled else loss_of

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss_of(inputs, labels).backward()
        optimizer.step()

    for _ in range(5):
        step()
    return timed(step, 100)


def scipy_activation():
    """Both classes of a neuron of 64 uniform features, to 1e-10: Gil-Pelaez's integral over the characteristic
    function, vectorised over nodes and neurons."""
    from scipy.integrate import quad_vec

    rng = np.random.default_rng(1)
    neurons, d0 = 64, 64
    weights = rng.standard_normal((neurons, d0))
    means = 0.5 * weights
    centres = np.stack([means.sum(1), means[:, 32:].sum(1) - means[:, :32].sum(1)])

    def integrand(t):
        # E exp(i t (S - E S)) of uniform latents is a product of sincs; the phase carries the mean.
        modulus = np.prod(np.sinc(weights * (t / (2 * np.pi))), axis=1)
        return modulus * np.sin(t * centres) / t if t > 0 else centres

    def probabilities():
        integral = quad_vec(integrand, 0, 12.0, epsabs=1e-10, norm="max", limit=2000)[0]
        return 0.5 + integral / np.pi

    return [seconds / neurons for seconds in timed(probabilities, 1)]


def main():
    if case == "activation":
        seconds = scipy_activation()
    elif case == "toy":
        seconds = toy(peer == "compiled")
    else:
        seconds = numpy_step() if peer == "numpy" else torch_step()
    print(json.dumps({"case": case, "peer": peer, "threads": n_threads, "seconds": seconds}))


main()
