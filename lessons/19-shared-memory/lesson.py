# SPDX-License-Identifier: MIT
"""Shared memory, and a lock whose holder dies in the middle of a transfer."""
import os
import sys
from multiprocessing import Array, Process

sys.path.insert(0, sys.path[0] + "/..")
import support


def transfer(a):
    with a.get_lock():
        a[0] -= 30
        os.abort()  # before the other half: 30 are nowhere now


if __name__ == "__main__":
    support.options("A lock whose holder dies.")
    a = Array("i", 2)  # memory and its lock
    a[0] = a[1] = 100
    print("before: %d + %d\n" % (a[0], a[1]), end="", flush=True)

    p = Process(target=transfer, args=(a,))
    p.start()
    p.join()
    print("the child ended by signal %d\n" % -p.exitcode, end="")

    # Without the timeout the program would stand here for ever.
    got = a.get_lock().acquire(timeout=1)
    print("lock: %s\n" % ("acquired" if got else "nobody will ever release it"), end="")
    money = a.get_obj()  # what is there can be seen, without the lock
    print("found: %d + %d\n" % (money[0], money[1]), end="")
