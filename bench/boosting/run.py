"""The default network against gradient boosting (scikit-learn's HistGradientBoostingClassifier) on the same journeys: boosting reads
counts of campaigns and statistics of the gaps, its size and number of trees are chosen on val; both are judged on test."""

import duckdb
import numpy
from sklearn import metrics
from sklearn.ensemble import HistGradientBoostingClassifier

import logs
import measure

N_USERS = {"quick": 5000, "normal": 100000, "full": 1000000}[measure.SIZE]
SEEDS = {"quick": [1], "normal": [1, 2, 3, 4], "full": [1, 2, 3, 4]}[measure.SIZE]
SIZES = [(rate, leaves) for rate in (0.03, 0.1) for leaves in (7, 31)]  # of boosting
MOST_TREES = 300
FEW_CAMPAIGNS = 255  # more are not told apart as categories


def read(bucket, split):
    """Campaigns and seconds of all touches end to end, where each journey begins and the last one ends, and labels."""
    rows = duckdb.sql(f"SELECT campaigns, timestamps, conversion_status FROM '{bucket}/feature_store/{split}.parquet' ORDER BY journey_id")
    columns = rows.fetchnumpy()
    lengths = numpy.array([len(journey) for journey in columns["campaigns"]])
    begin = numpy.concatenate([[0], numpy.cumsum(lengths)])
    seconds = numpy.concatenate(columns["timestamps"]).astype(float) / 1e6
    return numpy.concatenate(columns["campaigns"]), seconds, begin, columns["conversion_status"].astype(int)


def statistics_of_gaps(seconds, begin):
    """[journeys][13]: of the gaps between touches in log seconds, and the journey's length and time."""
    first, last = begin[:-1], begin[1:] - 1
    n = last - first + 1
    gap = numpy.log1p(numpy.maximum(numpy.diff(seconds, prepend=seconds[0]), 0))
    gap[first] = numpy.nan  # a journey's first touch has none before it
    held = numpy.nan_to_num(gap)
    mean = numpy.add.reduceat(held, first) / numpy.maximum(n - 1, 1)
    square = numpy.add.reduceat(held ** 2, first) / numpy.maximum(n - 1, 1)
    low = numpy.minimum.reduceat(numpy.where(numpy.isnan(gap), numpy.inf, gap), first)
    high = numpy.maximum.reduceat(numpy.where(numpy.isnan(gap), -numpy.inf, gap), first)
    second, before_last = numpy.minimum(first + 1, last), numpy.maximum(last - 1, first)
    age = seconds[numpy.repeat(last, n)] - seconds
    recent = [numpy.add.reduceat((age <= days * 86400).astype(float), first) for days in (1 / 24, 1, 7)]
    columns = [n, numpy.log1p(seconds[last] - seconds[first]), mean, numpy.sqrt(numpy.maximum(square - mean ** 2, 0)), low, high,
               gap[second], gap[last], gap[before_last], numpy.log1p(seconds[last] - seconds[second]), *recent]
    table = numpy.column_stack(columns)
    table[~numpy.isfinite(table)] = numpy.nan
    return table


def features(journeys, names):
    """Which campaign is first and last, how often each comes and how long before the journey's end it last did; and the gaps."""
    campaigns, seconds, begin, _ = journeys
    code = numpy.searchsorted(names, campaigns)
    first, last = begin[:-1], begin[1:] - 1
    journey = numpy.repeat(numpy.arange(len(first)), numpy.diff(begin))
    counts = numpy.zeros((len(first), len(names)))
    numpy.add.at(counts, (journey, code), 1)
    latest = numpy.full(counts.shape, -numpy.inf)
    numpy.maximum.at(latest, (journey, code), seconds)
    recency = numpy.where(counts > 0, numpy.log1p(seconds[last][:, None] - latest), numpy.nan)
    ends = numpy.column_stack([code[first], code[last]]).astype(float)
    return numpy.column_stack([ends, counts, recency, statistics_of_gaps(seconds, begin)])


def boost(bucket, seed):
    """[AUC, log loss] on test of the boosting that loses least on val, and its size."""
    sets = {split: read(bucket, split) for split in ("train", "val", "test")}
    names = numpy.unique(numpy.concatenate([journeys[0] for journeys in sets.values()]))
    x = {split: features(journeys, names) for split, journeys in sets.items()}
    y = {split: journeys[3] for split, journeys in sets.items()}
    categories = [0, 1] if len(names) <= FEW_CAMPAIGNS else None
    found = (numpy.inf,)
    for rate, leaves in SIZES:
        trees = HistGradientBoostingClassifier(learning_rate=rate, max_leaf_nodes=leaves, max_iter=MOST_TREES, early_stopping=False,
                                               min_samples_leaf=40, categorical_features=categories, random_state=seed)
        trees.fit(x["train"], y["train"])
        losses = [metrics.log_loss(y["val"], p[:, 1]) for p in trees.staged_predict_proba(x["val"])]
        best = int(numpy.argmin(losses))
        if losses[best] < found[0]:
            found = losses[best], trees, best, [rate, leaves, best + 1]
    _, trees, best, size = found
    for stage, p in enumerate(trees.staged_predict_proba(x["test"])):
        if stage == best:
            break
    return [metrics.roc_auc_score(y["test"], p[:, 1]), metrics.log_loss(y["test"], p[:, 1]), *size]


def compare(bucket, settings, seed):
    """AUC and log loss of ours, then of boosting."""
    own = logs.train(bucket, settings, "defaults", seed)["metrics"]["test"]
    other = measure.once(f"boosting {bucket.name} {SIZES}", lambda: boost(bucket, seed))
    measure.say(f"{bucket.name}: AUC {own['auc']:.4f}, boosting {other[0]:.4f}; log loss {own['loss']:.5f}, boosting {other[1]:.5f}; {other[2:]}")
    return own["auc"], own["loss"], other[0], other[1]


def row(name, n_journeys, pairs):
    own_auc, own_loss, auc, loss = zip(*pairs)
    gains = [a - b for a, b in zip(own_auc, auc)]
    saved = [100 * (a / b - 1) for a, b in zip(own_loss, loss)]
    mean = numpy.mean
    return [name, n_journeys, f"{mean(own_auc):.4f}", f"{mean(auc):.4f}", logs.with_error(gains, "+.4f"), f"{mean(own_loss):.4f}",
            f"{mean(loss):.4f}", logs.with_error(saved, "+.2f") + " %", f"{sum(s < 0 for s in saved)} of {len(saved)}"]


def contests():
    """{log: seed -> (bucket, settings)}"""
    found = {name: lambda seed, name=name: (logs.world("boosting", name, N_USERS, logs.HALF, seed), {}) for name in logs.WORLDS}
    if logs.shared(logs.SHOP):
        found["shop (real)"] = lambda seed: (logs.shop("boosting", {}, seed), {})
    if logs.shared(logs.PATHS):
        found["paths (real)"] = lambda seed: (logs.paths("boosting", {}, seed), {"model.time": "off"})
    return found


def main():
    rows = []
    for name, prepare in contests().items():
        pairs = [compare(*prepare(seed), seed) for seed in SEEDS]
        n = logs.train(*prepare(SEEDS[0]), "defaults", SEEDS[0])["metrics"]["test"]["journeys"]
        rows.append(row(name, f"{n:,}", pairs))
    head = ["log", "test journeys", "AUC", "boosting", "above it", "log loss", "boosting", "above it", "lower"]
    print(f"""{measure.machine()}. {N_USERS:,} users a world, half of them held out, a tenth of the real logs; {len(SEEDS)} seeds, each draws the world anew
and splits the users anew; means, ± one standard error of the difference. `bench/run boosting`

{measure.table(head, rows)}""")


if __name__ == "__main__":
    main()
