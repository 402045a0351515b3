. "$DA_ROOT/tests/support/cli.sh"
works simulate W1 bucket --users 3000 --no-truth
deepattribution run bucket --set training.epochs=30 --set training.patience=30 >first.txt 2>&1 &
first=$!
for _ in $(seq 1200); do
  grep -q 'training on' first.txt && break
  sleep 0.05
done
refuses 4 'expected to be the only run on bucket' run bucket
kill -INT "$first"
code=0
wait "$first" || code=$?
[ "$code" = 130 ] # ended cleanly, and goes on later
works run bucket --set training.epochs=30 --set training.patience=30
