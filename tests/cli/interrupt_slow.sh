# Ctrl-C ends any stage within seconds, with 130 and one sentence, and leaves the outputs of before; the next run goes on.
. "$DA_ROOT/tests/support/cli.sh"
works simulate W1 b --users 300000 --no-truth
works run b --set training.epochs=1 --quiet
before=$(outputs b)
interrupts=0
# after SECONDS ARGUMENT...: interrupts the call at that time; it says in which step it was. A fast machine may be done by then: 3.
after() {
  local seconds=$1
  shift
  python3 - "$seconds" "$@" <<'PYTHON' && interrupts=$((interrupts + 1)) || [ $? = 3 ]
import signal, subprocess, sys, time
program = subprocess.Popen(["deepattribution", *sys.argv[2:]], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def listens():  # a busy machine may need long to begin: before that, Ctrl-C ends it as it ends any program
    with open(f"/proc/{program.pid}/status") as status:
        caught = next(line.split()[1] for line in status if line.startswith("SigCgt"))
    return int(caught, 16) >> (signal.SIGINT - 1) & 1


while program.poll() is None and not listens():
    time.sleep(0.01)
time.sleep(float(sys.argv[1]))
if program.poll() == 0:
    sys.exit(3)
start = time.monotonic()
program.send_signal(signal.SIGINT)
said = program.communicate()[1].strip()
took = time.monotonic() - start
if program.returncode == 0:
    sys.exit(3)
if program.returncode != 130 or "interrupted during" not in said or took > 30:
    sys.exit(f"expected 130 within 30 s but found {program.returncode} after {took:.1f} s: {said}")
PYTHON
}
for seconds in 0.1 0.3 0.5 0.7 0.9; do
  after "$seconds" journeys b --force --quiet --threads 1 --memory 200MB
done
[ "$interrupts" -gt 0 ]
interrupts=0
for seconds in 0.2 0.7 1.5 2.5 3.5; do
  after "$seconds" attribute b --force --quiet
done
[ "$interrupts" -gt 0 ]
[ "$before" = "$(outputs b)" ]
works run b --set training.epochs=1 --quiet
