# SPDX-License-Identifier: MIT
"""The queue between processes: 100 items, 4 processes, until Empty."""
import queue
import sys
from multiprocessing import Process, Queue
from urllib import request

sys.path.insert(0, sys.path[0] + "/..")
import support


def get_baidu(q, url):
    while True:
        try:
            # The course has q.get(block=False), which may say Empty too early:
            # while another process takes an item, or before the hidden thread
            # of put() has passed one on.
            q.get(timeout=0.2)
            r = request.urlopen(url)
            print("%d\n" % r.code, end="", flush=True)  # one write, lines do not mix
        except queue.Empty:
            break


if __name__ == "__main__":
    args = support.options("Processes empty a queue.",
                           count=(support.count, 100, "how many items"),
                           workers=(support.workers, 4, "how many processes"),
                           url=(support.url, None, "what to fetch"),
                           wrong=(bool, False, "as target=get_baidu()"))
    url = support.serve(args.url)

    q = Queue()

    for i in range(args.count):
        q.put(i)

    ps = []
    for i in range(args.workers):
        if args.wrong:
            p = Process(target=get_baidu(q, url))
        else:
            p = Process(target=get_baidu, args=(q, url))
        ps.append(p)

    for p in ps:
        p.start()

    for p in ps:
        p.join()
