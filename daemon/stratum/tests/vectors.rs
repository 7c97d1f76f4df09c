//! The published and recorded data that lies beside the repository (`../shared/vectors`): every share,
//! header, target and conversation there must come out the same here. In CI its absence is a failure,
//! elsewhere the tests say that they were skipped.

#![allow(clippy::print_stderr, reason = "a skipped test says so")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use stratum::Protocol;
use stratum::hex;
use stratum::peer::{Answer, FromMiner, FromPool};
use stratum::work::check::solve;
use stratum::work::{Algorithm, Difficulty, Job, Share, Target, VersionRule};

fn vectors() -> Option<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("two folders up");
    let folder = repository.parent()?.join("shared/vectors");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "../shared/vectors is missing, and CI must have it");
    eprintln!("skipped: ../shared/vectors is not here");
    None
}

fn load(name: &str) -> Option<Value> {
    let path = vectors()?.join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Some(serde_json::from_str(&text).expect("vectors are JSON"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} in {value}"))
}

fn number(value: &Value, key: &str) -> u32 {
    hex::number(text(value, key)).expect("hex")
}

fn shown(target: Target) -> String {
    hex::text(&target.0)
}

/// A job written as an object, read through the line that a pool would have sent.
fn job(job: &Value) -> Job {
    let params = serde_json::json!([
        job["job_id"],
        job["prevhash"],
        job["coinb1"],
        job["coinb2"],
        job["merkle_branch"],
        job["version"],
        job["nbits"],
        job["ntime"],
        job["clean_jobs"]
    ]);
    let line = serde_json::json!({"id": null, "method": "mining.notify", "params": params}).to_string();
    match Protocol::StratumV1.read_pool(line.as_bytes()) {
        FromPool::Notify(job) => job,
        other => panic!("{other:?}"),
    }
}

fn share(submit: &Value) -> Share {
    let bits = submit["version_bits"].as_str().map(|bits| hex::number(bits).unwrap());
    let extranonce_2 = hex::bytes(text(submit, "extranonce2")).unwrap();
    Share::new(&extranonce_2, number(submit, "ntime"), number(submit, "nonce"), bits).unwrap()
}

#[test]
fn shares_hash_as_published_and_through_every_fold() {
    let Some(data) = load("sha256d_shares.json") else { return };
    let list = data["vectors"].as_array().unwrap();
    assert!(list.len() >= 26);
    for vector in list {
        let expected = text(&vector["expect"], "hash_display");
        let mask = vector["version_mask"].as_str().map_or(0, |mask| hex::number(mask).unwrap());
        let target = Target(hex::array(expected).unwrap());
        let plain = job(&vector["job"]);
        let prefix = hex::bytes(text(vector, "extranonce1")).unwrap();
        let found = solve(Algorithm::Sha256d, &plain, &prefix, &share(&vector["submit"]), mask, target);
        assert_eq!(shown(found.hash), expected, "{}", vector["id"]);
        assert_eq!(format!("{:08x}", found.version), text(&vector["expect"], "version_final"));
        let difficulty = found.hash.difficulty(Algorithm::Sha256d);
        assert!((difficulty / vector["expect"]["difficulty"].as_f64().unwrap() - 1.0).abs() < 1e-9);

        let Some(fold) = vector.get("fold") else { continue };
        let down = &fold["downstream"];
        let mut folded = plain.clone();
        folded.coinbase_1 = hex::bytes(text(&down["job"], "coinb1")).unwrap();
        let mut submit = vector["submit"].clone();
        submit["extranonce2"] = down["extranonce2"].clone();
        let fixed = hex::bytes(text(down, "extranonce1")).unwrap();
        let seen = solve(Algorithm::Sha256d, &folded, &fixed, &share(&submit), mask, target);
        assert_eq!(seen, found, "{} through its fold", vector["id"]);
    }
}

#[test]
fn headers_targets_and_bits() {
    let Some(data) = load("headers.json") else { return };
    for header in data["headers"].as_array().unwrap() {
        let bytes = hex::array(text(header, "header")).unwrap();
        assert_eq!(shown(Algorithm::Sha256d.hash(&bytes)), text(header, "hash_display"));
        let swapped = hex::array(text(header, "prevhash_stratum")).unwrap();
        assert_eq!(stratum::work::header::swap_words(&swapped), bytes[4..36]);
        assert_eq!(shown(Target::from_bits(number(header, "nbits"))), text(header, "network_target"));
    }
    for case in load("difficulty_target.json").unwrap()["cases"].as_array().unwrap() {
        let difficulty = Difficulty::new(case["difficulty"].as_f64().unwrap()).unwrap();
        assert_eq!(shown(difficulty.target(Algorithm::Sha256d)), text(case, "target"), "{difficulty:?}");
    }
    for case in load("nbits.json").unwrap()["cases"].as_array().unwrap() {
        assert_eq!(shown(Target::from_bits(number(case, "nbits"))), text(case, "target"));
    }
}

#[test]
fn scrypt_headers_and_targets() {
    let Some(data) = load("scrypt.json") else { return };
    for header in data["headers"].as_array().unwrap() {
        let bytes = hex::array(text(header, "header")).unwrap();
        let hash = Algorithm::Scrypt.hash(&bytes);
        assert_eq!(shown(hash), text(header, "pow_hash_display"));
        let expected = header["stratum_difficulty_scrypt"].as_f64().unwrap();
        assert!((hash.difficulty(Algorithm::Scrypt) / expected - 1.0).abs() < 1e-9);
    }
    for case in data["difficulty_target"].as_array().unwrap() {
        let difficulty = Difficulty::new(case["difficulty"].as_f64().unwrap()).unwrap();
        assert_eq!(shown(difficulty.target(Algorithm::Scrypt)), text(case, "target"));
    }
}

#[test]
fn version_rules_and_hashrates() {
    let Some(data) = load("version_rolling.json") else { return };
    for case in data["cases"].as_array().unwrap() {
        let [version, mask, bits] = ["job_version", "mask", "version_bits"].map(|key| number(case, key));
        for (rule, key) in [
            (VersionRule::Replace, "final_bip310"),
            (VersionRule::Or, "final_or_variant"),
            (VersionRule::Xor, "final_xor_variant"),
        ] {
            assert_eq!(rule.apply(version, mask, bits), number(case, key), "{rule:?} {case}");
        }
        assert_eq!(bits & !mask != 0, case["bits_outside_mask"].as_bool().unwrap());
    }
    for case in load("hashrate.json").unwrap()["cases"].as_array().unwrap() {
        let sum = Difficulty::new(case["sum_difficulty"].as_f64().unwrap()).unwrap();
        let rate = sum.hashes(Algorithm::Sha256d) / case["seconds"].as_f64().unwrap();
        assert!((rate / case["hs_exact"].as_f64().unwrap() - 1.0).abs() < 1e-12, "{case}");
    }
}

/// What one connection of a conversation has agreed so far.
#[derive(Default)]
struct Connection {
    extranonce_1: Option<Vec<u8>>,
    /// Counts from the next notify.
    extranonce_next: Option<Vec<u8>>,
    mask: u32,
    jobs: HashMap<String, (Job, Vec<u8>)>,
}

/// Replays a conversation through both codecs; returns how many of its shares were hashed and found right.
fn replay(path: &Path, known: &HashMap<String, String>) -> usize {
    let rows: Vec<Value> = std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).expect("rows are JSON"))
        .collect();
    let meta = &rows[0]["meta"];
    let sha256d = text(meta, "protocol") == "stratum-v1/sha256d";
    let mut connections: HashMap<String, Connection> = HashMap::new();
    let mut checked = 0;
    for row in &rows[1..] {
        let Some(line) = row["line"].as_str() else {
            hex::bytes(text(row, "hex")).expect("binary rows are hex");
            continue;
        };
        if !sha256d {
            // Other protocols come later; their lines are JSON objects already.
            serde_json::from_str::<serde_json::Map<String, Value>>(line)
                .unwrap_or_else(|e| panic!("{}: {e}: {line}", path.display()));
            continue;
        }
        let connection = connections.entry(row["conn"].as_str().unwrap_or("c").to_owned()).or_default();
        // On a pool's connection the hub is the one who submits.
        let up = match text(row, "from") {
            "miner" => true,
            "hub" => row["conn"] != "miner",
            _ => false,
        };
        if up {
            let request = Protocol::StratumV1
                .read_miner(line.as_bytes())
                .unwrap_or_else(|e| panic!("{}: {e}: {line}", path.display()));
            let id: Value = serde_json::from_str::<Value>(line).unwrap()["id"].clone();
            assert_eq!(serde_json::from_str::<Value>(&request.id.0).unwrap(), id, "the id is echoed");
            assert!(!matches!(request.ask, FromMiner::Unknown { .. }), "{}: {line}", path.display());
            let FromMiner::Submit { job, share, .. } = request.ask else { continue };
            let expected = row["hash_display"]
                .as_str()
                .map(str::to_owned)
                .or_else(|| row["share_vector"].as_str().map(|id| known[id].clone()));
            let Some(expected) = expected else { continue };
            let share = share.expect("a recorded share can be read");
            let (job, prefix) = connection.jobs.get(&job).unwrap_or_else(|| panic!("job {job}"));
            let target = Target(hex::array(&expected).unwrap());
            let found = solve(Algorithm::Sha256d, job, prefix, &share, connection.mask, target);
            assert_eq!(shown(found.hash), expected, "{}: {line}", path.display());
            checked += 1;
            continue;
        }
        match Protocol::StratumV1.read_pool(line.as_bytes()) {
            FromPool::Notify(job) => {
                if let Some(next) = connection.extranonce_next.take() {
                    connection.extranonce_1 = Some(next);
                }
                let prefix = connection.extranonce_1.clone().unwrap_or_default();
                connection.jobs.insert(job.id.to_string(), (job, prefix));
            }
            FromPool::SetExtranonce { extranonce_1, .. } => {
                connection.extranonce_next = Some(extranonce_1);
            }
            FromPool::SetVersionMask(mask) => connection.mask = mask,
            FromPool::Answer { answer: Ok(Answer::Subscribed { extranonce_1, .. }), .. } => {
                connection.extranonce_1 = Some(extranonce_1);
            }
            FromPool::Answer { answer: Ok(Answer::Configured { version_mask }), .. } => {
                connection.mask = version_mask.unwrap_or(0);
            }
            FromPool::Answer { answer, .. } => {
                if let Some(expect) =
                    row["expect"].as_str().filter(|e| meta["id"] == "pool-error-shapes" && !e.is_empty())
                {
                    assert_eq!(answer.is_ok(), expect.starts_with("accepted"), "{line}");
                    if let (Err(refusal), Some(code)) =
                        (&answer, expect.strip_prefix("rejected ").and_then(|rest| rest.get(..2)))
                        && let Ok(code) = code.parse::<i32>()
                    {
                        assert_eq!(refusal.reason().code(), code, "{line}");
                    }
                }
            }
            FromPool::Nonsense(why) => {
                // Some recorded answers carry ids that are none of ours; nothing else may fail.
                let id: Value = serde_json::from_str::<Value>(line).unwrap()["id"].clone();
                assert!(!id.is_u64(), "{}: {why}: {line}", path.display());
            }
            _ => {}
        }
    }
    checked
}

#[test]
fn conversations_with_real_miners_and_pools() {
    let Some(folder) = vectors() else { return };
    let known: HashMap<String, String> = load("sha256d_shares.json").unwrap()["vectors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| (text(v, "id").to_owned(), text(&v["expect"], "hash_display").to_owned()))
        .collect();
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder.join("transcripts"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 32, "{} conversations", paths.len());
    let mut total = 0;
    for path in &paths {
        let checked = replay(path, &known);
        let name = path.file_stem().unwrap().to_string_lossy();
        if name.starts_with("recorded-") {
            assert!(checked >= 10, "{name}: only {checked} shares were checked");
        }
        total += checked;
    }
    assert!(total >= 200, "{total} shares in all");
}

#[test]
fn cryptonote_targets() {
    use stratum::work::cryptonote;
    let Some(data) = load("cryptonote_target.json") else { return };
    let cases = data["cases"].as_array().unwrap();
    assert!(cases.len() >= 7);
    for case in cases {
        let target = cryptonote::target(text(case, "target")).unwrap_or_else(|| panic!("{case}"));
        assert_eq!(target.to_string(), text(case, "target_u64"), "{case}");
        let difficulty = cryptonote::difficulty(target).unwrap();
        assert_eq!(difficulty.to_string(), text(case, "difficulty"), "{case}");
    }
}
