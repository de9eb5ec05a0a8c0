# SPDX-License-Identifier: MIT
"""A worker crashes: eight squares, and one task that ends its process."""
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

sys.path.insert(0, sys.path[0] + "/..")
import support


def square(x):
    time.sleep(0.05)
    if x == 3:
        os.abort()  # no exception: the process is gone
    return x * x


def show(x, future):
    try:
        print("%d: %d\n" % (x, future.result()), end="")
    except BrokenProcessPool:
        print("%d: the pool is broken\n" % x, end="")


if __name__ == "__main__":
    support.options("A worker crashes.")
    pool = ProcessPoolExecutor(max_workers=2)

    f = [pool.submit(square, x) for x in range(8)]
    for x in range(8):
        show(x, f[x])

    try:
        show(8, pool.submit(square, 8))  # a broken pool takes no more
    except BrokenProcessPool:
        print("8: the pool is broken\n", end="")
