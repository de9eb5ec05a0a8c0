# SPDX-License-Identifier: MIT
"""TCP, the server: one client after another, for ever."""
import itertools
import os
import socket
import sys

sys.path.insert(0, sys.path[0] + "/..")
import support

args = support.options("Sends back what it receives.",
                       host=(support.host, "127.0.0.1", "where to listen"),
                       port=(support.own_port, 8080, "0: a free one, printed"),
                       clients=(support.count, None, "end after so many"))
family, ADDRESS = support.resolve(args.host, args.port, socket.SOCK_STREAM)

ss = socket.socket(family)
if os.name == "posix":  # a server that ended a moment ago blocks no port
    ss.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
ss.bind(ADDRESS)
ss.listen()
support.tell_port(ss, args.port)

for i in range(args.clients) if args.clients else itertools.count():
    con, add = ss.accept()
    print('Server connected by', add, flush=True)
    try:
        while True:
            data = con.recv(1024)
            if not data:
                break
            con.sendall(b'Echo=>' + data)
    except ConnectionError:
        pass  # a client that vanished is one that has finished

    con.close()
ss.close()
