# SPDX-License-Identifier: MIT
"""Makes one measurement of processes, as weft-bench --measure does: FAMILY PEER WORK A B."""

import concurrent.futures
import json
import multiprocessing
import multiprocessing.shared_memory
import os
import platform
import resource
import subprocess
import sys
import time

ITEMS = 64
ONE_MORE = bytes((i + 1) % 256 for i in range(256))


class Wrong(Exception):
    pass


def check(right, sentence):
    if not right:
        raise Wrong(sentence)


def children(pid):
    """All processes below one."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/children") as file:
            for child in file.read().split():
                yield int(child)
                yield from children(child)


def spent():
    """CPU seconds and sleeps of this process, of those below it, and of those it waited for."""
    cpu = sleeps = 0
    for who in resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN:
        usage = resource.getrusage(who)
        cpu += usage.ru_utime + usage.ru_stime
        sleeps += usage.ru_nvcsw
    for child in children(os.getpid()):
        cpu += time.clock_gettime(~child << 3 | 2)
        for thread in os.listdir(f"/proc/{child}/task"):
            with open(f"/proc/{child}/task/{thread}/status") as file:
                sleeps += next(int(s.split()[1]) for s in file if s.startswith("voluntary"))
    return cpu, sleeps


class Run:
    """The timed part: `with run:`."""

    notes = {}

    def __enter__(self):
        self.before = spent()
        self.began = time.monotonic()

    def __exit__(self, *error):
        self.wall = time.monotonic() - self.began
        self.cpu, self.csw = (a - b for a, b in zip(spent(), self.before))


def square(x):
    return x * x


def submit_squares(peer, pool, numbers):
    if peer == "python-imap":
        return sorted(pool.imap_unordered(square, numbers, 1))
    if peer == "python-executor":
        return [future.result() for future in [pool.submit(square, x) for x in numbers]]
    return [result.get() for result in [pool.apply_async(square, (x,)) for x in numbers]]


def bench_ppool(run, peer, work, a, b):
    executor = peer == "python-executor"
    make = concurrent.futures.ProcessPoolExecutor if executor else multiprocessing.Pool
    with make(a) as pool:
        submit_squares(peer, pool, range(100))  # all workers are up
        with run:
            results = submit_squares(peer, pool, range(work))
    check(results == [x * x for x in range(work)], "a result is not that of its task")
    return work / run.wall * 1e-3, "k tasks/s"


def bench_pmap(run, peer, work, a, b):
    with multiprocessing.Pool(a) as pool:
        pool.map(square, range(100))
        with run:
            results = pool.map(square, range(work))
    check(results == [x * x for x in range(work)], "a result is not that of its item")
    return work / run.wall * 1e-6, "M items/s"


class Watch:
    """The most memory that all processes together use: `with Watch() as watch:`."""

    def __enter__(self):
        driver = os.path.join(os.path.dirname(os.path.abspath(__file__)), "weft-bench")
        self.process = subprocess.Popen(
            [driver, "--watch", str(os.getpid())], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        return self

    def __exit__(self, *error):
        self.bytes = float(self.process.communicate(b"\n")[0])


def one_more(item):
    return item.translate(ONE_MORE)


def bench_large(run, peer, work, a, b):
    size = (work << 20) // ITEMS
    item = bytes(range(256)) * (size // 256)
    right = item.translate(ONE_MORE)
    with multiprocessing.Pool(a) as pool:
        items = [bytes(bytearray(item)) for _ in range(ITEMS)]  # each its own memory
        with Watch() as watch:
            results = pool.map(one_more, items)
        check(all(result == right for result in results), "a byte of the first pass is wrong")
        del results
        with run:
            results = pool.map(one_more, items)
    check(all(result == right for result in results), "a byte is wrong")
    run.notes = {"memory": watch.bytes / (2 * len(item) * ITEMS)}
    return len(item) * ITEMS / run.wall * 1e-9, "GB/s"


def attach(items, results):
    """In each worker, once."""
    global blocks
    blocks = [multiprocessing.shared_memory.SharedMemory(name) for name in (items, results)]


def one_more_shared(place):
    first, last = place
    items, results = blocks
    results.buf[first:last] = bytes(items.buf[first:last]).translate(ONE_MORE)


def bench_largeshared(run, peer, work, a, b):
    size = (work << 20) // ITEMS // 256 * 256
    item = bytes(range(256)) * (size // 256)
    right = item.translate(ONE_MORE)
    places = [(i * size, (i + 1) * size) for i in range(ITEMS)]
    make = lambda: multiprocessing.shared_memory.SharedMemory(create=True, size=size * ITEMS)
    items, results = make(), make()
    # Copies, since views are compared byte by byte.
    is_right = lambda: all(bytes(results.buf[first:last]) == right for first, last in places)
    try:
        for first, last in places:
            items.buf[first:last] = item
        with multiprocessing.Pool(a, attach, (items.name, results.name)) as pool:
            with Watch() as watch:
                pool.map(one_more_shared, places)
            check(is_right(), "a byte of the first pass is wrong")
            for first, last in places:
                results.buf[first:last] = bytes(size)
            with run:
                pool.map(one_more_shared, places)
        check(is_right(), "a byte is wrong")
    finally:
        items.unlink()
        results.unlink()
    run.notes = {"memory": watch.bytes / (2 * size * ITEMS)}
    return size * ITEMS / run.wall * 1e-9, "GB/s"


def put(q, gate, first, last):
    gate.wait()
    for number in range(first, last):
        q.put(number.to_bytes(8, "little") * 8)


def get(q, gate, count, sums):
    gate.wait()
    total = 0
    for _ in range(count):
        message = q.get()
        total += int.from_bytes(message[:8], "little")
        if message != message[:8] * 8:
            sys.exit("not a whole message")
    sums.put(total)


def bench_iqueue(run, peer, work, a, b):
    q = multiprocessing.SimpleQueue() if peer == "python-simple" else multiprocessing.Queue(1024)
    gate, sums = multiprocessing.Barrier(a + b + 1), multiprocessing.SimpleQueue()
    share = lambda n, i: work * i // n
    team = [(put, (q, gate, share(a, i), share(a, i + 1))) for i in range(a)]
    team += [(get, (q, gate, share(b, i + 1) - share(b, i), sums)) for i in range(b)]
    team = [multiprocessing.Process(target=f, args=args) for f, args in team]
    for member in team:
        member.start()
    while gate.n_waiting < a + b:
        time.sleep(0.001)
    with run:
        gate.wait()
        for member in team:
            member.join()
    check(not any(member.exitcode for member in team), "a process failed")
    total = sum(sums.get() for _ in range(b))
    check(total == work * (work - 1) // 2, "the messages got are not the messages put")
    return work / run.wall * 1e-6, "M msgs/s"


def nothing():
    pass


def bench_spawn(run, peer, work, a, b):
    context = multiprocessing.get_context(
        {"python-fork": "fork", "python-forkserver": "forkserver"}.get(peer, "spawn")
    )
    large = bytearray(b"1") * (a << 20)
    well = 0

    def start_and_join():
        process = context.Process(target=nothing)
        process.start()
        process.join()
        return process.exitcode == 0

    start_and_join()  # the forkserver is up
    with run:
        for _ in range(work):
            well += start_and_join()
    check(well == work and len(large) == a << 20, "a process did not end as it should")
    return work / run.wall, "per s"


def main():
    if sys.argv[1] == "--version":
        print("CPython", platform.python_version())
        return 0
    family, peer = sys.argv[2:4]
    run = Run()
    try:
        value, unit = globals()["bench_" + family](run, peer, *map(int, sys.argv[4:]))
    except Wrong as wrong:
        print(json.dumps({"wrong": str(wrong)}))
        return 1
    answer = {"value": value, "unit": unit, "wall": run.wall, "cpu": run.cpu, "csw": run.csw}
    print(json.dumps(answer | run.notes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
