"""S3: every stage on a bucket of a real S3 server on loopback, against the same on a folder."""
import os
import shutil
import sys

from measure import DATA, PROGRAM, ROOT, SIZE, Run, alternate, machine, median, say, table

sys.path.insert(0, str(ROOT / "tests/s3"))
import servers

USERS = 20_000 if SIZE == "quick" else 340_000  # about 2 million touches of world W1
SETTINGS = ("--seed", "1", "--set", "training.epochs=2", "--quiet", "--force")


def main():
    if not servers.find_server("versitygw"):
        sys.exit("expected versitygw; run scripts/bootstrap --s3-servers")
    top = DATA / "s3"
    shutil.rmtree(top, ignore_errors=True)
    top.mkdir(parents=True)
    server = servers.S3Server(top / "server", top / "server.log")
    os.environ.update(AWS_ENDPOINT_URL_S3=server.endpoint, AWS_ACCESS_KEY_ID=servers.KEY_ID, AWS_SECRET_ACCESS_KEY=servers.SECRET,
                      AWS_EC2_METADATA_DISABLED="true", XDG_CACHE_HOME=str(top / "cache"))
    try:
        (top / "server/bucket").mkdir()
        places = {"a folder": top / "folder", "s3://": "s3://bucket"}
        for place in places.values():
            Run([PROGRAM, "simulate", "W1", place, "--users", USERS, "--quiet"])
        rows = []
        for verb, times in (("journeys", 5), ("run", 2)):
            say(verb)
            runs = alternate({name: lambda place=place: Run([PROGRAM, verb, place, *SETTINGS]) for name, place in places.items()}, times)
            seconds = {name: median(of_place) for name, of_place in runs.items()}
            rows.append([f"`{verb}`", *(f"{seconds[name]:.2f}" for name in places), f"{seconds['s3://'] / seconds['a folder']:.2f}"])
    finally:
        server.stop()
        shutil.rmtree(top, ignore_errors=True)
    print(machine())
    print(f"\nWorld W1, {USERS:,} users, two epochs; seconds on the wall, medians of runs in turns.\n")
    print(table(["", *places, "ratio"], rows))


if __name__ == "__main__":
    main()
