//! Everything at once, for as long as one likes: pools are killed, fall silent and refuse, disks fill and fail, the
//! clock is set, strangers flood and take names, rigs come and go, the daemon is stopped, ended and killed. At the end
//! the rigs', the daemon's and the pools' own records agree to the share.
//!
//! `FARM_LONG_SECONDS` says how long (`tests/run --long`: an hour), `FARM_LONG_SEED` repeats a plan.

mod plan;
mod records;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::{Duration, Instant};

use farm_tests::{Disk, EIO, Farm, FarmText, SOON, flood_from, pool, rig, settled, wait_until};
use simulator::pool::PoolHandle;
use simulator::rig::{Death, Fleet, Habits, RigOptions};
use tokio::task::JoinHandle;

use self::plan::{Act, Cast};
use self::records::{Journal, Owed, Verdicts, counted, owed, recent, said, shares_of, written};

/// How long the disturbances last, unless it is said.
const SHORT: Duration = Duration::from_secs(30);
/// What every pool asks for.
const DIFFICULTY: f64 = 1e-6;
/// Pools of the customers and of the house, by the beginning of their names.
const OWNERS: [(&str, usize); 4] = [("alice", 2), ("bob", 3), ("carol", 2), ("house", 2)];
/// Rigs whose names nobody else claims, and which the farm file always has: booked to the share each.
const RIGS: [&str; 9] = ["a-1", "a-2", "a-3", "a-4", "a-5", "a-6", "a-7", "a-8", "a-9"];
/// Rigs whose names others claim as well, and one that the farm file does not always have: booked to the share together.
const CONTESTED: [&str; 3] = ["b-1", "b-2", "b-3"];
const CLONES: usize = 2;
const FLOODS: usize = 5;
/// How often what is seen to is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Pools' verdicts that `kill -9` may cost, as the documentation has it (5 s), with the time that a look takes.
const VERDICTS_LOST: Duration = Duration::from_secs(7);
/// An answer that is on its way comes within this.
const ON_ITS_WAY: Duration = Duration::from_millis(500);
/// The accounts are this far behind, at most: counters are taken once a second.
const BEHIND: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_at_once_and_all_records_agree() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let length = number("FARM_LONG_SECONDS").map_or(SHORT, Duration::from_secs);
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seed = number("FARM_LONG_SEED").unwrap_or_else(|| clock.map_or(1, |since| since.as_secs()));
    say(&format!("FARM_LONG_SECONDS={} FARM_LONG_SEED={seed}", length.as_secs()));
    let mut story = Story::begin(length).await;
    story.suffer(seed, length).await;
    story.all_is_well_again().await;
    story.records_agree(length).await;
}

#[expect(clippy::print_stderr, reason = "whoever waits for an hour wants to know how it goes")]
fn say(words: &str) {
    eprintln!("{words}");
}

/// What was seen of the daemon at some time: its age, memory in KiB, open files.
struct Sight {
    at: Duration,
    life: u32,
    memory: u64,
    files: usize,
}

/// What a pool's and the daemon's counts may differ by, and why.
#[derive(Default)]
struct Gap {
    /// Verdicts in the daemon's memory that `kill -9` took: told before, and not written.
    lost: Verdicts,
    /// Shares that were judged just before a connection ended with the daemon, the pool or the farm file.
    in_flight: u64,
}

struct Story {
    disk: Disk,
    farm: Farm,
    pools: Vec<(String, PoolHandle)>,
    rigs: Fleet,
    others: Fleet,
    gaps: BTreeMap<String, Gap>,
    journal: Journal,
    /// Since when shares may be booked without standing in the journal.
    blind: Option<Instant>,
    /// The disk was full, rather than failing.
    full: bool,
    floods: Vec<JoinHandle<()>>,
    applied: u32,
    begun: Instant,
    life: u32,
    sights: Vec<Sight>,
    told: u64,
    done: BTreeMap<&'static str, u64>,
}

impl Story {
    async fn begin(length: Duration) -> Story {
        let mut pools = Vec::new();
        // First all that are preferred.
        for n in 1..=3 {
            for (owner, _) in OWNERS.iter().filter(|(_, count)| n <= *count) {
                let name = format!("{owner}-{n}");
                pools.push((name.clone(), pool(&name).await));
            }
        }
        let disk = Disk::new(if length > SHORT { 192 } else { 32 });
        let mut farm = Farm::prepare(&["--book-every", "5"], &["asic"]);
        farm.on_disk(&disk);
        farm.launch().await;
        farm.apply(text(&pools, 0)).await;
        let habits = [Habits::cgminer(), Habits::axeos(), Habits::cpuminer()];
        let names = RIGS.iter().chain(&CONTESTED).enumerate();
        let rigs = names.map(|(n, name)| miner(name, habits[n % 3].clone(), None)).collect();
        let rigs = farm.fleet(rigs);
        let mut others: Vec<_> = (0..CLONES)
            .map(|n| miner(CONTESTED[n], Habits::cgminer(), Some(&format!("127.0.0.{}", 3 + n))))
            .collect();
        let mut stranger = miner("c-7", Habits::cgminer(), Some("127.0.0.9"));
        stranger.password = "d=0.000001".into();
        others.push(stranger);
        let others = farm.fleet(others);
        others.rigs()[..CLONES].iter().for_each(|clone| clone.die(Death::Closed));
        wait_until("all rigs mine", SOON, async || rigs.rigs().iter().all(|rig| rig.counters().accepted > 0))
            .await;
        let gaps = pools.iter().map(|(name, _)| (name.clone(), Gap::default())).collect();
        Story {
            disk,
            farm,
            pools,
            rigs,
            others,
            gaps,
            journal: Journal::default(),
            blind: None,
            full: false,
            floods: Vec::new(),
            applied: 0,
            begun: Instant::now(),
            life: 1,
            sights: Vec::new(),
            told: 0,
            done: BTreeMap::new(),
        }
    }

    /// Carries out the plan.
    async fn suffer(&mut self, seed: u64, length: Duration) {
        let cast = Cast {
            pools: self.pools.len(),
            rigs: RIGS.len() + CONTESTED.len(),
            clones: CLONES,
            floods: FLOODS,
        };
        self.begun = Instant::now();
        for (due, act) in plan::plan(seed, length, cast) {
            self.wait(due).await;
            say(&format!("{:>7.1} s: {act:?}", self.begun.elapsed().as_secs_f64()));
            if let Some(kind) = act.kind() {
                *self.done.entry(kind).or_default() += 1;
            }
            self.act(act).await;
        }
        self.wait(length).await;
        self.floods.drain(..).for_each(|flood| flood.abort());
    }

    /// Looks at what is to be seen to until something is due.
    async fn wait(&mut self, due: Duration) {
        loop {
            self.look();
            let rest = due.saturating_sub(self.begun.elapsed());
            if rest.is_zero() {
                return;
            }
            tokio::time::sleep(rest.min(LOOK_EVERY)).await;
        }
    }

    fn look(&mut self) {
        self.journal.read(&self.disk.data());
        let at = self.begun.elapsed();
        let (memory, files) = (self.farm.memory(), self.farm.open_files());
        self.sights.push(Sight { at, life: self.life, memory, files });
        if at.as_secs() / 60 > self.told {
            self.told = at.as_secs() / 60;
            let seen = self.rigs.total();
            say(&format!(
                "{} min: {} shares accepted, {} refused, {} unanswered; {} disturbances; {memory} KiB, {files} files",
                self.told,
                seen.accepted,
                seen.rejected(),
                seen.unanswered,
                self.done.values().sum::<u64>()
            ));
        }
    }

    async fn act(&mut self, act: Act) {
        match act {
            Act::PoolDies(at) => {
                self.in_flight(ON_ITS_WAY, |pool| pool == at);
                self.pools[at].1.down().await;
            }
            Act::PoolLives(at) => self.pools[at].1.up().await,
            Act::Mute(at, is_so) => self.pools[at].1.mute(is_so),
            Act::Stall(at, is_so) => self.pools[at].1.stall(is_so),
            Act::Refuse(at, is_so) => self.pools[at].1.reject(if is_so { 0.3 } else { 0.0 }),
            Act::Block(at) => self.pools[at].1.new_block(),
            Act::CloneComes(at) => self.others.rigs()[at].revive(),
            Act::CloneGoes(at) => self.others.rigs()[at].die(Death::Closed),
            Act::Flood(kind, time) => self.floods.push(tokio::spawn(flood(kind, self.farm.hub(), time))),
            Act::Reconnects(at) => self.rigs.rigs()[at].reconnect(),
            Act::RigDies(at) => self.rigs.rigs()[at].die(Death::Closed),
            Act::RigLives(at) => self.rigs.rigs()[at].revive(),
            Act::DiskFull => {
                self.blind();
                self.full = true;
                self.disk.fill();
                self.trouble_is_told(|storage| storage.journal_trouble.is_some()).await;
            }
            Act::DatabaseFails => {
                self.disk.fault(EIO, "wst", "stratumd.db");
                self.trouble_is_told(|storage| storage.database_trouble.is_some()).await;
            }
            Act::JournalFails => {
                self.blind();
                self.disk.fault(EIO, "wso", "shares-");
                self.trouble_is_told(|storage| storage.journal_trouble.is_some()).await;
            }
            Act::DiskWell => self.disk_is_well().await,
            Act::Clock(ahead) => self.disk.set_clock(ahead),
            Act::Pause(time) => {
                self.farm.signal("-STOP");
                tokio::time::sleep(time).await;
                self.farm.signal("-CONT");
                // What piled up goes out in one burst.
                wait_until("who waited is answered", SOON, async || self.rigs.total().waiting < 3).await;
            }
            Act::Kill => self.kill().await,
            Act::Term => {
                assert!(self.farm.stop().await.success(), "everything was written");
                self.in_flight(ON_ITS_WAY, |_| true);
                self.start().await;
            }
            Act::Apply => {
                self.in_flight(ON_ITS_WAY, |_| true);
                self.applied += 1;
                self.farm.apply(text(&self.pools, self.applied)).await;
            }
            Act::HangUp => self.farm.hang_up(),
        }
    }

    /// From now on shares may be booked that never stand in the journal.
    fn blind(&mut self) {
        self.journal.read(&self.disk.data());
        self.blind = Some(Instant::now().checked_sub(Duration::from_secs(1)).expect("it runs for a while"));
    }

    /// Whoever looks is told; what is said of the disk afterwards is no longer from before.
    async fn trouble_is_told(&self, is_so: impl Fn(&schema::api::StorageStatus) -> bool) {
        wait_until("status says what fails", SOON, async || is_so(&self.farm.status().await.storage)).await;
    }

    /// The disk takes everything again, and the daemon finds out by itself.
    async fn disk_is_well(&mut self) {
        self.journal.read(&self.disk.data());
        if std::mem::take(&mut self.full) {
            self.disk.empty()
        } else {
            self.disk.heal()
        }
        wait_until("everything is written again", SOON, async || {
            let storage = self.farm.status().await.storage;
            storage.database_trouble.is_none() && storage.journal_trouble.is_none()
        })
        .await;
        self.journal.read(&self.disk.data());
        if let Some(from) = self.blind.take() {
            self.journal.gaps.push((from, Instant::now()));
        }
    }

    /// Shares whose answers are on their way now may stay without.
    fn in_flight(&mut self, within: Duration, concerns: impl Fn(usize) -> bool) {
        for (_, (name, pool)) in self.pools.iter().enumerate().filter(|(at, _)| concerns(*at)) {
            self.gaps.get_mut(name).expect("of all").in_flight += recent(pool, within);
        }
    }

    /// Kills the daemon on the spot. What it knew of pools and had not written is lost, and that is not much.
    async fn kill(&mut self) {
        let knew = self.farm.accounts().await;
        self.farm.kill_9();
        let written = written(&self.disk.data()).await;
        for (name, pool) in &self.pools {
            let (knew, kept) = (said(&knew, name), written.get(name).cloned().unwrap_or_default());
            let (judged, unheard) = (recent(pool, VERDICTS_LOST), pool.counts().unheard_shares);
            let gap = self.gaps.get_mut(name).expect("of all");
            for (verdict, count) in knew {
                // Between the question and the end something may still have been written.
                let lost = count.saturating_sub(kept.get(&verdict).copied().unwrap_or(0));
                // A silent pool judges nothing of what it is handed.
                let since = match verdict.as_str() {
                    "forwarded" => judged + unheard,
                    _ => judged,
                };
                let is_bounded = lost <= since || matches!(verdict.as_str(), "unanswered" | "undeliverable");
                assert!(is_bounded, "{name}: {lost} {verdict} of more than 5 s are lost, {since} came since");
                *gap.lost.entry(verdict).or_default() += lost;
            }
        }
        self.in_flight(BEHIND, |_| true);
        self.start().await;
    }

    async fn start(&mut self) {
        self.journal.read(&self.disk.data());
        self.life += 1;
        // Every second life tells nobody what the disk has not.
        let durability = if self.life.is_multiple_of(2) { "disk" } else { "kernel" };
        self.farm.launch_with(&format!("--durability={durability}")).await;
    }

    /// Every rig mines, wherever; and from here on nothing is on its way that could get lost.
    async fn all_is_well_again(&mut self) {
        let before: Vec<_> = self.rigs.rigs().iter().map(|rig| rig.counters().accepted).collect();
        wait_until("every rig mines again", SOON * 3, async || {
            let rigs = self.rigs.rigs().iter();
            rigs.zip(&before).all(|(rig, before)| rig.counters().accepted > *before)
        })
        .await;
        self.rest().await;
        let before: Vec<_> = self.differences().await;
        self.rigs.set_scale(1.0);
        let shares = self.rigs.total().accepted;
        wait_until("more shares", SOON, async || self.rigs.total().accepted > shares + 200).await;
        self.rest().await;
        // Nothing happened meanwhile, so nothing is excused.
        assert_eq!(self.differences().await, before, "{:?}", self.table(&self.farm.accounts().await));
    }

    /// All that was found is answered, by the daemon and by the pools that answer at all.
    async fn rest(&self) {
        settled(&self.rigs).await;
        settled(&self.others).await;
        let (mut last, mut since) = (Vec::new(), Instant::now());
        wait_until("pools have said what they had to say", SOON, async || {
            let now = self.differences().await;
            if now != last {
                (last, since) = (now, Instant::now());
            }
            // On this machine an answer takes milliseconds.
            since.elapsed() > Duration::from_secs(1)
        })
        .await;
    }

    /// What pools have judged, less what the daemon heard of it.
    async fn differences(&self) -> Vec<i64> {
        let accounts = self.farm.accounts().await;
        let total = |verdicts: &Verdicts| -> i64 {
            let judged =
                verdicts.iter().filter(|(name, _)| *name == "accepted" || name.starts_with("rejected:"));
            judged.map(|(_, count)| *count as i64).sum()
        };
        let pools = self.pools.iter();
        pools.map(|(name, pool)| total(&counted(pool)) - total(&said(&accounts, name))).collect()
    }

    /// For people: what each pool says, and what the daemon says of it.
    fn table(&self, accounts: &farm_tests::Sums) -> String {
        let lines = self.pools.iter().map(|(name, pool)| {
            let (counts, gap) = (pool.counts(), &self.gaps[name]);
            format!(
                "{name}: it says {:?}, we say {:?}; mute {}, unheard {}, in flight {}, lost to kill -9 {:?}",
                counted(pool),
                said(accounts, name),
                counts.unanswered,
                counts.unheard_shares,
                gap.in_flight,
                gap.lost
            )
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The end: everything stops in order, and all records are compared.
    async fn records_agree(mut self, length: Duration) {
        wait_until("all that was accepted is booked", SOON, async || {
            let seen = self.rigs.total().accepted + self.others.total().accepted;
            self.farm.accounts().await.accepted() >= seen
        })
        .await;
        let live = self.farm.accounts().await;
        let events =
            self.farm.api.get::<schema::api::EventsDoc>("/v1/events?limit=1").await.expect("an answer");
        let events = events.events.last().map_or(0, |event| event.seq);
        assert!(self.farm.stop().await.success(), "everything was written");
        self.start().await;
        let accounts = self.farm.accounts().await;
        assert_eq!(live.accepted(), accounts.accepted(), "a stop in order loses nothing");
        self.journal.read(&self.disk.data());

        let rigs = [shares_of(&self.rigs), shares_of(&self.others)].concat();
        let by_name = owed(&rigs, &self.journal, DIFFICULTY);
        let mut all = Owed::default();
        let mut contested = Owed::default();
        for (name, owed) in &by_name {
            all += *owed;
            if RIGS.contains(&name.as_str()) {
                let booked = accounts.accepted_of(name);
                assert!(owed.is(booked), "{name}: {booked} booked, {owed:?}");
            } else {
                contested += *owed;
            }
        }
        let booked = accounts.accepted();
        let rest = booked - RIGS.iter().map(|name| accounts.accepted_of(name)).sum::<u64>();
        assert!(contested.is(rest), "contested names: {rest} booked, {contested:?}");
        assert!(all.is(booked), "{booked} booked, {all:?}");
        say(&format!("{booked} shares booked; {all:?}; {} in the journal", self.journal.prints.len()));

        for row in accounts.0.work.iter().filter(|row| row.verdict != schema::api::TAKEN) {
            say(&format!("refused of {} for {}: {} {}", row.rig, row.account, row.shares, row.verdict));
        }
        self.pools_agree(&accounts, &all, &rigs);
        self.nothing_grew(events, length);
        let kinds: Vec<_> = self.done.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        say(&format!("{} disturbances: {}", self.done.values().sum::<u64>(), kinds.join(", ")));
        assert_eq!(self.done.len(), plan::KINDS);
    }

    /// What was handed to each pool, by its own word and by the daemon's.
    fn pools_agree(
        &self,
        accounts: &farm_tests::Sums,
        all: &Owed,
        rigs: &[(String, Vec<simulator::rig::RigShare>)],
    ) {
        let submitted: HashSet<[u8; 32]> =
            rigs.iter().flat_map(|(_, shares)| shares.iter().map(|share| share.hash)).collect();
        let mut handed = HashSet::new();
        let (mut passed_on, mut undeliverable, mut in_flight, mut judged, mut cut) = (0, 0, 0, 0, [0; 2]);
        say(&self.table(accounts));
        for (name, pool) in &self.pools {
            let (theirs, counts, gap) = (counted(pool), pool.counts(), &self.gaps[name]);
            let mut ours = said(accounts, name);
            for (verdict, lost) in &gap.lost {
                *ours.entry(verdict.clone()).or_default() += lost;
            }
            let of = |verdicts: &Verdicts, verdict: &str| verdicts.get(verdict).copied().unwrap_or(0);
            let names: BTreeSet<_> = theirs.keys().chain(ours.keys()).collect();
            let (mut heard, mut told) = (0, 0);
            for verdict in names.into_iter().filter(|v| *v == "accepted" || v.starts_with("rejected:")) {
                heard += of(&theirs, verdict);
                told += of(&ours, verdict);
                assert!(
                    of(&ours, verdict) <= of(&theirs, verdict),
                    "{name} says {} {verdict}, we say {}: {ours:?} {theirs:?}",
                    of(&theirs, verdict),
                    of(&ours, verdict)
                );
            }
            let forwarded = of(&ours, "forwarded");
            let unanswered = of(&ours, "unanswered");
            assert!(
                told + unanswered <= forwarded + gap.in_flight,
                "{name}: more verdicts than shares: {ours:?}"
            );
            assert!(
                heard <= forwarded + gap.in_flight,
                "{name} has {heard} shares, {forwarded} were forwarded"
            );
            let excused = counts.unheard_shares + gap.in_flight;
            assert!(
                forwarded <= heard + excused,
                "{name}: {forwarded} forwarded, {heard} heard, {excused} excused"
            );
            let excused = counts.unanswered + gap.in_flight;
            assert!(heard - told <= excused, "{name}: {} answers lost, {excused} excused", heard - told);
            // What was refused unseen has no header.
            for share in pool.shares().iter().filter(|share| share.hash != [0; 32]) {
                assert!(submitted.contains(&share.hash), "{name} was given work that no rig sent");
                assert!(handed.insert(share.hash), "{name} was given the same work twice");
                let is_ours = self.journal.prints.contains(&records::print(&share.hash));
                assert!(
                    is_ours || self.journal.may_miss(share.at),
                    "{name} was given work that is not booked"
                );
            }
            judged += heard;
            cut[0] += (heard - told).saturating_sub(counts.unanswered);
            cut[1] += forwarded.saturating_sub(heard + counts.unheard_shares);
            passed_on += forwarded;
            undeliverable += of(&ours, "undeliverable");
            in_flight += gap.in_flight;
        }
        let hard = all.for_pools;
        say(&format!(
            "{hard} shares were hard enough for pools; {passed_on} forwarded, {undeliverable} undeliverable"
        ));
        say(&format!(
            "pools judged {judged}; cut off at ends of connections: {} answers and {} shares, of {in_flight} in flight",
            cut[0], cut[1]
        ));
        assert!(hard <= passed_on + undeliverable + in_flight, "shares were never forwarded");
        assert!(passed_on <= hard + all.perhaps + in_flight, "more was forwarded than found");
    }

    /// Events, memory and open files stay bounded.
    fn nothing_grew(&self, events: u64, length: Duration) {
        let disturbances = self.done.values().sum::<u64>();
        let answers = self.rigs.total();
        let latency = |part| answers.latency(part).unwrap_or_default();
        say(&format!(
            "{events} events; rigs waited {:?} in the median, {:?} at 99 %",
            latency(0.5),
            latency(0.99)
        ));
        assert!(latency(0.5) < Duration::from_millis(250), "honest rigs are answered");
        assert!(events < 300 + 10 * disturbances, "{events} events of {disturbances} disturbances");
        // The longest life, once it has warmed up, and at its end.
        let mut lives = BTreeMap::<u32, Vec<&Sight>>::new();
        self.sights.iter().for_each(|sight| lives.entry(sight.life).or_default().push(sight));
        let longest = lives.values().max_by_key(|sights| sights.len()).expect("it was looked at");
        // A flood of silent connections has its files, as long as it lasts.
        let usual = |sights: &[&Sight]| {
            let median = |mut all: Vec<u64>| {
                all.sort_unstable();
                all[all.len() / 2]
            };
            let memory = median(sights.iter().map(|sight| sight.memory).collect());
            (memory, median(sights.iter().map(|sight| sight.files as u64).collect()))
        };
        let third = longest.len().div_ceil(3);
        let (first, last) = (usual(&longest[..third]), usual(&longest[longest.len() - third..]));
        let lived = longest[longest.len() - 1].at - longest[0].at;
        say(&format!(
            "memory (KiB) and open files in a life of {lived:?}, median: {first:?} in the first third, {last:?} in the last"
        ));
        assert!(last.0 <= first.0 + first.0 / 2 + 8_192, "memory grew: {first:?}, {last:?}, {length:?}");
        assert!(last.1 <= first.1 + 32, "open files grew: {first:?}, {last:?}");
    }
}

/// The farm file; every second one has another promise and lacks a rig.
fn text(pools: &[(String, PoolHandle)], edition: u32) -> FarmText {
    let mut text = FarmText::new("a-1..9").rigs("b-1..2").titled(&format!("edition-{edition}"));
    if edition.is_multiple_of(2) {
        text = text.rigs("b-3");
    }
    for (name, pool) in pools {
        text = text.pool(name, pool);
    }
    for (owner, count) in OWNERS {
        let names: Vec<_> = (1..=count).map(|n| format!("{owner}-{n}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        text = match owner {
            "house" => names.iter().fold(text, |text, name| text.house(name)),
            "carol" => text.customer(owner, 200 + 100 * (edition % 2), &names),
            _ => text.customer(owner, 300, &names),
        };
    }
    text
}

fn miner(name: &str, habits: Habits, from: Option<&str>) -> RigOptions {
    let from = from.map(|from| from.parse().expect("an address"));
    RigOptions { habits, from, keeps_shares: true, ..rig(name) }
}

/// One stranger's noise, from an address of its own.
async fn flood(kind: usize, hub: std::net::SocketAddr, time: Duration) {
    let from = format!("127.0.0.{}", 20 + kind);
    let noise = async {
        let sign_in = "{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[]}\n{\"id\":2,\"method\":\"mining.authorize\",\"params\":[\"noise\",\"x\"]}\n";
        let line = match kind {
            0 => "{}\n".to_owned(),
            1 => "{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[]}\n".to_owned(),
            2 => "{\"id\":3,\"method\":\"mining.submit\",\"params\":[\"noise\",\"1\",\"00\",\"00000000\",\"00000000\"]}\n".to_owned(),
            3 => "x".repeat(4_096),
            _ => {
                // Connections that say nothing.
                let mut silent = Vec::new();
                while silent.len() < 200 {
                    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
                    socket.bind(format!("{from}:0").parse().expect("an address")).expect("of this machine");
                    silent.extend(socket.connect(hub).await);
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                return std::future::pending().await;
            }
        };
        let (first, bytes) = (if kind == 2 { sign_in } else { "" }, line.repeat(200));
        // disconnected, or nobody there: again.
        loop {
            let _ = flood_from(&from, hub, first.as_bytes(), bytes.as_bytes()).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let _ = tokio::time::timeout(time, noise).await;
}
