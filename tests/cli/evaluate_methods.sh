. "$DA_ROOT/tests/support/cli.sh"
works simulate W1 b --users 3000 --seed 5
refuses 3 "run 'deepattribution journeys b' first" evaluate b
works journeys b --quiet
refuses 3 "run 'deepattribution attribute b' first" evaluate b
works run b --set training.epochs=1 --quiet
before=$(outputs b)
works evaluate b
grep -qE '^last_touch +0\.[0-9]{4} ' out.txt
grep -q '^network: log loss 0' out.txt
grep -q '^Trust .*: its shares are the nearest to the true ones' out.txt
grep -qE '^(removal|incremental) +yes +its shares' out.txt
for table in measured replay agreement deletion; do grep -q "^$table" out.txt; done
cp out.txt first.txt
works evaluate b --threads 1
cmp first.txt out.txt
works evaluate b --json
python3 -c '
import json
r = json.load(open("out.txt"))
methods = {m["method"]: m for m in r["methods"]}
best = min(r["methods"], key=lambda m: m["share_error"])
assert r["trust"]["method"] == best["method"] and best["trust"] == "yes" and best["rank"] == 1, best
assert sorted(m["rank"] for m in r["methods"]) == list(range(1, len(methods) + 1))
models = {name for name, m in methods.items() if m["auc"] is not None}
assert models == {"incremental", "removal", "attention", "markov", "shapley"}, models
# In this world touches raise the rate of converting: who models that knows after which touches people convert, and who reads journeys does not.
assert methods["incremental"]["touch_auc"] > .5, methods["incremental"]
assert methods["incremental"]["log_loss"] < r["rate"]["log_loss"] + .01, r["rate"]
assert len(r["random"]["deletion_curve"]) == 10
for name, m in methods.items():
    assert m["why"] and m["trust"] in ("yes", "with care", "no"), m
    assert 0 < m["deletion"] < 3 and len(m["deletion_curve"]) == 10, m
    assert m["deletion_curve"][9] == r["random"]["deletion_curve"][9], m
    assert m["auc"] is None or .3 < m["auc"] < 1 and 0 < m["log_loss"] < 1, m
    assert 0 <= m["halves"] < 1 and m["negative"] >= 0, m
    assert m["agreement_with"].keys() == methods.keys() - {name}
    assert all(methods[other]["agreement_with"][name] == part for other, part in m["agreement_with"].items())
    kept = [b["conversions"] for b in m["replay"]]
    assert kept == sorted(kept, reverse=True) and kept[0] <= r["replay_of"]["conversions"], m
    assert all(b["spend"] <= b["budget"] * r["replay_of"]["touches"] + 1e-6 for b in m["replay"]), m
    assert all(b["cpa"] is None or abs(b["cpa"] - b["spend"] / b["conversions"]) < 1e-9 for b in m["replay"]), m'
[ "$before" = "$(outputs b)" ]
