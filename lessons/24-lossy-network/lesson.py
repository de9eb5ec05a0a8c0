# SPDX-License-Identifier: MIT
"""A lossy network: twenty pings by UDP, through a relay that loses every tenth."""
import select
import socket
import sys
import threading
import time

sys.path.insert(0, sys.path[0] + "/..")
import support

args = support.options("Pings on a lossy network.",
                       seed=(support.count, 27, "which ones are lost"),
                       seconds=(support.seconds, 0.5, "to wait for an answer"),
                       wrong=(bool, False, "take whatever comes"))
GOLDEN = 0x9E3779B97F4A7C15
questions = twice = 0
lost = [0, 0]  # questions, answers


def mix(x):  # SplitMix64: what weft_proxy draws, drawn here too
    x = (x + GOLDEN) % 2 ** 64
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 % 2 ** 64
    x = (x ^ x >> 27) * 0x94D049BB133111EB % 2 ** 64
    return x ^ x >> 31


def udp():
    ss = socket.socket(type=socket.SOCK_DGRAM)
    ss.bind(("127.0.0.1", 0))
    return ss


def serve():
    global questions, twice
    seen = set()
    while True:
        n, add = ss.recvfrom(1)
        if not n:
            break
        questions += 1
        twice += n in seen  # the answer was lost, not the question
        seen.add(n)
        ss.sendto(n, add)


def relay():  # Python has no weft_proxy: one for a single client
    count = [0, 0]
    client = None
    while True:
        for arrived in select.select([front, behind], [], [])[0]:
            data, add = arrived.recvfrom(1)
            back = arrived is behind
            if not back:
                client = add
            chance = mix((mix(args.seed ^ mix(back)) + count[back] * GOLDEN) % 2 ** 64)
            count[back] += 1
            if (chance & 0xFFFF) * 1000 >> 16 < 100:
                lost[back] += 1
                continue
            for _ in range(1 + (back and (chance >> 16 & 0xFFFF) * 1000 >> 16 < 100)):
                if back:
                    front.sendto(data, client)
                else:
                    behind.sendto(data, ss.getsockname())


def ping(n):
    while True:
        cs.sendto(bytes([n]), front.getsockname())
        until = time.monotonic() + args.seconds  # one instant, whatever else arrives
        try:
            while True:
                cs.settimeout(max(until - time.monotonic(), 0.001))
                answer = cs.recvfrom(1)[0][0]
                if answer == n or args.wrong:
                    break
                print("ping %d: answered once more" % answer)
            break
        except socket.timeout:
            print("ping %d: no answer, again" % n)
    if answer == n:
        print("ping %d: answered" % n)
    else:
        print("ping %d: took the answer to ping %d" % (n, answer))


ss, front, behind, cs = udp(), udp(), udp(), udp()
server = threading.Thread(target=serve)
server.start()
threading.Thread(target=relay, daemon=True).start()
for n in range(20):
    ping(n)
cs.sendto(b"", ss.getsockname())  # Python has nothing else to end its loop
server.join()
if not args.wrong:  # which ends while something is still on its way
    print("lost: %d questions, %d answers" % tuple(lost))
    print("server: %d questions, %d twice" % (questions, twice))
