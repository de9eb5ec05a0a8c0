# SPDX-License-Identifier: MIT
"""UDP, the client."""
import socket
import sys

sys.path.insert(0, sys.path[0] + "/..")
import support

args = support.options("Sends a datagram, prints the answer.",
                       host=(support.host, "127.0.0.1", "where the server is"),
                       port=(support.port, 8080, "its port"),
                       message=(support.text, "This is Python", "what to send"))
family, ADDRESS = support.resolve(args.host, args.port, socket.SOCK_DGRAM)

ss = socket.socket(family, type=socket.SOCK_DGRAM)
ss.settimeout(10)  # the course would wait for ever for a datagram that was lost
ss.sendto(args.message.encode("utf-8", "surrogateescape"), ADDRESS)
msg, add = ss.recvfrom(1024)
print(support.printable(msg.decode('utf-8')), add)
ss.close()
