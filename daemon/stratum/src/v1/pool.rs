//! The pool's side of V1, spoken as a client: notices and answers in, requests out.

use serde_json::value::RawValue;

use super::message::{self, Envelope, put};
use crate::BadLine;
use crate::hex;
use crate::peer::{Answer, FromPool, ToPool};
use crate::text::words;
use crate::work::{Difficulty, Job, header};

/// Most merkle siblings in a job: 2^32 transactions would need 32.
const BRANCH_MAX: usize = 64;
/// Longest job id taken from a pool, bytes.
const JOB_ID_MAX: usize = 256;

/// Longest host of a redirect, bytes: DNS has no longer names.
const HOST_MAX: usize = 255;

/// Reads one line from a pool.
pub(crate) fn read(line: &[u8]) -> Result<FromPool, BadLine> {
    let envelope = message::open(line)?;
    let Some(method) = envelope.method.as_deref() else { return answer(&envelope) };
    match notice(&envelope, method) {
        Ok(asks @ (FromPool::Ping { .. } | FromPool::GetVersion { .. })) => Ok(asks),
        Ok(notice) if message::present(envelope.id).is_some() => {
            Ok(FromPool::Request { id: envelope.request_id(), notice: Box::new(notice) })
        }
        Err(BadLine(why)) if message::present(envelope.id).is_some() => Ok(FromPool::Request {
            id: envelope.request_id(),
            notice: Box::new(FromPool::Nonsense(words(&why))),
        }),
        notice => notice,
    }
}

/// What a line that is no JSON-RPC says, for a person.
pub(crate) fn nonsense(line: &[u8], error: &BadLine) -> FromPool {
    let said = String::from_utf8_lossy(line);
    let said = if said.trim_start().starts_with('{') { error.0.as_str().into() } else { said };
    FromPool::Nonsense(words(said.trim()))
}

fn notice(envelope: &Envelope<'_>, method: &str) -> Result<FromPool, BadLine> {
    let params = envelope.params();
    let unknown = || FromPool::Unknown { method: words(method) };
    Ok(match method {
        "mining.notify" => FromPool::Notify(job(&params)?),
        "mining.set_difficulty" => {
            match params.first().and_then(|raw| message::number(raw)).and_then(Difficulty::new) {
                Some(difficulty) => FromPool::SetDifficulty(difficulty),
                None => unknown(),
            }
        }
        "mining.set_extranonce" => {
            let raw = params.first().ok_or_else(|| BadLine("set_extranonce without an extranonce".into()))?;
            let size = params.get(1).filter(|raw| raw.get() != "null");
            let size = size.map(|raw| extranonce_2_size(raw)).transpose();
            match (extranonce_1(raw), size) {
                (Ok(extranonce_1), Ok(extranonce_2_size)) => {
                    FromPool::SetExtranonce { extranonce_1, extranonce_2_size }
                }
                (Err(why), _) | (_, Err(why)) => FromPool::BadExtranonce(why),
            }
        }
        "mining.set_version_mask" => {
            match params.first().and_then(|raw| message::text(raw)).and_then(|t| hex::number(&t).ok()) {
                Some(mask) => FromPool::SetVersionMask(mask),
                None => unknown(),
            }
        }
        "client.reconnect" => FromPool::Reconnect {
            host: host(&params)?,
            port: params
                .get(1)
                .and_then(|raw| message::number(raw))
                .filter(|port| (1.0..65536.0).contains(port))
                .map(|port| port as u16),
            wait: params.get(2).and_then(|raw| message::number(raw)).unwrap_or(0.0) as u32,
        },
        "mining.ping" | "client.ping" => FromPool::Ping { id: envelope.request_id() },
        "client.get_version" => FromPool::GetVersion { id: envelope.request_id() },
        "client.show_message" | "mining.show_message" => FromPool::Message(
            params.first().and_then(|raw| message::text(raw)).map(|t| words(&t)).unwrap_or_default(),
        ),
        _ => unknown(),
    })
}

/// Where a redirect leads; nowhere else if it says nothing.
fn host(params: &[&RawValue]) -> Result<Option<String>, BadLine> {
    let host = params.first().and_then(|raw| message::text(raw)).filter(|host| !host.is_empty());
    if host.as_ref().is_some_and(|host| host.len() > HOST_MAX) {
        return Err(BadLine("reconnect: the host is too long".into()));
    }
    Ok(host.map(crate::text::tame))
}

fn answer(envelope: &Envelope<'_>) -> Result<FromPool, BadLine> {
    let refusal = envelope.refusal();
    let Some(id) = envelope.own_id() else {
        return match refusal.filter(|refusal| !refusal.text.is_empty()) {
            Some(refusal) => Ok(FromPool::Nonsense(refusal.text)),
            None => Err(BadLine("an answer without one of our ids".into())),
        };
    };
    if let Some(refusal) = refusal {
        return Ok(FromPool::Answer { id, answer: Err(refusal) });
    }
    let result = envelope.result.map_or("null", RawValue::get);
    let answer = if result == "true" {
        Answer::Yes
    } else if result.starts_with('[') {
        subscribed(result)?
    } else if result.starts_with('{') {
        configured(result)
    } else {
        Answer::Other
    };
    Ok(FromPool::Answer { id, answer: Ok(answer) })
}

fn subscribed(result: &str) -> Result<Answer, BadLine> {
    let bad = |what: &str| BadLine(format!("subscribe answer: {what}"));
    let list: Vec<&RawValue> =
        serde_json::from_str(result).map_err(|error| bad(&message::unreadable(&error)))?;
    // Only the last two items count: some pools leave out or flatten the first.
    let [.., extranonce_1, size] = list.as_slice() else { return Ok(Answer::Other) };
    Ok(match (self::extranonce_1(extranonce_1), extranonce_2_size(size)) {
        (Ok(extranonce_1), Ok(extranonce_2_size)) => Answer::Subscribed { extranonce_1, extranonce_2_size },
        (Err(why), _) | (_, Err(why)) => Answer::BadExtranonce(why),
    })
}

/// The pool's part, wherever it says it; or what that is instead.
fn extranonce_1(raw: &RawValue) -> Result<Vec<u8>, String> {
    message::text(raw)
        .and_then(|text| hex::bytes(&text).ok())
        .ok_or_else(|| words(&format!("extranonce 1 is no hex: {}", raw.get())))
}

/// Bytes that are left to us, wherever a pool says it; or what it says instead.
fn extranonce_2_size(raw: &RawValue) -> Result<usize, String> {
    message::number(raw)
        .filter(|n| (0.0..=255.0).contains(n) && n.fract() == 0.0)
        .map(|n| n as usize)
        .ok_or_else(|| words(&format!("extranonce 2 has a length of {}", raw.get())))
}

fn configured(result: &str) -> Answer {
    let Ok(map) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(result) else {
        return Answer::Other;
    };
    let granted = map.get("version-rolling").and_then(|v| v.as_bool()).unwrap_or(false);
    let mask = map
        .get("version-rolling.mask")
        .and_then(|v| v.as_str())
        .and_then(|text| hex::number(text).ok())
        .filter(|_| granted);
    Answer::Configured { version_mask: mask }
}

fn job(params: &[&RawValue]) -> Result<Job, BadLine> {
    let bad = |what: &str| BadLine(format!("notify: {what}"));
    let field = |at: usize, what: &str| {
        params.get(at).and_then(|raw| message::text(raw)).ok_or_else(|| bad(&format!("{what} is missing")))
    };
    let bytes =
        |at: usize, what: &str| hex::bytes(&field(at, what)?).map_err(|_| bad(&format!("{what} is not hex")));
    let number = |at: usize, what: &str| {
        hex::number(&field(at, what)?).map_err(|_| bad(&format!("{what} is not a number")))
    };
    let id = field(0, "job id")?;
    if id.len() > JOB_ID_MAX {
        return Err(bad("job id is too long"));
    }
    let previous: [u8; 32] =
        hex::array(&field(1, "prevhash")?).map_err(|_| bad("prevhash is not 32 bytes of hex"))?;
    let branch: Vec<String> = params
        .get(4)
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .ok_or_else(|| bad("merkle branch is not a list"))?;
    if branch.len() > BRANCH_MAX {
        return Err(bad("merkle branch is too long"));
    }
    let branch = branch
        .iter()
        .map(|text| hex::array(text).map_err(|_| bad("a merkle sibling is not 32 bytes of hex")))
        .collect::<Result<_, _>>()?;
    Ok(Job {
        id: id.into(),
        previous: header::swap_words(&previous),
        coinbase_1: bytes(2, "coinbase 1")?,
        coinbase_2: bytes(3, "coinbase 2")?,
        branch,
        version: number(5, "version")?,
        bits: number(6, "nbits")?,
        time: number(7, "ntime")?,
        // Eight parameters occur: no flag, then nothing is cleaned.
        clean: params.get(8).is_some_and(|raw| raw.get() == "true"),
    })
}

/// Appends the line that says `message`.
pub(crate) fn write(message: &ToPool, out: &mut Vec<u8>) {
    match message {
        ToPool::Configure { id, version_mask } => {
            out.extend(
                format!(
                    "{{\"id\":{id},\"method\":\"mining.configure\",\"params\":[[\"version-rolling\"],{{\"version-rolling.mask\":\"{version_mask:08x}\",\"version-rolling.min-bit-count\":2}}]}}\n"
                )
                .as_bytes(),
            );
        }
        ToPool::Subscribe { id, agent } => {
            request(out, *id, "mining.subscribe");
            json_text(out, agent);
            out.extend(b"]}\n");
        }
        ToPool::Authorize { id, user, password } => {
            request(out, *id, "mining.authorize");
            json_text(out, user);
            out.push(b',');
            json_text(out, password);
            out.extend(b"]}\n");
        }
        ToPool::Submit { id, user, work, extranonce_2, time, nonce, version_bits } => {
            request(out, *id, "mining.submit");
            json_text(out, user);
            out.push(b',');
            json_text(out, &work.job.id);
            out.extend(b",\"");
            hex::push(out, extranonce_2);
            for number in [Some(*time), Some(*nonce), *version_bits].into_iter().flatten() {
                out.extend(b"\",\"");
                hex::push(out, &number.to_be_bytes());
            }
            out.extend(b"\"]}\n");
        }
        ToPool::Pong { id } => {
            put(out, format_args!("{{\"id\":{},\"result\":\"pong\",\"error\":null}}\n", id.0));
        }
        ToPool::Version { id, agent } => {
            put(out, format_args!("{{\"id\":{},\"result\":", id.0));
            json_text(out, agent);
            out.extend(b",\"error\":null}\n");
        }
        ToPool::Reply { id, known: true } => {
            put(out, format_args!("{{\"id\":{},\"result\":true,\"error\":null}}\n", id.0));
        }
        ToPool::Reply { id, known: false } => out.extend(
            format!("{{\"id\":{},\"result\":null,\"error\":[-3,\"Method not found\",null]}}\n", id.0)
                .as_bytes(),
        ),
    }
}

fn request(out: &mut Vec<u8>, id: u64, method: &str) {
    put(out, format_args!("{{\"id\":{id},\"method\":\"{method}\",\"params\":["));
}

fn json_text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a text can always be written to memory");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::RequestId;

    fn notify(params: &str) -> Result<FromPool, BadLine> {
        read(format!(r#"{{"id":null,"method":"mining.notify","params":{params}}}"#).as_bytes())
    }

    #[test]
    fn a_job_with_eight_parameters_is_not_clean() {
        let zeros = "0".repeat(64);
        let job = match notify(&format!(
            r#"["7","{zeros}","01","02",["{zeros}"],"20000000","17020000","685c2293"]"#
        )) {
            Ok(FromPool::Notify(job)) => job,
            other => panic!("{other:?}"),
        };
        assert!(!job.clean);
        assert_eq!((job.version, job.branch.len()), (0x2000_0000, 1));
    }

    #[test]
    fn broken_jobs_say_what_is_wrong() {
        let zeros = "0".repeat(64);
        for (params, words) in [
            ("[]".to_owned(), "job id is missing"),
            (r#"["7","00","01","02",[],"2","1","6"]"#.to_owned(), "prevhash is not 32 bytes"),
            (format!(r#"["7","{zeros}","0x1","02",[],"2","1","6"]"#), "coinbase 1 is not hex"),
            (format!(r#"["7","{zeros}","01","02",["1"],"2","1","6"]"#), "merkle sibling"),
        ] {
            let error = notify(&params).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        }
    }

    #[test]
    fn difficulties_that_are_none_are_ignored() {
        for value in ["0", "-1", "\"x\"", "null", "1e999", "\"\"", "[16]"] {
            let line = format!(r#"{{"id":null,"method":"mining.set_difficulty","params":[{value}]}}"#);
            assert!(matches!(read(line.as_bytes()), Ok(FromPool::Unknown { .. })), "{value}");
        }
        let text = r#"{"id":null,"method":"mining.set_difficulty","params":["0.5"]}"#;
        assert!(matches!(read(text.as_bytes()), Ok(FromPool::SetDifficulty(half)) if half.get() == 0.5));
    }

    #[test]
    fn sizes_of_extranonces_are_small_numbers_wherever_they_stand() {
        let set = |size: &str| {
            read(
                format!(r#"{{"id":null,"method":"mining.set_extranonce","params":["0a"{size}]}}"#).as_bytes(),
            )
        };
        for size in [",1e40", ",-1", ",4.5", ",256", ",[4]", ",\"x\""] {
            let words = format!("extranonce 2 has a length of {}", &size[1..]);
            assert_eq!(set(size), Ok(FromPool::BadExtranonce(words)), "{size}");
        }
        for (size, read) in [("", None), (",null", None), (",4", Some(4)), (",\"4\"", Some(4))] {
            let expected = FromPool::SetExtranonce { extranonce_1: vec![10], extranonce_2_size: read };
            assert_eq!(set(size), Ok(expected), "{size}");
        }
    }

    #[test]
    fn reconnect_takes_ports_as_text_and_may_be_empty() {
        let read = |params: &str| {
            read(format!(r#"{{"id":null,"method":"client.reconnect","params":{params}}}"#).as_bytes())
                .unwrap()
        };
        assert_eq!(
            read(r#"["a.example","3334",5]"#),
            FromPool::Reconnect { host: Some("a.example".into()), port: Some(3334), wait: 5 }
        );
        assert_eq!(read("[]"), FromPool::Reconnect { host: None, port: None, wait: 0 });
        let long = format!(r#"{{"id":null,"method":"client.reconnect","params":["{}"]}}"#, "a".repeat(256));
        assert!(super::read(long.as_bytes()).unwrap_err().to_string().contains("too long"));
    }

    #[test]
    fn a_notice_with_an_id_is_a_request_and_gets_one_answer() {
        for (line, known) in [
            (r#"{"id":7,"method":"mining.set_difficulty","params":[2]}"#, true),
            (r#"{"id":"x","method":"client.show_message","params":["hi"]}"#, true),
            (r#"{"id":7,"method":"mining.set_goal","params":["x"]}"#, false),
            (r#"{"id":7,"method":"mining.notify","params":[]}"#, false),
        ] {
            let Ok(FromPool::Request { id, notice }) = read(line.as_bytes()) else { panic!("{line}") };
            assert!(line.contains(&format!("\"id\":{},", id.0)), "{line}");
            let none = matches!(*notice, FromPool::Unknown { .. } | FromPool::Nonsense(_));
            assert_eq!(none, !known, "{line}");
        }
        let line = br#"{"id":null,"method":"mining.set_difficulty","params":[2]}"#;
        assert!(matches!(read(line), Ok(FromPool::SetDifficulty(_))));
        assert!(matches!(read(br#"{"id":7,"method":"mining.ping"}"#), Ok(FromPool::Ping { .. })));
        let said = |message| {
            let mut out = Vec::new();
            write(&message, &mut out);
            String::from_utf8(out).unwrap()
        };
        let id = || RequestId("\"a\"".into());
        assert_eq!(
            said(ToPool::Reply { id: id(), known: true }),
            "{\"id\":\"a\",\"result\":true,\"error\":null}\n"
        );
        assert!(said(ToPool::Reply { id: id(), known: false }).contains("[-3,\"Method not found\",null]"));
    }

    #[test]
    fn words_that_belong_to_no_request_are_heard() {
        let full = br#"{"id":null,"result":null,"error":[20,"pool server is full",null]}"#;
        assert_eq!(read(full), Ok(FromPool::Nonsense("pool server is full".into())));
        for (line, words) in [
            (&b"HTTP/1.1 400 Bad Request"[..], "HTTP/1.1 400 Bad Request"),
            (b"\x1b[31mgo away\xff", "[31mgo away\u{fffd}"),
            (b"{\"id\":}", "not JSON"),
        ] {
            let error = read(line).unwrap_err();
            let FromPool::Nonsense(said) = nonsense(line, &error) else { unreachable!() };
            assert!(said.starts_with(words), "{said}");
        }
    }

    #[test]
    fn texts_are_escaped() {
        let mut out = Vec::new();
        write(&ToPool::Authorize { id: 3, user: "a\"b\n".into(), password: "x".into() }, &mut out);
        assert_eq!(out, b"{\"id\":3,\"method\":\"mining.authorize\",\"params\":[\"a\\\"b\\n\",\"x\"]}\n");
    }

    proptest::proptest! {
        #[test]
        fn no_line_makes_the_reader_panic(line in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = read(&line);
        }
    }

    #[test]
    fn an_extranonce_that_cannot_be_is_told_as_what_it_is() {
        for (one, two, words) in [
            (r#""08""#, "-1", "extranonce 2 has a length of -1"),
            (r#""08""#, "2.5", "extranonce 2 has a length of 2.5"),
            (r#""08""#, "256", "extranonce 2 has a length of 256"),
            (r#""08""#, r#""many""#, "extranonce 2 has a length of \"many\""),
            (r#""xyz""#, "4", "extranonce 1 is no hex: \"xyz\""),
            ("7", "4", "extranonce 1 is no hex: 7"),
        ] {
            let answer = format!(r#"{{"id":1,"result":[[],{one},{two}],"error":null}}"#);
            let said = FromPool::Answer { id: 1, answer: Ok(Answer::BadExtranonce(words.into())) };
            assert_eq!(read(answer.as_bytes()), Ok(said), "{answer}");
            let notice = format!(r#"{{"id":null,"method":"mining.set_extranonce","params":[{one},{two}]}}"#);
            assert_eq!(read(notice.as_bytes()), Ok(FromPool::BadExtranonce(words.into())), "{notice}");
        }
    }
}
