. "$DA_ROOT/tests/support/cli.sh"
works simulate W1 a --users 500 --seed 7 --truth a.json
cmp a.json a/truth.json
python3 -c 'import json; t = json.load(open("a.json")); assert len(t["campaigns"]) == 8 and t["seed"] == 7, t'
# Same seed, same bytes; --json prints the truth.
works simulate W1 b --users 500 --seed 7 --threads 1 --json
cmp a/raw/impressions.parquet b/raw/impressions.parquet
python3 -c 'import json; assert json.load(open("a.json")) == json.load(open("out.txt"))'
refuses 2 'expected one of --truth and --no-truth' simulate W1 c --truth c.json --no-truth
refuses 4 'nowhere/c.json' simulate W1 c --users 500 --truth nowhere/c.json
# A log that is there is not lost, and a world must be one.
sum=$(sha256sum a/raw/impressions.parquet)
refuses 2 'impressions.parquet' simulate W1 a --users 500
[ "$sum" = "$(sha256sum a/raw/impressions.parquet)" ]
works simulate W1 a --users 500 --seed 8 --replace
refuses 2 'expected' simulate W9 d --users 500
refuses 2 'expected' simulate W1 d --users 0
