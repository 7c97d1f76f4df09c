//! Neutral words: what miners and pools say to us and we to them, whatever the protocol.

use std::sync::Arc;

use crate::work::check::{self, Solution};
use crate::work::header::Coinbase;
use crate::work::{Algorithm, Difficulty, Job, Reason, Share, Target};

/// Names a request so that its answer finds it: the JSON text of a V1 id, given back unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(pub Box<str>);

impl RequestId {
    /// V1's `null`, sent by some miners with a request.
    pub fn null() -> Self {
        Self("null".into())
    }
}

/// A miner's request and its id.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// To be echoed in the answer.
    pub id: RequestId,
    /// What is asked.
    pub ask: FromMiner,
}

/// What a miner says.
#[derive(Debug, Clone, PartialEq)]
pub enum FromMiner {
    /// BIP 310: which extensions the miner would like.
    Configure(Configure),
    /// Opens the conversation.
    Subscribe {
        /// The program's name and version, where given.
        agent: Option<String>,
        /// The session it had before and would like back.
        session: Option<String>,
    },
    /// Says who it is.
    Authorize {
        /// As sent; the worker's name stands behind the first dot.
        user: String,
        /// Often a placeholder, sometimes options such as `d=1024`.
        password: String,
    },
    /// Would like shares of this difficulty.
    SuggestDifficulty(Difficulty),
    /// Can take a new extranonce while connected.
    SubscribeExtranonce,
    /// Found a share.
    Submit {
        /// Must have been authorized.
        user: String,
        /// The job that it answers.
        job: String,
        /// The work, or why it could not be read.
        share: Result<Share, Reason>,
    },
    /// Asks for a job's transactions, which a hub does not have.
    GetTransactions,
    /// A request that changes nothing here, such as a suggestion that cannot be read; yes will do as an answer.
    Noted,
    /// An answer to something we asked, or a notice that needs no answer.
    Notice,
    /// A method that we do not know.
    Unknown {
        /// Its name, cut to a length fit for a log.
        method: String,
    },
}

/// The extensions of BIP 310 that a miner asks for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Configure {
    /// `version-rolling`: the bits that it can roll.
    pub version_mask: Option<u32>,
    /// `minimum-difficulty`: shares should not be easier than this.
    pub difficulty_min: Option<f64>,
    /// `subscribe-extranonce`.
    pub extranonce: bool,
    /// `info` was sent.
    pub info: bool,
    /// Extensions that we do not know; each gets a `false`.
    pub unknown: Vec<String>,
}

/// What a miner is told.
#[derive(Debug, Clone, PartialEq)]
pub enum ToMiner {
    /// Answer to [`FromMiner::Subscribe`].
    Subscribed {
        /// The request.
        id: RequestId,
        /// To be sent again when it wants the same extranonce back.
        session: String,
        /// Its constant part of the extranonce.
        extranonce_1: Vec<u8>,
        /// Bytes for it to roll.
        extranonce_2_size: u8,
    },
    /// Answer to [`FromMiner::Configure`].
    Configured {
        /// The request.
        id: RequestId,
        /// What was asked.
        asked: Configure,
        /// The bits granted, where version rolling was asked for.
        version_mask: Option<u32>,
    },
    /// Yes.
    Done {
        /// The request.
        id: RequestId,
    },
    /// A share counts for nothing.
    Rejected {
        /// The request.
        id: RequestId,
        /// Why.
        reason: Reason,
    },
    /// No, with the words for it.
    Refused {
        /// The request.
        id: RequestId,
        /// As in `protocols`, section 6.
        code: i32,
        /// For the miner's log.
        text: &'static str,
    },
    /// From the next job on, shares should be this hard.
    SetDifficulty(Difficulty),
    /// From the next job on, these bits may be rolled.
    SetVersionMask(u32),
    /// From the next job on, this is the extranonce.
    SetExtranonce {
        /// Constant part.
        extranonce_1: Vec<u8>,
        /// Bytes to roll.
        extranonce_2_size: u8,
    },
    /// New work.
    Notify(Notify),
    /// Please connect again, to the same address.
    Reconnect,
}

/// Work for one miner: a pool's job, seen through the fold.
#[derive(Debug, Clone, PartialEq)]
pub struct Notify {
    /// The hub's own name for it on this connection; never used twice.
    pub id: u32,
    /// What it is made from.
    pub work: Arc<Folded>,
    /// The filler for this miner, behind [`Folded::prefix`].
    pub filler: Box<[u8]>,
    /// The job's time for this miner.
    pub time: u32,
    /// Drop earlier work at once.
    pub clean: bool,
}

/// A pool's job with the pool's own part of the extranonce, shared by all miners that work on it.
#[derive(Debug)]
pub struct Folded {
    /// As the pool sent it.
    pub job: Job,
    /// The pool's extranonce 1.
    pub prefix: Vec<u8>,
    /// The notify lines' constant parts, written once.
    pub(crate) text: crate::v1::miner::NotifyText,
    /// The coinbase up to the miner's part of the extranonce.
    begun: Coinbase,
}

impl PartialEq for Folded {
    fn eq(&self, other: &Self) -> bool {
        // All else is made from these.
        (&self.job, &self.prefix) == (&other.job, &other.prefix)
    }
}

impl Folded {
    /// Prepares `job` for handing out.
    pub fn new(job: Job, prefix: Vec<u8>) -> Self {
        let text = crate::v1::miner::NotifyText::new(&job, &prefix);
        let begun = Coinbase::begin(&[&job.coinbase_1, &prefix]);
        Self { job, prefix, text, begun }
    }

    /// Hashes a share for it. `own` is what of the extranonce is the miner's and was not rolled by it, in two parts; the rest is as
    /// [`crate::work::check::solve`] has it.
    pub fn solve(
        &self,
        algorithm: Algorithm,
        own: [&[u8]; 2],
        share: &Share,
        mask: u32,
        target: Target,
    ) -> Solution {
        check::finish(algorithm, &self.job, &self.begun, own, share, mask, target)
    }

    /// Bytes of a message that hands it out, but for the miner's own part of the extranonce.
    pub fn message_len(&self) -> usize {
        self.text.len()
    }
}

/// What a pool says.
#[derive(Debug, Clone, PartialEq)]
pub enum FromPool {
    /// An answer to one of our requests.
    Answer {
        /// The request's number.
        id: u64,
        /// Yes, with a value, or no.
        answer: Result<Answer, Refusal>,
    },
    /// From the next job on.
    SetDifficulty(Difficulty),
    /// New work.
    Notify(Job),
    /// From the next job on.
    SetExtranonce {
        /// The pool's constant part.
        extranonce_1: Vec<u8>,
        /// Bytes for us to choose; unchanged when left out.
        extranonce_2_size: Option<usize>,
    },
    /// An extranonce that cannot be: what it is, cut to a length fit for a log.
    BadExtranonce(String),
    /// At once.
    SetVersionMask(u32),
    /// Asks us to connect elsewhere, or again.
    Reconnect {
        /// The same host when left out.
        host: Option<String>,
        /// The same port when left out.
        port: Option<u16>,
        /// Seconds to wait first.
        wait: u32,
    },
    /// Wants an answer, so that it knows we live.
    Ping {
        /// The request.
        id: RequestId,
    },
    /// Asks for our name.
    GetVersion {
        /// The request.
        id: RequestId,
    },
    /// Words for a person, control characters removed.
    Message(String),
    /// A method that we do not know; harmless.
    Unknown {
        /// Its name, cut to a length fit for a log.
        method: String,
    },
    /// A notice that was sent as a request: it gets an answer, too.
    Request {
        /// The request.
        id: RequestId,
        /// What it says.
        notice: Box<FromPool>,
    },
    /// What belongs to no request and is no notice: an error without an id, a line that is no stratum at all. In
    /// its own words, cut to a length fit for a log.
    Nonsense(String),
}

impl FromPool {
    /// Strikes a password out of all that could be shown to people: a pool may say what it was told. A host
    /// that holds it is none any more.
    pub fn strike(&mut self, secret: &str) {
        let text = match self {
            FromPool::Answer { answer: Err(refusal), .. } => &mut refusal.text,
            FromPool::Answer { answer: Ok(Answer::BadExtranonce(text)), .. } => text,
            FromPool::Message(text) | FromPool::Nonsense(text) | FromPool::BadExtranonce(text) => text,
            FromPool::Unknown { method } => method,
            FromPool::Request { notice, .. } => return notice.strike(secret),
            FromPool::Reconnect { host: Some(host), .. } if secret.len() > 3 => host,
            _ => return,
        };
        let cut = text.chars().count() >= crate::text::WORDS_MAX;
        crate::text::strike(text, secret, cut);
    }
}

/// A pool's yes.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// `true`.
    Yes,
    /// The three-part answer to a subscribe.
    Subscribed {
        /// The pool's constant part.
        extranonce_1: Vec<u8>,
        /// Bytes for us to choose.
        extranonce_2_size: usize,
    },
    /// The same with an extranonce that cannot be: what it is, cut to a length fit for a log.
    BadExtranonce(String),
    /// The map that answers a configure.
    Configured {
        /// The bits granted, `None` when version rolling was refused.
        version_mask: Option<u32>,
    },
    /// Something else that is neither an error nor false.
    Other,
}

/// A pool's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where one was given.
    pub code: Option<i64>,
    /// In the pool's words, cut to a length fit for a log.
    pub text: String,
}

impl Refusal {
    /// Reads it as the answer to a submit.
    pub fn reason(&self) -> Reason {
        Reason::from_refusal(self.code, &self.text)
    }
}

/// What a pool is told.
#[derive(Debug, Clone, PartialEq)]
pub enum ToPool {
    /// BIP 310 version rolling; must come first.
    Configure {
        /// The request's number.
        id: u64,
        /// Bits that our miners can roll.
        version_mask: u32,
    },
    /// Opens the conversation.
    Subscribe {
        /// The request's number.
        id: u64,
        /// Our name.
        agent: String,
    },
    /// Signs a worker in.
    Authorize {
        /// The request's number.
        id: u64,
        /// The worker.
        user: String,
        /// Its password.
        password: String,
    },
    /// Hands a share on.
    Submit {
        /// The request's number.
        id: u64,
        /// The worker.
        user: Arc<str>,
        /// What it is made from.
        work: Arc<Folded>,
        /// The whole extranonce 2 as the pool sees it.
        extranonce_2: Vec<u8>,
        /// The share's time.
        time: u32,
        /// The share's nonce.
        nonce: u32,
        /// Version bits, where rolling was agreed with the pool.
        version_bits: Option<u32>,
    },
    /// Answers a ping.
    Pong {
        /// The pool's request.
        id: RequestId,
    },
    /// Answers a question for our name.
    Version {
        /// The pool's request.
        id: RequestId,
        /// Our name.
        agent: String,
    },
    /// Answers a notice that was sent as a request.
    Reply {
        /// The pool's request.
        id: RequestId,
        /// We know the method.
        known: bool,
    },
}
