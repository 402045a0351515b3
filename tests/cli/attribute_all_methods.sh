# Every method that the program knows can be asked for at once: it is in the table of touches, in that of campaigns, and in what explain says.
. "$DA_ROOT/tests/support/cli.sh"
works simulate W1 b --users 1500 --seed 5
printf 'campaigns,p\n,.01\nvideo,.2\nvideo > social,.3\n' >own.csv
methods='incremental removal attention first_touch last_touch last_non_direct linear time_decay position_based participation markov shapley
  shapley_ordered shao_li logistic additive_hazard removal_model shapley_model shapley_predictions'
list="credit.methods=[$(echo $methods | tr ' ' ',')]"
works help methods
for method in $methods; do grep -q "$method" out.txt; done
works run b --set training.epochs=1 --set "$list" --set credit.predictions=own.csv --set credit.intervals=0 --quiet
mkdir check
works journeys check --json --quiet --set "source=SELECT 1 AS uid, 1700000000 AS timestamp, column_name AS campaign, 0 AS conversion
  FROM (DESCRIBE SELECT * FROM read_parquet('b/attention_report/attention_score.parquet')) WHERE column_name LIKE '%_attribution'"
python3 -c 'import json; r = json.load(open("out.txt"))["journeys"]["rows"]; assert r == 19, r'
works explain b --journey 0 --json --set "$list" --set credit.predictions=own.csv
for method in $methods; do grep -q "\"$method\"" out.txt; done
