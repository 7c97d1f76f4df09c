//! Lines from a pool.

use std::sync::Arc;

use super::lines::{assert_id_of, assert_one_line, assert_words, each};
use crate::peer::{Answer, Folded, FromPool, Notify, Refusal, RequestId, ToMiner, ToPool};
use crate::protocol::POOL_LINE_MAX;
use crate::text::is_hostile;
use crate::v1::{message, miner, pool};
use crate::work::Job;

/// Longest host that is taken, characters: DNS has no longer names.
const HOST_MAX: usize = 255;
/// Most that an extranonce 2 may be said to have, bytes.
const SIZE_MAX: usize = 255;
/// Shorter secrets are struck only where they are words.
const SECRET_MIN: usize = 4;

/// Reads lines as a pool's. What is read is bounded and has the line's id; what we say to miners of it, read as a
/// pool's line again, is the same; what we answer is one line with that id; what is no stratum becomes words fit for
/// people; and a password that the pool repeats is struck out of all that is shown.
///
/// # Panics
///
/// Where any of this does not hold.
pub fn pool_line(stream: &[u8]) {
    each(stream, POOL_LINE_MAX, |line| match pool::read(line) {
        Ok(message) => {
            assert_bounded(&message, line.len());
            assert_said_again(line, &message);
            assert_struck(&message);
        }
        Err(error) => {
            let said = pool::nonsense(line, &error);
            assert_bounded(&said, line.len());
            assert_struck(&said);
        }
    });
}

fn assert_bounded(message: &FromPool, len: usize) {
    match message {
        FromPool::Answer { answer: Err(Refusal { text, .. }), .. } => assert_words(text),
        FromPool::Answer { answer: Ok(Answer::Subscribed { extranonce_1, extranonce_2_size }), .. } => {
            assert!(extranonce_1.len() <= len / 2 && *extranonce_2_size <= SIZE_MAX);
        }
        FromPool::Answer { answer: Ok(Answer::BadExtranonce(words)), .. } => assert_words(words),
        FromPool::Answer { .. } | FromPool::SetVersionMask(_) => {}
        FromPool::SetDifficulty(difficulty) => {
            assert!(difficulty.get().is_finite() && difficulty.get() > 0.0);
        }
        FromPool::Notify(job) => {
            assert!(job.id.len() <= 256 && job.branch.len() <= 64);
            assert!(job.coinbase_1.len() + job.coinbase_2.len() <= len / 2);
        }
        FromPool::SetExtranonce { extranonce_1, extranonce_2_size } => {
            assert!(extranonce_1.len() <= len / 2);
            assert!(extranonce_2_size.is_none_or(|size| size <= SIZE_MAX), "{extranonce_2_size:?} bytes");
        }
        FromPool::Reconnect { host, port, .. } => {
            assert_ne!(*port, Some(0));
            if let Some(host) = host {
                assert!(!host.is_empty() && !host.chars().any(is_hostile), "{host:?}");
                assert!(host.chars().count() <= HOST_MAX, "a host of {} characters", host.chars().count());
            }
        }
        FromPool::Ping { id } | FromPool::GetVersion { id } => assert!(id.0.len() <= len.max(4)),
        FromPool::Message(words)
        | FromPool::Unknown { method: words }
        | FromPool::Nonsense(words)
        | FromPool::BadExtranonce(words) => {
            assert_words(words);
        }
        FromPool::Request { id, notice } => {
            assert_ne!(&*id.0, "null", "a request has an id");
            assert!(!matches!(**notice, FromPool::Request { .. }));
            assert_bounded(notice, len);
        }
    }
}

/// What we answer to it, and what we say to miners because of it.
fn assert_said_again(line: &[u8], message: &FromPool) {
    match message {
        FromPool::Request { id, notice } => {
            for known in [true, false] {
                assert_answered(line, id, &ToPool::Reply { id: id.clone(), known });
            }
            assert_said_again(line, notice);
        }
        FromPool::Ping { id } => assert_answered(line, id, &ToPool::Pong { id: id.clone() }),
        FromPool::GetVersion { id } => {
            assert_answered(line, id, &ToPool::Version { id: id.clone(), agent: "a \"b\"".into() });
        }
        FromPool::Answer { id, .. } => {
            assert_eq!(message::open(line).expect("it was read").own_id(), Some(*id));
        }
        FromPool::SetDifficulty(difficulty) => assert_heard(&ToMiner::SetDifficulty(*difficulty), message),
        FromPool::SetVersionMask(mask) => assert_heard(&ToMiner::SetVersionMask(*mask), message),
        FromPool::SetExtranonce { extranonce_1, extranonce_2_size: Some(size) } => {
            let extranonce_2_size = u8::try_from(*size).expect("bounded");
            let said = ToMiner::SetExtranonce { extranonce_1: extranonce_1.clone(), extranonce_2_size };
            assert_heard(&said, message);
        }
        FromPool::Notify(job) => assert_handed_out(job),
        _ => {}
    }
}

fn assert_answered(line: &[u8], id: &RequestId, answer: &ToPool) {
    assert_id_of(line, &id.0);
    let mut out = Vec::new();
    pool::write(answer, &mut out);
    assert_one_line(&out, &id.0);
    // It is no request, so that nobody answers it in turn.
    let heard = miner::read(out.trim_ascii()).expect("it can be read");
    assert_eq!((heard.id, heard.ask), (id.clone(), crate::peer::FromMiner::Notice));
}

fn assert_heard(said: &ToMiner, expected: &FromPool) {
    let mut out = Vec::new();
    miner::write(said, &mut out);
    assert_one_line(&out, "null");
    assert_eq!(pool::read(out.trim_ascii()).as_ref(), Ok(expected), "{}", out.escape_ascii());
}

/// A job, as a miner hears it: its coinbase begins with what is not the miner's to roll.
fn assert_handed_out(job: &Job) {
    let prefix = job.coinbase_2[..job.coinbase_2.len().min(4)].to_vec();
    let filler = &job.previous[..job.branch.len().min(16)];
    let mut coinbase_1 = job.coinbase_1.clone();
    coinbase_1.extend(&prefix);
    coinbase_1.extend(filler);
    let heard = Job { id: "1f".into(), coinbase_1, ..job.clone() };
    let work = Arc::new(Folded::new(job.clone(), prefix));
    let said = Notify { id: 0x1f, work, filler: filler.into(), time: job.time, clean: job.clean };
    assert_heard(&ToMiner::Notify(said), &FromPool::Notify(heard));
}

/// Takes a part of what would be shown for our password.
fn assert_struck(message: &FromPool) {
    let Some(shown) = shown(message) else { return };
    let words = shown.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= SECRET_MIN);
    for word in words.take(3) {
        for secret in [word, &word[word.char_indices().nth(1).map_or(0, |(at, _)| at)..]] {
            if secret.chars().count() < SECRET_MIN {
                continue;
            }
            let mut struck = message.clone();
            struck.strike(secret);
            let text = self::shown(&struck).unwrap_or_default().to_ascii_lowercase();
            assert!(!text.contains(&secret.to_ascii_lowercase()), "{secret:?} is shown: {text:?}");
        }
    }
}

/// What of it people may come to see.
fn shown(message: &FromPool) -> Option<&str> {
    match message {
        FromPool::Answer { answer: Err(refusal), .. } => Some(&refusal.text),
        FromPool::Reconnect { host, .. } => host.as_deref(),
        FromPool::Message(words)
        | FromPool::Unknown { method: words }
        | FromPool::Nonsense(words)
        | FromPool::BadExtranonce(words)
        | FromPool::Answer { answer: Ok(Answer::BadExtranonce(words)), .. } => Some(words),
        FromPool::Request { notice, .. } => shown(notice),
        _ => None,
    }
}
