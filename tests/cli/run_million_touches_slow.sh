# One user with a million touches, and a second one: the run ends, and every method adds up.
. "$DA_ROOT/tests/support/cli.sh"
python3 -c '
for i in range(1000000):
    print(f"1,{1600000000 + 60 * i},c{i % 7},{int(i % 100000 == 99999)}")
print("2,1600000000,c1,0")' | bucket b
works run b --set training.epochs=1 --json --quiet
methods_total out.txt >totals.txt
if grep -vE ' 10(\.0)? None$' totals.txt; then exit 1; fi
# Whole journeys of 100,000 touches too.
works run b --set training.epochs=1 --set journey_max_len=0 --json --quiet
methods_total out.txt >totals.txt
if grep -vE ' 10(\.0)? None$' totals.txt; then exit 1; fi
