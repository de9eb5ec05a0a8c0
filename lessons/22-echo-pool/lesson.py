# SPDX-License-Identifier: MIT
"""TCP: echo for many clients, by two threads of a pool."""
import socket
import socketserver
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, sys.path[0] + "/..")
import support

args = support.options("Echo for many clients.",
                       clients=(support.count, 5, "how many at once"),
                       workers=(support.workers, 2, "threads of the pool"),
                       port=(support.own_port, 0, "0: a free one"),
                       serve=(bool, False, "print the port, go on until Ctrl-C"))


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(1024):
            self.request.sendall(b"Echo=>" + data)


class PoolTCPServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """A connection holds a thread of the pool from its first byte to its end."""
    pool = ThreadPoolExecutor(args.workers)

    def process_request(self, request, client_address):
        self.pool.submit(self.process_request_thread, request, client_address)


server = PoolTCPServer(("127.0.0.1", args.port), Echo)
if args.serve:
    print("port %d" % server.server_address[1], flush=True)
serving = threading.Thread(target=server.serve_forever)
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
    hello(socket.create_connection(server.server_address), number)


silent = socket.create_connection(server.server_address)
threads = [threading.Thread(target=client, args=(i,)) for i in range(1, args.clients)]
for t in threads:
    t.start()
for t in threads:
    t.join()
hello(silent, 0)  # connected first, it speaks last

if args.serve:
    serving.join()
server.shutdown()
server.server_close()
