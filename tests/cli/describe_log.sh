. "$DA_ROOT/tests/support/cli.sh"
bucket b <<<$'1,1700000000,a,0\n1,1700000000,a,0\n1,1700086400,b,1\n2,1700000000,a,0'
works describe b
grep -q '^users  *2$' out.txt
grep -q '^conversions  *1$' out.txt
works describe b/raw/log.csv --json
python3 -c 'import json, sys; r = json.load(open("out.txt")); sys.exit([r["rows"], r["journeys"], r["touches"]] != [4, 2, 4])'
refuses 4 'No such file' describe nowhere.csv
# It looks at whole journeys, however short the run will cut them.
echo 'journey_max_len: 1' >b/config.yaml
works describe b --json
python3 -c 'import json, sys; r = json.load(open("out.txt")); sys.exit([r["touches"], r["journey_max_len_80"]] != [4, 3])'
# What features hold.
cat >features.csv <<'CSV'
uid,timestamp,campaign,conversion,device,bid,region,empty
1,1700000000,a,0,phone,0.5,north,
1,1700086400,b,1,,2,,
2,1700000000,a,0,tv,,,
CSV
features="columns: {touch_features: [device, bid, empty], user_features: [region]}"
echo "$features" >features.yaml
works describe features.csv --config features.yaml
grep -q '  device of touches: 2 values, missing in 1 of 3 touches' out.txt
grep -q '  bid of touches: numbers, 0.5 to 2, missing in 1 of 3 touches' out.txt
grep -q '  region of users: 1 value, missing in 1 of 2 journeys' out.txt
grep -q "the feature 'empty' is missing everywhere" out.txt
works describe features.csv --config features.yaml --json
python3 - <<'PYTHON'
import json
features = {f.pop("column"): f for f in json.load(open("out.txt"))["features"]}
assert features["bid"] == {"of": "touch", "kind": "number", "cells": 3, "missing": 1, "values": None, "low": 0.5, "high": 2}, features
assert features["region"] == {"of": "user", "kind": "category", "cells": 2, "missing": 1, "values": 1, "low": None, "high": None}, features
PYTHON
