. "$DA_ROOT/tests/support/cli.sh"
rows='ann,1700000000,a,0
ann,1700086400,b,1
ann,1700090000,c,0
bob,1700000000,a,0
bob,1700003600,a,1'
bucket b <<<"$rows"
refuses 3 "run 'deepattribution journeys b' first" explain b --journey 0
works run b --set training.epochs=1
before=$(find b -type f -exec sha256sum {} + | sort)
works explain b --journey 0
grep -q 'Journey 0 of user ann: 2 touches, converted' out.txt
grep -q "The network's probability without a campaign" out.txt
works explain b --uid ann --json
python3 -c '
import json
journeys = json.load(open("out.txt"))["journeys"]
assert [len(j["touches"]) for j in journeys] == [2, 1], journeys
first = journeys[0]
for method, baseline in first["baseline"].items():
    assert abs(sum(t["credit"][method] for t in first["touches"]) + baseline - 1) < 1e-9, method
assert [t["credit"]["last_touch"] for t in first["touches"]] == [0, 1]
assert all(0 <= t["probability_after"] <= 1 for t in first["touches"])
assert [w["campaign_nm"] for w in first["without"]] == ["a", "b"]'
works explain b --uid bob
[ "$before" = "$(find b -type f -exec sha256sum {} + | sort)" ]
refuses 2 'but found "zed"' explain b --uid zed
refuses 2 '3' explain b --journey 3
refuses 2 "after --journey but found 'x'" explain b --journey x
refuses 2 'expected one of --journey ID and --uid UID' explain b
refuses 2 'expected one of --journey ID and --uid UID' explain b --journey 1 --uid ann
