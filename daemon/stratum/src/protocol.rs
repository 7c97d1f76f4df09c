//! What is spoken on a connection: from bytes to the neutral words of [`crate::peer`] and back.
//!
//! Adding a protocol is a module beside `v1` and a row in each match here.

use crate::line::Lines;
use crate::peer::{FromPool, Request, ToMiner, ToPool};
use crate::v1;

/// Longest line taken from a miner, bytes.
pub(crate) const MINER_LINE_MAX: usize = 16 * 1024;
/// Longest line taken from a pool, bytes: long coinbases and many branches are normal there.
pub(crate) const POOL_LINE_MAX: usize = 1024 * 1024;

/// A mining protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Protocol {
    /// Stratum V1: one JSON object a line.
    #[default]
    StratumV1,
}

/// The line is no message: in Stratum V1 no JSON object, or not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a stratum line: {0}")]
pub struct BadLine(pub String);

impl Protocol {
    /// By the name that farm files use; none for one that is not spoken here.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::StratumV1].into_iter().find(|protocol| protocol.name() == name)
    }

    /// Its name in farm files.
    pub fn name(self) -> &'static str {
        match self {
            Self::StratumV1 => "stratum-v1",
        }
    }

    /// Finds messages in what a miner sends; one of more than 16 KiB is an error.
    pub fn miner_lines(self) -> Lines {
        match self {
            Self::StratumV1 => Lines::new(MINER_LINE_MAX),
        }
    }

    /// Finds messages in what a pool sends; one of more than 1 MiB is an error.
    pub fn pool_lines(self) -> Lines {
        match self {
            Self::StratumV1 => Lines::new(POOL_LINE_MAX),
        }
    }

    /// Reads one message of a miner.
    pub fn read_miner(self, line: &[u8]) -> Result<Request, BadLine> {
        match self {
            Self::StratumV1 => v1::miner::read(line),
        }
    }

    /// Appends a message to a miner, with its end.
    pub fn write_to_miner(self, message: &ToMiner, out: &mut Vec<u8>) {
        match self {
            Self::StratumV1 => v1::miner::write(message, out),
        }
    }

    /// Reads one message of a pool. One that cannot be read is [`FromPool::Nonsense`], with what it says.
    pub fn read_pool(self, line: &[u8]) -> FromPool {
        match self {
            Self::StratumV1 => v1::pool::read(line).unwrap_or_else(|error| v1::pool::nonsense(line, &error)),
        }
    }

    /// Appends a message to a pool, with its end.
    pub fn write_to_pool(self, message: &ToPool, out: &mut Vec<u8>) {
        match self {
            Self::StratumV1 => v1::pool::write(message, out),
        }
    }
}
