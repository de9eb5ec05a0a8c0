// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"net"
	"os"
)

// What a server reads at most in one go: NET_PIECE in net.h.
const piece = 65536

func echo(c net.Conn) {
	defer c.Close()
	buffer := make([]byte, piece)
	for {
		got, err := c.Read(buffer)
		if err != nil {
			return
		}
		if _, err = c.Write(buffer[:got]); err != nil {
			return
		}
	}
}

func need(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "weft-bench-go:", err)
		os.Exit(1)
	}
}

func serveTCP() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	need(err)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	for {
		c, err := listener.Accept()
		need(err)
		go echo(c)
	}
}

func serveUDP() {
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	need(err)
	fmt.Println(socket.LocalAddr().(*net.UDPAddr).Port)
	buffer := make([]byte, piece)
	for {
		got, sender, err := socket.ReadFromUDPAddrPort(buffer)
		need(err)
		_, err = socket.WriteToUDPAddrPort(buffer[:got], sender)
		need(err)
	}
}

// serve is weft-bench --serve PEER KIND CONNECTIONS: until it is killed.
func serve(kind string) {
	if kind == "udp" {
		serveUDP()
	}
	serveTCP()
}
