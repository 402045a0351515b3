# Killed at random moments, training goes on from its checkpoint and ends with the same bytes.
. "$DA_ROOT/tests/support/cli.sh"
works simulate W1 bucket --users 3000 --no-truth
works journeys bucket
cp -r bucket whole
settings="--set training.epochs=8 --set training.patience=8 --threads 2"
# shellcheck disable=SC2086  # words
works train whole $settings
RANDOM=5
kills=0
while :; do
  # shellcheck disable=SC2086
  deepattribution train bucket $settings >out.txt 2>err.txt &
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
echo "killed $kills times" >&2
cmp whole/model/model.safetensors bucket/model/model.safetensors
cmp whole/model/score.json bucket/model/score.json
