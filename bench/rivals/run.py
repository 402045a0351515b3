"""Small tables of paths on which others can be held against brute force: every walk of the chain, every order of joining."""
import contextlib
import fractions
import io
import itertools
import json
import subprocess

import duckdb
import mta
import pandas
from shapley_attribution.models.simplified import SimplifiedShapleyAttribution

from measure import DATA, PROGRAM, table

with contextlib.redirect_stdout(io.StringIO()):  # it greets
    import ChannelAttribution

# path: conversions, journeys without one
CASES = {
    "one way": {"a > b": (1, 0), "a": (1, 1), "b": (0, 1)},
    "a loop": {"a > b > a": (2, 1), "b > c": (1, 2), "c": (1, 3)},
    "a pair that spoils": {"a > b": (1, 3), "a": (3, 1), "b": (1, 1)},
}
LEAST = 1e-15  # of walks under way: those that are left are not followed


def frame(paths):
    rows = [(path, converted, other, float(converted)) for path, (converted, other) in paths.items()]
    return pandas.DataFrame(rows, columns=["path", "total_conversions", "total_null", "total_conversion_value"])


# ---- Brute force ----


def steps_of(paths):
    """{state: {next state, "!" or "": probability}} of the chain of order 1; the walk begins in "(start)"."""
    counts = {}
    for path, (converted, other) in paths.items():
        states = ["(start)"] + path.split(" > ")
        for state, following in zip(states, states[1:]):
            counts.setdefault(state, {}).setdefault(following, 0)
            counts[state][following] += converted + other
        for end, n in (("!", converted), ("", other)):
            counts.setdefault(states[-1], {}).setdefault(end, 0)
            counts[states[-1]][end] += n
    return {state: {following: n / sum(to.values()) for following, n in to.items()} for state, to in counts.items()}


def converts(steps, removed):
    """The probability of all walks that end in a conversion and never meet the channel: walk by walk, a step further each time."""
    under_way, sum_of_conversions = {"(start)": 1.0}, 0.0
    while sum(under_way.values()) > LEAST:
        further = {}
        for state, chance in under_way.items():
            for following, p in steps[state].items():
                if following == "!":
                    sum_of_conversions += chance * p
                elif following not in ("", removed):
                    further[following] = further.get(following, 0) + chance * p
        under_way = further
    return sum_of_conversions


def removal_effects(paths):
    steps = steps_of(paths)
    return {channel: 1 - converts(steps, channel) / converts(steps, None) for channel in channels_of(paths)}


def channels_of(paths):
    return sorted({channel for path in paths for channel in path.split(" > ")})


def pair_credit(paths):
    """Shao and Li's contributions, of every conversion divided by the sum of their sizes, as they say (section 4.2)."""
    def rate(*met):
        counted = [n for path, n in paths.items() if set(met) <= set(path.split(" > "))]
        return fractions.Fraction(sum(c for c, _ in counted), sum(c + o for c, o in counted))

    credit = dict.fromkeys(channels_of(paths), fractions.Fraction(0))
    for path, (converted, _) in paths.items():
        met = sorted(set(path.split(" > ")))
        part = {i: rate(i) + sum(rate(i, j) - rate(i) - rate(j) for j in met if j != i) / max(2 * (len(met) - 1), 1) for i in met}
        size = sum(abs(p) for p in part.values())
        for i in met:
            credit[i] += converted * part[i] / size
    return {channel: float(value) for channel, value in credit.items()}


def shapley(paths):
    """The mean over all orders of joining of v = conversions of journeys that met no channel outside."""
    channels = channels_of(paths)
    orders = list(itertools.permutations(channels))
    credit = dict.fromkeys(channels, fractions.Fraction(0))
    for order in orders:
        for i, channel in enumerate(order):
            gained = sum(converted for path, (converted, _) in paths.items()
                         if channel in path.split(" > ") and set(path.split(" > ")) <= set(order[:i + 1]))
            credit[channel] += fractions.Fraction(gained, len(orders))
    return {channel: float(value) for channel, value in credit.items()}


# ---- Programs ----


def by_mta(paths, method, name):
    model = mta.MTA(data=frame(paths), sep=" > ", allow_loops=True)
    with contextlib.redirect_stdout(io.StringIO()):
        getattr(model, method)(normalize=False)
    return dict(model.attribution[name])


def by_channel_attribution(paths):
    with contextlib.redirect_stdout(io.StringIO()):
        model = ChannelAttribution.markov_model(frame(paths), "path", "total_conversions", var_null="total_null", order=1, sep=">", verbose=False,
                                                flg_pro=False, out_more=True)
    effects = model["removal_effects"]
    return {channel.strip(): float(effect) for channel, effect in zip(effects["channel_name"], effects["removal_effect"])}


def by_shapley_attribution(paths):
    journeys = [path.split(" > ") for path, (converted, _) in paths.items() for _ in range(converted)]
    model = SimplifiedShapleyAttribution(normalize=False)
    model.fit(journeys, [1] * len(journeys))
    return model.get_attribution()


def by_us(paths, name):
    folder = DATA / "rivals" / name.replace(" ", "-")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "paths.csv"
    frame(paths).to_csv(file, index=False)
    result = subprocess.run([PROGRAM, "attribute", folder, "--paths", file, "--json", "--force", "--quiet", "--set",
                             "credit.methods=[participation, markov, shao_li]"], check=True, stdout=subprocess.PIPE)
    json.loads(result.stdout)
    read = f"FROM read_parquet('{folder}/attention_report/campaign_credit.parquet')"
    credit = {method: dict(duckdb.sql(f"SELECT campaign_nm, conversions {read} WHERE method = '{method}' AND campaign_nm NOT LIKE '(%'").fetchall())
              for method in ("participation", "shao_li")}
    removal = dict(duckdb.sql(f"SELECT campaign_nm, removal_effect FROM read_parquet('{folder}/attention_report/markov_removal.parquet')").fetchall())
    return {**credit, "markov": removal}


# ---- The page ----


def rows_of(channels, exact, answers):
    rows = [["brute force"] + [f"{exact[channel]:.4f}" for channel in channels] + [f"{sum(exact.values()):.4f}", ""]]
    for who, answer in answers.items():
        off = max(abs(answer.get(channel, 0) - exact[channel]) for channel in channels)
        rows.append([who] + [f"{answer.get(channel, 0):.4f}" for channel in channels] + [f"{sum(answer.values()):.4f}", f"{off:.1e}"])
    return rows


def show(title, channels, exact, answers):
    print(f"\n{title}\n")
    print(table(["", *channels, "sum", "largest difference"], rows_of(channels, exact, answers)))


def main():
    for name, paths in CASES.items():
        ours, channels = by_us(paths, name), channels_of(paths)
        said = ", ".join(f"`{path}` {converted} of {converted + other}" for path, (converted, other) in paths.items())
        print(f"\n**{name.capitalize()}**: conversions of journeys are {said}.")
        show("Removal effects of the chain of order 1, by following every walk:", channels, removal_effects(paths),
             {"deepattribution": ours["markov"], "mta 0.0.9": by_mta(paths, "markov", "markov"),
              "ChannelAttribution 2.2.5": by_channel_attribution(paths)})
        show("Shao and Li's pairs, conversion by conversion:", channels, pair_credit(paths),
             {"deepattribution": ours["shao_li"], "mta 0.0.9": by_mta(paths, "shao", "shao")})
        show("Shapley values of v = conversions, over all orders (our `participation`):", channels, shapley(paths),
             {"deepattribution": ours["participation"], "mta 0.0.9": by_mta(paths, "shapley", "shapley"),
              "shapley-attribution 2.1.0": by_shapley_attribution(paths)})
    print("\n`bench/run rivals`")


if __name__ == "__main__":
    main()
