# SPDX-License-Identifier: MIT
"""What the Python twins of the lessons share, as support.c does for C: options
with the same names and the same answers to wrong ones, a server to fetch from,
and text that is safe to show."""
import argparse
import http.server
import os
import re
import socket
import sys
import threading
import time
import urllib.parse

for stream in (sys.stdin, sys.stdout, sys.stderr):
    if stream is not None:
        stream.reconfigure(encoding="utf-8", errors="replace")


class Parser(argparse.ArgumentParser):
    """One line for what is wrong, and exit code 2."""

    def error(self, message):
        self.exit(2, "%s: %s\n" % (self.prog, message))


def number(least, most, what="a whole number"):
    def read(text):
        if not re.fullmatch("[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(
                "%s: must be %s, %d to %d" % (text, what, least, most))
        return int(text)
    return read


count = number(1, 10000)
workers = number(1, 100)
port = number(1, 65535, "a port")
own_port = number(0, 65535, "a port")


def seconds(text):
    if not re.fullmatch(r"[0-9]+\.?[0-9]*|\.[0-9]+", text) or float(text) > 3600:
        raise argparse.ArgumentTypeError(
            "%s: must be seconds, 0 to 3600, such as 0.5" % text)
    return float(text)


def host(text):
    try:
        if not text:
            raise OSError("a host must not be empty")
        socket.getaddrinfo(text, None)
    except (OSError, UnicodeError) as error:
        raise argparse.ArgumentTypeError("%s: %s" % (text, error))
    return text


def url(text):
    try:
        parts = urllib.parse.urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname \
                or re.search("[\x00-\x20\x7f]", text) or parts.port == 0:
            raise ValueError("not a URL of http or https")
        socket.getaddrinfo(parts.hostname, None)
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError("%s: %s" % (text, error))
    return text


def text(value):
    if not 1 <= len(value.encode("utf-8", "surrogateescape")) <= 1000:
        raise argparse.ArgumentTypeError("must be 1 to 1000 bytes")
    return value


def options(about, **table):
    """Each keyword is an option, (kind, default, help); a kind of bool is a flag."""
    parser = Parser(description=about, allow_abbrev=False)
    table["lang"] = (None, None, "zh or en, what it asks in")
    for name, (kind, default, meaning) in table.items():
        name = "--" + name.replace("_", "-")
        if kind is bool:
            parser.add_argument(name, action="store_true", help=meaning)
        elif kind is None:
            parser.add_argument(name, choices=("zh", "en"), help=meaning)
        else:
            parser.add_argument(name, type=kind, default=default, metavar="...",
                                help="%s (%s)" % (meaning, default))
    return parser.parse_args()


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = b"<!doctype html><title>weft</title>\n"
        lines = b"<p>warp</p>\n", b"<p>weft</p>\n", b"<p>warp</p>\n"
        n = int(self.path[1:]) if re.fullmatch("/[1-9]", self.path) else 0
        time.sleep(n * 0.1 if n else 0.01)  # as if it were in the same town
        if n:
            page = b"".join(lines[:n]) if n <= 3 else b""
        self.send_response(404 if n > 3 else 200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, *_):  # a client that gave up
        pass


def serve(named):
    """The URL that was named, or one of a small server inside this program."""
    if named:
        return named
    server = Server(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d/" % server.server_address[1]


def tell_port(ss, asked):
    if asked == 0:
        print("port %d" % ss.getsockname()[1], flush=True)


def resolve(name, port_number, kind):
    """The family and address of a host."""
    found = socket.getaddrinfo(name, port_number, type=kind)[0]
    return found[0], found[4]


def printable(shown):
    """Control characters as \\x1b: what comes from outside may not command the
    terminal."""
    hide = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
    return hide.sub(lambda found: repr(found.group())[1:-1], shown)


def say(lang, chinese, english):
    if lang is None:
        for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
            if os.environ.get(variable):
                lang = os.environ[variable][:2]
                break
    return chinese if lang == "zh" else english


def checked(kind, value):
    """The value of an answer, checked like that of an option."""
    try:
        return kind(value)
    except argparse.ArgumentTypeError as error:
        print("%s: %s" % (os.path.basename(sys.argv[0]), error), file=sys.stderr,
              flush=True)
        os._exit(2)  # other threads may be waiting
