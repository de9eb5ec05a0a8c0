# SPDX-License-Identifier: MIT
"""A hundred pages at once: in Python, a thread waits for each."""
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from urllib import request

sys.path.insert(0, sys.path[0] + "/..")
import support

args = support.options("A hundred pages at once.",
                       count=(support.count, 100, "how often"),
                       at_once=(support.workers, 100, "connections"),
                       url=(support.url, None, "what to fetch"))
url = support.serve(args.url)


def fetch():
    with request.urlopen(url, timeout=10) as r:
        r.read()
        return r.code


with ThreadPoolExecutor(max_workers=args.at_once) as executor:
    pages = [executor.submit(fetch) for _ in range(args.count)]
    for page in as_completed(pages):
        print("%d\n" % page.result(), end="")
