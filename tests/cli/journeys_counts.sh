. "$DA_ROOT/tests/support/cli.sh"
# Of five touches in three journeys (three, one and one), the cut at two takes one, from one journey.
bucket b <<<$'1,1700000000,a,0\n1,1700000001,b,0\n1,1700000002,c,1\n1,1700000003,a,0\n2,1700000000,b,0'
works journeys b --set journey_max_len=2 --json
python3 - <<'PYTHON'
import json
found = json.load(open("out.txt"))["journeys"]
wanted = {"rows": 5, "users": 2, "journeys": 3, "touches": 4, "conversions": 1, "touches_beyond_max_len": 1, "journeys_shortened": 1}
assert {name: found[name] for name in wanted} == wanted, found
PYTHON
