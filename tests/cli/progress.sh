# On a terminal: a bar with the time left, and a line of each step that stays. Into a pipe: notes and warnings alone.
. "$DA_ROOT/tests/support/cli.sh"
terminal() { python3 "$DA_ROOT/tests/support/terminal.py" deepattribution "$@" >seen.txt; }
terminal simulate W1 b --users 3000 --seed 3
grep -q '^simulating  *3,000 users in ' seen.txt
[ "$(grep -c '^[a-z].* in [0-9.]* m\?s' seen.txt)" = 1 ] # one step: its line is not torn by that of the writer
terminal run b --set training.epochs=2
grep -q '^training epoch 1 of 2 .* in ' seen.txt
# A bar is drawn of a step that lasts: on a fast machine there may be none, but what is drawn is whole.
if grep -E '\[[#.]{24}\]' seen.txt | grep -vE '\] +[0-9]+ %(  .*| *)$'; then exit 1; fi
for quiet in '' --quiet; do
  works run b --force --set training.epochs=1 $quiet
  if grep -vE '^(note|warning): ' err.txt; then exit 1; fi
  if grep -q $'\r' err.txt; then exit 1; fi
done
if grep -q '^note: ' err.txt; then exit 1; fi
