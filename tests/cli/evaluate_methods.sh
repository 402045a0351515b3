. "$DA_ROOT/tests/support/cli.sh"
works simulate W1 b --users 3000 --seed 5
refuses 3 "run 'deepattribution journeys b' first" evaluate b
works journeys b --quiet
refuses 3 "run 'deepattribution attribute b' first" evaluate b
works run b --set training.epochs=1 --quiet
before=$(outputs b)
works evaluate b
grep -qE '^last_touch +0\.[0-9]{3} ' out.txt
grep -q '^network: log loss 0' out.txt
grep -q '^Trust .*: its shares are the nearest to the true ones' out.txt
cp out.txt first.txt
works evaluate b --threads 1
cmp first.txt out.txt
works evaluate b --json
python3 -c '
import json
r = json.load(open("out.txt"))
best = min(r["methods"], key=lambda m: m["share_error"])
assert r["trust"]["method"] == best["method"]
models = {m["method"]: m for m in r["methods"] if m["auc"] is not None}
assert models.keys() == {"markov", "shapley"}, models.keys()
for m in r["methods"]:
    assert 0 < m["deletion"] < 3, m
    assert m["auc"] is None or .3 < m["auc"] < 1 and 0 < m["log_loss"] < 1, m
    kept = [b["conversions"] for b in m["replay"]]
    assert kept == sorted(kept, reverse=True) and kept[0] <= r["replay_of"]["conversions"], m
    assert all(b["spend"] <= b["budget"] * r["replay_of"]["touches"] + 1e-6 for b in m["replay"]), m'
[ "$before" = "$(outputs b)" ]
