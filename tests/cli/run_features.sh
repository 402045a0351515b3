# columns.touch_features and columns.user_features, from the log to the credit of another log: read, kept, learned, explained.
. "$DA_ROOT/tests/support/cli.sh"
python3 - <<'PYTHON'
import random
random.seed(3)
def log(path, n_users, devices, regions):
    with open(path, "w") as out:
        out.write("uid,timestamp,campaign,conversion,device,bid,region,age\n")
        for uid in range(n_users):
            region, age = random.choice(regions), random.choice(["", str(random.randint(18, 80))])
            for touch in range(random.randint(1, 4)):
                device = random.choice(devices)
                # Only who sees the device and the region can tell who converts.
                odds = 0.02 + 0.45 * (device == "phone") + 0.45 * (region == "north")
                bid = random.choice(["", f"{random.random():.3f}"])
                out.write(f"{uid},{1700000000 + 3600 * touch + uid},{random.choice('abc')},{int(random.random() < odds)},{device},{bid},{region},{age}\n")
import os
for bucket in ("plain/raw", "b/raw", "july"):
    os.makedirs(bucket)
log("b/raw/log.csv", 1500, ["phone", "desktop", ""], ["north", "south", ""])
log("july/log.csv", 200, ["phone", "watch"], ["north", "east"])
PYTHON
cp b/raw/log.csv plain/raw/
cat >b/config.yaml <<'YAML'
columns: {touch_features: [device, bid], user_features: [region, age]}
training: {epochs: 4}
YAML
works run plain --set training.epochs=4
works run b
grep -q 'the network reads the features device of touches (2 values), bid of touches (numbers), region of users (2 values), age' err.txt
cp b/feature_store/train.parquet with.parquet
python3 - <<'PYTHON'
import json
plain, features = (json.load(open(f"{bucket}/model/score.json")) for bucket in ("plain", "b"))
plain, features = (one["test"]["auc"] for one in (plain, features))
assert features > plain + 0.05, (plain, features)
PYTHON
grep -q '"column":"device","values":\["","desktop","phone"\]' <(tr -d '\\' <b/model/model.safetensors)
# The tables have a list a touch feature and a value a user feature.
mkdir check
works journeys check --set "source=SELECT 1 AS uid, 1700000000 AS timestamp, touch_device[1] AS campaign, 0 AS conversion
  FROM read_parquet('with.parquet') WHERE len(touch_bid) = len(campaigns) AND user_region IN ('', 'north', 'south') AND user_age IS NOT NULL" --json --quiet
python3 -c 'import json; assert json.load(open("out.txt"))["journeys"]["rows"] > 1000'
works explain b --uid 7
grep -q 'region</bdi></th><td>users</td><td>category</td><td>2</td>' b/attention_report/report.html
# Another log: what the model does not know is told once a feature, and is no fault; a feature that is missing is one.
works attribute b --input july --output scored
[ "$(grep -c "not in the model's vocabulary" err.txt)" = 2 ]
grep -q "1 of 2 values of feature 'device' (" err.txt
grep -q "1 of 2 values of feature 'region' (" err.txt
refuses 3 "the feature 'device', which the model reads" attribute --model b/model/model.safetensors --input july --output x
refuses 3 "expected the column 'browser' of columns.touch_features in raw/ but found only: uid, timestamp, " run b --set 'columns.touch_features=[browser]'
refuses 2 "'device' twice" run b --set 'columns.user_features=[device]'
