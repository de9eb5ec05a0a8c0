# SPDX-License-Identifier: MIT
"""Makes one measurement, as weft-bench --measure does: FAMILY PEER WORK A B."""

import concurrent.futures
import itertools
import json
import os
import platform
import queue
import resource
import sys
import threading
import time

CAPACITY = 1024


class Wrong(Exception):
    pass


class Run:
    """The timed part: `with run:`."""

    def __enter__(self):
        self.before = resource.getrusage(resource.RUSAGE_SELF)
        self.began = time.monotonic()

    def __exit__(self, *error):
        self.wall = time.monotonic() - self.began
        after, before = resource.getrusage(resource.RUSAGE_SELF), self.before
        self.cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.csw = after.ru_nvcsw - before.ru_nvcsw


def check(right, sentence):
    if not right:
        raise Wrong(sentence)


def make_queue(peer):
    return queue.SimpleQueue() if peer == "python-simple" else queue.Queue(CAPACITY)


def put(q, items):
    for item in items:
        q.put(item)


def get(q, count):
    return sum(q.get() for _ in range(count))


def crew(run, jobs):
    """All jobs from one instant on, each in a thread; what they return."""
    gate = threading.Barrier(len(jobs) + 1)
    results = [None] * len(jobs)

    def work(i, job):
        gate.wait()
        results[i] = job()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    with run:
        gate.wait()
        for thread in threads:
            thread.join()
    return results


def bench_queue(run, peer, work, a, b):
    q = make_queue(peer)
    share = lambda n, i: work * i // n
    jobs = [lambda i=i: put(q, range(share(a, i), share(a, i + 1))) for i in range(a)]
    jobs += [lambda i=i: get(q, share(b, i + 1) - share(b, i)) for i in range(b)]
    check(sum(crew(run, jobs)[a:]) == work * (work - 1) // 2, "the items got are not the items put")
    return work / run.wall * 1e-6, "M items/s"


def bench_pingpong(run, peer, work, a, b):
    there, back = make_queue(peer), make_queue(peer)
    cpus = sorted(os.sched_getaffinity(0))

    def play(first):
        if a:
            os.sched_setaffinity(0, {cpus[0 if first else 1]})
        total = 0
        for i in range(work):
            if first:
                there.put(i)
                total += back.get()
            else:
                back.put(there.get() + 1)
        return total

    results = crew(run, [lambda: play(True), lambda: play(False)])
    check(results[0] == work * (work + 1) // 2, "an item came back wrong")
    return run.wall / work * 1e9, "ns"


def bench_idle(run, peer, work, a, b):
    q, warm, sums = make_queue(peer), threading.Barrier(a + 1), []

    def wait():
        total = get(q, 1000)
        warm.wait()
        sums.append(total + q.get())

    threads = [threading.Thread(target=wait) for _ in range(a)]
    for thread in threads:
        thread.start()
    first, items = a * 1000, a * 1001
    put(q, range(first))
    warm.wait()
    time.sleep(0.1)
    with run:
        time.sleep(work / 1000 - 0.1)
    put(q, range(first, items))
    for thread in threads:
        thread.join()
    check(sum(sums) == items * (items - 1) // 2, "the items got are not the items put")
    return run.cpu / run.wall * 100, "% of a CPU"


def bench_pool(run, peer, work, a, b):
    count = itertools.count()
    with run:
        with concurrent.futures.ThreadPoolExecutor(a) as pool:
            for _ in range(work):
                pool.submit(next, count)
    check(next(count) == work, "not every task has run once")
    return work / run.wall * 1e-6, "M tasks/s"


def bench_result(run, peer, work, a, b):
    with concurrent.futures.ThreadPoolExecutor(a) as pool:
        with run:
            futures = [pool.submit(lambda i=i: i + 1) for i in range(work)]
            total = sum(future.result() for future in futures)
    check(total == work * (work + 1) // 2, "the results are not those of the tasks")
    return work / run.wall * 1e-6, "M tasks/s"


def bench_uncontended(run, peer, work, a, b):
    lock = threading.Lock()
    with run:
        for _ in range(work):
            lock.acquire()
            lock.release()
    return run.wall / work * 1e9, "ns"


def bench_lock(run, peer, work, a, b):
    """Without the steps: an interpreted one takes longer than all of them."""
    lock, stop, count = threading.Lock(), threading.Event(), [0]

    def turns():
        taken = 0
        while not stop.is_set():
            with lock:
                count[0] += 1
            taken += 1
        return taken

    def end():
        time.sleep(work / 1000)
        stop.set()
        return 0

    taken = crew(run, [turns] * a + [end])[:a]
    check(sum(taken) == count[0], "two threads were inside at once")
    run.notes = {"fair": max(taken) / max(1, min(taken))}
    return sum(taken) / run.wall * 1e-6, "M/s"


def bench_pairs(run, peer, work, a, b):
    count = itertools.count()
    with run:
        for _ in range(work):
            thread = threading.Thread(target=next, args=(count,))
            thread.start()
            thread.join()
    check(next(count) == work, "not every thread has run once")
    return work / run.wall * 1e-3, "k pairs/s"


def bench_thousand(run, peer, work, a, b):
    count = itertools.count()
    with run:
        threads = [threading.Thread(target=next, args=(count,)) for _ in range(work)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    check(next(count) == work, "not every thread has run once")
    return run.wall * 1e3, "ms"


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1024


def bench_memory(run, peer, work, a, b):
    asleep, wake = threading.Barrier(work + 1), threading.Event()

    def sleep():
        asleep.wait()
        wake.wait()

    with run:
        before = resident()
        threads = [threading.Thread(target=sleep) for _ in range(work)]
        for thread in threads:
            thread.start()
        asleep.wait()
        each = (resident() - before) / work
        wake.set()
        for thread in threads:
            thread.join()
    return each, "KiB"


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
    print(json.dumps(answer | getattr(run, "notes", {})))
    return 0


sys.exit(main())
