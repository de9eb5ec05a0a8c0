# SPDX-License-Identifier: MIT
"""A pool of processes, apply_async."""
import sys
import time
from multiprocessing import Pool

sys.path.insert(0, sys.path[0] + "/..")
import support


def func(num, seconds):
    print("hello world %d\n" % num, end="", flush=True)  # one write
    time.sleep(seconds)


if __name__ == '__main__':
    args = support.options("A hundred tasks for a pool.",
                           count=(support.count, 100, "how many tasks"),
                           workers=(support.workers, 4, "how many processes"),
                           seconds=(support.seconds, 1, "how long a task sleeps"))

    pool = Pool(processes=args.workers)

    for i in range(args.count):
        pool.apply_async(func, (i, args.seconds))
    pool.close()
    pool.join()
