"""peer.py FOLDER ORDER SECONDS: ChannelAttribution's Markov model of the paths of a feature store, and its seconds, as JSON; credit is null
where it has not ended after so many seconds."""
import json
import os
import signal
import sys
import time

import ChannelAttribution
import duckdb


def attribute(paths, order):
    start = time.monotonic()
    model = ChannelAttribution.markov_model(paths, "path", "conversions", var_null="nulls", order=order, sep=">", verbose=False, flg_pro=False)
    seconds = time.monotonic() - start
    result = model["result"] if isinstance(model, dict) else model
    credit = dict(zip(result["channel_name"], map(float, result["total_conversions"])))
    print(json.dumps({"paths": len(paths), "seconds": seconds, "credit": credit}), flush=True)


def main():
    folder, order, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    paths = duckdb.sql(f"""
        SELECT array_to_string(campaigns, '>') AS path, count(*) FILTER (conversion_status) AS conversions,
               count(*) FILTER (NOT conversion_status) AS nulls
        FROM read_parquet('{folder}/feature_store/*.parquet') GROUP BY path ORDER BY path""").df()
    sys.stdout.flush()
    child = os.fork()  # its loops in C++ hear no alarm of Python's
    if child == 0:
        signal.alarm(seconds)
        attribute(paths, order)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
        print(json.dumps({"paths": len(paths), "seconds": seconds, "credit": None}))
    elif status != 0:
        sys.exit("expected ChannelAttribution to end well but it did not")


if __name__ == "__main__":
    main()
