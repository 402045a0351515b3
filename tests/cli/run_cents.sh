# Money in whole cents, as DECIMAL or as text of two decimals: for every method the values of campaigns, baseline and unattributed come to the
# input's to the cent, and each of them is a whole number of cents, however many conversions are added up.
. "$DA_ROOT/tests/support/cli.sh"
log='SELECT i % 4000 AS uid, 1700000000 + i * 60 AS timestamp, chr(CAST(97 + (i * 7) % 5 AS INTEGER)) AS campaign, i % 3 = 0 AS conversion,
  CAST((i * 37 % 100000) / 100 AS DECIMAL(12, 2)) AS value FROM range(60000) t(i)'
methods='[first_touch, linear, time_decay, position_based, participation, markov, shapley, incremental, removal]'
mkdir b check
works journeys b --set "source=$log" --quiet
works attribute b --set "source=$log" --set "credit.methods=$methods" --set credit.intervals=0 --quiet
# One row a method whose values come to another sum of cents than the input's; the log of the check has that many impressions and one more.
works journeys check --json --quiet --set "source=SELECT 1 AS uid, 1700000000 AS timestamp, 'x' AS campaign, 0 AS conversion UNION ALL
  SELECT 1, 1700000000, method, 0 FROM read_parquet('b/attention_report/campaign_credit.parquet') GROUP BY method
  HAVING count(*) FILTER (CAST(CAST(value AS DECIMAL(18, 2)) AS DOUBLE) <> value) > 0 OR sum(CAST(value AS DECIMAL(18, 2))) * 100 <> (SELECT sum(i * 37 % 100000) FROM range(0, 60000, 3) t(i))"
python3 -c 'import json; r = json.load(open("out.txt"))["journeys"]["rows"]; assert r == 1, r'
works attribute b --set "source=$log" --set "credit.methods=$methods" --set credit.intervals=0 --json --force
python3 -c '
import json
r = json.load(open("out.txt"))["attribute"]
cents = sum(i * 37 % 100000 for i in range(0, 60000, 3))
assert round(r["value"] * 100) == cents and len(r["methods"]) == 9
for m in r["methods"]:
    assert abs((m["value"] + m["baseline_value"]) * 100 - cents) < 1e-4, m'
