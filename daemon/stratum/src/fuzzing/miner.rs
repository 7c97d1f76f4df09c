//! Lines from a miner.

use std::sync::Arc;

use serde_json::Value;

use super::lines::{assert_id_of, assert_one_line, assert_words, each};
use crate::peer::{Answer, Configure, Folded, FromMiner, FromPool, Request, RequestId, ToMiner, ToPool};
use crate::protocol::MINER_LINE_MAX;
use crate::text::is_hostile;
use crate::v1::{message, miner, pool};
use crate::work::{Job, Reason, Share};

/// Longest field of a miner's line, characters.
const FIELD_MAX: usize = 256;
/// Most extensions in one answer.
const EXTENSIONS_MAX: usize = 16;

/// Reads lines as a miner's. What is read is bounded and has the line's id; written again by a client it reads the
/// same; each answer to it is one line with that id, which a client reads as it was meant; and a share is what
/// another, simpler reading of its fields makes of it.
///
/// # Panics
///
/// Where any of this does not hold.
pub fn miner_line(stream: &[u8]) {
    each(stream, MINER_LINE_MAX, |line| {
        let Ok(request) = miner::read(line) else { return };
        assert_id_of(line, &request.id.0);
        assert_bounded(&request.ask);
        assert_reads_the_same(&request.ask);
        assert_answers(&request);
        if let FromMiner::Submit { share, .. } = &request.ask {
            assert_share(line, share);
        }
    });
}

fn assert_bounded(ask: &FromMiner) {
    let field = |text: &str| assert!(text.chars().count() <= FIELD_MAX, "a field is cut");
    let shown = |text: &str| {
        field(text);
        assert!(!text.chars().any(is_hostile), "{text:?}");
    };
    match ask {
        FromMiner::Configure(asked) => {
            assert!(asked.unknown.len() <= EXTENSIONS_MAX);
            asked.unknown.iter().for_each(|name| field(name));
        }
        FromMiner::Subscribe { agent, session } => {
            agent.as_deref().into_iter().for_each(shown);
            session.as_deref().into_iter().for_each(field);
        }
        FromMiner::Authorize { user, password } => {
            shown(user);
            field(password);
        }
        FromMiner::Submit { user, job, share } => {
            shown(user);
            field(job);
            assert!(share.is_ok_and(|share| share.extranonce_2().len() <= 16) || share.is_err());
        }
        FromMiner::SuggestDifficulty(difficulty) => {
            assert!(difficulty.get().is_finite() && difficulty.get() > 0.0);
        }
        FromMiner::Unknown { method } => assert_words(method),
        FromMiner::SubscribeExtranonce
        | FromMiner::GetTransactions
        | FromMiner::Noted
        | FromMiner::Notice => {}
    }
}

/// A client that says the same.
fn assert_reads_the_same(ask: &FromMiner) {
    let (said, expected) = match ask {
        FromMiner::Configure(Configure { version_mask: Some(mask), .. }) => (
            ToPool::Configure { id: 7, version_mask: *mask },
            FromMiner::Configure(Configure { version_mask: Some(*mask), ..Configure::default() }),
        ),
        FromMiner::Subscribe { agent: Some(agent), .. } => (
            ToPool::Subscribe { id: 7, agent: agent.clone() },
            FromMiner::Subscribe { agent: Some(agent.clone()), session: None },
        ),
        FromMiner::Authorize { user, password } => {
            (ToPool::Authorize { id: 7, user: user.clone(), password: password.clone() }, ask.clone())
        }
        FromMiner::Submit { user, job, share: Ok(share) } => {
            let work = Arc::new(Folded::new(job_named(job), Vec::new()));
            let said = ToPool::Submit {
                id: 7,
                user: user.as_str().into(),
                work,
                extranonce_2: share.extranonce_2().to_vec(),
                time: share.time,
                nonce: share.nonce,
                version_bits: share.version_bits,
            };
            (said, ask.clone())
        }
        _ => return,
    };
    let mut line = Vec::new();
    pool::write(&said, &mut line);
    assert_one_line(&line, "7");
    let again = miner::read(line.trim_ascii()).expect("what a client writes can be read");
    assert_eq!(again, Request { id: RequestId("7".into()), ask: expected });
}

fn job_named(id: &str) -> Job {
    Job {
        id: id.into(),
        previous: [0; 32],
        coinbase_1: Vec::new(),
        coinbase_2: Vec::new(),
        branch: Vec::new(),
        version: 0,
        bits: 0,
        time: 0,
        clean: false,
    }
}

/// Whatever we may answer.
fn assert_answers(request: &Request) {
    let id = || request.id.clone();
    let asked = match &request.ask {
        FromMiner::Configure(asked) => asked.clone(),
        _ => Configure::default(),
    };
    let granted = asked.version_mask.map(|mask| mask & 0x1fff_e000);
    let subscribed = Answer::Subscribed { extranonce_1: vec![1, 0xab], extranonce_2_size: 4 };
    let configured = Answer::Configured { version_mask: granted };
    let answers = [
        (
            ToMiner::Subscribed {
                id: id(),
                session: "1f".into(),
                extranonce_1: vec![1, 0xab],
                extranonce_2_size: 4,
            },
            Some(subscribed),
        ),
        (ToMiner::Configured { id: id(), asked: asked.clone(), version_mask: granted }, Some(configured)),
        (ToMiner::Done { id: id() }, Some(Answer::Yes)),
        (ToMiner::Rejected { id: id(), reason: Reason::LowDifficulty }, None),
        (ToMiner::Refused { id: id(), code: 20, text: "no" }, None),
    ];
    for (answer, expected) in answers {
        let mut line = Vec::new();
        miner::write(&answer, &mut line);
        assert_one_line(&line, &request.id.0);
        let line = line.trim_ascii();
        if let ToMiner::Configured { .. } = answer {
            assert_every_extension_is_answered(line, &asked);
        }
        // Who asks with numbers for ids can be a client of ours.
        let Some(own) = message::open(line).expect("it was opened before").own_id() else { continue };
        let Ok(FromPool::Answer { id, answer }) = pool::read(line) else { panic!("{}", line.escape_ascii()) };
        assert_eq!((id, answer.ok()), (own, expected), "{}", line.escape_ascii());
    }
}

fn assert_every_extension_is_answered(line: &[u8], asked: &Configure) {
    let Ok(whole) = serde_json::from_slice::<Value>(line) else { return };
    let result = &whole["result"];
    let known = [
        (asked.version_mask.is_some(), "version-rolling"),
        (asked.difficulty_min.is_some(), "minimum-difficulty"),
        (asked.extranonce, "subscribe-extranonce"),
        (asked.info, "info"),
    ];
    for (_, name) in known.iter().filter(|(is_asked, _)| *is_asked) {
        assert_eq!(result[name], Value::Bool(true), "{name}");
    }
    for name in &asked.unknown {
        assert!(result.get(name).is_some(), "{name:?} gets no answer");
    }
}

/// Reads a share's fields in the plainest way.
fn assert_share(line: &[u8], share: &Result<Share, Reason>) {
    let Ok(whole) = serde_json::from_slice::<Value>(line) else { return };
    let Some(params) = whole["params"].as_array() else { return };
    let texts: Vec<Option<&str>> = params.iter().map(Value::as_str).collect();
    let (Some(Some(extranonce_2)), Some(Some(time)), Some(Some(nonce))) =
        (texts.get(2), texts.get(3), texts.get(4))
    else {
        return;
    };
    let bits = match params.get(5) {
        None | Some(Value::Null) => Some(None),
        Some(Value::String(text)) => number(text).map(Some),
        Some(_) => return,
    };
    let expected = bits
        .and_then(|bits| Some((digits(extranonce_2)?, number(time)?, number(nonce)?, bits)))
        .filter(|(extranonce_2, ..)| extranonce_2.len() % 2 == 0 && extranonce_2.len() <= 32);
    match (share, expected) {
        (Ok(share), Some((extranonce_2, time, nonce, bits))) => {
            let bytes: Vec<u8> = extranonce_2.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect();
            assert_eq!(share.extranonce_2(), bytes);
            assert_eq!((share.time, share.nonce, share.version_bits), (time, nonce, bits));
        }
        (Err(_), None) => {}
        (share, expected) => panic!("{share:?} is read of {params:?}, {expected:?} would be right"),
    }
}

/// The values of hex digits, behind a `0x` or not.
fn digits(text: &str) -> Option<Vec<u32>> {
    let text = text.strip_prefix("0x").or(text.strip_prefix("0X")).unwrap_or(text);
    text.chars().map(|c| c.to_digit(16)).collect()
}

fn number(text: &str) -> Option<u32> {
    let digits = digits(text).filter(|digits| (1..=8).contains(&digits.len()))?;
    Some(digits.iter().fold(0, |number, digit| number << 4 | digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_that_is_read_otherwise_is_found() {
        let line = br#"{"id":4,"method":"mining.submit","params":["u","1","00000001","685c1200","244fa1"]}"#;
        let FromMiner::Submit { share, .. } = miner::read(line).unwrap().ask else { unreachable!() };
        assert_share(line, &share);
        let wrong = share.map(|mut share| {
            share.nonce ^= 1;
            share
        });
        assert!(std::panic::catch_unwind(|| assert_share(line, &wrong)).is_err());
    }
}
