"""torch_peer.py FOLDER N_ROWS THREADS SECONDS: the same network on the same journeys by PyTorch, as fast as it goes there.

Packed nn.LSTM (cuDNN's layout, made directly from the journeys: no padding is ever computed), embeddings by look-up, attention as sums
over the journeys' own touches, Adam, shuffled epochs. Of several batch sizes the fastest counts; each gets SECONDS of training.
Also the sgemm rate of this machine at the LSTM's shape. Prints one JSON object. Used by run.py.
"""
import json
import pathlib
import sys
import time

import numpy as np
import torch

BATCH_SIZES = (256, 1024, 4096, 8192)
E, H = 20, 64


class Journeys:
    def __init__(self, folder):
        self.first = np.fromfile(folder / "first.u32", dtype=np.uint32).astype(np.int64)
        self.label = torch.from_numpy(np.fromfile(folder / "label.u8", dtype=np.uint8)).float()
        rows = np.fromfile(folder / "rows.u32", dtype=np.uint32).astype(np.int64)
        self.rows = rows.reshape(self.first[-1], -1)
        self.n = len(self.label)

    def batch(self, journeys):
        """Touches of the journeys step by step, longest journey first, as a PackedSequence wants them."""
        length = np.diff(self.first)[journeys]
        order = np.argsort(-length, kind="stable")
        journeys, length = journeys[order], length[order]
        batch_sizes = (length[None, :] > np.arange(length[0])[:, None]).sum(axis=1)
        journey = np.concatenate([np.arange(n) for n in batch_sizes])
        step = np.repeat(np.arange(length[0]), batch_sizes)
        rows = self.rows[self.first[journeys][journey] + step]
        return torch.from_numpy(rows), torch.from_numpy(batch_sizes), torch.from_numpy(journey), self.label[torch.from_numpy(journeys)]


class Network(torch.nn.Module):
    def __init__(self, n_rows, n_inputs, dropout):
        super().__init__()
        self.embedding = torch.nn.EmbeddingBag(n_rows, E, mode="sum") if n_inputs > 1 else torch.nn.Embedding(n_rows, E)
        self.lstm = torch.nn.LSTM(E, H)
        self.attention = torch.nn.Linear(H, 1)
        self.output = torch.nn.Linear(H, 1)
        self.dropout = torch.nn.Dropout(dropout)

    def forward(self, rows, batch_sizes, journey):
        x = self.embedding(rows if rows.shape[1] > 1 else rows[:, 0])
        h = self.lstm(torch.nn.utils.rnn.PackedSequence(self.dropout(x), batch_sizes))[0].data
        e = torch.exp(torch.tanh(self.attention(h)))[:, 0]
        n = int(batch_sizes[0])
        total = torch.zeros(n).index_add(0, journey, e)
        attention = e / total[journey]
        return attention, torch.zeros(n).index_add(0, journey, attention * self.output(h)[:, 0])


def shuffled(n, batch_size, random):
    order = random.permutation(n)
    return [order[at:at + batch_size] for at in range(0, n, batch_size)]


def train(journeys, n_rows, batch_size, seconds):
    """Touches a second; and in the fastest step, which is what the machine can do while others use it too."""
    torch.manual_seed(1)
    random = np.random.default_rng(1)
    n_inputs = journeys.rows.shape[1]
    network = Network(n_rows, n_inputs, 0.1 if n_inputs > 1 else 0.0)
    adam = torch.optim.Adam(network.parameters(), lr=0.001 * (batch_size / 16) ** 0.5, eps=1e-7)
    n_touches, fastest, start = 0, 0, time.perf_counter()
    while True:
        for chosen in shuffled(journeys.n, batch_size, random):
            began = time.perf_counter()
            rows, batch_sizes, journey, label = journeys.batch(chosen)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(network(rows, batch_sizes, journey)[1], label)
            adam.zero_grad()
            loss.backward()
            adam.step()
            now = time.perf_counter()
            n_touches += len(rows)
            fastest = max(fastest, len(rows) / (now - began))
            if now - start > seconds:
                return n_touches / (now - start), fastest


def score(journeys, n_rows, batch_size, seconds):
    network = Network(n_rows, journeys.rows.shape[1], 0.0).eval()
    n_touches, fastest, start = 0, 0, time.perf_counter()
    with torch.inference_mode():
        while True:
            for at in range(0, journeys.n, batch_size):
                began = time.perf_counter()
                rows, batch_sizes, journey, _ = journeys.batch(np.arange(at, min(at + batch_size, journeys.n)))
                network(rows, batch_sizes, journey)
                now = time.perf_counter()
                n_touches += len(rows)
                fastest = max(fastest, len(rows) / (now - began))
                if now - start > seconds:
                    return n_touches / (now - start), fastest


def sgemm():
    """GFLOP/s of (1024, 64) (64, 256), the product of one step of a batch."""
    a, b = torch.randn(1024, H), torch.randn(H, 4 * H)
    c, best = torch.mm(a, b), 0
    for _ in range(20):
        start = time.perf_counter()
        for _ in range(50):
            torch.mm(a, b, out=c)
        best = max(best, 50 * 2 * 1024 * H * 4 * H / (time.perf_counter() - start))
    return best / 1e9


def main():
    folder, n_rows, threads, seconds = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    torch.set_num_threads(threads)
    journeys = Journeys(folder)
    train(journeys, n_rows, BATCH_SIZES[0], 1)  # warms up
    trained = {size: train(journeys, n_rows, size, seconds) for size in BATCH_SIZES}
    scored = {size: score(journeys, n_rows, size, seconds / 2) for size in BATCH_SIZES}
    result = {"version": torch.__version__, "sgemm_gflops": round(sgemm(), 1)}
    for what, rates in (("trained", trained), ("scored", scored)):
        result |= {f"{what}_per_second": round(max(mean for mean, _ in rates.values())), f"{what}_batch_size": max(rates, key=rates.get),
                   f"fastest_{what}_per_second": round(max(fastest for _, fastest in rates.values()))}
    print(json.dumps(result))


main()
