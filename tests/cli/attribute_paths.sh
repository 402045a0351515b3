# attribute --paths: aggregated paths instead of a log; credit adds up, Markov's tables are there, times are not asked for.
. "$DA_ROOT/tests/support/cli.sh"
printf 'path,conversions,value,nulls\na > b,2,20.50,1\na,1,4,0\nb > a > a,0,,3\n' >paths.csv
works attribute out --paths paths.csv --json
python3 - <<'PYTHON'
import json
r = json.load(open("out.txt"))
assert r["journeys"]["journeys"] == 7, r["journeys"]
methods = {m["method"]: m for m in r["attribute"]["methods"]}
assert {"first_touch", "markov", "shapley"} <= methods.keys() and not {"incremental", "time_decay"} & methods.keys(), methods.keys()
for m in methods.values():
    assert abs(m["total"] - 3) < 1e-9 and abs(m["value"] + m["baseline_value"] - 24.5) < 1e-9, m
PYTHON
[ -e out/attention_report/markov_transitions.parquet ] && [ -e out/attention_report/markov_removal.parquet ]
works attribute out --paths paths.csv --set 'credit.methods=[linear]' --quiet
[ ! -e out/attention_report/markov_removal.parquet ]
sed -i 's/a,1,4,0/a,2,8,0/' paths.csv
works attribute out --paths paths.csv --json
python3 -c 'import json; r = json.load(open("out.txt")); assert r["attribute"]["conversions"] == 4, r'
refuses 2 "but found time_decay" attribute out --paths paths.csv --set 'credit.methods=[time_decay]'
refuses 2 "expected --paths without --input" attribute out --paths paths.csv --input paths.csv --output other
printf 'path,conversions\na,1.5\n' >paths.csv
refuses 3 "in row 1 of paths.csv" attribute out --paths paths.csv
bucket shop <<'ROWS'
1,1700000000,a,1
ROWS
refuses 2 "expected a folder without a log of its own for the credit" attribute shop --paths paths.csv
