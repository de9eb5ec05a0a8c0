# SPDX-License-Identifier: MIT
"""Futures: ThreadPoolExecutor, 4 threads fetch 100 times."""
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib import request

sys.path.insert(0, sys.path[0] + "/..")
import support

args = support.options("A pool of threads fetches.",
                       count=(support.count, 100, "how many times"),
                       workers=(support.workers, 4, "how many threads"),
                       url=(support.url, None, "what to fetch"),
                       wrong=(bool, False, "as submit(get_baidu())"))
url = support.serve(args.url)


def get_baidu():
    r = request.urlopen(url)
    print("%d\n" % r.code, end="")  # one write, lines do not mix


with ThreadPoolExecutor(max_workers=args.workers) as executor:
    for i in range(args.count):
        if args.wrong:
            executor.submit(get_baidu())
        else:
            executor.submit(get_baidu)
