# SPDX-License-Identifier: MIT
"""The queue between threads: 100 items, 100 threads, until Empty."""
import queue
import sys
import threading
from urllib import request

sys.path.insert(0, sys.path[0] + "/..")
import support

args = support.options("Threads empty a queue.",
                       count=(support.count, 100, "how many items"),
                       threads=(support.count, 100, "how many"),
                       url=(support.url, None, "what to fetch"),
                       wrong=(bool, False, "as target=get_baidu()"))
url = support.serve(args.url)

q = queue.Queue()

for i in range(args.count):
    q.put(i)


def get_baidu():
    while True:
        try:
            q.get(block=False)
            r = request.urlopen(url)
            print("%d\n" % r.code, end="")  # one write, lines do not mix
        except queue.Empty:
            break


ts = []
for i in range(args.threads):
    if args.wrong:
        t = threading.Thread(target=get_baidu())
    else:
        t = threading.Thread(target=get_baidu)
    ts.append(t)
    t.start()

for i in ts:
    i.join()  # the course joins t here, the last one, a hundred times
