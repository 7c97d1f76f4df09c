//! Many clients in one process. They do not search: at the bench's difficulty every nonce is a share.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

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

pub(crate) struct Client {
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
        Self::enter_on(TcpStream::connect(address).await.expect("somebody listens"), number).await
    }

    /// The same on a connection that is there.
    pub(crate) async fn enter_on(stream: TcpStream, number: usize) -> Client {
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

    /// Connects again, signs in, and waits for work; not done when anything of it fails.
    async fn enter_again(&mut self, address: SocketAddr) -> Result<(), ()> {
        let stream = TcpStream::connect(address).await.map_err(drop)?;
        let _ = stream.set_nodelay(true);
        self.stream = BufReader::with_capacity(4_096, stream);
        let text = format!(
            "{{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[]}}\n{{\"id\":2,\"method\":\"mining.authorize\",\"params\":[\"{}\",\"x\"]}}\n",
            self.user
        );
        self.stream.get_mut().write_all(text.as_bytes()).await.map_err(drop)?;
        loop {
            self.line.clear();
            match self.stream.read_line(&mut self.line).await {
                Ok(1..) if job_of(self.line.as_bytes()).is_some() => return Ok(()),
                Ok(1..) => {}
                _ => return Err(()),
            }
        }
    }

    fn note_job(&mut self, message: &Value) -> bool {
        let is_job = message["method"] == "mining.notify";
        if is_job {
            self.job = message["params"][0].as_str().expect("a job has an id").to_owned();
            self.time = message["params"][7].as_str().expect("and a time").to_owned();
        }
        is_job
    }

    /// Takes in what came meanwhile.
    pub(crate) async fn catch_up(&mut self) {
        while let Ok(message) = tokio::time::timeout(Duration::ZERO, self.hear()).await {
            self.note_job(&message);
        }
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.stream.get_mut().write_all(text.as_bytes()).await.expect("the other side is there");
    }

    async fn hear(&mut self) -> Value {
        self.line.clear();
        let read = self.stream.read_line(&mut self.line).await.expect("the other side is there");
        assert!(read > 0, "the connection was closed");
        serde_json::from_str(&self.line).expect("lines are JSON")
    }

    pub(crate) fn share(&mut self) -> String {
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
    pub(crate) async fn answers(&mut self, mut count: usize) {
        while count > 0 {
            let message = self.hear().await;
            self.note_job(&message);
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
        "rest" => rest(clients).await,
        "work" => work(clients, shares).await,
        "survive" => survive(address, clients).await,
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

/// What the miners of `work` and `survive` tell each other; all are on one thread.
#[derive(Default)]
struct Board {
    works: Cell<bool>,
    jobs: Cell<u64>,
    shares: Cell<u64>,
    lost: Cell<u64>,
}

/// Miners that read all that comes, and after the word `work` send so many shares a minute each. Counts jobs and
/// accepted shares, and says them when asked.
async fn work(clients: Vec<Client>, per_minute: usize) {
    let board = Rc::new(Board::default());
    let every = Duration::from_secs(60) / per_minute.max(1) as u32;
    let count = clients.len() as u32;
    let local = tokio::task::LocalSet::new();
    for (n, client) in clients.into_iter().enumerate() {
        local.spawn_local(mine(client, board.clone(), every, every * n as u32 / count));
    }
    local
        .run_until(async {
            while let Some(word) = told().await {
                match word.trim() {
                    "work" => {
                        board.works.set(true);
                        say("working");
                    }
                    "jobs" => say(&board.jobs.get().to_string()),
                    _ => say(&board.shares.get().to_string()),
                }
            }
        })
        .await;
}

async fn mine(mut client: Client, board: Rc<Board>, every: Duration, first: Duration) {
    let start = tokio::time::Instant::now() + first;
    let mut tick = tokio::time::interval_at(start, every);
    let mut line = Vec::with_capacity(256);
    loop {
        tokio::select! {
            read = client.stream.read_until(b'\n', &mut line) => {
                assert!(matches!(read, Ok(1..)), "the connection was closed");
                if let Some(job) = job_of(&line) {
                    (client.job, client.time) = job;
                    board.jobs.set(board.jobs.get() + 1);
                } else if line.windows(13).any(|part| part == b"\"result\":true") {
                    board.shares.set(board.shares.get() + 1);
                }
                line.clear();
            }
            _ = tick.tick() => if board.works.get() {
                let share = client.share();
                client.send(&share).await;
            }
        }
    }
}

/// Id and time of a job, found and not parsed: ten thousand clients share these cores with what is measured.
fn job_of(line: &[u8]) -> Option<(String, String)> {
    let text = std::str::from_utf8(line).ok()?;
    let (_, rest) = text.split_once("\"mining.notify\",\"params\":[\"")?;
    let job = rest.split('"').next()?;
    let time = rest.rsplit('"').nth(1)?;
    Some((job.to_owned(), time.to_owned()))
}

/// Miners that connect again when they are cut off. After a line from the parent: when half of them, and all of
/// them, had new work, and how many were cut off.
async fn survive(address: SocketAddr, clients: Vec<Client>) {
    let board = Rc::new(Board::default());
    let count = clients.len();
    let (news, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let local = tokio::task::LocalSet::new();
    for (n, mut client) in clients.into_iter().enumerate() {
        let (board, news) = (board.clone(), news.clone());
        local.spawn_local(async move {
            loop {
                client.line.clear();
                match client.stream.read_line(&mut client.line).await {
                    Ok(1..) => {
                        if board.works.get() && job_of(client.line.as_bytes()).is_some() {
                            let _ = news.send((n, nanos()));
                        }
                    }
                    _ => {
                        board.lost.set(board.lost.get() + 1);
                        while let Err(()) = client.enter_again(address).await {
                            tokio::time::sleep(Duration::from_millis(500)).await;
                        }
                        let _ = news.send((n, nanos()));
                    }
                }
            }
        });
    }
    local
        .run_until(async {
            told().await;
            board.works.set(true);
            say("armed");
            let mut first: std::collections::HashMap<usize, f64> = std::collections::HashMap::new();
            while first.len() < count
                && let Ok(Some((n, at))) = tokio::time::timeout(Duration::from_secs(120), heard.recv()).await
            {
                first.entry(n).or_insert(at);
            }
            assert_eq!(first.len(), count, "everybody has new work");
            let mut times: Vec<f64> = first.into_values().collect();
            times.sort_by(f64::total_cmp);
            say(&format!("{} {} {}", times[count / 2], times[count - 1], board.lost.get()));
            while told().await.is_some() {}
        })
        .await;
}

/// A line from the parent; none once it is gone.
async fn told() -> Option<String> {
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).ok().filter(|len| *len > 0).map(|_| line)
    });
    read.await.ok().flatten()
}

/// Reads what comes, and does nothing.
async fn rest(clients: Vec<Client>) {
    for mut client in clients {
        tokio::spawn(async move { tokio::io::copy(&mut client.stream, &mut tokio::io::sink()).await });
    }
    while is_told_something().await {}
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
