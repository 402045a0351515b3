"""ecommerce.py FILE > tests/oracles/ecommerce.csv: what others make of the e-commerce log (../shared/data/ecommerce_touchpoints.csv.gz).

Journeys: a customer's touches by time (ties: unconverted first, then by channel), cut after each conversion; rows that repeat the one before are left
out. channel, first, last, linear: heuristic_models of ChannelAttribution 2.2.5; shapley: the Shapley values of v = conversions, on which mta 0.0.9 and
shapley-attribution 2.1.0 agree; removal_1 to removal_3: exact removal effects of Markov chains (paths_12.py). Needs those three, numpy and pandas."""
import collections
import contextlib
import io
import sys

import mta
import pandas
from paths_12 import removal_effects
from shapley_attribution.models.simplified import SimplifiedShapleyAttribution

with contextlib.redirect_stdout(io.StringIO()):  # it greets
    import ChannelAttribution


def journeys_of(file):
    log = pandas.read_csv(file, parse_dates=["time"]).sort_values(["customer_id", "time", "conversion", "channel"], kind="stable")
    before, path = None, []
    for customer, time, conversion, channel in zip(log.customer_id, log.time, log.conversion, log.channel):
        row = (customer, time, conversion, channel)
        if row == before:
            continue
        if path and before[0] != customer:
            yield tuple(path), False
            path = []
        before = row
        path.append(channel)
        if conversion:
            yield tuple(path), True
            path = []
    if path:
        yield tuple(path), False


def main():
    counts = collections.defaultdict(lambda: [0, 0])
    for path, converted in journeys_of(sys.argv[1]):
        counts[path][not converted] += 1
    table = pandas.DataFrame(
        [(" > ".join(path), converted, other, float(converted)) for path, (converted, other) in counts.items()],
        columns=["path", "total_conversions", "total_null", "total_conversion_value"],
    )
    with contextlib.redirect_stdout(io.StringIO()):
        rules = ChannelAttribution.heuristic_models(table, "path", "total_conversions").set_index("channel_name")
        other = mta.MTA(data=table, sep=" > ", allow_loops=True)
        other.shapley(normalize=False)
    paths = [(path, converted, others) for path, (converted, others) in counts.items()]
    removal = [removal_effects(paths, order) for order in (1, 2, 3)]
    journeys = [list(path) for path, (converted, _) in counts.items() for _ in range(converted)]
    model = SimplifiedShapleyAttribution(normalize=False)
    model.fit(journeys, [1] * len(journeys))
    shapley = model.get_attribution()
    assert all(abs(other.attribution["shapley"][channel] - value) < 1e-8 for channel, value in shapley.items())
    print("channel,first,last,linear,shapley,removal_1,removal_2,removal_3")
    for channel in sorted(shapley):
        found = [rules.first_touch[channel], rules.last_touch[channel], rules.linear_touch[channel], shapley[channel]]
        found += [effects[channel] for effects in removal]
        print(channel, *(f"{number:.12g}" for number in found), sep=",")


if __name__ == "__main__":
    main()
