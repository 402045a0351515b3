"""Section "intervals" of docs/benchmarks.md: do the 90 % intervals of the methods hold what they promise?

No clock is involved, so the machine need not be idle."""
import os

from measure import BUILD, SIZE, Run, once, say

METHODS = "first_touch last_touch linear time_decay markov shapley shao_li".split()
USERS, MANY, DRAWS = {"quick": (2000, 20000, 3), "normal": (20000, 1000000, 40), "full": (20000, 1000000, 200)}[SIZE]
THREADS = os.environ.get("DA_BENCH_THREADS", "2")


def main():
    print(
        f"Of each method not the truth, but what it says itself of {MANY:,} users, scaled to {USERS:,}: in how many of its intervals, nominally"
        f" 90 %, does that lie? {DRAWS} logs of {USERS:,} users, eight campaigns each.\n"
    )
    for world in ("W1", "W2"):
        say(f"{world}, {DRAWS} draws")
        words = ["--users", USERS, "--many", MANY, "--draws", DRAWS, world, *METHODS]
        print(f"{world}:\n")
        print(once(f"coverage {words}", lambda: Run([BUILD / "intervals/coverage", "--threads", THREADS, *words]).output))
    print("`bench/run --write intervals`")


main()
