# SPDX-License-Identifier: MIT
"""Threads, example 1: different tasks side by side."""
import sys
import threading
import time

sys.path.insert(0, sys.path[0] + "/..")
import support

args = support.options("Two tasks side by side.",
                       seconds=(support.seconds, 2, "how long it sleeps"))


def helloworld():
    time.sleep(args.seconds)
    print("helloworld\n", end="")  # one write: no other thread comes between


t = threading.Thread(target=helloworld)
t.start()
print("main thread\n", end="")
