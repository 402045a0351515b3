"""Dropout with one mask a step on weights (`model.dropout_per: step`, the default) against Keras' masks, one a journey (`journey`;
held to Keras with the masks given, src/model/fixtures): log loss and AUC on journeys held out, and the campaigns' shares of attention."""
import duckdb

import logs
import measure

N_USERS = {"quick": 3000, "normal": 30000, "full": 500000}[measure.SIZE]
SEEDS = {"quick": [1, 2], "normal": [1, 2, 3], "full": [1, 2, 3, 4, 5, 6]}[measure.SIZE]
WORLDS = {"quick": ["W1"], "normal": ["W1", "W2"], "full": logs.WORLDS}[measure.SIZE]
RATES = [0, 0.1, 0.3]
KINDS = ["step", "journey"]


def attention(bucket):
    """{campaign: its share of the attention of journeys that convert}, by the model that was trained last."""
    logs.call("attribute", bucket, {"credit.methods": "[attention]", "credit.intervals": 0}, "--force")
    table = f"{bucket}/attention_report/campaign_attention.parquet"
    total = dict(duckdb.sql(f"SELECT campaign_nm, total_attention FROM '{table}'").fetchall())
    return {name: value / sum(total.values()) for name, value in total.items()}


def train(bucket, kind, rate, seed):
    """Log loss, AUC and attention."""
    settings = {"model.dropout_per": kind, "model.dropout": rate, "model.recurrent_dropout": rate}

    def anew():
        test = logs.train_anew(bucket, settings, f"{rate} per {kind}", seed)["metrics"]["test"]
        return test["loss"], test["auc"], attention(bucket)
    return measure.once(f"dropout {bucket.name} {settings} {seed}", anew)


def in_common(a, b):
    """Per cent of the shares."""
    return 100 * sum(min(share, b[name]) for name, share in a.items())


def row(name, bucket_of, rate):
    """Without dropout the two kinds are one; the kind `journey` with the next seed's network, on the same journeys, says what chance does."""
    results = {kind: [train(bucket_of(seed), kind, rate, seed) for seed in SEEDS] for kind in (KINDS if rate else KINDS[:1])}
    step, other = results["step"], results.get("journey", results["step"])
    mean = [f"{sum(result[i] for result in of) / len(of):.4f}" for i in (0, 1) for of in (step, other)]
    if not rate:
        return [name, rate, mean[0], "", "", mean[2], "", "", "", ""]
    losses = [100 * (a[0] / b[0] - 1) for a, b in zip(step, other)]
    aucs = [a[1] - b[1] for a, b in zip(step, other)]
    alike = [in_common(a[2], b[2]) for a, b in zip(step, other)]
    again = [in_common(b[2], train(bucket_of(seed), "journey", rate, seed + 100)[2]) for seed, b in zip(SEEDS, other)]
    return [name, rate, mean[0], mean[1], logs.with_error(losses, "+.2f") + " %", mean[2], mean[3], logs.with_error(aucs, "+.4f"),
            logs.with_error(alike, ".1f"), logs.with_error(again, ".1f")]


def contests():
    """{log: seed -> bucket}"""
    found = {name: lambda seed, name=name: logs.world("dropout", name, N_USERS, logs.HALF, seed) for name in WORLDS}
    if logs.shared(logs.SHOP):
        found["shop (real)"] = lambda seed: logs.shop("dropout", {}, seed)
    return found


def main():
    rows = [row(name, bucket_of, rate) for name, bucket_of in contests().items() for rate in RATES]
    head = ["log", "both rates", "log loss, per step", "per journey", "step above", "AUC, per step", "per journey", "step above",
            "attention in common, %", "of two seeds per journey, %"]
    print(f"""{measure.machine()}. {N_USERS:,} users a world, half of them held out, a tenth of the shop's; {len(SEEDS)} seeds, each draws the world anew and
splits the users anew; means, ± one standard error. `bench/run dropout`

{measure.table(head, rows)}""")


if __name__ == "__main__":
    main()
