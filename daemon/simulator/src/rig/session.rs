//! One rig's conversation as a value: lines in, lines and work out. Knows no socket.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stratum::work::Target;

use super::bench::Core;
use super::counters::{Fate, RigShare};
use super::hands::{Found, Work};
use super::{RepeatedJob, RigOptions};
use crate::lock;
use crate::work::{self, Job};

/// Job ids that AxeOS remembers.
const RECENT_MAX: usize = 16;
/// The difficulty before the first `mining.set_difficulty`.
const DIFFICULTY_FIRST: f64 = 1.0;
/// The id of every request of a miner that has one only, as cpuminer's.
const ONE_ID: u64 = 4;

/// What the connection is to do after a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Go,
    /// Connect again, after this time.
    Again(Duration),
}

#[derive(Debug)]
pub(super) struct Session {
    options: RigOptions,
    core: Arc<Core>,
    connection: u64,
    next_id: u64,
    pending: VecDeque<Pending>,
    hello: VecDeque<Ask>,
    extranonce: Option<(Vec<u8>, usize)>,
    /// From the next job on.
    extranonce_next: Option<(Vec<u8>, usize)>,
    difficulty: f64,
    mask: Option<u32>,
    recent: VecDeque<String>,
    batch: Vec<Found>,
    pub(super) resume: Option<String>,
}

#[derive(Debug)]
struct Pending {
    id: u64,
    ask: Ask,
    at: Instant,
}

#[derive(Debug, Clone)]
enum Ask {
    Configure,
    Subscribe,
    Authorize,
    Extranonce,
    Submit { job: String, difficulty: f64, hash: [u8; 32] },
}

impl Session {
    pub(super) fn new(
        options: RigOptions,
        core: Arc<Core>,
        connection: u64,
        resume: Option<String>,
    ) -> Session {
        let mut hello = VecDeque::from([Ask::Subscribe, Ask::Authorize]);
        if options.version_mask.is_some() {
            hello.push_front(Ask::Configure);
        }
        if options.subscribes_extranonce {
            hello.push_back(Ask::Extranonce);
        }
        Session {
            options,
            core,
            connection,
            next_id: 0,
            pending: VecDeque::new(),
            hello,
            extranonce: None,
            extranonce_next: None,
            difficulty: DIFFICULTY_FIRST,
            mask: None,
            recent: VecDeque::new(),
            batch: Vec::new(),
            resume,
        }
    }

    /// The first lines: all of the handshake, or its beginning.
    pub(super) fn hello(&mut self, out: &mut Vec<u8>) {
        while let Some(ask) = self.hello.pop_front() {
            let (method, params) = self.words(&ask);
            self.request(ask, method, params, out);
            if !self.options.habits.pipelines {
                return;
            }
        }
    }

    fn words(&self, ask: &Ask) -> (&'static str, Value) {
        let options = &self.options;
        match ask {
            Ask::Configure => {
                let mask = format!("{:08x}", options.version_mask.unwrap_or_default());
                let params = json!({ "version-rolling.mask": mask, "version-rolling.min-bit-count": 2 });
                ("mining.configure", json!([["version-rolling"], params]))
            }
            Ask::Subscribe => match &self.resume {
                Some(session) if options.habits.resumes => {
                    ("mining.subscribe", json!([options.agent, session]))
                }
                _ => ("mining.subscribe", json!([options.agent])),
            },
            Ask::Authorize => ("mining.authorize", json!([options.user, options.password])),
            Ask::Extranonce | Ask::Submit { .. } => ("mining.extranonce.subscribe", json!([])),
        }
    }

    fn request(&mut self, ask: Ask, method: &str, params: Value, out: &mut Vec<u8>) {
        self.next_id += 1;
        let id = if self.options.habits.one_request_id && matches!(ask, Ask::Submit { .. }) {
            ONE_ID
        } else {
            self.next_id
        };
        let line = json!({ "id": id, "method": method, "params": params });
        out.extend(line.to_string().as_bytes());
        out.push(b'\n');
        self.pending.push_back(Pending { id, ask, at: Instant::now() });
    }

    /// Handles a line.
    pub(super) fn on_line(&mut self, line: &[u8], out: &mut Vec<u8>) -> Step {
        let Ok(message) = serde_json::from_slice::<Value>(line) else {
            tracing::warn!(rig = %self.options.user, "a line that is not JSON");
            return Step::Again(self.options.habits.retry_after);
        };
        let Some(method) = message["method"].as_str() else { return self.on_answer(&message, out) };
        let none = Vec::new();
        let params = message["params"].as_array().unwrap_or(&none);
        match method {
            "mining.notify" => self.on_notify(params),
            "mining.set_difficulty" => {
                if let Some(difficulty) = params.first().and_then(Value::as_f64) {
                    self.difficulty = difficulty;
                }
            }
            "mining.set_extranonce" if self.options.subscribes_extranonce => {
                let value = params.first().and_then(Value::as_str).and_then(work::unhex);
                let size = params.get(1).and_then(Value::as_u64).map(|size| size as usize);
                if let Some(value) = value {
                    let size = size.or(self.extranonce.as_ref().map(|(_, size)| *size)).unwrap_or(4);
                    self.extranonce_next = Some((value, size));
                }
            }
            "mining.set_version_mask" if self.mask.is_some() => {
                let mask = params.first().and_then(Value::as_str).and_then(work::number);
                self.mask = mask.map(|mask| mask & self.options.version_mask.unwrap_or(0)).or(self.mask);
            }
            "mining.ping" => {
                let pong = json!({ "id": message["id"], "result": "pong", "error": null });
                out.extend(format!("{pong}\n").as_bytes());
            }
            "client.get_version" => {
                let version = json!({ "id": message["id"], "result": self.options.agent, "error": null });
                out.extend(format!("{version}\n").as_bytes());
            }
            "client.reconnect" => {
                let wait = params.get(2).and_then(Value::as_u64).unwrap_or(0);
                return Step::Again(Duration::from_secs(wait));
            }
            _ => {}
        }
        Step::Go
    }

    fn on_answer(&mut self, message: &Value, out: &mut Vec<u8>) -> Step {
        let id = message["id"].as_u64();
        // Of several with the same id the oldest is meant: answers come in the order of the requests.
        let at = self.pending.iter().position(|pending| Some(pending.id) == id);
        let Some(pending) = at.and_then(|at| self.pending.remove(at)) else { return Step::Go };
        let good = message["error"].is_null() && !message["result"].is_null() && message["result"] != false;
        match pending.ask {
            Ask::Submit { job, difficulty, hash } => {
                let mut counters = lock(&self.core.counters);
                counters.waiting = counters.waiting.saturating_sub(1);
                counters.answered(pending.at.elapsed());
                let code = message["error"][0].as_i64().unwrap_or(0);
                if good {
                    counters.accepted += 1;
                    counters.difficulty += difficulty;
                } else {
                    counters.refused(code, &job, message["error"].to_string());
                }
                drop(counters);
                self.keep(hash, pending.at, if good { Fate::Accepted } else { Fate::Refused(code) });
                return Step::Go;
            }
            Ask::Configure => {
                let result = &message["result"];
                self.mask = (result["version-rolling"] == true)
                    .then(|| result["version-rolling.mask"].as_str().and_then(work::number))
                    .flatten();
            }
            Ask::Subscribe => {
                let result = &message["result"];
                let value = result[1].as_str().and_then(work::unhex);
                let size = result[2].as_u64().map(|size| size as usize);
                let (Some(value), Some(size)) = (value, size) else {
                    return Step::Again(self.options.habits.retry_after);
                };
                self.extranonce = Some((value, size));
                self.resume = result[0][0][1].as_str().or(result[0][1].as_str()).map(str::to_owned);
            }
            Ask::Authorize if good => lock(&self.core.counters).ready = true,
            Ask::Authorize => return Step::Again(self.options.habits.retry_after),
            Ask::Extranonce => {}
        }
        if !self.options.habits.pipelines {
            self.hello(out);
        }
        Step::Go
    }

    fn on_notify(&mut self, params: &[Value]) {
        let Some(job) = Job::read(params) else {
            lock(&self.core.counters).jobs_bad += 1;
            return;
        };
        {
            let mut counters = lock(&self.core.counters);
            counters.jobs += 1;
            counters.clean_jobs += u64::from(job.clean);
            if self.is_ignored(&job) {
                counters.jobs_ignored += 1;
                return;
            }
            if self.extranonce_next.is_some() {
                counters.extranonces += 1;
            }
        }
        if let Some(next) = self.extranonce_next.take() {
            self.extranonce = Some(next);
        }
        let Some((extranonce_1, extranonce_2_size)) = self.extranonce.clone() else { return };
        self.recent.push_back(job.id.clone());
        if self.recent.len() > RECENT_MAX {
            self.recent.pop_front();
        }
        lock(&self.core.counters).share_difficulty = self.difficulty;
        let clean = job.clean;
        let work = Work {
            connection: self.connection,
            job: Arc::new(job),
            extranonce_1,
            extranonce_2_size,
            difficulty: self.difficulty,
            target: work::target(self.difficulty).unwrap_or(Target([0; 32])),
            mask: self.mask,
        };
        lock(&self.core.hands).give(work, Instant::now() + self.options.habits.keeps_old_work, clean);
    }

    fn is_ignored(&self, job: &Job) -> bool {
        match self.options.habits.repeated_job {
            RepeatedJob::IsTaken => false,
            RepeatedJob::IsIgnoredIfLast => self.recent.back().is_some_and(|last| *last == job.id),
            RepeatedJob::IsIgnoredUnlessClean => !job.clean && self.recent.contains(&job.id),
        }
    }

    /// Handles a share that was found: it is sent, alone or with others.
    pub(super) fn on_found(&mut self, found: Found, batch: usize, out: &mut Vec<u8>) {
        if found.connection != self.connection {
            lock(&self.core.counters).unsent += 1;
            return;
        }
        self.batch.push(found);
        if self.batch.len() < batch {
            lock(&self.core.counters).collected = self.batch.len() as u64;
            return;
        }
        let batch = std::mem::take(&mut self.batch);
        let mut counters = lock(&self.core.counters);
        counters.collected = 0;
        counters.submitted += batch.len() as u64;
        counters.waiting += batch.len() as u64;
        drop(counters);
        for found in batch {
            let mut params = json!([
                self.options.user,
                found.job.id,
                work::hex(&found.extranonce_2),
                format!("{:08x}", found.job.time),
                format!("{:08x}", found.nonce)
            ]);
            if let (Some(bits), Some(list)) = (found.version_bits, params.as_array_mut()) {
                list.push(json!(format!("{bits:08x}")));
            }
            let ask =
                Ask::Submit { job: found.job.id.clone(), difficulty: found.difficulty, hash: found.hash };
            self.request(ask, "mining.submit", params, out);
        }
    }

    fn keep(&self, hash: [u8; 32], at: Instant, fate: Fate) {
        if let Some(shares) = &self.core.shares {
            lock(shares).push(RigShare { hash, at, fate });
        }
    }

    /// The connection has ended.
    pub(super) fn ended(&mut self) {
        lock(&self.core.hands).clear();
        let mut lost = 0;
        for pending in &self.pending {
            if let Ask::Submit { hash, .. } = pending.ask {
                lost += 1;
                self.keep(hash, pending.at, Fate::Unanswered);
            }
        }
        let mut counters = lock(&self.core.counters);
        counters.unanswered += lost;
        counters.waiting = counters.waiting.saturating_sub(lost);
        counters.unsent += self.batch.len() as u64;
        counters.collected = 0;
        counters.ready = false;
    }
}
