//! What one dead rig costs beside the decision itself, on a farm of 100,000 rigs and 1,000 rentals: the step of the
//! decider, what it changes in the hub's orders and in the database. Beside it what the same would cost if all were made
//! anew. `cargo bench -p farm-tests --bench change`, or `-- RIGS RENTALS`.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use exchange::Exchange;
use exchange::service::Service;
use farm::desired::Desired;
use farm::instruct::{Wanted, orders, orders_change};
use farm::reconcile::{Reconciler, Seen};
use schema::farm::{Farm, Hub};
use store::{AssignmentRows, Store};

const DEATHS: usize = 50;

/// Ten sites, a tenth of the rigs each; five sixths of the hash are rented.
fn farm(rigs: usize, rentals: usize) -> Farm {
    let mut text = String::from(
        r#"{"apiVersion": "stratum.farm/v1", "kind": "Farm", "name": "big", "timezone": "UTC",
            "models": {"m": {"algorithms": {"sha256d": {"hashrate": "100 TH/s", "power": "3000 W"}}}},
            "pools": {"p": {"urls": ["stratum+tcp://p.example:3333"]}},
            "house": {"pools": [{"pool": "p", "user": "h"}]}, "sites": {"#,
    );
    let list =
        |count: usize, each: &dyn Fn(usize) -> String| (0..count).map(each).collect::<Vec<_>>().join(", ");
    text += &list(10, &|site| format!(r#""s{site}": {{}}"#));
    text += r#"}, "rigs": {"#;
    text +=
        &list(10, &|site| format!(r#""r{site}-00001..{}": {{"model": "m", "site": "s{site}"}}"#, rigs / 10));
    text += r#"}, "customers": {"#;
    let each = rigs * 100 * 5 / 6 / rentals;
    text += &list(rentals, &|n| {
        format!(
            r#""c{n}": {{"pools": [{{"pool": "p", "user": "c{n}.$rig"}}], "rentals": {{"r": {{"hashrate": "{each} TH/s"}}}}}}"#
        )
    });
    text += "}}";
    serde_json::from_str(&text).expect("a farm")
}

#[derive(Default)]
struct Row(Vec<Duration>);

impl Row {
    fn time<T>(&mut self, what: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = what();
        self.0.push(begun.elapsed());
        done
    }

    /// Median and worst, milliseconds.
    fn words(&mut self) -> String {
        self.0.sort_unstable();
        let at = |n: usize| self.0.get(n).map_or(0.0, |time| time.as_secs_f64() * 1e3);
        format!("{:>9.3} ms {:>9.3} ms", at(self.0.len() / 2), at(self.0.len().saturating_sub(1)))
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark's result")]
fn main() {
    let mut numbers = std::env::args().filter_map(|word| word.parse::<usize>().ok());
    let (rigs, rentals) = (numbers.next().unwrap_or(100_000), numbers.next().unwrap_or(1_000));
    let farm = farm(rigs, rentals);
    let desired = Arc::new(Desired::of(1, farm));
    let hub: Hub = serde_json::from_str(r#"{"listeners": {}}"#).expect("a hub");
    let folder = tempfile::tempdir_in(concat!(env!("CARGO_MANIFEST_DIR"), "/../target")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = runtime.block_on(Store::open(&folder.path().join("stratumd.db"))).unwrap();
    let mut seen = Seen::well(&desired, hub::now());
    let mut decider = Reconciler::new(seen.at, Arc::default(), Default::default());
    let mut exchange = Exchange::new(0, 7, stratum::work::Algorithm::Sha256d);
    let mut rows: [Row; 7] = Default::default();
    let [quiet, step, follow, keep, make, apply, keep_all] = &mut rows;
    let (mut events, mut moved) = (Vec::new(), 0);
    decider.step(&desired, &[], &seen, &mut events);
    let mut epoch = 1;
    for death in 0..=DEATHS {
        if death > 0 {
            // The step before told of nothing: what a look costs when nothing has happened.
            seen.at = seen.at + Duration::from_secs(1);
            let idle = quiet.time(|| decider.step(&desired, &[], &seen, &mut events));
            assert!(idle.change.rigs.is_empty(), "{:?}", idle.change);
            seen.at = seen.at + Duration::from_secs(1);
            seen.rigs[death * 997 % rigs].service = Service::Dead;
            let step = step.time(|| decider.step(&desired, &[], &seen, &mut events));
            assert!(!step.change.whole);
            moved += step.change.rigs.len();
            epoch += 1;
            let change = orders_change(&step.change, epoch);
            follow.time(|| exchange.follow(seen.at, &change, &mut Vec::new()));
            let rows = AssignmentRows { epoch, rigs: step.change.rigs.clone(), slices: None };
            let kept = keep
                .time(|| runtime.block_on(store.keep_assignment_change(epoch - 1, &rows, &step.movements)));
            assert!(kept.unwrap());
            if death > 5 {
                continue;
            }
        }
        epoch += 1;
        let wanted = Wanted {
            farm: &desired.farm,
            inventory: &desired.inventory,
            hub: &hub,
            assignment: decider.assignment(),
            excused: decider.excused(),
            overrides: &[],
            generation: 1,
            epoch,
            scale: 1.0,
        };
        let (made, _) = make.time(|| orders(&wanted, &mut |_| Ok("x".into())));
        apply.time(|| exchange.apply(seen.at, Arc::new(made), &mut Vec::new()));
        let text = |(rig, label): (&Arc<str>, &Arc<str>)| (rig.to_string(), label.to_string());
        let kept = keep_all.time(|| {
            let assignment = decider.assignment();
            let whole = store::Assignment {
                epoch,
                accounts: assignment.labels.iter().map(text).collect(),
                homes: assignment.homes.iter().map(text).collect(),
                slices: assignment.slices.clone(),
            };
            runtime.block_on(store.keep_assignment(&whole, &[]))
        });
        assert!(kept.unwrap());
    }
    assert_eq!(decider.check(), Ok(()));
    let mut table = String::new();
    let names = [
        "a look at which nothing has happened",
        "a look with one rig dead: decided",
        "the hub follows the change (no rig is connected)",
        "the database has the rows that moved, on disk",
        "before: orders of all rigs",
        "before: the hub applies them (no rig is connected)",
        "before: the database has all rows, on disk",
    ];
    for (name, row) in names.iter().zip(&mut rows) {
        let _ = writeln!(table, "{name:<52} {}", row.words());
    }
    println!("{rigs} rigs, {rentals} rentals, {DEATHS} deaths, {moved} rows; median and worst");
    print!("{table}");
}
