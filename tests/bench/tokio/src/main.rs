// SPDX-License-Identifier: MIT

//! weft-bench-tokio serves echoes, as weft-bench --serve does: PEER tcp|udp CONNECTIONS.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

/// What a server reads at most in one go: NET_PIECE in net.h.
const PIECE: usize = 65536;

async fn echo(mut stream: TcpStream) {
    let mut buffer = Vec::with_capacity(PIECE); // not zeroed: only touched where it is used
    while let Ok(1..) = stream.read_buf(&mut buffer).await {
        if stream.write_all(&buffer).await.is_err() {
            return;
        }
        buffer.clear();
    }
}

async fn serve_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    println!("{}", listener.local_addr().expect("a port").port());
    loop {
        let (stream, _) = listener.accept().await.expect("accept");
        stream.set_nodelay(true).expect("set_nodelay");
        tokio::spawn(echo(stream));
    }
}

async fn serve_udp() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("bind");
    println!("{}", socket.local_addr().expect("a port").port());
    let mut buffer = vec![0u8; PIECE];
    loop {
        let (got, sender) = socket.recv_from(&mut buffer).await.expect("recv_from");
        socket.send_to(&buffer[..got], sender).await.expect("send_to");
    }
}

/// The crate as the lock file has it.
fn version() -> &'static str {
    let entry = include_str!("../Cargo.lock").split_once("name = \"tokio\"\nversion = \"");
    entry.and_then(|(_, rest)| rest.split_once('"')).map_or("", |(version, _)| version)
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    if words.get(1).map(String::as_str) == Some("--version") {
        println!("tokio {}", version());
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let runtime = runtime.expect("a runtime");
    match words.get(3).map(String::as_str) {
        Some("udp") => runtime.block_on(serve_udp()),
        _ => runtime.block_on(serve_tcp()),
    }
}
