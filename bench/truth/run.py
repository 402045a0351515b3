"""Section "truth" of docs/benchmarks.md: how far every method is from worlds whose true credit is known.

Every world is a piece of its own, and what was computed is remembered (measure.once): a run that was interrupted goes on where it was.
No clock is involved, so the machine need not be idle."""
import os

from measure import BUILD, SIZE, Run, once, say

WORLDS = ["W1", "W2", "W3", "W4", "W5", "W5,lift=brand_search+retarget", "W1,cut", "S1"]
DRAWN = ["hazard:7001", "hazard:7002", "hazard:7003", "hazard:7004", "machine:7001", "machine:7002"]  # nobody tuned a rule for these
BURSTS = [f"burst:{number},lift=bursts" for number in (7001, 7002, 7003, 7004)]  # what bursts of intent bring is pinned to its truth
METHODS = "incremental,removal,first_touch,last_touch,linear,time_decay,position_based,participation,markov,shapley,shao_li,logistic,additive_hazard"
NETWORK = "attention,removal_model,shapley_model"
FEW = "incremental,removal,last_touch,linear"
DRAWS = {"quick": 1, "normal": 5, "full": 5}[SIZE]
USERS = {"quick": 4000, "normal": 80000, "full": 80000}[SIZE]
THREADS = os.environ.get("DA_BENCH_THREADS", "2")


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def ask(case, *options, users=USERS, seed=201):
    """What the program says of one case: {title: rows of cells}, the first row being the head."""
    words = ["--users", users, "--draws", DRAWS, "--seed", seed, *options, case]
    say(" ".join(str(word) for word in words))
    output = once(f"truth {words}", lambda: Run([BUILD / "truth", "--threads", THREADS, *words]).output)
    tables, title = {}, ""
    for line in output.splitlines():
        if line.startswith("| ---"):
            continue
        if line.startswith("|"):
            tables[title].append(cells(line))
        elif line:
            title = line
            tables[title] = []
    return {title: rows for title, rows in tables.items() if rows}


def show(cases, *options, **sizes):
    """Puts the tables of several cases side by side; tables of one row a case come below one another."""
    answers = [ask(case, *options, **sizes) for case in cases]
    for title, head in ((title, rows[0]) for title, rows in answers[0].items()):
        print(f"\n{title}\n")
        if head[0] == "method":
            rows = [[row[0], *(answer[title][i][1] for answer in answers)] for i, row in enumerate(answers[0][title])]
        else:
            rows = [head, *(row for answer in answers for row in answer[title][1:])]
        for number, row in enumerate(rows):
            print(f"| {' | '.join(row)} |")
            if number == 0:
                print(f"|{' --- |' * len(row)}")


def main():
    print(f"Share errors are means over campaigns, {DRAWS} draws of {USERS:,} users from seed 201; in W200 half the sum over campaigns.")
    show(WORLDS, "--methods", METHODS)
    print(
        "\nMethods of the network, which is trained on each draw by the default settings. `attention` is that of converting journeys:"
    )
    show([world for world in WORLDS if "," not in world], "--methods", NETWORK)
    print("\nWorlds with parameters drawn at random, which nobody had looked at before the rule was final:")
    show(DRAWN, "--methods", FEW)
    print("\nThe same of worlds with bursts of intent, where experiments tell what the campaigns cause that bursts bring:")
    show(BURSTS, "--methods", FEW)
    print("\nHow sure it is: true removal effects inside their 90 % intervals, draws from seed 301.")
    show(["W1", "W2", "W3", "W4"], "--intervals", "--methods", "incremental,removal", seed=301)
    print("\n200 campaigns:")
    show(["W200"], "--methods", FEW)
    if SIZE != "quick":
        print("\nW2 with 300,000 users a draw:")
        show(["W2"], "--methods", "incremental,removal", users=300000)
    print("\n`bench/run --write truth`; `build/release/bench/truth --users N --draws N CASE...` makes a table of any worlds.")


main()
