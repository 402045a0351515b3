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

# outputs BUCKET: a checksum of everything that runs have left in it.
outputs() {
  find "$1" -type f -not -path '*/raw/*' -not -path '*/.deepattribution/*' -not -name config.yaml -exec sha256sum {} + | sort -k 2
}

# refuses_and_keeps CODE WORDS BUCKET OPTION...: run BUCKET is refused (see refuses), and what earlier runs left is there to the byte.
refuses_and_keeps() {
  local code=$1 words=$2 before
  shift 2
  before=$(outputs "$1")
  [ -n "$before" ] || { echo "expected $1 to hold outputs of an earlier run" >&2; exit 1; }
  refuses "$code" "$words" run "$@"
  [ "$before" = "$(outputs "$1")" ] || { echo "expected the outputs in $1 unchanged after: run $*" >&2; exit 1; }
}
