"""keras_peer.py FOLDER N_ROWS THREADS SECONDS: the same network on the same journeys by Keras on TensorFlow.

As the original does it, journeys padded to the longest and masked; the campaign one-hot, or by an Embedding layer. Of these and of
several batch sizes the fastest counts; each gets about SECONDS of training by fit(). Prints one JSON object. Used by run.py.
"""
import json
import os
import pathlib
import sys
import time

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
import keras
import numpy as np
import tensorflow as tf

BATCH_SIZES = (256, 1024, 4096, 8192)
E, H = 20, 64


def read(folder):
    """rows (B, longest, I), 0 behind a journey's end; length (B); label (B)"""
    first = np.fromfile(folder / "first.u32", dtype=np.uint32).astype(np.int64)
    length = np.diff(first)
    rows = np.fromfile(folder / "rows.u32", dtype=np.uint32).reshape(first[-1], -1)
    own = np.arange(length.max()) < length[:, None]
    padded = np.zeros((*own.shape, rows.shape[1]), dtype=np.int32)
    padded[own] = rows + 1
    return padded, length, np.fromfile(folder / "label.u8", dtype=np.uint8)


def network(n_rows, longest, n_inputs, one_hot):
    rows = keras.Input((longest, n_inputs), dtype="int32")
    own = keras.ops.not_equal(rows[:, :, 0], 0)
    if one_hot:
        x = keras.ops.one_hot(rows[:, :, 0], n_rows + 1)
    else:
        x = keras.ops.sum(keras.layers.Embedding(n_rows + 1, E)(rows), axis=2)
    h = keras.layers.LSTM(H, return_sequences=True)(x, mask=own)
    energy = keras.layers.Dense(1, activation="tanh")(h)[:, :, 0]
    attention = keras.layers.Softmax(axis=1)(energy, mask=own)
    p = keras.layers.Dense(1, activation="sigmoid")(keras.ops.sum(attention[:, :, None] * h, axis=1))
    model = keras.Model(rows, p)
    model.compile(optimizer=keras.optimizers.Adam(0.001), loss="binary_crossentropy")
    return model, keras.Model(rows, [attention, p])


def rate(work, length, seconds):
    """Touches a second of work(n), done with the first n journeys, n chosen to last about `seconds`."""
    n = BATCH_SIZES[-1]
    work(n)  # compiles
    start = time.perf_counter()
    work(n)
    n = max(n, min(len(length), int(n * seconds / (time.perf_counter() - start))) // BATCH_SIZES[-1] * BATCH_SIZES[-1])
    work(n)  # in case another shape compiles anew
    start = time.perf_counter()
    work(n)
    return float(length[:n].sum() / (time.perf_counter() - start))


def main():
    folder, n_rows, threads, seconds = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    rows, length, label = read(folder)
    order = np.random.default_rng(1).permutation(len(label))
    rows, length, label = rows[order], length[order], label[order]
    result = {"version": keras.__version__}
    for kind in ("one-hot", "embedding") if rows.shape[2] == 1 else ("embedding",):
        model, reader = network(n_rows, rows.shape[1], rows.shape[2], kind == "one-hot")
        trained = {size: rate(lambda n: model.fit(rows[:n], label[:n], batch_size=size, shuffle=True, verbose=0), length, seconds)
                   for size in BATCH_SIZES}
        scored = {size: rate(lambda n: reader.predict(rows[:n], batch_size=size, verbose=0), length, seconds / 2) for size in BATCH_SIZES}
        result[kind] = {"trained_per_second": round(max(trained.values())), "trained_batch_size": max(trained, key=trained.get),
                        "scored_per_second": round(max(scored.values())), "scored_batch_size": max(scored, key=scored.get)}
    print(json.dumps(result))


main()
