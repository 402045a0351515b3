"""Writes adam_fixture.h: ten steps of Keras' Adam and AdamW on six parameters, from given gradients.

    KERAS_BACKEND=jax python3 src/train/adam_fixture.py > src/train/adam_fixture.h     (needs keras and jax)
"""
import keras
import numpy as np

N_STEPS, N_PARAMS = 10, 6


def run(start, gradients, rates, **options):
    variable = keras.Variable(start)
    optimizer = keras.optimizers.Adam(beta_1=0.9, beta_2=0.999, epsilon=1e-7, **options)
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


def main():
    rng = np.random.default_rng(2)
    start = rng.normal(size=N_PARAMS).astype(np.float32)
    gradients = rng.normal(size=(N_STEPS, N_PARAMS)).astype(np.float32) * np.float32(3)
    gradients[:, 1] *= 1e-7  # where epsilon counts
    gradients[:, 2] = 0
    rates = np.linspace(0.01, 0.001, N_STEPS).astype(np.float32)
    print("/* Written by adam_fixture.py: parameters after each of ten steps of Keras' Adam (beta .9, .999, epsilon 1e-7). */")
    print(f"enum {{ N_STEPS = {N_STEPS}, N_PARAMS = {N_PARAMS} }};")
    table("start", start[None])
    table("rates", rates[None])
    table("gradients", gradients)
    table("after_plain", run(start, gradients, rates))
    table("after_clipped", run(start, gradients, rates, global_clipnorm=5.0))
    table("after_decayed", run(start, gradients, rates, weight_decay=0.1))


main()
