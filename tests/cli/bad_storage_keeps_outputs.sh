# A bucket that is not there or may not be written: exit code 4, and the outputs of before to the byte. (A full disk: run_on_full_disk.sh.)
. "$DA_ROOT/tests/support/cli.sh"
refuses 4 'expected a bucket (a folder) at nowhere' run nowhere
mkdir -p b
touch file
refuses 4 'file' run file
mount -t tmpfs -o size=8m tmpfs b 2>/dev/null || { echo 'expected to be allowed to mount a small tmpfs' >&2; exit 77; }
trap 'umount b' EXIT
bucket b <<<$'1,1700000000,a,0\n1,1700086400,b,1\n2,1700000000,a,0'
works run b --set training.epochs=1 --quiet
mount -o remount,ro b
refuses_and_keeps 4 'b' b --set training.epochs=1 --force
works explain b --journey 0 # reading is allowed
