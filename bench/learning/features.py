"""A log in which users differ: what they are adds to their odds, or decides which campaigns move them."""
import csv
import math
import random

REGIONS, CAMPAIGNS = ["north", "south", "east", "west"], "abcdefgh"


def write_log(path, n_users, interacting, seed=5):
    """One journey a user, of up to 12 touches. interacting: each campaign is worth something else in each region, too."""
    draw = random.Random(seed)
    worth = {campaign: draw.gauss(0, 0.8) for campaign in CAMPAIGNS}
    worth_in = {(campaign, region): draw.gauss(0, 0.8) for campaign in CAMPAIGNS for region in REGIONS}
    of_region = {region: draw.gauss(0, 0.8) for region in REGIONS}
    with open(path, "w", newline="") as file:
        log = csv.writer(file)
        log.writerow(["uid", "timestamp", "campaign", "conversion", "region", "age"])
        for uid in range(n_users):
            region, age = draw.choice(REGIONS), draw.randint(18, 77)
            touches = draw.choices(CAMPAIGNS, k=min(1 + int(draw.expovariate(1 / 2.5)), 12))
            values = [worth[campaign] + (worth_in[campaign, region] if interacting else 0) for campaign in touches]
            odds = -2.2 + of_region[region] + 0.02 * (age - 48) + sum(values) / math.sqrt(len(touches))
            converts, time = draw.random() < 1 / (1 + math.exp(-odds)), 1.7e9 + draw.random() * 1e6
            for place, campaign in enumerate(touches, start=1):
                log.writerow([uid, int(time), campaign, int(converts and place == len(touches)), region, age])
                time += draw.expovariate(1 / 40000)
