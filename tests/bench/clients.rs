//! Many clients in one process. They do not search: at the bench's difficulty every nonce is a share.

use std::net::SocketAddr;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::roles::is_told_something;
use crate::say;

/// Nanoseconds since the Unix epoch: a clock that processes share.
pub(crate) fn nanos() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_nanos() as f64)
}

struct Client {
    stream: BufReader<TcpStream>,
    line: String,
    user: String,
    extranonce_2: String,
    job: String,
    time: String,
    nonce: u32,
}

impl Client {
    /// Connects, signs in, and waits for the first job.
    async fn enter(address: SocketAddr, number: usize) -> Client {
        let stream = TcpStream::connect(address).await.expect("somebody listens");
        let _ = stream.set_nodelay(true);
        let mut client = Client {
            stream: BufReader::with_capacity(4_096, stream),
            line: String::new(),
            user: format!("bench.c-{number}"),
            extranonce_2: String::new(),
            job: String::new(),
            time: String::new(),
            nonce: 0,
        };
        client.send("{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"bench/1\"]}\n").await;
        let authorize =
            format!("{{\"id\":2,\"method\":\"mining.authorize\",\"params\":[\"{}\",\"x\"]}}\n", client.user);
        client.send(&authorize).await;
        while client.job.is_empty() {
            let message = client.hear().await;
            if message["id"] == 1 {
                let size = message["result"][2].as_u64().expect("a size");
                client.extranonce_2 = "00".repeat(size as usize);
            }
            client.note_job(&message);
        }
        client
    }

    fn note_job(&mut self, message: &Value) -> bool {
        let is_job = message["method"] == "mining.notify";
        if is_job {
            self.job = message["params"][0].as_str().expect("a job has an id").to_owned();
            self.time = message["params"][7].as_str().expect("and a time").to_owned();
        }
        is_job
    }

    async fn send(&mut self, text: &str) {
        self.stream.get_mut().write_all(text.as_bytes()).await.expect("the other side is there");
    }

    async fn hear(&mut self) -> Value {
        self.line.clear();
        let read = self.stream.read_line(&mut self.line).await.expect("the other side is there");
        assert!(read > 0, "the connection was closed");
        serde_json::from_str(&self.line).expect("lines are JSON")
    }

    fn share(&mut self) -> String {
        self.nonce += 1;
        format!(
            "{{\"id\":{},\"method\":\"mining.submit\",\"params\":[\"{}\",\"{}\",\"{}\",\"{}\",\"{:08x}\"]}}\n",
            self.nonce + 10,
            self.user,
            self.job,
            self.extranonce_2,
            self.time,
            self.nonce
        )
    }

    /// Waits for the answers to so many shares.
    async fn answers(&mut self, mut count: usize) {
        while count > 0 {
            let message = self.hear().await;
            if message["id"].as_u64().is_some_and(|id| id > 10) {
                assert_eq!(message["result"], true, "a share was refused: {message}");
                count -= 1;
            }
        }
    }
}

/// Does one of the measurements, and says what it found.
pub(crate) async fn run(address: SocketAddr, count: usize, what: &str, shares: usize) {
    let mut clients = Vec::with_capacity(count);
    for number in 0..count {
        clients.push(Client::enter(address, number).await);
    }
    say("ready");
    match what {
        "latency" => latency(clients, shares).await,
        "throughput" => throughput(clients, shares).await,
        "fanout" => fan_out(clients).await,
        _ => panic!("clients cannot do {what}"),
    }
}

async fn latency(mut clients: Vec<Client>, shares: usize) {
    let mut micros = Vec::with_capacity(clients.len() * shares);
    for _ in 0..shares {
        for client in &mut clients {
            let share = client.share();
            let begun = Instant::now();
            client.send(&share).await;
            client.answers(1).await;
            micros.push(begun.elapsed().as_secs_f64() * 1e6);
        }
    }
    micros.sort_by(f64::total_cmp);
    say(&format!("{} {}", micros[micros.len() / 2], micros[micros.len() * 99 / 100]));
}

async fn throughput(clients: Vec<Client>, shares: usize) {
    let total = clients.len() * shares;
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for mut client in clients {
        let all: String = (0..shares).map(|_| client.share()).collect();
        tasks.spawn(async move {
            client.send(&all).await;
            client.answers(shares).await;
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("every share is accepted");
    }
    say(&format!("{}", total as f64 / begun.elapsed().as_secs_f64()));
}

/// For each line from the parent: waits until every client has a new clean job, and says when the first,
/// the middle and the last one had it.
async fn fan_out(mut clients: Vec<Client>) {
    while is_told_something().await {
        let mut tasks = JoinSet::new();
        for mut client in clients.drain(..) {
            tasks.spawn(async move {
                loop {
                    client.line.clear();
                    let read = client.stream.read_line(&mut client.line).await;
                    assert!(matches!(read, Ok(1..)), "the connection was closed");
                    let at = nanos();
                    // Looked at, not parsed: ten thousand clients share these two cores with what is measured.
                    if client.line.contains("mining.notify") && client.line.trim_end().ends_with("true]}") {
                        return (client, at);
                    }
                }
            });
        }
        tokio::task::yield_now().await;
        say("armed");
        let mut times = Vec::new();
        while let Some(done) = tasks.join_next().await {
            let (client, at) = done.expect("every client gets the job");
            clients.push(client);
            times.push(at);
        }
        times.sort_by(f64::total_cmp);
        say(&format!("{} {} {}", times[0], times[times.len() / 2], times[times.len() - 1]));
    }
}
