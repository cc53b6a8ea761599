#!/usr/bin/env python3
"""Prices random cases with Python's own arithmetic and compares them with the build, to the last digit.

usage: rating_oracle.py RATE_LINES [--cases N] [--seed S]

RATE_LINES is the program of that name. The oracle knows the rules of docs/formats/plan.md and nothing of the code:
amounts are fractions.Fraction, rounding is decimal.Decimal.quantize, zones are zoneinfo.
"""
import argparse
import datetime
import decimal
import fractions
import json
import math
import random
import subprocess
import sys
import zoneinfo

Fraction = fractions.Fraction
MODES = {"half_up": decimal.ROUND_HALF_UP, "half_even": decimal.ROUND_HALF_EVEN,
         "half_down": decimal.ROUND_HALF_DOWN, "up": decimal.ROUND_UP, "down": decimal.ROUND_DOWN,
         "ceiling": decimal.ROUND_CEILING, "floor": decimal.ROUND_FLOOR}
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kolkata"]
decimal.getcontext().prec = 400


def rounded(value, scale, mode):
    """A Fraction to `scale` digits; integers first, so that no precision can be short."""
    scaled = value * Fraction(10) ** scale
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    # Whether the rest is below, at or above a half decides every mode, so three digits stand for it.
    half = Fraction(1, 2)
    tail = 0 if rest == 0 else 5 if Fraction(rest, scaled.denominator) == half else \
        3 if Fraction(rest, scaled.denominator) < half else 7
    near = decimal.Decimal(whole) + decimal.Decimal(tail) / 10
    return Fraction(int(near.to_integral_value(rounding=MODES[mode]))) / Fraction(10) ** scale


def number(rng, digits=6, scale=4):
    scale = rng.randint(0, scale)
    return f"{decimal.Decimal(rng.randint(0, 10 ** rng.randint(1, digits))).scaleb(-scale):f}"


def random_tiers(rng, fields):
    tiers, end = [], decimal.Decimal(0)
    for _ in range(rng.randint(1, 4)):
        end += rng.randint(1, 500)
        tiers.append({"up_to": str(end)})
    tiers[-1]["up_to"] = None
    for tier in tiers:
        for field in fields:
            tier[field] = number(rng)
        if "unit" in fields and rng.random() < 0.2:
            tier["block"] = str(rng.randint(1, 50))
    return tiers


def random_quantity(rng, charge):
    ends = [decimal.Decimal(tier["up_to"]) for tier in charge.get("tiers", []) if tier["up_to"]]
    ends += [decimal.Decimal(charge["size"]) * rng.randint(0, 5)] if "size" in charge else []
    if ends and rng.random() < 0.5:
        edge = rng.choice(ends) + decimal.Decimal(charge.get("included", "0"))
        return str(max(edge + rng.choice([-1, 0, 1, decimal.Decimal("0.001")]), decimal.Decimal(0)))
    return number(rng, 7, 3)


def random_charge(rng):
    model = rng.choice(["flat", "unit", "graduated", "volume", "package", "stairstep"])
    charge = {"code": "c", "meter": "m", "model": model}
    if model == "flat":
        charge["amount"] = number(rng)
        charge["prorate"] = rng.choice([False, "second", "day"])
    elif model == "unit":
        charge["unit"] = number(rng)
    elif model == "package":
        charge.update(size=str(rng.randint(1, 300)), amount=number(rng))
    else:
        charge["tiers"] = random_tiers(rng, ["flat"] if model == "stairstep" else ["unit", "flat"])
        charge["prorate"] = rng.choice([False, "second", "day"])
    if rng.random() < 0.3:
        charge["included"] = number(rng, 3, 1)
    if rng.random() < 0.3:
        charge["rounding"] = {"scale": rng.randint(0, 6), "mode": rng.choice(list(MODES))}
    if rng.random() < 0.2:
        charge["convert"] = {"divide": str(rng.randint(1, 20))}
        if rng.random() < 0.5:
            charge["convert"]["rounding"] = {"scale": rng.randint(0, 2), "mode": rng.choice(list(MODES))}
    return charge


def priced(charge, quantity):
    """(usage, flat) of the charge, as fractions."""
    model = charge["model"]
    if model == "flat":
        return Fraction(0), Fraction(charge["amount"])
    if model == "unit":
        return quantity * Fraction(charge["unit"]), Fraction(0)
    if model == "package":
        return math.ceil(quantity / Fraction(charge["size"])) * Fraction(charge["amount"]), Fraction(0)
    usage = flat = below = Fraction(0)
    for i, tier in enumerate(charge["tiers"]):
        end = None if tier["up_to"] is None else Fraction(tier["up_to"])
        holds = end is None or quantity <= end
        if model == "graduated" and (i == 0 or quantity > below):
            part = (quantity if holds else end) - below
            units = math.ceil(part / Fraction(tier["block"])) if "block" in tier else part
            usage, flat = usage + units * Fraction(tier["unit"]), flat + Fraction(tier["flat"])
        if model != "graduated" and holds:
            units = math.ceil(quantity / Fraction(tier["block"])) if "block" in tier else quantity
            return units * Fraction(tier.get("unit", "0")), Fraction(tier["flat"])
        if holds:
            break
        below = end
    return usage, flat


def weight(prorate, period, active, zone):
    begin, end = max(period[0], active[0]), min(period[1], active[1])
    if begin >= end:
        return Fraction(0)
    if not prorate:
        return Fraction(1)
    if prorate == "second":
        return Fraction(int((end - begin).total_seconds()), int((period[1] - period[0]).total_seconds()))

    def days(a, b):
        last = b - datetime.timedelta(microseconds=1)
        return (last.astimezone(zone).date() - a.astimezone(zone).date()).days + 1
    return Fraction(days(begin, end), days(*period))


def expected_total(case):
    charge, zone = case["plan"]["charges"][0], zoneinfo.ZoneInfo(case["plan"]["timezone"])
    quantity = Fraction(case["usage"][0]["quantity"])
    if "convert" in charge:
        quantity /= Fraction(charge["convert"]["divide"])
        rule = charge["convert"].get("rounding")
        quantity = rounded(quantity, rule["scale"], rule["mode"]) if rule else quantity
    quantity = max(quantity - Fraction(charge.get("included", "0")), Fraction(0))
    usage, flat = priced(charge, quantity)
    period = [datetime.datetime.fromisoformat(case["period"][end]) for end in ("from", "to")]
    active = [datetime.datetime.fromisoformat(case["active"][end]) for end in ("from", "to")]
    rule = charge.get("rounding", {"scale": 2, "mode": "half_up"})
    amount = rounded(usage + flat * weight(charge.get("prorate"), period, active, zone), rule["scale"], rule["mode"])
    tax = case["plan"]["tax"]
    share = Fraction(tax["rate"]) / (1 + Fraction(tax["rate"])) if tax["inclusive"] else Fraction(tax["rate"])
    return amount + (0 if tax["inclusive"] else rounded(amount * share, 2, "half_up"))


def random_instant(rng, begin, end):
    return begin + datetime.timedelta(seconds=rng.randint(0, int((end - begin).total_seconds())))


def random_rate_case(rng, number_of_case):
    charge = random_charge(rng)
    zone = zoneinfo.ZoneInfo(rng.choice(ZONES))
    year, month = rng.randint(2020, 2032), rng.randint(1, 12)
    begin = datetime.datetime(year, month, 1, tzinfo=zone).astimezone(datetime.timezone.utc)
    end = datetime.datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone).astimezone(datetime.timezone.utc)
    margin = datetime.timedelta(days=10)
    active = sorted(random_instant(rng, begin - margin, end + margin) for _ in range(2))
    return {"id": number_of_case,
            "plan": {"currency": "USD", "timezone": zone.key, "charges": [charge],
                     "tax": {"rate": rng.choice(["0", "0.19", "0.077"]), "inclusive": rng.random() < 0.5}},
            "period": {"from": begin.isoformat(), "to": end.isoformat()},
            "active": {"from": active[0].isoformat(), "to": active[1].isoformat()},
            "usage": [{"meter": "m", "quantity": random_quantity(rng, charge)}]}


def boundary(case, k):
    """The k-th boundary of the series, as an instant."""
    anchor = datetime.datetime.fromisoformat(case["anchor"])
    steps = k * case["count"]
    months = steps * {"month": 1, "quarter": 3, "year": 12}.get(case["interval"], 0)
    if months:
        total = anchor.year * 12 + anchor.month - 1 + months
        year, month = divmod(total, 12)
        last = (datetime.date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - datetime.timedelta(days=1)).day
        local = anchor.replace(year=year, month=month + 1, day=min(anchor.day, last))
    else:
        unit = {"hour": 1, "day": 24, "week": 168}.get(case["interval"], 0)
        local = anchor + datetime.timedelta(hours=unit * steps)
    # zoneinfo reads a time in a gap with the offset before it, and one in a fold as the first of the two.
    return local.replace(tzinfo=zoneinfo.ZoneInfo(case["timezone"]), fold=0).astimezone(datetime.timezone.utc)


def expected_periods(case):
    begin, end = (datetime.datetime.fromisoformat(case[name]) for name in ("from", "to"))
    days = {"hour": 1 / 24, "day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}[case["interval"]]
    anchor = datetime.datetime.fromisoformat(case["anchor"]).replace(tzinfo=datetime.timezone.utc)
    k = math.floor((begin - anchor).days / (days * case["count"])) - 40
    while boundary(case, k + 1) <= begin:
        k += 1
    found = []
    while boundary(case, k) < end:
        if boundary(case, k) < boundary(case, k + 1):
            found.append((boundary(case, k), boundary(case, k + 1)))
        k += 1
    return found


def random_periods_case(rng, number_of_case):
    interval = rng.choice(["hour", "day", "week", "month", "quarter", "year"])
    anchor = datetime.date(2024, 1, 1) + datetime.timedelta(days=rng.randint(0, 365))
    begin = datetime.datetime(rng.choice([2023, 2026, 2040]), rng.randint(1, 12), rng.randint(1, 28),
                              tzinfo=datetime.timezone.utc)
    days = 3 if interval == "hour" else 200
    return {"id": number_of_case, "interval": interval, "count": rng.randint(1, 4), "anchor": anchor.isoformat(),
            "timezone": rng.choice(ZONES), "from": begin.isoformat(),
            "to": (begin + datetime.timedelta(days=days)).isoformat()}


def compare_rate(case, answer):
    want = expected_total(case)
    return None if "total" in answer and Fraction(answer["total"]) == want else f"total {want}"


def compare_periods(case, answer):
    want = expected_periods(case)
    got = [tuple(datetime.datetime.fromisoformat(p[end]) for end in ("from", "to")) for p in answer.get("periods", [])]
    return None if got == want else f"periods {[(str(a), str(b)) for a, b in want]}"


def run(program, command, cases, compare):
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run([program, command], input=lines, capture_output=True, text=True, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(cases), f"{len(answers)} answers to {len(cases)} questions"
    failures = 0
    for case, answer in zip(cases, answers):
        wrong = compare(case, answer)
        if wrong and (failures := failures + 1) <= 5:
            print(f"{command}: {json.dumps(case)}\n  answer {json.dumps(answer)}\n  oracle {wrong}")
    print(f"{command}: {len(cases)} cases, {failures} differ")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--cases", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(f"seed {options.seed}")
    rng = random.Random(options.seed)
    failures = run(options.program, "rate", [random_rate_case(rng, i) for i in range(options.cases)], compare_rate)
    failures += run(options.program, "periods", [random_periods_case(rng, i) for i in range(options.cases // 4)],
                    compare_periods)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
