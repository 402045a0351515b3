. "$DA_ROOT/tests/support/cli.sh"
sample=$DA_SHARED/data/reference_impressions_sample.parquet
[ -f "$sample" ] || { echo "expected $sample, which is not here" >&2; exit 77; }
mkdir -p bucket/raw && cp "$sample" bucket/raw/impressions.parquet
works run bucket --set training.epochs=1 # the original's schema needs no mapping
grep -q '50 rows, 50 users, 50 journeys, 2 conversions' out.txt
