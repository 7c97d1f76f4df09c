//! The farm file that was read last, kept for a minute: an apply follows its plan, and the daemon's loop follows the
//! apply, each with the same file. Where a farm has 100,000 rigs, reading it takes a second and 200 MB.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bitcoin_hashes::sha256;
use farm::desired::Desired;
use schema::api::{BundleDoc, ProblemDoc};

/// How long a file is kept for whoever needs the same one.
const KEPT: Duration = Duration::from_secs(60);

/// A bundle without errors, read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The file. Its generation is not known from it: 0.
    pub file: Desired,
    /// Warnings.
    pub problems: Vec<ProblemDoc>,
}

impl Reading {
    /// Reads a bundle. Takes its time on a large farm. If there are errors, these and the warnings.
    pub fn of(bundle: &BundleDoc) -> Result<Self, Vec<ProblemDoc>> {
        let reading = schema::read(bundle);
        let problems = reading.problems.iter().map(Into::into).collect();
        match reading.farm {
            Some(farm) => Ok(Self { file: Desired::of(0, farm), problems }),
            None => Err(problems),
        }
    }
}

/// What a bundle is known by: SHA-256 over its text, in hex.
pub(crate) fn digest(text: &str) -> String {
    const_hex::encode(sha256::hash(text.as_bytes()).to_byte_array())
}

/// The last reading, by the digest of its bundle. All clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Readings(Arc<Mutex<Option<Kept>>>);

#[derive(Debug)]
struct Kept {
    digest: String,
    reading: Reading,
    until: Instant,
}

impl Readings {
    /// The reading of the bundle with this digest, if it is the last one.
    pub fn get(&self, digest: &str) -> Option<Reading> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|kept| kept.digest == digest).map(|kept| kept.reading.clone())
    }

    /// Keeps a reading instead of the last one.
    pub fn keep(&self, digest: String, reading: Reading, now: Instant) {
        let kept = Some(Kept { digest, reading, until: now + KEPT });
        let last = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), kept);
        // Outside the lock: a large one takes its time.
        drop(last);
    }

    /// Forgets what has been kept long enough.
    pub fn forget_old(&self, now: Instant) {
        let old = self.0.lock().unwrap_or_else(PoisonError::into_inner).take_if(|kept| kept.until <= now);
        drop(old);
    }
}

#[cfg(test)]
mod tests {
    use schema::api::BundleFile;

    use super::*;

    fn bundle(name: &str) -> BundleDoc {
        let text =
            include_str!("../../../examples/one-rig.yaml").replace("name: garage", &format!("name: {name}"));
        BundleDoc { files: vec![BundleFile { path: "farm.yaml".into(), text }] }
    }

    #[test]
    fn a_reading_is_kept_under_its_digest_alone_until_another_comes_or_its_minute_is_over() {
        let (readings, start) = (Readings::default(), Instant::now());
        let read = |name| Reading::of(&bundle(name)).unwrap();
        readings.keep("1".into(), read("one"), start);
        assert_eq!(readings.get("1").unwrap().file.farm.name.as_str(), "one");
        assert!(readings.get("2").is_none());
        readings.keep("2".into(), read("two"), start);
        assert!(readings.get("1").is_none());
        readings.forget_old(start + KEPT - Duration::from_millis(1));
        assert_eq!(readings.get("2").unwrap().file.farm.name.as_str(), "two");
        readings.forget_old(start + KEPT);
        assert!(readings.get("2").is_none());
    }

    #[test]
    fn errors_are_no_reading() {
        assert!(!Reading::of(&bundle("a b")).unwrap_err().is_empty());
    }
}
