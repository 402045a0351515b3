"""Writes adam_fixture.h and adam_fixture_torch.h: ten steps of Keras' and of PyTorch's AdamW on six parameters, from given gradients.

    KERAS_BACKEND=tensorflow python3 src/train/adam_fixture.py keras > src/train/adam_fixture.h     (needs keras and tensorflow)
    python3 src/train/adam_fixture.py torch > src/train/adam_fixture_torch.h                        (needs torch)
"""
import sys

import numpy as np

N_STEPS, N_PARAMS = 10, 6
WEIGHT_DECAY, CLIP_NORM = 0.1, 5.0


def run_torch(start, gradients, rates, weight_decay=0.0, clip_norm=None):
    """PyTorch corrects the bias of v before epsilon is added, Keras after: with epsilon / sqrt(1 - beta^t) it computes what Keras does."""
    import torch

    parameter = torch.nn.Parameter(torch.tensor(start))
    optimizer = torch.optim.AdamW([parameter], betas=(0.9, 0.999), weight_decay=weight_decay)
    after = []
    for step, (gradient, rate) in enumerate(zip(gradients, rates), start=1):
        parameter.grad = torch.tensor(gradient)
        if clip_norm:
            torch.nn.utils.clip_grad_norm_([parameter], clip_norm)
        optimizer.param_groups[0].update(lr=float(rate), eps=1e-7 / (1 - 0.999**step) ** 0.5)
        optimizer.step()
        after.append(parameter.detach().numpy().copy())
    return np.array(after)


def run_keras(start, gradients, rates, weight_decay=None, clip_norm=None):
    import keras

    variable = keras.Variable(start)
    optimizer = keras.optimizers.AdamW if weight_decay else keras.optimizers.Adam
    options = {"weight_decay": weight_decay} if weight_decay else {}
    optimizer = optimizer(beta_1=0.9, beta_2=0.999, epsilon=1e-7, global_clipnorm=clip_norm, **options)
    after = []
    for gradient, rate in zip(gradients, rates):
        optimizer.learning_rate = rate
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        after.append(np.array(variable))
    return np.array(after)


def table(name, values):
    print(f"static const float {name}[{values.shape[0]}][{values.shape[1]}] = {{")
    for row in values:
        print("    {" + ", ".join(f"{float(v):.9e}f" for v in row) + "},")
    print("};")


def drawn():
    """Parameters, gradients and rates."""
    rng = np.random.default_rng(2)
    start = rng.normal(size=N_PARAMS).astype(np.float32)
    gradients = rng.normal(size=(N_STEPS, N_PARAMS)).astype(np.float32) * np.float32(3)
    gradients[:, 1] *= 1e-7  # where epsilon counts
    gradients[:, 2] = 0
    rates = np.linspace(0.01, 0.001, N_STEPS).astype(np.float32)
    return start, gradients, rates


def main(framework):
    start, gradients, rates = drawn()
    name, run = {"keras": ("Keras", run_keras), "torch": ("PyTorch", run_torch)}[framework]
    print(f"/* Written by adam_fixture.py: parameters after each of ten steps of {name}'s Adam and AdamW (beta .9, .999, epsilon 1e-7). */")
    if framework == "keras":
        print(f"enum {{ N_STEPS = {N_STEPS}, N_PARAMS = {N_PARAMS} }};")
        table("start", start[None])
        table("rates", rates[None])
        table("gradients", gradients)
    table(f"{framework}_plain", run(start, gradients, rates))
    table(f"{framework}_clipped", run(start, gradients, rates, clip_norm=CLIP_NORM))
    table(f"{framework}_decayed", run(start, gradients, rates, weight_decay=WEIGHT_DECAY))
    table(f"{framework}_both", run(start, gradients, rates, weight_decay=WEIGHT_DECAY, clip_norm=CLIP_NORM))


main(sys.argv[1])
