. "$DA_ROOT/tests/support/cli.sh"
works --help
grep -q 'First steps' out.txt
works --version
grep -q '^DuckDB v' out.txt
works help config
grep -q '^journey.gap_days ' out.txt
works help methods
grep -q '^last_touch ' out.txt
works run --version
grep -q '^DuckDB v' out.txt
for verb in run describe journeys tune train attribute report explain evaluate simulate; do
  works "$verb" --help
  grep -q 'Example: deepattribution' out.txt || [ "$(grep -c 'Example:' out.txt)" -ge 1 ]
done
