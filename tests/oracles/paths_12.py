"""paths_12.py FILE > tests/oracles/paths_12.csv: what others make of the 10,000 paths over 12 channels (../shared/data/paths_12_channels.csv.gz).

channel, shapley: the Shapley values of v = conversions, on which mta 0.0.9 and shapley-attribution 2.1.0 agree; removal_1, removal_2: exact
removal effects of the Markov chains of order 1 and 2, each a dense system for each channel (numpy). Needs numpy, pandas and those two."""
import collections
import sys

import mta
import numpy
import pandas
from shapley_attribution.models.simplified import SimplifiedShapleyAttribution


def removal_effects(paths, order):
    counts = collections.defaultdict(float)
    for path, converted, other in paths:
        state = ()
        for channel in path:
            following = (state + (channel,))[-order:]
            counts[state, following] += converted + other
            state = following
        counts[state, "converted"] += converted
        counts[state, "other"] += other
    number = {state: i for i, state in enumerate(sorted({state for state, _ in counts}))}
    total = collections.defaultdict(float)
    for (state, _), n in counts.items():
        total[state] += n

    def converts(removed):
        system, ends = numpy.eye(len(number)), numpy.zeros(len(number))
        for (state, following), n in counts.items():
            if following == "converted":
                ends[number[state]] += n / total[state]
            elif following != "other" and following[-1] != removed:
                system[number[state], number[following]] -= n / total[state]
        return numpy.linalg.solve(system, ends)[number[()]]

    return {channel: 1 - converts(channel) / converts(None) for channel in {channel for path, _, _ in paths for channel in path}}


def main():
    table = pandas.read_csv(sys.argv[1])
    paths = [(path.split(" > "), converted, other) for path, converted, other in zip(table.path, table.total_conversions, table.total_null)]
    removal = [removal_effects(paths, order) for order in (1, 2)]
    journeys = [path for path, converted, _ in paths for _ in range(converted)]
    model = SimplifiedShapleyAttribution(normalize=False)
    model.fit(journeys, [1] * len(journeys))
    shapley = model.get_attribution()
    other = mta.MTA(data=table, sep=" > ", allow_loops=True)
    sys.stdout, out = sys.stderr, sys.stdout  # it prints how long it took
    other.shapley(normalize=False)
    sys.stdout = out
    assert all(abs(other.attribution["shapley"][channel] - value) < 1e-8 for channel, value in shapley.items())
    print("channel,shapley,removal_1,removal_2")
    for channel in sorted(shapley):
        print(f"{channel},{shapley[channel]:.10f},{removal[0][channel]:.12f},{removal[1][channel]:.12f}")


if __name__ == "__main__":
    main()
