# SPDX-License-Identifier: MIT
"""Serves echoes, as weft-bench --serve does: PEER tcp|udp CONNECTIONS."""

import asyncio
import platform
import resource
import socket
import socketserver
import sys

PIECE = 65536
LOOPBACK = ("127.0.0.1", 0)


def say_port(address):
    print(address[1], flush=True)


class Stream(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class Datagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, sender):
        self.transport.sendto(data, sender)


async def serve_asyncio(kind):
    loop = asyncio.get_running_loop()
    if kind == "udp":
        transport, _ = await loop.create_datagram_endpoint(Datagrams, LOOPBACK)
        say_port(transport.get_extra_info("sockname"))
    else:
        server = await loop.create_server(Stream, *LOOPBACK, backlog=4096)
        say_port(server.sockets[0].getsockname())
    await asyncio.Event().wait()


class StreamHandler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := self.request.recv(PIECE):
            self.request.sendall(data)


class DatagramHandler(socketserver.BaseRequestHandler):
    def handle(self):
        data, answers = self.request
        answers.sendto(data, self.client_address)


class Threads(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 4096


def serve_socketserver(kind):
    make, handler = (
        (socketserver.UDPServer, DatagramHandler) if kind == "udp" else (Threads, StreamHandler)
    )
    with make(LOOPBACK, handler) as server:
        say_port(server.server_address)
        server.serve_forever()


def main():
    if sys.argv[1] == "--version":
        print("CPython", platform.python_version())
        return
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    peer, kind = sys.argv[2:4]
    if peer == "python-asyncio":
        asyncio.run(serve_asyncio(kind))
    else:
        serve_socketserver(kind)


main()
