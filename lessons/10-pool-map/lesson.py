# SPDX-License-Identifier: MIT
"""A pool of processes, map."""
import sys
import time
from multiprocessing import Pool

sys.path.insert(0, sys.path[0] + "/..")
import support


def f(x):
    time.sleep(0.5)
    return x * x


if __name__ == '__main__':
    args = support.options("Squares, from a pool.",
                           workers=(support.workers, 5, "how many processes"))

    with Pool(args.workers) as p:
        print(p.map(f, range(10)))
