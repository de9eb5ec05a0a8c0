// SPDX-License-Identifier: MIT

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};

/// What a server reads at most in one go: NET_PIECE in net.h.
const PIECE: usize = 65536;

fn echo(mut stream: TcpStream) {
    let mut buffer = vec![0u8; PIECE];
    while let Ok(got @ 1..) = stream.read(&mut buffer) {
        if stream.write_all(&buffer[..got]).is_err() {
            return;
        }
    }
}

fn serve_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    println!("{}", listener.local_addr().expect("a port").port());
    loop {
        let (stream, _) = listener.accept().expect("accept");
        stream.set_nodelay(true).expect("set_nodelay");
        std::thread::spawn(move || echo(stream));
    }
}

fn serve_udp() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("bind");
    println!("{}", socket.local_addr().expect("a port").port());
    let mut buffer = vec![0u8; PIECE];
    loop {
        let (got, sender) = socket.recv_from(&mut buffer).expect("recv_from");
        socket.send_to(&buffer[..got], sender).expect("send_to");
    }
}

/// weft-bench --serve PEER KIND CONNECTIONS: until it is killed.
pub fn serve(kind: &str) {
    if kind == "udp" {
        serve_udp();
    }
    serve_tcp();
}
