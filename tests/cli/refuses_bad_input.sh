. "$DA_ROOT/tests/support/cli.sh"
refuses 4 'expected a bucket (a folder) at nowhere' run nowhere
mkdir -p empty/raw
refuses 3 'expected impressions in empty' run empty
bucket b <<<'1,1700000000,a,0'
echo 'who,timestamp,campaign,conversion
1,1700000000,a,0' >b/raw/log.csv
refuses 3 'but found only: who, timestamp, campaign, conversion' run b
refuses 3 "expected a column 'whom' (uid)" run b --set columns.uid=whom
works journeys b --set columns.uid=who
bucket text <<<$'1,2023-11-14,a,0\n1,yesterday,a,0'
refuses 3 "but found 'yesterday' in row 2" run text
bucket nan uid,timestamp,campaign,conversion,value <<<'1,1700000000,a,1,NaN'
refuses 3 "but found 'NaN'" run nan
bucket quote <<<$'1,1700000000,"a,0\n2,1700000000,b,0'
refuses 3 'log.csv' run quote
bucket two <<<'1,1700000000,a,2'
refuses 3 "expected true or false, 0 or 1 in column conversion but found '2'" run two
mkdir -p cut/raw
printf 'PAR1 and then nothing' >cut/raw/impressions.parquet
refuses 3 'impressions.parquet' run cut
refuses 2 "did you mean 'journey.gap_days'" run two --set journey.gap_dayz=3
refuses 2 'expected a stage' run two --from train --to nothing
refuses 2 "did you mean 'run'" runn two
# Nothing half-written is left, and what was there stays.
works journeys b --set columns.uid=who
sum=$(sha256sum b/feature_store/train.parquet)
echo 'who,timestamp,campaign,conversion
1,1700000000,a,7' >b/raw/log.csv
refuses 3 "but found '7'" journeys b --set columns.uid=who
[ "$sum" = "$(sha256sum b/feature_store/train.parquet)" ]
