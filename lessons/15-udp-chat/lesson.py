# SPDX-License-Identifier: MIT
"""A chat over UDP, GBK on the wire."""
import socket
import struct
import sys
import threading

sys.path.insert(0, sys.path[0] + "/..")
import support

args = support.options("A chat for two, or for a group; --lang zh or en.",
                       port=(support.own_port, 8081, "0: a free one, printed"),
                       group=(support.host, None, "many chat, such as 239.1.2.3"),
                       interface=(support.count, 0, "of the group; 1: this machine"),
                       name=(support.text, None, "put before each message"),
                       peer_host=(support.host, None, "instead of asking"),
                       peer_port=(support.port, None, "instead of asking"))


def ask(chinese, english):
    return input(support.say(args.lang, chinese, english))


def send_msg(udp_socket, dest_ip, dest_port):
    while True:
        send_data = ask("请输入您要发送的消息:", "Your message:")
        if send_data == "exit":
            break
        if args.name:
            send_data = args.name + ": " + send_data
        udp_socket.sendto(send_data.encode("gbk", "replace"), (dest_ip, dest_port))


def recv_msg(udp_socket):
    while True:
        recv_data, ip_port = udp_socket.recvfrom(1024)
        recv_content = support.printable(recv_data.decode("gbk", "replace"))
        print(">>>%s:%s\n" % (str(ip_port), recv_content), end="", flush=True)


if __name__ == '__main__':
    udp_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    if args.group:  # several members may be on this machine
        udp_socket.setsockopt(socket.SOL_SOCKET, getattr(
            socket, "SO_REUSEPORT", socket.SO_REUSEADDR), 1)
    udp_socket.bind(("", args.port))
    support.tell_port(udp_socket, args.port)

    if args.group:
        group = socket.inet_aton(socket.gethostbyname(args.group))
        here = struct.pack("4si", socket.inet_aton("0.0.0.0"), args.interface)
        udp_socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group + here)
        udp_socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, group + here)

    recv_thread = threading.Thread(target=recv_msg, args=(udp_socket,), daemon=True)
    recv_thread.start()

    try:
        dest_ip = args.group or args.peer_host or support.checked(
            support.host, ask("请输入对方的ip地址:", "Their IP address:"))
        dest_port = args.group and udp_socket.getsockname()[1] or args.peer_port or support.checked(
            support.port, ask("请输入对方的端口号:", "Their port:"))
        send_msg(udp_socket, dest_ip, dest_port)
    except (EOFError, RuntimeError):
        pass  # no more input, or none at all: the same as exit

    udp_socket.close()
