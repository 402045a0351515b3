"""Section "incremental" of docs/benchmarks.md: how long the worlds and the incremental method take. Needs an idle machine."""
import json
import shutil
import subprocess
import sys

from measure import BUILD, DATA, PROGRAM, SIZE, Run, machine, median, say, table

STRUCTURES = ["plain", "user term", "modulated", "modulated + user term"]
WORLDS = ["W1", "W2", "W3", "W4"]
TIMES = {"quick": 1, "normal": 3, "full": 3}[SIZE]
USERS = {"quick": 4000, "normal": 80000, "full": 80000}[SIZE]
SIMULATED = {"quick": 20000, "normal": 1_000_000, "full": 4_000_000}[SIZE]  # users
GROWTH = {"quick": [4000, 16000], "normal": [80_000, 320_000, 1_280_000], "full": [80_000, 1_280_000, 5_120_000, 27_200_000]}[SIZE]
MANY_ROWS = {"quick": [20_000], "normal": [2_000_000], "full": [2_000_000, 16_468_027]}[SIZE]


def stages(world, users, *options, times=TIMES):
    """The runs of the program `stages` for a world, as dictionaries; the fastest of each number is told."""
    answers = []
    for turn in range(times):
        answers.append(json.loads(Run([BUILD / "incremental/stages", world, users, *options]).output))
        say(f"{world}, {users:,} users: choice {answers[-1]['choice_seconds']:.2f} s ({turn + 1} of {times})")
    return answers


def best(answers, name):
    return min(answer[name] for answer in answers)


def simulate():
    """Touches a second of the program `simulate`, without truth, its file included."""
    folder = DATA / "incremental-simulated"
    runs = []
    for turn in range(TIMES):
        shutil.rmtree(folder, ignore_errors=True)
        runs.append(Run([PROGRAM, "simulate", "W1", folder, "--users", SIMULATED, "--no-truth", "--json"]))
        say(f"simulate: {runs[-1].seconds:.2f} s ({turn + 1} of {TIMES})")
    touches = json.loads(runs[-1].output)["touches"]
    shutil.rmtree(folder, ignore_errors=True)
    print(f"`simulate W1 --no-truth`, two threads: {touches / 1e6:.1f} M touches in {median(runs):.2f} s, "
          f"{touches / median(runs) / 1e6:.2f} M a second (goal 1), {median(runs, 'peak_mb'):.0f} MB.\n")


def speeds():
    rows = []
    for world in WORLDS:
        answers = stages(world, USERS)
        fits = [min(answer["fits"][s]["fit_seconds"] + answer["fits"][s]["credit_seconds"] for answer in answers) for s in range(len(STRUCTURES))]
        rows.append([world, *(f"{seconds:.3f}" for seconds in fits), f"{best(answers, 'choice_seconds'):.2f}", f"{best(answers, 'interval_seconds'):.2f}"])
    print(f"Seconds for {USERS:,} users (best of {TIMES}, two threads). Goals: .3 for a fit with its credit, 3 for the choice, 10 for the bootstrap.\n")
    print(table(["world", *(f"fit and credit, {name}" for name in STRUCTURES), "whole choice", "intervals, 50 resamples"], rows))


def growth():
    rows = []
    for users in GROWTH:
        answer = stages("W1", users, "--no-intervals", times=1)[0]
        seconds = answer["choice_seconds"]
        rows.append([f"{answer['touches'] / 1e6:.2f}", f"{seconds:.2f}", f"{1e6 * seconds / answer['touches']:.2f}", answer["peak_mb"]])
    print("\nHow it grows (W1; the structures are judged by a million touches at most):\n")
    print(table(["M touches", "whole choice, s", "s a M touches", "peak MB, the log included"], rows))


def many(n_rows):
    """675 campaigns, choice included."""
    folder = DATA / f"incremental-{n_rows}"
    if not (folder / "feature_store_preprocessed/journeys.pack").exists():
        (folder / "raw").mkdir(parents=True, exist_ok=True)
        generate = BUILD.parent.parent.parent / "bench/journeys/generate.py"
        Run([sys.executable, generate, folder / "raw/impressions.parquet", "--rows", n_rows, "--users", int(n_rows * .37),
             "--campaigns", 675, "--seed", 1])
        subprocess.run([PROGRAM, "journeys", folder, "--quiet"], check=True)
    run = Run([BUILD / "fit", folder, "incremental", "credit.intervals=0"])
    answer = json.loads(run.output.splitlines()[-1])
    print(f"\n675 campaigns, {answer['touches'] / 1e6:.2f} M touches: {answer['fit_seconds']:.1f} s with the choice, without intervals, "
          f"{answer['peak_mb']} MB (goals at 2 M: 30 s, 1,000 MB).")


def main():
    print(f"{machine()}\n")
    simulate()
    speeds()
    growth()
    for n_rows in MANY_ROWS:
        many(n_rows)
    print("\n`bench/run --write incremental`")


main()
