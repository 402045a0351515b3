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
