//! A miner spoken by hand: one connection, one line at a time.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::SOON;

/// A connection to a hub.
#[derive(Debug)]
pub struct Wire {
    stream: BufReader<TcpStream>,
    next_id: u64,
}

impl Wire {
    /// Connects.
    pub async fn to(hub: SocketAddr) -> Wire {
        Self::from("127.0.0.1", hub).await
    }

    /// Connects from one of this machine's addresses, such as `127.0.0.2`.
    pub async fn from(own: &str, hub: SocketAddr) -> Wire {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket
            .bind(SocketAddr::new(own.parse().expect("an address"), 0))
            .expect("an address of this machine");
        let stream = timeout(SOON, socket.connect(hub)).await.expect("in time").expect("the hub listens");
        Wire { stream: BufReader::new(stream), next_id: 1 }
    }

    /// Sends bytes as they are. False once the hub has closed.
    pub async fn raw(&mut self, bytes: &[u8]) -> bool {
        matches!(timeout(SOON, self.stream.get_mut().write_all(bytes)).await, Ok(Ok(())))
    }

    /// Sends a request and returns its id.
    pub async fn say(&mut self, method: &str, params: Value) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.raw(format!("{}\n", json!({ "id": id, "method": method, "params": params })).as_bytes()).await;
        id
    }

    /// The next line, `None` once the hub has closed. Panics if neither comes.
    pub async fn hear(&mut self) -> Option<Value> {
        let mut line = String::new();
        let read = timeout(SOON, self.stream.read_line(&mut line)).await.expect("a line or the end in time");
        match read {
            Ok(1..) => Some(serde_json::from_str(&line).expect("the hub writes JSON")),
            Ok(0) | Err(_) => None,
        }
    }

    /// Asks, and returns the answer to that request; `None` when the hub closes instead.
    pub async fn ask(&mut self, method: &str, params: Value) -> Option<Value> {
        let id = self.say(method, params).await;
        loop {
            let line = self.hear().await?;
            if line["id"] == id && line.get("method").is_none() {
                return Some(line);
            }
        }
    }

    /// Whether the hub closes the connection within `limit`, whatever it says before.
    pub async fn is_closed_within(&mut self, limit: Duration) -> bool {
        let end = async {
            let mut line = Vec::new();
            while matches!(self.stream.read_until(b'\n', &mut line).await, Ok(1..)) {
                line.clear();
            }
        };
        timeout(limit, end).await.is_ok()
    }

    /// Introduces itself; returns the answer to authorize.
    pub async fn sign_in(&mut self, user: &str) -> Option<Value> {
        self.ask("mining.subscribe", json!(["by-hand/1"])).await?;
        self.ask("mining.authorize", json!([user, "x"])).await
    }
}
