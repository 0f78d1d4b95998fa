"""report - what the benchmarks in Python share: where things are, headings, and targets that say
by themselves whether they were met.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get("B", "build")
PHANTOM = BUILD / "phantom"


def part(title):
    print(f"\n== {title}", flush=True)


def target(name, value, limit, unit=""):
    """Print one line; 1 if the target was missed, else 0."""
    met = value <= limit
    print(f"  {name:<34} {value:.2f}{unit} (target: at most {limit:.2f}{unit}) "
          f"{'ok' if met else 'MISSED'}", flush=True)
    return 0 if met else 1


def quantile(values, share):
    """The value below which such a share of all lies."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def row_us(name, values_us):
    """Print one line of a distribution, of microseconds."""
    print(f"  {name:<34} p50 {quantile(values_us, .5):10.1f} us  p99 {quantile(values_us, .99):10.1f} us  "
          f"max {max(values_us):10.1f} us  (n={len(values_us)})", flush=True)
