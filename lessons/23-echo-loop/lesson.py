# SPDX-License-Identifier: MIT
"""TCP: echo for many clients, by one thread that never blocks."""
import selectors
import socket
import sys
import threading

sys.path.insert(0, sys.path[0] + "/..")
import support

args = support.options("Echo for many clients.",
                       clients=(support.count, 5, "how many at once"),
                       port=(support.own_port, 0, "0: a free one"),
                       serve=(bool, False, "print the port, go on until Ctrl-C"))


selector = selectors.DefaultSelector()
stop = threading.Event()


def echo(con):
    data = con.recv(1024)
    if data:
        con.sendall(b"Echo=>" + data)
    else:
        selector.unregister(con)
        con.close()


def accept(listener):
    con, _ = listener.accept()
    selector.register(con, selectors.EVENT_READ, echo)


def serve_forever():
    while not stop.is_set():
        for key, _ in selector.select(0.1):
            key.data(key.fileobj)


server = socket.create_server(("127.0.0.1", args.port))
if args.serve:
    print("port %d" % server.getsockname()[1], flush=True)
selector.register(server, selectors.EVENT_READ, accept)
serving = threading.Thread(target=serve_forever)
serving.start()


def hello(ss, number):
    text = b"client %d" % number
    ss.sendall(text)
    res = b""
    while len(res) < 6 + len(text):
        res += ss.recv(1024)
    print(res.decode() + "\n", end="", flush=True)
    ss.close()


def client(number):
    hello(socket.create_connection(server.getsockname()), number)


silent = socket.create_connection(server.getsockname())
threads = [threading.Thread(target=client, args=(i,)) for i in range(1, args.clients)]
for t in threads:
    t.start()
for t in threads:
    t.join()
hello(silent, 0)  # connected first, it speaks last

if args.serve:
    serving.join()
stop.set()
serving.join()
server.close()
