# SPDX-License-Identifier: MIT
"""Threads, example 2: one kind of task, with an argument."""
import sys
import threading
import time

sys.path.insert(0, sys.path[0] + "/..")
import support

args = support.options("Five threads of one kind.",
                       threads=(support.count, 5, "how many"),
                       seconds=(support.seconds, 2, "how long each sleeps"))


def helloworld(id):
    time.sleep(args.seconds)
    print("thread %d helloworld\n" % id, end="")  # one write, lines do not mix


for i in range(args.threads):
    t = threading.Thread(target=helloworld, args=(i,))
    t.start()
print("main thread\n", end="")
