"""How well the defaults learn: log loss, AUC and calibration on journeys never trained on, with and without time; with and without
oversampling; against ten other settings, on every simulated world and both real logs of the shared data."""
import statistics

import features
import logs
import measure

N_USERS = {"quick": 4000, "normal": 40000, "full": 400000}[measure.SIZE]
# Of the worlds in which the defaults meet ten other settings: --full trains on a million journeys.
N_AGAINST = {"quick": 4000, "normal": 40000, "full": 1250000}[measure.SIZE]
# Half of so many users' journeys are the 100,000 held out for calibration.
N_CALIBRATION = {"quick": 4000, "normal": 220000, "full": 220000}[measure.SIZE]

# Ten others to hold the defaults against, around them and far from them.
OTHERS = [
    {"training.learning_rate": 0.0003},
    {"training.learning_rate": 0.003},
    {"training.learning_rate": 0.01},
    {"training.batch_size": 64, "training.learning_rate": 0.001},
    {"training.batch_size": 256, "training.learning_rate": 0.005},
    {"model.dropout": 0, "model.recurrent_dropout": 0},
    {"model.dropout": 0.3, "model.recurrent_dropout": 0.3},
    {"model.lstm": 128, "model.embedding": 40},
    {"training.weight_decay": 0.01},
    {"training.patience": 10, "training.epochs": 40},
]


def all_logs(n_users):
    """{name: (bucket, whether its times mean something)}"""
    found = {world: (logs.world("learning", world, n_users), True) for world in logs.WORLDS}
    if logs.shared(logs.SHOP):
        found["shop (real)"] = logs.shop("learning"), True
    if logs.shared(logs.PATHS):
        found["paths (real)"] = logs.paths("learning"), False
    return found


def described(metrics):
    return [f"{metrics['auc']:.3f}", f"{metrics['loss']:.4f}", f"{metrics['calibration_error']:.4f}"]


def with_and_without_time():
    rows = []
    for name, (bucket, has_times) in all_logs(N_USERS).items():
        without = logs.train(bucket, {"model.time": "off"}, "time off")["metrics"]["test"]
        cells = described(without)
        others = described(logs.train(bucket, {"model.time": "on"}, "time on")["metrics"]["test"]) if has_times else ["-"] * 3
        rows.append([name, f"{without['journeys']:,}"] + [cell for pair in zip(cells, others) for cell in pair])
    head = ["log", "test journeys", "AUC without", "with time", "log loss without", "with time", "ECE without", "with time"]
    return measure.table(head, rows)


def calibration():
    rows = []
    for world in ("W1", "W2"):
        bucket = logs.world("learning", world, N_CALIBRATION, logs.HALF)
        for oversample in ("false", "true"):
            test = logs.train(bucket, {"training.oversample": oversample}, f"oversample {oversample}")["metrics"]["test"]
            rows.append([world, oversample, f"{test['journeys']:,}", f"{100 * test['conversions'] / test['journeys']:.1f} %",
                         f"{test['loss']:.4f}", f"{test['calibration_error']:.4f}"])
    return measure.table(["world", "oversample", "held-out journeys", "converting", "log loss", "ECE"], rows)


def with_and_without_features():
    """The columns of a log, named as features or not."""
    named = {
        "none": "{}",
        "of users, in the fusion and at each touch": "{user_features: [region, age]}",
        "as of touches, not in the fusion": "{touch_features: [region, age]}",
    }
    rows = []
    for kind in ("adds to the odds", "decides which campaigns move them"):
        for name, columns in named.items():
            bucket = measure.DATA / "learning" / f"features-{kind.split()[0]}-{N_USERS}"
            metrics = measure.once(f"learning {bucket.name} {columns}", lambda: train_features(bucket, kind, columns))
            rows.append([kind, name, *described(metrics)[:2]])
    return measure.table(["what users are", "features", "AUC", "log loss"], rows)


def train_features(bucket, kind, columns):
    if not (bucket / "raw").exists():
        (bucket / "raw").mkdir(parents=True)
        features.write_log(bucket / "raw/log.csv", N_USERS, interacting=kind.startswith("decides"))
    (bucket / "config.yaml").write_text(f"columns: {columns}\n")
    return logs.call("run", bucket, {}, "--force", "--to", "train")["train"]["metrics"]["test"]


def settings_of(has_times, settings):
    """As train takes them: without times where there are none."""
    return settings if has_times else {"model.time": "off", **settings}


def against_ten():
    """A column a log, a row a setting: log loss on test in percent of the defaults'."""
    columns = []
    chosen = all_logs(N_AGAINST)
    for bucket, has_times in chosen.values():
        results = [logs.train(bucket, settings_of(has_times, settings), written(settings)) for settings in [{}, *OTHERS]]
        own, *others = [result["metrics"]["test"]["loss"] for result in results]
        columns.append([f"{own:.4f}", results[0]["epochs"], *(100 * (other / own - 1) for other in others)])
    names = ["defaults: log loss", "epochs until they stopped", *map(written, OTHERS)]
    rows = [[names[i], *(column[i] for column in columns), ""] for i in range(2)]
    differences = [list(row) for row in zip(*(column[2:] for column in columns))]
    rows += [[name, *map(percent, row), percent(statistics.mean(row))] for name, row in zip(names[2:], differences)]
    lowest = [min(column) for column in zip(*differences)]
    rows.append(["defaults above the best of all", *(percent(max(0, 100 / (100 + low) * 100 - 100)) for low in lowest), ""])
    return measure.table(["", *chosen, "mean"], rows)


def written(settings):
    return ", ".join(f"{key.split('.')[1]} {value}" for key, value in settings.items()) or "defaults"


def percent(number):
    return f"{number:+.2f} %"


def main():
    print(f"""{measure.machine()}. Defaults unless said otherwise; {N_USERS:,} users a world, test journeys of users never trained on.
`bench/run learning`

{with_and_without_time()}

Calibration (ECE: |mean p - rate of conversions| over 15 bins of equally many journeys), with and without oversampling; half of
{N_CALIBRATION:,} users held out:

{calibration()}

Features of users (log of `bench/learning/features.py`):

{with_and_without_features()}

The defaults, which stop by themselves, against ten other settings on the same journeys ({N_AGAINST:,} users a world): log loss on the tenth
held out, above (+) or below that of the defaults.

{against_ten()}""")


if __name__ == "__main__":
    main()
