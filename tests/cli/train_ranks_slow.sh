# mpirun: the same bytes for one, two and four ranks, with one thread or two; a rank that dies ends the job by name, and its checkpoint
# lets any number of ranks go on.
. "$DA_ROOT/tests/support/cli.sh"
command -v mpirun >/dev/null || { echo "mpirun is not installed" >&2; exit 77; }
! deepattribution --version | grep -q 'MPI: none' || { echo "built without MPI" >&2; exit 77; }
# Anybody may run it here, on as few processors as there are; what MPI itself never frees is not ours to find.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_btl_vader_single_copy_mechanism=none
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_plm_rsh_agent=sh ASAN_OPTIONS=detect_leaks=0
ranks() { mpirun --bind-to none -n "$1" deepattribution "${@:2}"; }

works simulate W1 bucket --users 1500 --no-truth
works journeys bucket
settings=(--set training.epochs=3 --set training.batch_size=1024)
works train bucket "${settings[@]}" --threads 1
mkdir whole
cp bucket/model/model.safetensors bucket/model/score.json whole/
same() { cmp whole/model.safetensors bucket/model/model.safetensors && cmp whole/score.json bucket/model/score.json; }

for call in "1 2" "2 1" "2 2" "4 1"; do
  read -r n threads <<<"$call"
  ranks "$n" train bucket "${settings[@]}" --threads "$threads" --force >out.txt 2>err.txt || { cat err.txt >&2; exit 1; }
  same
  [ "$(grep -c '^train ' out.txt)" = 1 ] # one rank tells
done
ranks 2 train bucket "${settings[@]}" >out.txt 2>err.txt # done before: no rank waits for ever
grep -q 'done before' err.txt

# A rank that dies. More epochs, so that it can be caught.
long=(--set training.epochs=20 --set training.patience=20 --set training.batch_size=256)
works train bucket "${long[@]}"
cp bucket/model/model.safetensors bucket/model/score.json whole/
# shellcheck disable=SC2016  # for the inner shell
mpirun --bind-to none -n 2 bash -c 'echo $$ >pid.$OMPI_COMM_WORLD_RANK; exec deepattribution train bucket "$@"' - "${long[@]}" --force \
  >out.txt 2>err.txt &
job=$!
for _ in $(seq 600); do
  [ ! -e bucket/model/checkpoint/state.safetensors ] || break
  sleep 0.05
done
kill -9 "$(cat pid.1)"
code=0
wait "$job" || code=$?
[ "$code" != 0 ]
grep -q 'rank 1' err.txt
ranks 2 train bucket "${long[@]}" >out.txt 2>err.txt
same

# A fault of one rank's own making is told with its number.
code=0
ranks 2 train nowhere >out.txt 2>err.txt || code=$?
[ "$code" = 4 ]
grep -q 'deepattribution: rank [01] of 2: .*nowhere' err.txt
code=0
ranks 2 run bucket >out.txt 2>err.txt || code=$?
[ "$code" = 2 ]
grep -q "expected 'train'" err.txt
