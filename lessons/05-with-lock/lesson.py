# SPDX-License-Identifier: MIT
"""A lock, held by a with block."""
import sys
import threading
import time

sys.path.insert(0, sys.path[0] + "/..")
import support

args = support.options("A lock, held by a block.",
                       threads=(support.count, 1000, "how many"),
                       seconds=(support.seconds, 1, "how long each sleeps"))
lock = threading.Lock()


def count(i):
    time.sleep(args.seconds)
    with lock:
        print(i)


threads = []
for i in range(args.threads):
    thread = threading.Thread(target=count, args=(i,))
    threads.append(thread)

for thread in threads:
    thread.start()

for thread in threads:
    thread.join()
