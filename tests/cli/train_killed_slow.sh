# Killed at random moments, training goes on from its checkpoint, now with one thread, now with two, and ends with the same bytes.
. "$DA_ROOT/tests/support/cli.sh"
works simulate W1 bucket --users 3000 --no-truth
works journeys bucket
cp -r bucket whole
settings="--set training.epochs=20 --set training.patience=20"
# shellcheck disable=SC2086  # words
works train whole $settings --threads 2
RANDOM=5
kills=0
while :; do
  # shellcheck disable=SC2086
  deepattribution train bucket $settings --threads $((1 + kills % 2)) >out.txt 2>err.txt &
  train=$!
  sleep "0.$(printf %03d $((100 + RANDOM % 800)))"
  if [ $kills -lt 4 ] && kill -9 $train 2>kill.txt; then
    kills=$((kills + 1))
    wait $train || true
    continue
  fi
  wait $train
  break
done
[ $kills -gt 0 ] || { echo "expected to kill it but it was done before" >&2; exit 1; }
cmp whole/model/model.safetensors bucket/model/model.safetensors
cmp whole/model/score.json bucket/model/score.json
