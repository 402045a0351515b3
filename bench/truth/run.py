"""Section "truth" of docs/benchmarks.md: how far every method is from worlds whose true credit is known."""
from measure import BUILD, SIZE, Run, say

WORLDS = ["W1", "W2", "W3", "W4", "W5", "W5,lift=brand_search+retarget", "W1,cut", "S1"]
DRAWN = ["hazard:1001", "hazard:1002", "hazard:1003", "machine:1001"]  # nobody tuned a rule for these
DRAWS = {"quick": 1, "normal": 5, "full": 5}
USERS = {"quick": 4000, "normal": 80000, "full": 80000}


def table(cases, *options, users=USERS[SIZE], draws=DRAWS[SIZE]):
    say(f"{' '.join(cases)}: {draws} draws of {users:,} users")
    command = [BUILD / "truth", "--users", users, "--draws", draws, "--seed", 201, *options, *cases]
    print(Run(command).output)


def main():
    table(WORLDS)
    table(DRAWN, "--methods", "incremental,removal,last_touch,linear")
    if SIZE == "full":
        table(["W1", "W2", "W3", "W4"], "--intervals", "--methods", "incremental,removal")
        table(["W2"], "--methods", "incremental,removal", users=300000)
        table(["W200"], "--methods", "incremental,removal,last_touch,linear")
    print("`build/release/bench/truth --users N --draws N CASE...` makes a table of any worlds.")


main()
