. "$DA_ROOT/tests/support/cli.sh"
fast='--set training.epochs=1 --quiet'
# Names of every kind, one campaign, no conversion, only conversions: all run, and all add up.
long=$(printf 'x%.0s' $(seq 10000))
bucket names <<ROWS
1,1700000000,"'; --",0
1,1700000001,"a ""quoted"", name",1
2,1700000000,"two
lines",1
3,1700000000,übergrößen,0
4,1700000000,$long,1
ROWS
works run names $fast
bucket one <<<$'1,1700000000,a,1\n2,1700000000,a,0\n3,1700000000,a,1'
works run one $fast
bucket none <<<$'1,1700000000,a,0\n2,1700000000,b,0'
works run none $fast
bucket only <<<$'1,1700000000,a,1\n1,1700000001,b,1\n2,1700000002,a,1'
works run only $fast
# uids above 2^53 stay apart, and those with zeros in front are text.
bucket large <<<$'9007199254740993,1700000000,a,1\n9007199254740992,1700000000,a,0'
works run large $fast --json
python3 -c 'import json, sys; r = json.load(open("out.txt")); sys.exit(r["journeys"]["users"] != 2)'
bucket zeros <<<$'007,1700000000,a,1\n7,1700000000,a,0'
works run zeros $fast --json
python3 -c 'import json, sys; r = json.load(open("out.txt")); sys.exit(r["journeys"]["users"] != 2)'
# Before 1970 and far ahead.
bucket times <<<$'1,-5,a,0\n1,1700000000,a,1\n2,1700000000,b,0\n2,99999999999,b,0'
works run times $fast
# Missing cells are left out and said so.
bucket missing <<<$'1,1700000000,a,1\n,1700000000,a,0\n2,,a,0\n3,1700000000,,0'
works run missing --set training.epochs=1
grep -q 'rows without uid (1), timestamp (1) or campaign (1) were left out' err.txt
