"""peer.py mta | shapley-attribution FILE: the Shapley values of aggregated paths by another program, and its seconds, as JSON."""
import json
import sys
import time

import pandas


def by_mta(paths):
    import mta

    model = mta.MTA(data=paths, sep=" > ", allow_loops=True)
    model.shapley(normalize=False)
    return model.attribution["shapley"]


def by_shapley_attribution(paths):
    from shapley_attribution.models.simplified import SimplifiedShapleyAttribution

    journeys = [path.split(" > ") for path, n in zip(paths.path, paths.total_conversions) for _ in range(n)]
    model = SimplifiedShapleyAttribution(normalize=False)
    model.fit(journeys, [1] * len(journeys))
    return model.get_attribution()


def main():
    name, file = sys.argv[1:]
    paths = pandas.read_csv(file)
    start = time.monotonic()
    credit = {"mta": by_mta, "shapley-attribution": by_shapley_attribution}[name](paths)
    seconds = time.monotonic() - start
    print(json.dumps({"fit_seconds": seconds, "credit_seconds": 0, "credit": {channel: float(value) for channel, value in credit.items()}}))


if __name__ == "__main__":
    main()
