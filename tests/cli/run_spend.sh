# raw/spend.*: added up by campaign once, whatever the number of touches, in the table and on the page; CPA and ROAS follow from it.
. "$DA_ROOT/tests/support/cli.sh"
bucket b uid,timestamp,campaign,conversion,value <<'ROWS'
1,1700000000,a,0,
1,1700086400,b,1,10
2,1700000000,a,1,30
3,1700000000,c,0,
ROWS
cat >b/raw/spend.csv <<'ROWS'
date,campaign,cost
2023-11-14,a,1.5
2023-11-15,a,2.5
2023-11-14,b,5
2023-11-14,unseen,7
ROWS
works run b --set training.epochs=1
grep -q 'warning: raw/spend has 1 campaigns without a touch in the log, which cost 7.00' err.txt
[ "$(tr -d ' \n' <b/feature_store/spend.json)" = '{"a":4,"b":5,"unseen":7}' ]
grep -q '>CPA<' b/attention_report/report.html
grep -q '>ROAS<' b/attention_report/report.html
# Last touch: a and b have one conversion each, of 30 and 10.
mkdir check
works journeys check --set "source=SELECT 1 AS uid, 1700000000 AS timestamp, campaign_nm AS campaign, 0 AS conversion
  FROM read_parquet('b/attention_report/campaign_credit.parquet') WHERE method = 'last_touch' AND
  ((campaign_nm = 'a' AND spend = 4 AND cpa = 4 AND roas = 7.5) OR (campaign_nm = 'b' AND spend = 5 AND cpa = 5 AND roas = 2) OR
   (campaign_nm = 'c' AND spend IS NULL))" --json --quiet
python3 -c 'import json; assert json.load(open("out.txt"))["journeys"]["rows"] == 3'
# Without raw/spend the log's own column counts; with it, it does not.
bucket c uid,timestamp,campaign,conversion,cost <<'ROWS'
1,1700000000,a,0,.5
1,1700086400,b,1,
2,1700000000,a,1,.25
ROWS
works journeys c --quiet
[ "$(tr -d ' \n' <c/feature_store/spend.json)" = '{"a":0.75}' ]
printf 'date,campaign,cost\n2023-11-14,b,2\n' >c/raw/spend.csv
works journeys c --quiet
[ "$(tr -d ' \n' <c/feature_store/spend.json)" = '{"b":2}' ]
# Changed spend is noticed; without spend there is none.
echo '2023-11-16,a,4' >>b/raw/spend.csv
works run b --set training.epochs=1 --quiet
[ "$(tr -d ' \n' <b/feature_store/spend.json)" = '{"a":8,"b":5,"unseen":7}' ]
rm b/raw/spend.csv
works run b --set training.epochs=1 --quiet
[ ! -e b/feature_store/spend.json ]
if grep -q '>CPA<' b/attention_report/report.html; then exit 1; fi
printf 'date,campaign,cost\n2023-11-14,a,much\n' >b/raw/spend.csv
refuses 3 "but found 'much'" run b
