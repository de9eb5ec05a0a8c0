# SPDX-License-Identifier: MIT
"""Futures: ProcessPoolExecutor, 4 processes fetch 100 times."""
import sys
from concurrent.futures import ProcessPoolExecutor
from urllib import request

sys.path.insert(0, sys.path[0] + "/..")
import support


def get_baidu(url):
    r = request.urlopen(url)
    print("%d\n" % r.code, end="", flush=True)  # one write, lines do not mix


if __name__ == "__main__":
    args = support.options("A pool of processes fetches.",
                           count=(support.count, 100, "how many times"),
                           workers=(support.workers, 4, "how many processes"),
                           url=(support.url, None, "what to fetch"),
                           wrong=(bool, False, "as submit(get_baidu())"))
    url = support.serve(args.url)

    with ProcessPoolExecutor(max_workers=args.workers) as executor:
        for i in range(args.count):
            if args.wrong:
                executor.submit(get_baidu(url))
            else:
                executor.submit(get_baidu, url)

    with ProcessPoolExecutor() as executor:
        print("default workers: %d" % executor._max_workers)
