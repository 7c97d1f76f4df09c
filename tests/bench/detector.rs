//! How soon a failing rig is noticed and how rarely a healthy one is blamed, drawn at random (Monte Carlo) and
//! set beside the published figures of the same mixture of Shiryaev-Roberts statistics. Seeded: the same
//! figures on every machine. Fails when one is out of its band; `docs/measurements.md` keeps them.

use std::process::ExitCode;
use std::time::Duration;

use exchange::service::Service;
use exchange::time::Timestamp;
use exchange::watch::detector::Detector;
use exchange::watch::{Rule, Watch};

const DAY: f64 = 86_400.0;
const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
/// Parts of the hashrate that are left after a drop.
const RESTS: [f64; 3] = [0.0, 0.5, 0.8];
/// Days between false alarms of a rig, shares a minute, published delays: mean and 95 %, in minutes, for each
/// of [`RESTS`].
type Published = (f64, f64, [(f64, f64); 3]);
const PUBLISHED: [Published; 8] = [
    (30.0, 6.0, [(2.09, 2.25), (10.9, 18.5), (62.6, 117.0)]),
    (30.0, 12.0, [(1.10, 1.18), (5.83, 9.69), (34.2, 63.6)]),
    (30.0, 20.0, [(0.69, 0.74), (3.67, 6.08), (21.7, 39.1)]),
    (30.0, 30.0, [(0.47, 0.50), (2.54, 4.16), (15.1, 27.3)]),
    (1e4, 6.0, [(3.06, 3.22), (17.3, 26.7), (109.0, 181.0)]),
    (1e4, 12.0, [(1.59, 1.67), (9.04, 13.8), (57.3, 93.9)]),
    (1e4, 20.0, [(0.98, 1.03), (5.59, 8.51), (35.6, 58.0)]),
    (1e4, 30.0, [(0.67, 0.70), (3.82, 5.78), (24.3, 39.4)]),
];
/// Drops drawn for each delay.
const DROPS: usize = 10_000;
/// Shares between one drop and the next, so that each finds the statistic in another state.
const APART: f64 = 300.0;

fn main() -> ExitCode {
    let mut verdict = Verdict(0);
    delays(&mut verdict);
    daemon_delays(&mut verdict);
    false_alarms(&mut verdict);
    batches(&mut verdict);
    if verdict.0 > 0 {
        say(&format!("\n{} figures are out of their bands", verdict.0));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Counts figures that are out of their bands.
struct Verdict(u32);

impl Verdict {
    /// Marks a ratio that is farther from one than allowed.
    fn ratio(&mut self, ratio: f64, off_max: f64) -> &'static str {
        self.is((ratio - 1.0).abs() <= off_max)
    }

    fn is(&mut self, good: bool) -> &'static str {
        self.0 += u32::from(!good);
        if good { "" } else { " OUT" }
    }
}

fn delays(verdict: &mut Verdict) {
    say(
        "Minutes from a drop to the alarm, a detector that has long been running; the moment of the alarm is found",
    );
    say(&format!(
        "to the millisecond between shares. {DROPS} drops each; within 5 % of the published figures."
    ));
    say("one in | shares/min | left | mean | published | ratio | 95 % | published | ratio | mean / bound");
    for (days, per_minute, published) in PUBLISHED {
        let rate = per_minute / 60.0;
        let mut rng = Rng(17);
        let mut healthy = Shares::new(rate, 1, &mut rng);
        let mut sums = [const { Vec::new() }; 3];
        for _ in 0..DROPS {
            // A drop comes at any time, not just after a share.
            let end = healthy.now + Duration::from_secs_f64(APART / rate);
            healthy.run(end, days * DAY, &mut rng);
            for (rest, sum) in RESTS.iter().zip(&mut sums) {
                sum.push(healthy.clone().alarm(rate * rest, days * DAY, &mut rng));
            }
        }
        for ((rest, (mean_published, high_published)), mut minutes) in RESTS.iter().zip(published).zip(sums) {
            minutes.sort_unstable_by(f64::total_cmp);
            let mean = minutes.iter().sum::<f64>() / minutes.len() as f64;
            let high = minutes[minutes.len() * 95 / 100];
            let information = per_minute * (if *rest > 0.0 { rest * rest.ln() } else { 0.0 } + 1.0 - rest);
            let bound = (days * 1440.0 * information).ln() / information;
            let mut marks = String::new();
            marks += verdict.ratio(mean / mean_published, 0.05);
            marks += verdict.ratio(high / high_published, 0.05);
            if *rest == 0.0 {
                marks += verdict.is(mean / bound <= 1.1);
            }
            say(&format!(
                "{days} d | {per_minute} | {:.0} % | {mean:.2} | {mean_published} | {:.3} | {high:.2} | {high_published} | {:.3} | {:.3}{marks}",
                100.0 * rest,
                mean / mean_published,
                high / high_published,
                mean / bound,
            ));
        }
    }
}

/// The same as the daemon sees it: at each share and every full second, a twentieth of the hashrate allowed for.
fn daemon_delays(verdict: &mut Verdict) {
    say(
        "\nThe same in the daemon (looked at with each share and each second, 95 % counts as healthy), 20 shares",
    );
    say("a minute, until suspect at one in 30 days; 2000 drops each; within 8 % of the published means.");
    say("left | mean | published | ratio");
    let rate = 20.0 / 60.0;
    let mut rng = Rng(23);
    for (rest, published) in [(0.0, 0.72), (0.5, 4.3), (0.8, 37.0), (0.85, 119.0)] {
        let mut sum = 0.0;
        let runs = 2000;
        for _ in 0..runs {
            let mut watch = Watch::new(Timestamp(0), Rule::default());
            watch.expect(Timestamp(0), rate);
            let mut now = Timestamp(0);
            let mut next = rng.wait(now, rate);
            let mut tick = now + SECOND;
            let mut dropped: Option<Timestamp> = None;
            loop {
                let is_share = next <= tick;
                now = next.min(tick);
                let _ = if is_share { watch.on_share(now) } else { watch.on_time(now) };
                if is_share {
                    next = rng.wait(now, if dropped.is_some() { rate * rest } else { rate });
                } else {
                    tick = now + SECOND;
                }
                let alarm = watch.service() == Service::Suspect;
                match dropped {
                    None if !alarm && now.0 > 1_800_000_000 => {
                        dropped = Some(now);
                        next = rng.wait(now, rate * rest);
                    }
                    Some(since) if alarm => {
                        sum += now.since(since).as_secs_f64() / 60.0;
                        break;
                    }
                    _ => {}
                }
            }
        }
        let mean = sum / f64::from(runs);
        let mark = verdict.ratio(mean / published, 0.08);
        say(&format!("{:.0} % | {mean:.2} | {published} | {:.3}{mark}", 100.0 * rest, mean / published));
    }
}

/// How the difficulty, and with it the rate, goes on.
#[derive(Clone, Copy)]
enum Difficulty {
    Constant,
    /// Times four and back, every so many shares.
    Steps(u32),
    /// Another one at each share, a quarter to four times.
    Random,
}

fn false_alarms(verdict: &mut Verdict) {
    let (level, runs) = (0.25 * DAY, 8000);
    say(&format!(
        "\nMean time between false alarms over what it was set to ({:.0} h); {runs} alarms, so the standard error is {:.1} %; within 5 %.",
        level / 3600.0,
        100.0 / f64::from(runs).sqrt()
    ));
    say("difficulty | shares/min | ratio");
    for per_minute in [6.0, 20.0] {
        for (name, difficulty) in [
            ("constant", Difficulty::Constant),
            ("times 4 every 50 shares", Difficulty::Steps(50)),
            ("random at each share", Difficulty::Random),
        ] {
            let rate = per_minute / 60.0;
            let mut rng = Rng(29);
            let mut sum = 0.0;
            for _ in 0..runs {
                let mut shares = Shares::new(rate, 1, &mut rng);
                let mut n = 0;
                loop {
                    let now_rate = match difficulty {
                        Difficulty::Constant => rate,
                        Difficulty::Steps(every) => {
                            if n / every % 2 == 0 {
                                rate
                            } else {
                                rate / 4.0
                            }
                        }
                        Difficulty::Random => rate * 4f64.powf(rng.below(2.0) - 1.0),
                    };
                    shares.set_rate(now_rate, &mut rng);
                    if shares.share(level, &mut rng) {
                        break;
                    }
                    n += 1;
                }
                sum += shares.now.since(Timestamp(0)).as_secs_f64();
            }
            let ratio = sum / f64::from(runs) / level;
            let mark = verdict.ratio(ratio, 0.05);
            say(&format!("{name} | {per_minute} | {ratio:.3}{mark}"));
        }
    }
}

fn batches(verdict: &mut Verdict) {
    say(
        "\nThe same where shares come in batches and the detector finds that out by itself: one rig for years, after two",
    );
    say(
        "days to get to know it; each alarm starts it over. 20 shares a minute; within 20 %, single shares within 5 %.",
    );
    say("batch | set to | ratio | alarms | dispersion found, mean");
    for (batch, days, alarms) in
        [(1, 1.0, 6000), (2, 1.0, 3000), (4, 1.0, 3000), (2, 30.0, 400), (4, 30.0, 400)]
    {
        let rate = 20.0 / 60.0;
        let mut rng = Rng(31);
        let mut shares = Shares::new(rate, batch, &mut rng);
        while shares.now < Timestamp(0) + MINUTE * 2880 {
            shares.share(f64::INFINITY, &mut rng);
        }
        shares.detector.restart(shares.now);
        let start = shares.now;
        let (mut found, mut looks, mut count) = (0.0, 0.0, 0);
        while count < alarms {
            if shares.share(days * DAY, &mut rng) {
                shares.detector.restart(shares.now);
                count += 1;
            }
            (found, looks) = (found + shares.detector.dispersion(), looks + 1.0);
        }
        let ratio = shares.now.since(start).as_secs_f64() / f64::from(alarms) / (days * DAY);
        let mark = verdict.ratio(ratio, if batch == 1 { 0.05 } else { 0.2 });
        say(&format!("{batch} | {days} d | {ratio:.3} | {alarms} | {:.2}{mark}", found / looks));
    }
}

/// A rig's shares and the detector that follows them. It is looked at before each share and each full minute;
/// in between the statistic only grows, so no alarm is missed.
#[derive(Clone)]
struct Shares {
    detector: Detector,
    now: Timestamp,
    next: Timestamp,
    minute: Timestamp,
    rate: f64,
    batch: u32,
}

impl Shares {
    fn new(rate: f64, batch: u32, rng: &mut Rng) -> Self {
        let now = Timestamp(0);
        let mut detector = Detector::new(now);
        detector.expect(now, rate);
        let next = rng.wait(now, rate / f64::from(batch));
        Self { detector, now, next, minute: now + MINUTE, rate, batch }
    }

    /// The rate from now on, known to the detector.
    fn set_rate(&mut self, rate: f64, rng: &mut Rng) {
        if rate != self.rate {
            self.rate = rate;
            self.detector.expect(self.now, rate);
            self.next = rng.wait(self.now, rate / f64::from(self.batch));
        }
    }

    /// Goes on until then; an alarm starts the detector over.
    fn run(&mut self, end: Timestamp, level: f64, rng: &mut Rng) {
        while self.next <= end {
            if self.share(level, rng) {
                self.detector.restart(self.now);
            }
        }
        if self.pass(end, level) {
            self.detector.restart(self.now);
        }
    }

    /// From now on the rig sends at another rate, and the detector does not know: minutes until the alarm.
    fn alarm(mut self, rate: f64, level: f64, rng: &mut Rng) -> f64 {
        let start = self.now;
        self.rate = rate;
        self.next = rng.wait(self.now, rate);
        let mut before = self.clone();
        while !self.pass(self.next, level) {
            (0..self.batch).for_each(|_| self.detector.on_share(self.now));
            self.next = rng.wait(self.now, rate);
            before = self.clone();
        }
        // It grew over the level after the last share: halve the time until the moment is known.
        let (mut low, mut high) = (before.now.0, self.now.0);
        while high - low > 1000 {
            let middle = low + (high - low) / 2;
            if before.clone().pass(Timestamp(middle), level) { high = middle } else { low = middle }
        }
        Timestamp(high).since(start).as_secs_f64() / 60.0
    }

    /// Goes on to the next share. True if an alarm came before it.
    fn share(&mut self, level: f64, rng: &mut Rng) -> bool {
        if self.pass(self.next, level) {
            return true;
        }
        (0..self.batch).for_each(|_| self.detector.on_share(self.now));
        self.next = rng.wait(self.now, self.rate / f64::from(self.batch));
        false
    }

    /// Lets time pass without a share; true at an alarm.
    fn pass(&mut self, to: Timestamp, level: f64) -> bool {
        while self.now < to {
            self.now = to.min(self.minute);
            self.detector.on_time(self.now);
            if self.now == self.minute {
                self.minute = self.minute + MINUTE;
            }
            if self.detector.statistic() >= level {
                return true;
            }
        }
        false
    }
}

/// Numbers from a seed, the same on every machine (SplitMix64).
struct Rng(u64);

impl Rng {
    /// Above zero, below one.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn below(&mut self, most: f64) -> f64 {
        self.uniform() * most
    }

    /// When the next event of a Poisson process comes.
    fn wait(&mut self, now: Timestamp, per_second: f64) -> Timestamp {
        if per_second <= 0.0 {
            return Timestamp(i64::MAX);
        }
        now + Duration::from_secs_f64(-self.uniform().ln() / per_second)
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark is there to print")]
fn say(text: &str) {
    println!("{text}");
}
