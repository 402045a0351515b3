# A bucket with outputs gets a bad log: one sentence, the exit code of bad data, and the outputs of before to the byte.
. "$DA_ROOT/tests/support/cli.sh"
bucket good uid,timestamp,campaign,conversion,value <<'ROWS'
1,1700000000,a,0,
1,1700086400,b,1,9.5
2,1700000000,a,0,
3,1700000000,b,1,2
4,1700000000,a,0,
ROWS
works run good --set training.epochs=1 --quiet

# with WORDS [HEADER]: the log on standard input, below the header, instead of the good one.
with() {
  rm -rf bad
  cp -a good bad
  rm -r bad/raw
  bucket bad "${2:-uid,timestamp,campaign,conversion,value}"
  refuses_and_keeps 3 "$1" bad --set training.epochs=1
}
# Nothing to read.
rm -rf empty && cp -a good empty && rm empty/raw/*
refuses_and_keeps 3 'expected impressions in empty' empty
with 'expected impressions with uid, timestamp and campaign but found none' </dev/null
# A column is missing: which were found, and which is likely meant.
with 'but found only: uid, timestamp, campain, conversion' uid,timestamp,campain,conversion <<<'1,1700000000,a,0'
grep -q "campain" err.txt
# Text in timestamp, NaN, numbers that are no answer, a value that is no number.
with "but found 'yesterday' in row 2" <<<$'1,2023-11-14,a,0,\n1,yesterday,a,0,'
with "but found 'NaN' in row 2" <<<$'1,1700000000,a,0,\n1,NaN,a,0,'
with "but found 'NaN'" <<<'1,1700000000,a,1,NaN'
with "but found 'inf'" <<<'1,1700000000,a,1,inf'
with "expected true or false, 0 or 1 in column conversion but found '2'" <<<'1,1700000000,a,2,'
with "but found 'much'" <<<'1,1700000000,a,1,much'
# A quote that is not closed.
with 'log.csv' <<<$'1,1700000000,"a,0,\n2,1700000000,b,0,'
# Parquet that is cut off, and one that never was.
works simulate W1 whole --users 300 --no-truth
size=$(stat -c %s whole/raw/impressions.parquet)
for bytes in $((size / 2)) $((size - 1)) 4 0; do
  rm -rf bad && cp -a good bad && rm bad/raw/*
  head -c "$bytes" whole/raw/impressions.parquet >bad/raw/impressions.parquet
  refuses_and_keeps 3 'impressions.parquet' bad
done
# gzip that is cut off.
rm -rf bad && cp -a good bad
gzip bad/raw/log.csv
truncate -s -9 bad/raw/log.csv.gz
refuses_and_keeps 3 'log.csv.gz' bad
# Two formats at once; a format that is none.
rm -rf bad && cp -a good bad
cp whole/raw/impressions.parquet bad/raw/
refuses_and_keeps 3 'expected' bad
rm -rf bad && cp -a good bad
mv bad/raw/log.csv bad/raw/log.doc
refuses_and_keeps 3 'expected' bad
# Another name for a column, said rightly and wrongly; and a bucket that never had an output.
mkdir -p empty_new/raw
refuses 3 'expected impressions in empty_new' run empty_new
bucket who who,timestamp,campaign,conversion <<<'1,1700000000,a,0'
refuses 3 'but found only: who, timestamp, campaign, conversion' run who
refuses 3 "expected a column 'whom' (uid)" run who --set columns.uid=whom
works journeys who --set columns.uid=who
