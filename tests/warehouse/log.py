"""The log that every kind of table holds in source_test.py."""
COLUMNS = ("uid", "timestamp", "campaign", "conversion")
ROWS = [(n * 7919 % 97, 1_700_000_000 + n * 3571 % 100_000, f"campaign {n % 5}", n % 11 == 0) for n in range(1000)]


def write_csv(path):
    lines = [f"{uid},{time},{campaign},{int(converted)}" for uid, time, campaign, converted in ROWS]
    path.parent.mkdir(parents=True)
    path.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n", encoding="utf-8")
