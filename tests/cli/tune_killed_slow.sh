# A search that is killed goes on without losing a finished trial, and ends as one that was not; training uses what it found.
. "$DA_ROOT/tests/support/cli.sh"
works simulate W1 bucket --users 1500 --no-truth
works journeys bucket
cp -r bucket whole
settings=(--set hp_tuning_nb_iterations=6 --set training.patience=2)
works tune whole "${settings[@]}" --threads 1
grep -q '^tune       6 trials' out.txt
deepattribution tune bucket "${settings[@]}" --threads 2 >out.txt 2>err.txt &
search=$!
for _ in $(seq 600); do
  [ ! -e bucket/tune/journal.json ] || break
  sleep 0.05
done
kill -9 $search
wait $search || true
grep -q results bucket/tune/journal.json
works tune bucket "${settings[@]}" --threads 2
! grep -q ' 0 results from before' err.txt
cmp whole/tune/trials.parquet bucket/tune/trials.parquet
cmp whole/tune/best.json bucket/tune/best.json
cmp whole/model/model.safetensors bucket/model/model.safetensors
[ ! -e bucket/tune/journal.json ]
works run bucket "${settings[@]}" # trains with the same settings: nothing to do again
grep -q 'train: done before' err.txt
grep -q '>taken<' bucket/attention_report/report.html # the page has the table of trials
