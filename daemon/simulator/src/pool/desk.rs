//! The pool as a value: lines in, lines out, every share recomputed. Knows no socket.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use stratum::work::{Reason, Target};
use tokio::sync::{mpsc, oneshot};

use super::book::{Book, PoolShare};
use super::template::Templates;
use super::{PoolOptions, Workers};
use crate::random::Random;
use crate::work::{self, Job};

/// Jobs that a connection may still answer; shares for earlier ones name an unknown job.
const ISSUED_MAX: usize = 64;
/// How far ahead of its job a share's time may be, seconds (ckpool's limit).
const TIME_AHEAD_MAX: u32 = 7_000;

/// A line, and when it may leave.
pub(super) type Outgoing = (Instant, String);

/// Everything about a pool.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) options: PoolOptions,
    pub(super) book: Book,
    pub(super) switches: Switches,
    templates: Templates,
    random: Random,
    job: Option<Arc<Job>>,
    block: u64,
    extranonces: u64,
    connections: BTreeMap<u64, Connection>,
}

/// What goes wrong on purpose.
#[derive(Debug, Default)]
pub(super) struct Switches {
    /// Neither jobs nor answers; what comes in is dropped.
    pub(super) stalled: bool,
    /// Shares are judged and counted, but not answered.
    pub(super) mute: bool,
    /// This part of good shares is refused.
    pub(super) reject: f64,
    /// Everything is said so much later.
    pub(super) delay: Duration,
}

/// One client.
#[derive(Debug)]
struct Connection {
    out: mpsc::Sender<Outgoing>,
    /// Dropped together with the connection, which ends its task.
    _alive: oneshot::Sender<()>,
    subscribed: bool,
    users: Vec<String>,
    extranonce_1: Vec<u8>,
    extranonce_2_size: usize,
    difficulty: f64,
    mask: Option<u32>,
    issued: VecDeque<Issued>,
}

/// A job as one client was given it: judged by this, whatever changed since.
#[derive(Debug)]
struct Issued {
    job: Arc<Job>,
    block: u64,
    extranonce_1: Vec<u8>,
    extranonce_2_size: usize,
    difficulty: f64,
    target: Target,
    mask: Option<u32>,
}

impl Desk {
    pub(super) fn new(options: PoolOptions) -> Desk {
        Desk {
            templates: Templates::new(options.seed, &options.name, options.branch_len),
            random: Random::new(options.seed ^ 0x005e_ed0f_a900),
            book: Book::new(options.keeps_shares),
            switches: Switches::default(),
            job: None,
            block: 0,
            extranonces: 0,
            connections: BTreeMap::new(),
            options,
        }
    }

    /// A client has connected. Gives its number.
    pub(super) fn connected(&mut self, out: mpsc::Sender<Outgoing>, alive: oneshot::Sender<()>) -> u64 {
        self.book.counts.connections_total += 1;
        let id = self.book.counts.connections_total;
        let connection = Connection {
            out,
            _alive: alive,
            subscribed: false,
            users: Vec::new(),
            extranonce_1: self.extranonce_1(),
            extranonce_2_size: self.options.extranonce_2_size,
            difficulty: self.options.difficulty,
            mask: None,
            issued: VecDeque::new(),
        };
        self.connections.insert(id, connection);
        self.book.counts.connections = self.connections.len();
        id
    }

    /// A client is gone, or is to go.
    pub(super) fn gone(&mut self, id: u64) {
        self.connections.remove(&id);
        self.book.counts.connections = self.connections.len();
    }

    /// All clients are to go.
    pub(super) fn drop_all(&mut self) {
        self.connections.clear();
        self.book.counts.connections = 0;
    }

    /// Never the same twice, while there are fewer than values.
    fn extranonce_1(&mut self) -> Vec<u8> {
        self.extranonces += 1;
        let bytes = (self.random.next() << 24 | self.extranonces & 0xff_ffff).to_be_bytes();
        let size = self.options.extranonce_1_size;
        // A long one is padded in front, a short one keeps its fast end.
        let mut value = vec![0xa5; size.saturating_sub(8)];
        value.extend(&bytes[8 - size.min(8)..]);
        value
    }

    /// Handles a line. False when the client is to be dropped.
    pub(super) fn on_line(&mut self, id: u64, line: &[u8]) -> bool {
        if self.switches.stalled {
            self.book.counts.unheard += 1;
            let is_share = line.windows(15).any(|part| part == b"\"mining.submit\"");
            self.book.counts.unheard_shares += u64::from(is_share);
            return true;
        }
        let Some(request) = serde_json::from_slice::<Map<String, Value>>(line).ok() else {
            self.book.counts.bad_lines += 1;
            return false;
        };
        let Some(method) = request.get("method").and_then(Value::as_str) else { return true };
        let request_id = request.get("id").cloned().unwrap_or(Value::Null);
        let none = Vec::new();
        let params = request.get("params").and_then(Value::as_array).unwrap_or(&none);
        match method {
            "mining.configure" => self.configure(id, request_id, params),
            "mining.subscribe" => self.subscribe(id, request_id),
            "mining.authorize" => self.authorize(id, request_id, params),
            "mining.submit" => self.submit(id, request_id, params),
            "mining.extranonce.subscribe" => self.say(id, answer(request_id, json!(true))),
            "mining.suggest_difficulty" => self.say(id, answer(request_id, json!(true))),
            _ => self.say(id, refusal(request_id, 20, "Not supported.")),
        }
        true
    }

    fn configure(&mut self, id: u64, request: Value, params: &[Value]) {
        let mut result = Map::new();
        let granted = self.options.version_mask;
        let wanted = params.get(1).and_then(|v| v.get("version-rolling.mask")).and_then(Value::as_str);
        for name in params.first().and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            let Some(mask) = granted.filter(|_| name == "version-rolling") else {
                result.insert(name.to_owned(), json!(false));
                continue;
            };
            let mask = mask & wanted.and_then(work::number).unwrap_or(u32::MAX);
            result.insert("version-rolling".to_owned(), json!(true));
            result.insert("version-rolling.mask".to_owned(), json!(format!("{mask:08x}")));
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.mask = Some(mask);
            }
        }
        self.say(id, answer(request, Value::Object(result)));
    }

    fn subscribe(&mut self, id: u64, request: Value) {
        let session = format!("{:016x}", self.random.next());
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.subscribed = true;
        let result = json!([
            [["mining.set_difficulty", session], ["mining.notify", session]],
            work::hex(&connection.extranonce_1),
            connection.extranonce_2_size
        ]);
        self.say(id, answer(request, result));
        if self.options.jobs_before_authorize {
            self.start_work(id);
        }
    }

    fn authorize(&mut self, id: u64, request: Value, params: &[Value]) {
        let user = params.first().and_then(Value::as_str).unwrap_or_default().to_owned();
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let another = connection.users.first().is_some_and(|first| *first != user);
        if another && self.options.workers != Workers::Several {
            self.book.counts.workers_refused += 1;
            if self.options.workers == Workers::RefusesSecond {
                self.say(id, refusal(request, 24, "Only one worker per connection"));
            }
            return;
        }
        if !connection.users.contains(&user) {
            connection.users.push(user);
        }
        let (first, subscribed) = (connection.issued.is_empty(), connection.subscribed);
        self.say(id, answer(request, json!(true)));
        if first && subscribed {
            self.start_work(id);
        }
    }

    fn submit(&mut self, id: u64, request: Value, params: &[Value]) {
        let Some(connection) = self.connections.get(&id) else { return };
        let text = |at: usize| params.get(at).and_then(Value::as_str).unwrap_or_default();
        let issued = connection.issued.iter().rfind(|issued| issued.job.id == text(1));
        let (verdict, hash) = match issued {
            _ if !connection.subscribed => (Err(Reason::NotSubscribed), [0; 32]),
            _ if !connection.users.iter().any(|user| user == text(0)) => (Err(Reason::Unauthorized), [0; 32]),
            None => (Err(Reason::UnknownJob), [0; 32]),
            Some(issued) => self.judge(issued, params),
        };
        let verdict = match verdict {
            Ok(()) if self.random.fraction() < self.switches.reject => Err(Reason::Other),
            verdict => verdict,
        };
        let share = PoolShare {
            hash,
            at: Instant::now(),
            user: text(0).to_owned(),
            connection: id,
            job: text(1).to_owned(),
            difficulty: issued.map_or(0.0, |issued| issued.difficulty),
            verdict,
        };
        let block = self.block;
        self.book.enter(share, block);
        if self.switches.mute {
            self.book.counts.unanswered += 1;
            return;
        }
        self.say(
            id,
            match verdict {
                Ok(()) => answer(request, json!(true)),
                Err(reason) => refusal(request, reason.code(), reason.text()),
            },
        );
    }

    /// Recomputes a share in full.
    fn judge(&self, issued: &Issued, params: &[Value]) -> (Result<(), Reason>, [u8; 32]) {
        let text = |at: usize| params.get(at).and_then(Value::as_str);
        let fields = || Some((work::unhex(text(2)?)?, work::number(text(3)?)?, work::number(text(4)?)?));
        let Some((extranonce_2, time, nonce)) = fields() else { return (Err(Reason::Malformed), [0; 32]) };
        let version = match (params.get(5), issued.mask) {
            (None, _) => issued.job.version,
            (Some(_), None) => return (Err(Reason::VersionBits), [0; 32]),
            (Some(bits), Some(mask)) => match bits.as_str().and_then(work::number) {
                Some(bits) if bits & !mask == 0 => (issued.job.version & !mask) | bits,
                _ => return (Err(Reason::VersionBits), [0; 32]),
            },
        };
        if extranonce_2.len() != issued.extranonce_2_size {
            return (Err(Reason::ExtranonceSize), [0; 32]);
        }
        let extranonce = [issued.extranonce_1.as_slice(), &extranonce_2].concat();
        let hash = work::hash(&issued.job.header(&extranonce, version, time, nonce));
        let verdict = if issued.block != self.block {
            Err(Reason::Stale)
        } else if time < issued.job.time || time > issued.job.time.saturating_add(TIME_AHEAD_MAX) {
            Err(Reason::TimeOutOfRange)
        } else if self.book.knows(&hash) {
            Err(Reason::Duplicate)
        } else if work::meets(&hash, issued.target) {
            Ok(())
        } else {
            Err(Reason::LowDifficulty)
        };
        (verdict, hash)
    }

    /// Makes a job and hands it to everybody; on a new block, earlier work is void.
    pub(super) fn new_job(&mut self, new_block: bool, time: u32) {
        if self.switches.stalled {
            return;
        }
        if new_block {
            self.block += 1;
            self.templates.next_block();
        }
        let size = self.options.extranonce_1_size + self.options.extranonce_2_size;
        self.job = Some(Arc::new(self.templates.job(size, time, new_block)));
        self.book.counts.jobs += 1;
        for id in self.working() {
            self.notify(id, new_block);
        }
    }

    /// Asks for another difficulty, from a new job on.
    pub(super) fn set_difficulty(&mut self, difficulty: f64, time: u32) {
        self.options.difficulty = difficulty;
        for id in self.working() {
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.difficulty = difficulty;
            }
            self.say(id, notice("mining.set_difficulty", json!([difficulty])));
        }
        self.new_job(false, time);
    }

    /// Gives everybody another extranonce, from a new clean job on.
    pub(super) fn set_extranonce(&mut self, size_1: usize, size_2: usize, time: u32) {
        (self.options.extranonce_1_size, self.options.extranonce_2_size) = (size_1, size_2);
        for id in self.connections.keys().copied().collect::<Vec<_>>() {
            let extranonce_1 = self.extranonce_1();
            let Some(connection) = self.connections.get_mut(&id) else { continue };
            connection.extranonce_1 = extranonce_1;
            connection.extranonce_2_size = size_2;
            if connection.subscribed {
                let params = json!([work::hex(&connection.extranonce_1), size_2]);
                self.say(id, notice("mining.set_extranonce", params));
            }
        }
        self.new_job(true, time);
    }

    /// Allows other version bits to those who roll, from a new job on.
    pub(super) fn set_version_mask(&mut self, mask: u32, time: u32) {
        self.options.version_mask = Some(mask);
        for id in self.working() {
            let Some(connection) = self.connections.get_mut(&id) else { continue };
            if connection.mask.is_some() {
                connection.mask = Some(mask);
                self.say(id, notice("mining.set_version_mask", json!([format!("{mask:08x}")])));
            }
        }
        self.new_job(false, time);
    }

    /// Sends a notice to everybody.
    pub(super) fn tell(&mut self, method: &str, params: &Value) {
        for id in self.connections.keys().copied().collect::<Vec<_>>() {
            self.say(id, notice(method, params.clone()));
        }
    }

    fn working(&self) -> Vec<u64> {
        self.connections.iter().filter(|(_, c)| !c.issued.is_empty()).map(|(id, _)| *id).collect()
    }

    /// The first difficulty and job of a connection.
    fn start_work(&mut self, id: u64) {
        let difficulty = self.connections.get(&id).map(|connection| connection.difficulty);
        self.say(id, notice("mining.set_difficulty", json!([difficulty])));
        self.notify(id, true);
    }

    fn notify(&mut self, id: u64, clean: bool) {
        let Some(job) = self.job.clone() else { return };
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let difficulty = connection.difficulty;
        connection.issued.push_back(Issued {
            job: job.clone(),
            block: self.block,
            extranonce_1: connection.extranonce_1.clone(),
            extranonce_2_size: connection.extranonce_2_size,
            difficulty,
            target: work::target(difficulty).unwrap_or(Target::MAX),
            mask: connection.mask,
        });
        if connection.issued.len() > ISSUED_MAX {
            connection.issued.pop_front();
        }
        self.say(id, notice("mining.notify", job.params(clean)));
    }

    /// Puts a line on its way. A client that does not read is dropped.
    fn say(&mut self, id: u64, line: Value) {
        let Some(connection) = self.connections.get(&id) else { return };
        if self.switches.stalled {
            return;
        }
        let due = Instant::now() + self.switches.delay;
        if connection.out.try_send((due, format!("{line}\n"))).is_err() {
            tracing::warn!(pool = %self.options.name, connection = id, "client does not read, dropped");
            self.gone(id);
        }
    }
}

fn answer(id: Value, result: Value) -> Value {
    json!({ "id": id, "result": result, "error": null })
}

fn refusal(id: Value, code: i32, text: &str) -> Value {
    json!({ "id": id, "result": null, "error": [code, text, null] })
}

fn notice(method: &str, params: Value) -> Value {
    json!({ "id": null, "method": method, "params": params })
}
