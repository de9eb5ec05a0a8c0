# SPDX-License-Identifier: MIT
"""Threads, example 3: a thousand, started, then joined."""
import sys
import threading
import time

sys.path.insert(0, sys.path[0] + "/..")
import support

args = support.options("A thousand threads, then joined.",
                       threads=(support.count, 1000, "how many"),
                       seconds=(support.seconds, 1, "how long each sleeps"))


def count(i):
    time.sleep(args.seconds)
    print("%d\n" % i, end="")  # one write: print(i) writes twice, lines may mix


threads = []
for i in range(args.threads):
    thread = threading.Thread(target=count, args=(i,))
    threads.append(thread)

for thread in threads:
    thread.start()

for thread in threads:
    thread.join()
