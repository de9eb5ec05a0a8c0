# SPDX-License-Identifier: MIT
"""A pipe between two processes: questions there, answers back."""
import sys
from multiprocessing import Pipe, Process

sys.path.insert(0, sys.path[0] + "/..")
import support


def answer(pipe):
    for i in range(3):
        pipe.send(pipe.recv().upper())


if __name__ == "__main__":
    support.options("A pipe between two processes.")
    here, there = Pipe()
    p = Process(target=answer, args=(there,))
    p.start()
    there.close()  # or recv() would wait for ever: this process holds it, too

    for word in ["warp", "weft", "loom", "shuttle"]:
        try:
            here.send(word)
            print("%s: %s\n" % (word, here.recv()), end="")
        except (EOFError, OSError):
            print("%s: end of file\n" % word, end="")
    p.join()
