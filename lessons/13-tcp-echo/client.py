# SPDX-License-Identifier: MIT
"""TCP, the client: start the server first."""
import socket
import sys

sys.path.insert(0, sys.path[0] + "/..")
import support

args = support.options("Sends a message, prints the answer.",
                       host=(support.host, "127.0.0.1", "where the server is"),
                       port=(support.port, 8080, "its port"),
                       message=(support.text, "This is Python", "what to send"))

ss = socket.create_connection((args.host, args.port))
ss.sendall(args.message.encode("utf-8", "surrogateescape"))
res = ss.recv(1024)
print(res)
ss.close()
