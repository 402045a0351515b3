. "$DA_ROOT/tests/support/cli.sh"
log=$DA_SHARED/data/ecommerce_touchpoints.csv.gz
[ -f "$log" ] || { echo "expected $log, which is not here" >&2; exit 77; }
mkdir -p shop/raw && cp "$log" shop/raw/
cat >shop/config.yaml <<'YAML'
columns: {uid: customer_id, timestamp: time, campaign: channel, conversion: conversion, value: conversion_value}
journey_max_len: 30
training:
  epochs: 2
seed: 1
YAML
works run shop --json --quiet
mv out.txt out.json
# Every method credits all 1,838 conversions and the value of 11,423.50.
methods_total out.json >totals.txt
[ "$(wc -l <totals.txt)" -ge 6 ]
if grep -vE ' 1838(\.0)? 11423\.5$' totals.txt; then exit 1; fi
# Users go on after conversions, and each touch converts about as often as any other: touches do no harm, and conversions are theirs.
python3 -c '
import json
[incremental] = [m for m in json.load(open("out.json"))["attribute"]["methods"] if m["method"] == "incremental"]
assert -1 < incremental["baseline"] < 1838 / 2, incremental'
for output in attention_score.parquet campaign_attention.parquet campaign_credit.parquet report.html manifest.json; do
  [ -s "shop/attention_report/$output" ]
done
