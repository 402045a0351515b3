# A disk that fills up: exit code 4, and the outputs of before to the byte. (Not named _full: that is the label of the long tests.)
. "$DA_ROOT/tests/support/cli.sh"
mkdir small
mount -t tmpfs -o size=2m tmpfs small 2>/dev/null || { echo 'expected to be allowed to mount a small tmpfs' >&2; exit 77; }
trap 'umount small' EXIT
works simulate W1 small/bucket --users 1000 --no-truth
works run small/bucket --set training.epochs=1
before=$(outputs small/bucket)
head -c 4m /dev/zero >small/filler 2>/dev/null || true
refuses 4 'expected room on the disk' run small/bucket --set training.epochs=1 --force
[ "$before" = "$(outputs small/bucket)" ] || { echo "expected the outputs of before, but found others" >&2; exit 1; }
