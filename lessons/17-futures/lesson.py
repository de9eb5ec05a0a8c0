# SPDX-License-Identifier: MIT
"""Chains of futures: fetch, then len; each length is printed when it is there."""
import sys
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from urllib import error, request

sys.path.insert(0, sys.path[0] + "/..")
import support

args = support.options("Chains of futures.",
                       url=(support.url, None, "where the pages are"),
                       wrong=(bool, False, "asks for the first page first"))
url = support.serve(args.url)  # page n of it takes n times 100 ms


def fetch(n):
    return request.urlopen("%s%d" % (url, n)).read()


def then(future, function):
    """What JavaScript's then does. Python has none, so it is made by hand."""
    after = Future()

    def run(done):
        try:
            after.set_result(function(done.result()))
        except Exception as failed:  # otherwise it would be logged, and lost
            after.set_exception(failed)

    future.add_done_callback(run)
    return after


pages = [3, 1, 2, 4]

with ThreadPoolExecutor(max_workers=4) as executor:
    lens = {}
    for n in pages:
        text = executor.submit(fetch, n)
        lens[then(text, len)] = n

    for f in lens if args.wrong else as_completed(lens):
        try:
            print("page %d: %d bytes\n" % (lens[f], f.result()), end="")
        except error.HTTPError as failed:
            print("page %d: HTTP Error %d\n" % (lens[f], failed.code), end="")
    try:
        print("all: %d bytes\n" % sum(f.result() for f in lens), end="")
    except error.HTTPError as failed:
        print("all: HTTP Error %d\n" % failed.code, end="")
