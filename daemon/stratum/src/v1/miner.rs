//! The miner's side of V1, spoken as a server: requests in, answers and notices out.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::message::{self, Envelope, put};
use crate::BadLine;
use crate::hex;
use crate::peer::{Configure, FromMiner, Notify, Request, ToMiner};
use crate::text::{tame, words};
use crate::work::{Difficulty, Job, Reason, Share, header};

/// Longest user, password, agent, session or job id taken from a miner, characters. Longer ones are cut,
/// so that they still get an answer.
const FIELD_MAX: usize = 256;
/// Most extensions answered in one configure.
const EXTENSIONS_MAX: usize = 16;

/// Reads one line from a miner.
pub(crate) fn read(line: &[u8]) -> Result<Request, BadLine> {
    let envelope = message::open(line)?;
    let id = envelope.request_id();
    let Some(method) = envelope.method.as_deref() else {
        return Ok(Request { id, ask: FromMiner::Notice });
    };
    let params = envelope.params();
    let field = |at: usize| params.get(at).and_then(|raw| message::text(raw)).map(cut);
    let ask = match method {
        "mining.submit" => submit(&params),
        "mining.configure" => FromMiner::Configure(configure(&params)),
        "mining.subscribe" => {
            FromMiner::Subscribe { agent: field(0).map(tame), session: field(1).map(Cow::into_owned) }
        }
        "mining.authorize" => FromMiner::Authorize {
            user: field(0).map(tame).unwrap_or_default(),
            password: field(1).unwrap_or_default().into_owned(),
        },
        "mining.suggest_difficulty" => {
            match params.first().and_then(|raw| message::number(raw)).and_then(Difficulty::new) {
                Some(difficulty) => FromMiner::SuggestDifficulty(difficulty),
                None => FromMiner::Noted,
            }
        }
        "mining.suggest_target" => match suggested_target(&envelope) {
            Some(difficulty) => FromMiner::SuggestDifficulty(difficulty),
            None => FromMiner::Noted,
        },
        "mining.extranonce.subscribe" | "mining.subscribe.extranonce" => FromMiner::SubscribeExtranonce,
        "mining.get_transactions" | "mining.get_txnhashes" => FromMiner::GetTransactions,
        "mining.multi_version" | "mining.capabilities" | "mining.ping" => FromMiner::Noted,
        "pong" | "mining.pong" => FromMiner::Notice,
        other => match embedded_difficulty(other) {
            Some(difficulty) => FromMiner::SuggestDifficulty(difficulty),
            None => FromMiner::Unknown { method: words(other) },
        },
    };
    Ok(Request { id, ask })
}

fn cut(text: Cow<'_, str>) -> Cow<'_, str> {
    // As many characters are at least as many bytes.
    if text.len() <= FIELD_MAX {
        return text;
    }
    let Some((at, _)) = text.char_indices().nth(FIELD_MAX) else { return text };
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..at]),
        Cow::Owned(mut text) => {
            text.truncate(at);
            Cow::Owned(text)
        }
    }
}

/// `mining.suggest_difficulty(512)`, an old spelling.
fn embedded_difficulty(method: &str) -> Option<Difficulty> {
    let inner = method.strip_prefix("mining.suggest_difficulty(")?.strip_suffix(')')?;
    Difficulty::new(inner.trim().parse().ok()?)
}

fn suggested_target(envelope: &Envelope<'_>) -> Option<Difficulty> {
    let params = envelope.params();
    let text = message::text(params.first()?)?;
    let target = crate::work::Target(hex::array(&text).ok()?);
    Difficulty::new(target.difficulty(crate::work::Algorithm::Sha256d))
}

fn submit(params: &[&RawValue]) -> FromMiner {
    let field = |at: usize| params.get(at).and_then(|raw| message::text(raw)).map(cut);
    let share = || -> Result<Share, Reason> {
        let extranonce_2 = hex::bytes(&field(2).ok_or(Reason::Malformed)?).map_err(|_| Reason::Malformed)?;
        let number = |at: usize| field(at).and_then(|text| hex::number(&text).ok()).ok_or(Reason::Malformed);
        let bits = match params.get(5) {
            Some(raw) if raw.get() != "null" => Some(number(5)?),
            _ => None,
        };
        Share::new(&extranonce_2, number(3)?, number(4)?, bits).ok_or(Reason::ExtranonceSize)
    };
    FromMiner::Submit {
        user: field(0).map(tame).unwrap_or_default(),
        job: field(1).unwrap_or_default().into_owned(),
        share: share(),
    }
}

fn configure(params: &[&RawValue]) -> Configure {
    let names: Vec<String> =
        params.first().and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    let values: serde_json::Map<String, serde_json::Value> =
        params.get(1).and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    let mut out = Configure::default();
    for name in names.into_iter().take(EXTENSIONS_MAX) {
        match name.as_str() {
            "version-rolling" => {
                let mask = values.get("version-rolling.mask").and_then(|v| v.as_str());
                out.version_mask = Some(mask.and_then(|text| hex::number(text).ok()).unwrap_or(u32::MAX));
            }
            "minimum-difficulty" => {
                let value = values.get("minimum-difficulty.value").and_then(|v| v.as_f64());
                out.difficulty_min = Some(value.unwrap_or(0.0));
            }
            "subscribe-extranonce" => out.extranonce = true,
            "info" => out.info = true,
            _ => out.unknown.push(cut(Cow::Owned(name)).into_owned()),
        }
    }
    out
}

/// The constant parts of a notify line: everything but the job id, the filler, the time and the flag.
#[derive(Debug, PartialEq)]
pub(crate) struct NotifyText {
    before_filler: Vec<u8>,
    after_filler: Vec<u8>,
}

impl NotifyText {
    pub(crate) fn new(job: &Job, prefix: &[u8]) -> Self {
        let mut before_filler = b"\",\"".to_vec();
        hex::push(&mut before_filler, &header::swap_words(&job.previous));
        before_filler.extend(b"\",\"");
        hex::push(&mut before_filler, &job.coinbase_1);
        hex::push(&mut before_filler, prefix);
        let mut after_filler = b"\",\"".to_vec();
        hex::push(&mut after_filler, &job.coinbase_2);
        after_filler.extend(b"\",[");
        for (i, sibling) in job.branch.iter().enumerate() {
            after_filler.extend(if i == 0 { &b"\""[..] } else { b",\"" });
            hex::push(&mut after_filler, sibling);
            after_filler.push(b'"');
        }
        after_filler.extend(b"],\"");
        hex::push(&mut after_filler, &job.version.to_be_bytes());
        after_filler.extend(b"\",\"");
        hex::push(&mut after_filler, &job.bits.to_be_bytes());
        after_filler.extend(b"\",\"");
        Self { before_filler, after_filler }
    }

    /// Bytes held.
    pub(crate) fn len(&self) -> usize {
        self.before_filler.len() + self.after_filler.len()
    }
}

/// Appends the line that says `message`.
pub(crate) fn write(message: &ToMiner, out: &mut Vec<u8>) {
    match message {
        ToMiner::Subscribed { id, session, extranonce_1, extranonce_2_size } => {
            answer(out, &id.0);
            out.extend(b"[[[\"mining.set_difficulty\",\"");
            out.extend(session.as_bytes());
            out.extend(b"\"],[\"mining.notify\",\"");
            out.extend(session.as_bytes());
            out.extend(b"\"]],\"");
            hex::push(out, extranonce_1);
            put(out, format_args!("\",{extranonce_2_size}]"));
            no_error(out);
        }
        ToMiner::Configured { id, asked, version_mask } => {
            answer(out, &id.0);
            out.extend(configured(asked, *version_mask).as_bytes());
            no_error(out);
        }
        ToMiner::Done { id } => {
            answer(out, &id.0);
            out.extend(b"true");
            no_error(out);
        }
        ToMiner::Rejected { id, reason } => refusal(out, &id.0, reason.code(), reason.text()),
        ToMiner::Refused { id, code, text } => refusal(out, &id.0, *code, text),
        ToMiner::SetDifficulty(difficulty) => {
            notice(out, "mining.set_difficulty");
            // Whole numbers are written without a fraction: old firmware reads integers only.
            out.extend(difficulty_text(difficulty.get()).as_bytes());
            out.extend(b"]}\n");
        }
        ToMiner::SetVersionMask(mask) => {
            notice(out, "mining.set_version_mask");
            put(out, format_args!("\"{mask:08x}\"]}}\n"));
        }
        ToMiner::SetExtranonce { extranonce_1, extranonce_2_size } => {
            notice(out, "mining.set_extranonce");
            out.push(b'"');
            hex::push(out, extranonce_1);
            put(out, format_args!("\",{extranonce_2_size}]}}\n"));
        }
        ToMiner::Notify(work) => notify(work, out),
        ToMiner::Reconnect => {
            notice(out, "client.reconnect");
            out.extend(b"]}\n");
        }
    }
}

fn notify(work: &Notify, out: &mut Vec<u8>) {
    out.reserve(work.work.text.len() + 96);
    notice(out, "mining.notify");
    put(out, format_args!("\"{:x}", work.id));
    out.extend(&work.work.text.before_filler);
    hex::push(out, &work.filler);
    out.extend(&work.work.text.after_filler);
    hex::push(out, &work.time.to_be_bytes());
    out.extend(if work.clean { &b"\",true]}\n"[..] } else { b"\",false]}\n" });
}

fn answer(out: &mut Vec<u8>, id: &str) {
    out.extend(b"{\"id\":");
    out.extend(id.as_bytes());
    out.extend(b",\"result\":");
}

fn no_error(out: &mut Vec<u8>) {
    out.extend(b",\"error\":null}\n");
}

fn refusal(out: &mut Vec<u8>, id: &str, code: i32, text: &str) {
    answer(out, id);
    put(out, format_args!("null,\"error\":[{code},\"{text}\",null]}}\n"));
}

fn notice(out: &mut Vec<u8>, method: &str) {
    put(out, format_args!("{{\"id\":null,\"method\":\"{method}\",\"params\":["));
}

/// A difficulty in the shortest form that reads back the same; never in exponent form, which some
/// firmware cannot read.
fn difficulty_text(value: f64) -> String {
    format!("{value}")
}

fn configured(asked: &Configure, version_mask: Option<u32>) -> String {
    let mut map = serde_json::Map::new();
    if asked.version_mask.is_some() {
        map.insert("version-rolling".into(), version_mask.is_some().into());
        if let Some(mask) = version_mask {
            map.insert("version-rolling.mask".into(), format!("{mask:08x}").into());
        }
    }
    if asked.difficulty_min.is_some() {
        map.insert("minimum-difficulty".into(), true.into());
    }
    if asked.extranonce {
        map.insert("subscribe-extranonce".into(), true.into());
    }
    if asked.info {
        map.insert("info".into(), true.into());
    }
    // Never in the place of what was granted, whatever somebody calls an extension.
    for name in &asked.unknown {
        map.entry(name.clone()).or_insert(false.into());
    }
    serde_json::Value::Object(map).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::RequestId;

    fn ask(line: &str) -> FromMiner {
        read(line.as_bytes()).unwrap().ask
    }

    fn said(message: ToMiner) -> String {
        let mut out = Vec::new();
        write(&message, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn firmware_habits_are_understood() {
        assert_eq!(
            ask(r#"{"id":1,"method":"mining.subscribe","params":["x",null,"host:1",null]}"#),
            FromMiner::Subscribe { agent: Some("x".into()), session: None }
        );
        assert_eq!(
            ask(r#"{"method":"mining.submit","params":["u","1a","00000001","685c1200","244fa1"],"id":4}"#),
            FromMiner::Submit {
                user: "u".into(),
                job: "1a".into(),
                share: Ok(Share::new(&[0, 0, 0, 1], 0x685c_1200, 0x24_4fa1, None).unwrap()),
            }
        );
        let half = Difficulty::new(512.0).unwrap();
        for line in [
            r#"{"id":1,"method":"mining.suggest_difficulty(512)","params":[]}"#,
            r#"{"id":1,"method":"mining.suggest_difficulty","params":[512]}"#,
            r#"{"id":1,"method":"mining.suggest_difficulty","params":512}"#,
        ] {
            assert_eq!(ask(line), FromMiner::SuggestDifficulty(half), "{line}");
        }
        assert_eq!(ask(r#"{"id":5,"method":"pong","params":[]}"#), FromMiner::Notice);
        for line in [
            r#"{"id":5,"method":"mining.capabilities","params":[{}]}"#,
            r#"{"id":5,"method":"mining.multi_version","params":[1]}"#,
            r#"{"id":5,"method":"mining.suggest_difficulty","params":["hard"]}"#,
            r#"{"id":5,"method":"mining.suggest_target","params":["00"]}"#,
        ] {
            assert_eq!(ask(line), FromMiner::Noted, "{line}");
        }
        assert_eq!(ask(r#"{"id":5,"result":"x","error":null}"#), FromMiner::Notice);
    }

    #[test]
    fn a_share_that_cannot_be_read_says_why() {
        let share = |line: &str| match ask(line) {
            FromMiner::Submit { share, .. } => share,
            other => panic!("{other:?}"),
        };
        assert_eq!(share(r#"{"id":4,"method":"mining.submit","params":["u"]}"#), Err(Reason::Malformed));
        assert_eq!(
            share(r#"{"id":4,"method":"mining.submit","params":["u","1","00","1234567890","00"]}"#),
            Err(Reason::Malformed)
        );
        let long = "00".repeat(17);
        assert_eq!(
            share(&format!(r#"{{"id":4,"method":"mining.submit","params":["u","1","{long}","1","1"]}}"#)),
            Err(Reason::ExtranonceSize)
        );
    }

    #[test]
    fn configure_answers_every_extension() {
        let asked = match ask(
            r#"{"id":1,"method":"mining.configure","params":[["version-rolling","minimum-difficulty","magic"],{"version-rolling.mask":"FFFFFFFF","minimum-difficulty.value":2048}]}"#,
        ) {
            FromMiner::Configure(asked) => asked,
            other => panic!("{other:?}"),
        };
        assert_eq!(asked.version_mask, Some(u32::MAX));
        let line =
            said(ToMiner::Configured { id: RequestId("1".into()), asked, version_mask: Some(0x1fff_e000) });
        assert_eq!(
            line,
            "{\"id\":1,\"result\":{\"version-rolling\":true,\"version-rolling.mask\":\"1fffe000\",\"minimum-difficulty\":true,\"magic\":false},\"error\":null}\n"
        );
    }

    #[test]
    fn an_extension_called_like_an_answer_takes_nothing_back() {
        let asked = Configure {
            version_mask: Some(u32::MAX),
            unknown: vec!["version-rolling.mask".into()],
            ..Configure::default()
        };
        assert_eq!(
            configured(&asked, Some(0x1fff_e000)),
            r#"{"version-rolling":true,"version-rolling.mask":"1fffe000"}"#
        );
    }

    #[test]
    fn difficulties_are_written_plainly() {
        for (value, text) in [(1024.0, "1024"), (0.00004, "0.00004"), (1e-7, "0.0000001"), (1.5, "1.5")] {
            assert_eq!(difficulty_text(value), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_line_makes_the_reader_panic(line in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = read(&line);
        }

        #[test]
        fn no_parameters_make_the_reader_panic(method in "mining\\.(submit|configure|subscribe|authorize|suggest_target)", params in "\\[[\\[\\]{}\":,a-f0-9]{0,40}\\]") {
            let _ = read(format!(r#"{{"id":1,"method":"{method}","params":{params}}}"#).as_bytes());
        }
    }
}
