//! The secrets that the farm file followed needs, as they were last read. Reading happens on threads of its
//! own, with a deadline: a place that hangs costs one thread and never the loop that decides.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use schema::secret::SecretRef;
use tokio::sync::mpsc;

use super::Places;

/// Threads that read at a time. Where all of them hang, what is still to be read is late, and said to be.
const READERS_MAX: usize = 8;
/// What could not be read is tried again after this.
const RETRY_AFTER: Duration = Duration::from_secs(30);
/// Most bytes of all secrets together.
const TOTAL_MAX: usize = 64 * 1024 * 1024;

type Answer = (SecretRef, Result<String, String>);

/// What is known of one secret.
#[derive(Default)]
struct Known {
    /// As it was last read; a later failure leaves it in use.
    text: Option<Arc<str>>,
    /// Why it could not be read the last time.
    fault: Option<String>,
    /// When it was last asked for or read,
    asked: Option<Instant>,
    /// and until when reading may take, while it is being read.
    deadline: Option<Instant>,
}

/// What readers take their work from.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<SecretRef>,
    readers: usize,
}

/// Keeps the secrets that are wanted.
pub(crate) struct Keeper {
    places: Arc<Places>,
    known: HashMap<SecretRef, Known>,
    /// Being read, wanted or not: a place that hangs is not asked twice.
    reading: HashSet<SecretRef>,
    queue: Arc<Mutex<Queue>>,
    answer: mpsc::UnboundedSender<Answer>,
    answers: mpsc::UnboundedReceiver<Answer>,
    version: u64,
    /// Bytes of all that is known.
    total: usize,
}

impl Keeper {
    pub(crate) fn new(places: Places) -> Self {
        let (answer, answers) = mpsc::unbounded_channel();
        Self {
            places: Arc::new(places),
            known: HashMap::new(),
            reading: HashSet::new(),
            queue: Arc::default(),
            answer,
            answers,
            version: 0,
            total: 0,
        }
    }

    /// These are wanted, too, and everything is read, also what is known.
    pub(crate) fn want(&mut self, now: Instant, wanted: &HashSet<SecretRef>) {
        for secret in wanted {
            self.known.entry(secret.clone()).or_default();
        }
        self.read_again(now);
    }

    /// Only these are wanted: others are forgotten.
    pub(crate) fn keep_only(&mut self, wanted: &HashSet<SecretRef>) {
        self.known.retain(|secret, _| wanted.contains(secret));
        self.total = self.known.values().map(Known::len).sum();
    }

    /// Reads all of them again.
    pub(crate) fn read_again(&mut self, now: Instant) {
        let all: Vec<SecretRef> = self.known.keys().cloned().collect();
        all.into_iter().for_each(|secret| self.ask(now, secret));
    }

    /// Grows with each secret that is another than before, or can no longer or again be read.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Whether everything wanted was read or given up.
    pub(crate) fn is_settled(&self) -> bool {
        self.known.values().all(|known| known.deadline.is_none())
    }

    /// The secret; else why not.
    pub(crate) fn get(&self, secret: &SecretRef) -> Result<String, String> {
        if let SecretRef::Text(text) = secret {
            return Ok(text.clone());
        }
        let known = self.known.get(secret);
        match known.and_then(|known| known.text.as_ref()) {
            Some(text) => Ok(text.to_string()),
            None => Err(known
                .and_then(|known| known.fault.clone())
                .unwrap_or_else(|| format!("{secret} is still being read"))),
        }
    }

    /// Those that could not be read the last time, and why.
    pub(crate) fn faults(&self) -> impl Iterator<Item = (&SecretRef, &str)> {
        self.known.iter().filter_map(|(secret, known)| Some((secret, known.fault.as_deref()?)))
    }

    /// Takes what was read, gives up what is late, and asks again for what failed a while ago.
    pub(crate) fn look(&mut self, now: Instant) {
        while let Ok((secret, read)) = self.answers.try_recv() {
            self.take(now, &secret, read);
        }
        let mut due = Vec::new();
        for (secret, known) in &mut self.known {
            if known.deadline.is_some_and(|deadline| now >= deadline) {
                known.deadline = None;
                let seconds = Places::time_max(secret).as_secs();
                let fault =
                    format!("{secret} could not be read within {seconds} s; it is used as soon as it is");
                self.version += u64::from(known.fault.as_ref() != Some(&fault));
                known.fault = Some(fault);
            }
            let is_due = known.asked.is_some_and(|asked| now.duration_since(asked) >= RETRY_AFTER);
            if known.fault.is_some() && is_due {
                due.push(secret.clone());
            }
        }
        due.into_iter().for_each(|secret| self.ask(now, secret));
    }

    /// Waits until everything was read, at most so long.
    pub(crate) async fn settle(&mut self, time_max: Duration) {
        let end = tokio::time::Instant::now() + time_max;
        self.look(Instant::now());
        while !self.is_settled() {
            match tokio::time::timeout_at(end, self.answers.recv()).await {
                Ok(Some((secret, read))) => self.take(Instant::now(), &secret, read),
                _ => break,
            }
        }
        self.look(Instant::now());
    }

    fn take(&mut self, now: Instant, secret: &SecretRef, read: Result<String, String>) {
        self.reading.remove(secret);
        let Some(known) = self.known.get_mut(secret) else { return };
        known.deadline = None;
        known.asked = Some(now);
        let others = self.total - known.len();
        let read = read.and_then(|text| match others + text.len() <= TOTAL_MAX {
            true => Ok(text),
            false => Err(format!("{secret}: the secrets are larger together than 64 MiB")),
        });
        match read {
            Ok(text) => {
                self.version += u64::from(known.text.as_deref() != Some(&text) || known.fault.is_some());
                self.total = others + text.len();
                known.text = Some(text.into());
                known.fault = None;
            }
            Err(fault) => {
                self.version += u64::from(known.fault.as_ref() != Some(&fault));
                known.fault = Some(fault);
            }
        }
    }

    fn ask(&mut self, now: Instant, secret: SecretRef) {
        let Some(known) = self.known.get_mut(&secret) else { return };
        known.asked = Some(now);
        known.deadline = Some(now + Places::time_max(&secret));
        if !self.reading.insert(secret.clone()) {
            return;
        }
        let one_more = {
            let mut queue = lock(&self.queue);
            queue.waiting.push_back(secret);
            let one_more = queue.readers < READERS_MAX;
            queue.readers += usize::from(one_more);
            one_more
        };
        if one_more {
            let (places, queue, answer) = (self.places.clone(), self.queue.clone(), self.answer.clone());
            // Not one of the runtime's: those are waited for when the daemon ends.
            let started = std::thread::Builder::new()
                .name("secrets".into())
                .spawn(move || read_all(&places, &queue, &answer));
            if let Err(error) = started {
                tracing::error!(%error, "no thread to read secrets with");
                lock(&self.queue).readers -= 1;
            }
        }
    }
}

impl Known {
    fn len(&self) -> usize {
        self.text.as_ref().map_or(0, |text| text.len())
    }
}

fn lock(queue: &Mutex<Queue>) -> std::sync::MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Reads what waits, until nothing does.
fn read_all(places: &Places, queue: &Mutex<Queue>, answer: &mpsc::UnboundedSender<Answer>) {
    loop {
        let next = {
            let mut queue = lock(queue);
            match queue.waiting.pop_front() {
                Some(next) => next,
                None => {
                    queue.readers -= 1;
                    return;
                }
            }
        };
        let read = places.read(&next);
        if answer.send((next, read)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keeper(folder: &std::path::Path) -> Keeper {
        Keeper::new(Places { folder: folder.to_owned(), credentials: None, env_prefix: "X_".into() })
    }

    fn files(names: &[&str]) -> HashSet<SecretRef> {
        names.iter().map(|name| SecretRef::File((*name).into())).collect()
    }

    #[tokio::test]
    async fn secrets_are_read_once_and_again_when_asked_to() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), "one").unwrap();
        let mut keeper = keeper(folder.path());
        keeper.want(Instant::now(), &files(&["a", "b"]));
        keeper.settle(Duration::from_secs(5)).await;
        let a = SecretRef::File("a".into());
        assert_eq!(keeper.get(&a).unwrap(), "one");
        assert_eq!(keeper.faults().count(), 1);
        let version = keeper.version();
        std::fs::write(folder.path().join("a"), "two").unwrap();
        keeper.settle(Duration::from_secs(5)).await;
        assert_eq!((keeper.get(&a).unwrap().as_str(), keeper.version()), ("one", version));
        keeper.read_again(Instant::now());
        keeper.settle(Duration::from_secs(5)).await;
        assert_eq!(keeper.get(&a).unwrap(), "two");
        assert!(keeper.version() > version);
        // What can no longer be read stays in use, and is told.
        std::fs::remove_file(folder.path().join("a")).unwrap();
        keeper.read_again(Instant::now());
        keeper.settle(Duration::from_secs(5)).await;
        assert_eq!(keeper.get(&a).unwrap(), "two");
        assert_eq!(keeper.faults().count(), 2);
        // What failed is tried again after a while.
        std::fs::write(folder.path().join("b"), "late").unwrap();
        keeper.look(Instant::now() + RETRY_AFTER);
        keeper.settle(Duration::from_secs(5)).await;
        assert_eq!(keeper.get(&SecretRef::File("b".into())).unwrap(), "late");
    }

    #[tokio::test]
    async fn a_place_that_hangs_costs_no_more_than_its_threads() {
        let folder = tempfile::tempdir().unwrap();
        let mut keeper = keeper(folder.path());
        // Readers that hang: all of them are taken, and nobody answers.
        lock(&keeper.queue).readers = READERS_MAX;
        let begun = Instant::now();
        keeper.want(begun, &files(&["a"]));
        keeper.settle(Duration::from_millis(20)).await;
        assert!(!keeper.is_settled());
        keeper.look(begun + Duration::from_secs(3));
        assert!(keeper.is_settled());
        let why = keeper.get(&SecretRef::File("a".into())).unwrap_err();
        assert!(why.contains("within 2 s"), "{why}");
        for n in 0..100 {
            keeper.look(begun + RETRY_AFTER * n);
            keeper.read_again(begun + RETRY_AFTER * n);
        }
        assert_eq!(lock(&keeper.queue).waiting.len(), 1, "it is asked for once");
    }

    #[tokio::test]
    async fn many_secrets_are_read_by_few_threads() {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<String> = (0..2000).map(|n| format!("s{n}")).collect();
        names.iter().for_each(|name| std::fs::write(folder.path().join(name), name).unwrap());
        let wanted: HashSet<SecretRef> = names.iter().map(|name| SecretRef::File(name.clone())).collect();
        let mut keeper = keeper(folder.path());
        keeper.want(Instant::now(), &wanted);
        keeper.settle(Duration::from_secs(30)).await;
        assert!(names.iter().all(|name| keeper.get(&SecretRef::File(name.clone())).as_ref() == Ok(name)));
        assert_eq!(keeper.total, keeper.known.values().map(Known::len).sum::<usize>());
    }
}
