# For command-line cases: a call that must be refused, a call that must work, a small bucket.

# refuses CODE WORDS ARGUMENT...: the call ends with this code and one sentence on stderr that has these words.
refuses() {
  local code=$1 words=$2 found=0
  shift 2
  deepattribution "$@" >out.txt 2>err.txt || found=$?
  if [ "$found" != "$code" ] || ! grep -qF -- "$words" err.txt || [ "$(grep -c '^deepattribution: ' err.txt)" != 1 ]; then
    echo "expected exit $code with '$words' from: deepattribution $* but found exit $found:" >&2
    cat err.txt >&2
    exit 1
  fi
}

# works ARGUMENT...: the call ends with 0; its output is in out.txt and err.txt.
works() {
  if ! deepattribution "$@" >out.txt 2>err.txt; then
    echo "expected to work: deepattribution $*, but found:" >&2
    cat err.txt >&2
    exit 1
  fi
}

# bucket NAME [HEADER]: a bucket with raw/log.csv from standard input below the header.
bucket() {
  mkdir -p "$1/raw"
  { echo "${2:-uid,timestamp,campaign,conversion}"; cat; } >"$1/raw/log.csv"
}

# methods_total JSON: a line a method: its name, conversions and value with the baseline, of what run --json printed.
methods_total() {
  python3 - "$1" <<'PYTHON'
import json, sys
record = json.load(open(sys.argv[1]))["attribute"]
for method in record["methods"]:
    print(method["method"], repr(round(method["total"], 6)), repr(None if method["value"] is None else round(method["value"] + method["baseline_value"], 6)))
PYTHON
}
