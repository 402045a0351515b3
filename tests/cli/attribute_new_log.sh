# Another log scored by a network that is trained: the bucket stays as it is, the tables stand elsewhere and add up.
. "$DA_ROOT/tests/support/cli.sh"
works simulate W1 shop --users 2000 --no-truth
works simulate W1 july --users 700 --seed 9 --no-truth
refuses 3 'expected a trained network' attribute shop --input july/raw --output scored
works run shop --set training.epochs=1
before=$(find shop -type f -exec sha256sum {} + | sort)
works attribute shop --input july/raw/impressions.parquet --output scored --json
[ "$before" = "$(find shop -type f -exec sha256sum {} + | sort)" ]
mv out.txt first.json
python3 -c '
import json
r = json.load(open("first.json"))
assert r["journeys"]["conversions"] > 0
for m in r["attribute"]["methods"]:
    assert abs(m["total"] - r["journeys"]["conversions"]) < 1e-6, m
assert any(m["method"] == "attention" for m in r["attribute"]["methods"])'
[ -s scored/attention_report/attention_score.parquet ] && [ -s scored/attention_report/report.html ]
# The model file alone is enough, and gives the same credit.
works attribute --model shop/model/model.safetensors --input july/raw --output again
cmp scored/attention_report/campaign_credit.parquet again/attention_report/campaign_credit.parquet
# The incremental method's fit comes along with the model, and nothing is fitted to the new log.
[ -s shop/model/incremental.json ] && [ ! -e scored/model ]
python3 -c '
import json
assert any("earlier fit" in n["sentence"] for n in json.load(open("first.json"))["attribute"]["notes"])'
printf '{}' >broken.json
mkdir other && cp shop/model/model.safetensors other && cp broken.json other/incremental.json
refuses 3 'expected a fit of the incremental method' attribute --model other/model.safetensors --input july/raw --output x
refuses 2 'expected --input and --output together' attribute shop --input july/raw
refuses 2 'expected --input and --output together' attribute shop --output x
refuses 2 'in another folder than the bucket' attribute shop --input july/raw --output ./shop/
refuses 2 'without a log of its own' attribute shop --input july/raw --output july
refuses 4 'nothing.safetensors' attribute shop --input july/raw --output x --model nothing.safetensors
printf 'no model' >bad.safetensors
refuses 3 'bad.safetensors' attribute shop --input july/raw --output x --model bad.safetensors
refuses 4 'nowhere.csv' attribute shop --input nowhere.csv --output x
