# SPDX-License-Identifier: MIT
"""UDP, the server: one datagram in, one out."""
import socket
import sys

sys.path.insert(0, sys.path[0] + "/..")
import support

args = support.options("Answers one datagram.",
                       host=(support.host, "127.0.0.1", "where to receive"),
                       port=(support.own_port, 8080, "0: a free one, printed"))
family, ADDRESS = support.resolve(args.host, args.port, socket.SOCK_DGRAM)

ss = socket.socket(family, type=socket.SOCK_DGRAM)
ss.bind(ADDRESS)
support.tell_port(ss, args.port)
msg, add = ss.recvfrom(1024)
print(msg, flush=True)

ss.sendto(b'Hello', add)
ss.close()
