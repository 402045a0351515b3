"""Our search (`deepattribution tune`) against Optuna's TPE with its ASHA pruner: the same trials (bench/tune/objective.c), the same
ranges, the same budget of touches. Optuna decides one trial at a time, with every result before it known."""
import json
import math
import shutil
import statistics
import subprocess

import optuna

import measure

N_USERS = {"quick": 1500, "normal": 5000, "full": 20000}[measure.SIZE]
N_TRIALS = {"quick": 8, "normal": 30, "full": 60}[measure.SIZE]
SEEDS = {"quick": [1], "normal": [1, 2, 3, 4], "full": [1, 2, 3, 4, 5, 6, 7, 8]}[measure.SIZE]
WORLDS = {"quick": ["W1"], "normal": ["W1", "W2", "W3", "W4", "W5"], "full": ["W1", "W2", "W3", "W4", "W5"]}[measure.SIZE]
OBJECTIVE = measure.BUILD / "tune" / "objective"


def bucket(world):
    folder = measure.DATA / "tune" / f"{world}-{N_USERS}"
    if not (folder / "feature_store_preprocessed").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([str(measure.PROGRAM), "simulate", world, str(folder), "--users", str(N_USERS), "--no-truth", "--quiet"], check=True)
        subprocess.run([str(measure.PROGRAM), "journeys", str(folder), "--quiet"], check=True)
    return folder


def ours(folder, seed):
    """Lowest validation loss, touches."""
    command = [str(measure.PROGRAM), "tune", str(folder), "--json", "--quiet", "--force", "--seed", str(seed), "--set",
               f"hp_tuning_nb_iterations={N_TRIALS}"]
    found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)["tune"]
    return found["val_loss"], found["touches"]


class Objective:
    def __init__(self, folder, seed):
        self.process = subprocess.Popen([str(OBJECTIVE), str(folder), str(seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.touches = 0

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def __call__(self, trial):
        values = [trial.suggest_float("learning_rate", 0.001, 0.2, log=True), trial.suggest_int("epochs", 10, 50),
                  trial.suggest_int("embedding", 20, 100), trial.suggest_int("lstm", 64, 256),
                  trial.suggest_float("dropout", 0.001, 0.3, log=True), trial.suggest_float("recurrent_dropout", 0.001, 0.3, log=True)]
        self.say(f"start {trial.number} " + " ".join(repr(value) for value in values))
        before, loss = 0, math.inf
        for epoch in range(1, values[1] + 1):
            self.say(f"train {trial.number} {epoch}")
            answer = self.process.stdout.readline().split()
            if answer == ["diverged"]:
                raise optuna.TrialPruned
            loss, done, touches = float(answer[0]), int(answer[1]), int(answer[2])
            self.touches += touches - before
            before = touches
            if done < epoch:
                break  # no better epoch for long
            trial.report(loss, epoch)
            if trial.should_prune():
                self.say(f"drop {trial.number}")
                raise optuna.TrialPruned
        self.say(f"drop {trial.number}")
        return loss


def optunas(folder, seed, budget):
    """Lowest validation loss of any trial, until the touches are spent."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, multivariate=True),
                                pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=2, reduction_factor=3))
    objective = Objective(folder, seed)
    study.optimize(objective, callbacks=[lambda study, _: study.stop() if objective.touches >= budget else None])
    objective.process.stdin.close()
    objective.process.wait()
    losses = [value for trial in study.trials for value in [*trial.intermediate_values.values(), trial.value or math.inf]]
    return min(losses), objective.touches, len(study.trials)


def compare(world, seed):
    """Lowest loss and touches of ours; lowest loss, touches and trials of Optuna's."""
    folder = bucket(world)
    own, budget = ours(folder, seed)
    other, spent, n_trials = optunas(folder, seed, budget)
    measure.say(f"{world}, seed {seed}: {own:.5f} with {budget / 1e6:.1f} M touches; Optuna {other:.5f} with {spent / 1e6:.1f} M")
    return own, budget, other, spent, n_trials


def row(name, pairs):
    """Means over the pairs; the difference with its standard error."""
    own, budget, other, spent, n_trials = (statistics.mean(column) for column in zip(*pairs))
    differences = [100 * (pair[0] / pair[2] - 1) for pair in pairs]
    error = f" ± {statistics.stdev(differences) / len(differences) ** 0.5:.2f}" if len(differences) > 1 else ""
    return [name, len(pairs), f"{budget / 1e6:.2f}", f"{own:.4f}", N_TRIALS, f"{spent / 1e6:.2f}", f"{other:.4f}", f"{n_trials:.0f}",
            f"{statistics.mean(differences):+.2f} %{error}", f"{sum(d <= 0 for d in differences)} of {len(differences)}"]


def main():
    pairs = {}
    for seed in SEEDS:  # seed by seed, so that an interrupted bench has seen every world
        for world in WORLDS:
            pair = measure.once(f"tune {world} {N_USERS} {N_TRIALS} {seed}", lambda: compare(world, seed))
            pairs.setdefault(world, []).append(pair)
    rows = [row(world, pairs[world]) for world in WORLDS]
    rows.append(row("all", [pair for world in WORLDS for pair in pairs[world]]))
    head = ["world", "seeds", "M touches", "lowest validation loss", "trials", "Optuna: M touches", "lowest validation loss", "trials",
            "ours above Optuna's", "as low or lower"]
    print(f"{N_USERS:,} users a world, Optuna {optuna.__version__}, means over seeds; ± one standard error. No clock is involved.\n"
          f"`bench/run tune`\n\n{measure.table(head, rows)}")


if __name__ == "__main__":
    main()
