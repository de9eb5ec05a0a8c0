# SPDX-License-Identifier: MIT
"""Cancel and deadlines: three threads wait for what never comes, main crawls."""
import queue
import sys
import threading
import time
from urllib import request

sys.path.insert(0, sys.path[0] + "/..")
import support

args = support.options("Asked to stop.",
                       seconds=(support.seconds, 0.5, "for all pages together"),
                       wrong=(bool, False, "as long for each page"))
url = support.serve(None)

stop = threading.Event()   # Python has no cancel: each has to look at this
never = threading.Event()  # nobody sets it
empty = queue.Queue()      # nobody puts anything in


def tell(what, cancelled):
    print("%s: %s\n" % (what, "cancelled" if cancelled else "done"), end="")


def worker(way):
    if way == 0:
        tell("sleep", stop.wait(60))  # time.sleep(60) would sleep on
    elif way == 1:
        while not stop.is_set():  # get() alone would wait for ever
            try:
                empty.get(timeout=0.1)
                break
            except queue.Empty:
                pass
        tell("queue.get", stop.is_set())
    else:
        while not never.wait(0.1) and not stop.is_set():
            pass
        tell("event.wait", stop.is_set())


for i in range(3):
    t = threading.Thread(target=worker, args=(i,))
    t.start()

deadline = time.monotonic() + args.seconds  # one instant, for all pages
try:
    for page in range(100):
        if args.wrong:
            deadline = time.monotonic() + args.seconds
        left = deadline - time.monotonic()  # a timeout is a length of time
        if left <= 0:
            raise TimeoutError
        request.urlopen(url, timeout=left).read()
    print("crawl: done\n", end="")
except OSError:  # URLError, socket.timeout or TimeoutError: it depends
    if time.monotonic() < deadline:
        raise
    print("crawl: out of time\n", end="")
finally:
    stop.set()  # otherwise they go on, and so does the program
