"""peer.py FOLDER ORDER: ChannelAttribution's Markov model of the paths of a feature store, and its seconds, as JSON."""
import json
import sys
import time

import ChannelAttribution
import duckdb


def main():
    folder, order = sys.argv[1:]
    paths = duckdb.sql(f"""
        SELECT array_to_string(campaigns, '>') AS path, count(*) FILTER (conversion_status) AS conversions,
               count(*) FILTER (NOT conversion_status) AS nulls
        FROM read_parquet('{folder}/feature_store/*.parquet') GROUP BY path ORDER BY path""").df()
    start = time.monotonic()
    model = ChannelAttribution.markov_model(paths, "path", "conversions", var_null="nulls", order=int(order), sep=">", verbose=False,
                                            flg_pro=False)
    seconds = time.monotonic() - start
    result = model["result"] if isinstance(model, dict) else model
    credit = dict(zip(result["channel_name"], map(float, result["total_conversions"])))
    print(json.dumps({"paths": len(paths), "seconds": seconds, "credit": credit}))


if __name__ == "__main__":
    main()
