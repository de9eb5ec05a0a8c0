# SPDX-License-Identifier: MIT
"""Processes with a lock in common."""
import os
import sys
from multiprocessing import Lock, Process, current_process

sys.path.insert(0, sys.path[0] + "/..")
import support


def whoami(label, lock):
    msg = '%s: name:%s, pid:%s\n'
    with lock:
        # The course prints __name__: "__main__" in a fork, "__mp_main__" in a
        # process that begins anew. C has none; the process's name is the same
        # in both languages, however processes start.
        print(msg % (label, current_process().name, os.getpid()), end="",
              flush=True)


if __name__ == '__main__':
    args = support.options("Five processes, one lock.",
                           count=(support.workers, 5, "how many processes"))
    lock = Lock()

    ps = []
    for i in range(args.count):
        p = Process(target=whoami, args=('child', lock))
        p.start()
        ps.append(p)

    # The course ends here and lets Python wait. Where a child begins anew (macOS,
    # Windows, Linux from Python 3.14 on) the lock may be gone by then.
    for p in ps:
        p.join()
