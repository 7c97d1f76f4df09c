//! Common cause: when many rigs of a rack, of a site or of one customer fall silent at once, that is one event,
//! and no rig is blamed for it. The groups compete: the one that explains most completely who fell silent wins.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use exchange::time::Timestamp;

/// Rigs that fall silent within this may have one cause.
const WITHIN: Duration = Duration::from_secs(60);
/// How far back silence is news; slow rigs are noticed minutes after they stopped.
const NEWS: Duration = Duration::from_secs(300);
/// Fewer are chance.
const RIGS_MIN: usize = 3;
/// More than this part of a group must be silent.
const SHARE_MIN: f64 = 0.2;
/// The same for a customer, of those that were silent or heard since: where its pools fail, all rigs that mine there have
/// nothing to do, and what is taken for that pauses its promise. A place may well fail in part: one of its feeders, one of
/// its switches.
const CUSTOMER_MIN: f64 = 0.8;
/// It is over when this part of the group's silent rigs works again.
const BACK: f64 = 0.8;
/// The stragglers are still excused for this long.
const STRAGGLERS: Duration = Duration::from_secs(600);
/// A customer's pools are not tried again before this.
const RETRY: Duration = Duration::from_secs(300);
/// Rigs that a customer's pools gave nothing to do work elsewhere within this. Those that do not are to blame themselves.
const ELSEWHERE: Duration = Duration::from_secs(45);

/// What rigs can have in common; numbers are the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// A site: power or network.
    Site(u32),
    /// A rack: a feeder or a switch.
    Rack(u32),
    /// They mine for the same customer, so at the same pools.
    Customer(u32),
}

/// One rig, as the search for causes sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    /// Its site, if any.
    pub site: Option<u32>,
    /// Its rack, if any.
    pub rack: Option<u32>,
    /// For whom it mined when it was last heard, if anybody.
    pub customer: Option<u32>,
    /// It sends nothing, though it should, since then. `None` for one that works.
    pub silent_since: Option<Timestamp>,
    /// When it last sent an accepted share.
    pub heard: Option<Timestamp>,
    /// It is connected: what is wrong at a pool closes no connection of a rig.
    pub connected: bool,
    /// It is out of this: never seen, or out of service.
    pub absent: bool,
}

/// Something larger than a rig that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// What failed.
    pub group: Group,
    /// When the first of its rigs fell silent.
    pub since: Timestamp,
    /// Those that fell silent.
    pub rigs: BTreeSet<u32>,
    /// When it was found.
    pub found: Timestamp,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// It was none: its rigs are silent wherever they mine, and each is to blame.
    pub unfounded: bool,
}

/// What is new about outages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// It began.
    Began(Outage),
    /// What was thought to be smaller is this.
    Widened(Outage),
    /// It is over.
    Ended(Outage),
}

/// The outages under way.
#[derive(Debug, Clone, Default)]
pub struct Outages {
    open: Vec<Outage>,
}

impl Outages {
    /// Those under way, and those just over whose stragglers are still excused.
    pub fn list(&self) -> &[Outage] {
        &self.open
    }

    /// Rigs that are not blamed for being silent.
    pub fn excused(&self) -> BTreeSet<u32> {
        let founded = self.open.iter().filter(|outage| !outage.unfounded);
        founded.flat_map(|outage| outage.rigs.iter().copied()).collect()
    }

    /// The clock was set: all moments are told by the new one.
    pub(crate) fn shift(&mut self, by: i64) {
        for outage in &mut self.open {
            outage.since = outage.since.shifted(by);
            outage.found = outage.found.shifted(by);
            outage.ended = outage.ended.map(|at| at.shifted(by));
        }
    }

    /// Rigs and groups have other numbers from now on; `None` for those that are no more.
    pub fn renumber(&mut self, rig: impl Fn(u32) -> Option<u32>, group: impl Fn(Group) -> Option<Group>) {
        self.open.retain_mut(|outage| {
            outage.rigs = outage.rigs.iter().filter_map(|n| rig(*n)).collect();
            let group = group(outage.group);
            outage.group = group.unwrap_or(outage.group);
            group.is_some() && !outage.rigs.is_empty()
        });
    }

    /// Looks at all rigs.
    pub fn look(&mut self, at: Timestamp, rigs: &[Look]) -> Vec<News> {
        let mut news = Vec::new();
        for found in causes(at, &self.acquitting(rigs)) {
            let same = |open: &&mut Outage| {
                open.group == found.group && open.ended.is_none() && near(open.since, found.since)
            };
            if let Some(open) = self.open.iter_mut().find(same) {
                open.rigs.extend(found.rigs);
                open.since = open.since.min(found.since);
                continue;
            }
            let count = self.open.len();
            self.open.retain(|open| open.ended.is_some() || !open.rigs.is_subset(&found.rigs));
            let widened = self.open.len() < count;
            news.push(if widened { News::Widened(found.clone()) } else { News::Began(found.clone()) });
            self.open.push(found);
        }
        for open in self.open.iter_mut().filter(|open| open.ended.is_none()) {
            let back = open.rigs.iter().filter(|rig| works(rigs, **rig)).count();
            let hold = matches!(open.group, Group::Customer(_)) && at.since(open.since) < RETRY;
            if back as f64 >= BACK * open.rigs.len() as f64 && !hold {
                open.ended = Some(at);
                news.push(News::Ended(open.clone()));
            } else if matches!(open.group, Group::Customer(_))
                && at.since(open.found) >= ELSEWHERE
                && 2 * back < open.rigs.len()
            {
                (open.ended, open.unfounded) = (Some(at), true);
                news.push(News::Ended(open.clone()));
            }
        }
        self.open.retain(|open| open.ended.is_none_or(|ended| at.since(ended) < STRAGGLERS));
        news
    }
}

impl Outages {
    /// The same rigs, where no pools are suspected again for those that are silent wherever they mine.
    fn acquitting<'a>(&self, rigs: &'a [Look]) -> std::borrow::Cow<'a, [Look]> {
        let mut rigs = std::borrow::Cow::Borrowed(rigs);
        for rig in self.open.iter().filter(|open| open.unfounded).flat_map(|open| &open.rigs) {
            if let Some(rig) = rigs.to_mut().get_mut(*rig as usize) {
                rig.customer = None;
            }
        }
        rigs
    }
}

fn works(rigs: &[Look], rig: u32) -> bool {
    rigs.get(rig as usize).is_none_or(|rig| rig.silent_since.is_none() || rig.absent)
}

fn near(a: Timestamp, b: Timestamp) -> bool {
    a.since(b) <= WITHIN && b.since(a) <= WITHIN
}

/// The causes that explain who fell silent lately.
fn causes(at: Timestamp, rigs: &[Look]) -> Vec<Outage> {
    let mut fallen: Vec<(Timestamp, u32)> = rigs
        .iter()
        .enumerate()
        .filter(|(_, rig)| !rig.absent)
        .filter_map(|(n, rig)| Some((rig.silent_since?, n as u32)))
        .filter(|(since, _)| at.since(*since) <= NEWS)
        .collect();
    let mut found = Vec::new();
    fallen.sort_unstable();
    while fallen.len() >= RIGS_MIN {
        let Some(outage) = best(at, &fallen, rigs) else { break };
        fallen.retain(|(_, rig)| !outage.rigs.contains(rig));
        found.push(outage);
    }
    found
}

/// The group that is most completely silent, of those that lost enough within a minute.
fn best(at: Timestamp, fallen: &[(Timestamp, u32)], rigs: &[Look]) -> Option<Outage> {
    let groups = |rig: u32| {
        let rig = &rigs[rig as usize];
        let customer = rig.customer.filter(|_| rig.connected || rig.silent_since.is_none());
        [rig.site.map(Group::Site), rig.rack.map(Group::Rack), customer.map(Group::Customer)]
    };
    let mut by_group: BTreeMap<Group, Vec<(Timestamp, u32)>> = BTreeMap::new();
    for &(since, rig) in fallen {
        for group in groups(rig).into_iter().flatten() {
            by_group.entry(group).or_default().push((since, rig));
        }
    }
    // Of each group, the minute in which it lost most.
    by_group.retain(|_, fell| {
        let minute = |from: usize| {
            let until = fell[from].0 + WITHIN;
            fell[from..].iter().take_while(|(since, _)| *since <= until).count()
        };
        let (count, from) = (0..fell.len())
            .map(|from| (minute(from), from))
            .max_by_key(|(n, from)| (*n, usize::MAX - from))
            .unwrap_or((0, 0));
        *fell = fell[from..from + count].to_vec();
        count >= RIGS_MIN
    });
    by_group.retain(|group, fell| match group {
        Group::Customer(customer) => others_work_beside(*customer, fell, rigs),
        Group::Site(_) | Group::Rack(_) => true,
    });
    if by_group.is_empty() {
        return None;
    }
    let mut works: BTreeMap<Group, usize> = BTreeMap::new();
    for (n, rig) in rigs.iter().enumerate() {
        if rig.silent_since.is_none() && !rig.absent {
            for group in groups(n as u32).into_iter().flatten().filter(|group| by_group.contains_key(group)) {
                *works.entry(group).or_default() += 1;
            }
        }
    }
    let share = |group: &Group, fell: usize| {
        part_min(fell as f64, fell as f64 + works.get(group).copied().unwrap_or(0) as f64)
    };
    let (group, fell) = by_group
        .into_iter()
        .filter(|(group, fell)| {
            let (works, least) = match group {
                Group::Customer(customer) => (heard_since(*customer, fell, rigs), CUSTOMER_MIN),
                Group::Site(_) | Group::Rack(_) => (works.get(group).copied().unwrap_or(0), SHARE_MIN),
            };
            fell.len() as f64 / (fell.len() + works) as f64 > least
        })
        .max_by(|(a, x), (b, y)| {
            let by_share = share(a, x.len()).total_cmp(&share(b, y.len()));
            by_share.then(x.len().cmp(&y.len())).then(b.cmp(a))
        })?;
    let since = fell.iter().map(|(since, _)| *since).min()?;
    Some(Outage {
        group,
        since,
        rigs: fell.into_iter().map(|(_, rig)| rig).collect(),
        found: at,
        ended: None,
        unfounded: false,
    })
}

/// How many rigs that mine for a customer were heard after the last of the fallen ones fell silent.
fn heard_since(customer: u32, fell: &[(Timestamp, u32)], rigs: &[Look]) -> usize {
    let last = fell.iter().map(|(since, _)| *since).max();
    let goes_on = |rig: &&Look| {
        rig.customer == Some(customer) && rig.silent_since.is_none() && !rig.absent && rig.heard > last
    };
    rigs.iter().filter(goes_on).count()
}

/// Whether enough rigs that stand beside the fallen ones and mine for somebody else were heard since. Where nobody was,
/// it is the place that failed, and a customer's pools are not blamed for it.
fn others_work_beside(customer: u32, fell: &[(Timestamp, u32)], rigs: &[Look]) -> bool {
    let place = |rig: &Look| (rig.site, rig.rack);
    let places: BTreeSet<_> = fell.iter().map(|(_, rig)| place(&rigs[*rig as usize])).collect();
    let Some(last) = fell.iter().map(|(since, _)| *since).max() else { return false };
    let works = |rig: &&Look| {
        rig.customer != Some(customer)
            && rig.silent_since.is_none()
            && rig.heard.is_some_and(|heard| heard > last)
            && places.contains(&place(rig))
    };
    rigs.iter().filter(works).take(RIGS_MIN).count() >= RIGS_MIN
}

/// Lower end of the 95 % interval of a share (E. B. Wilson, 1927). Of a rack's 120 rigs 118 say more than all of 21 that
/// happen to have one customer.
fn part_min(some: f64, all: f64) -> f64 {
    const Z: f64 = 1.96;
    let (part, z) = (some / all, Z * Z / all);
    (part + z / 2.0 - (z * (part * (1.0 - part) + z / 4.0)).sqrt()) / (1.0 + z)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two sites of two racks of ten; every third rig mines for customer 7, the others for 8.
    fn farm() -> Vec<Look> {
        let customer = |n: u32| Some(if n.is_multiple_of(3) { 7 } else { 8 });
        let look = |n: u32| Look {
            site: Some(n / 20),
            rack: Some(n / 10),
            customer: customer(n),
            heard: Some(t(100_000)),
            connected: true,
            ..Look::default()
        };
        (0..40).map(look).collect()
    }

    fn t(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn silence(rigs: &mut [Look], which: impl IntoIterator<Item = usize>, at: i64) {
        which.into_iter().for_each(|rig| rigs[rig].silent_since = Some(t(at + rig as i64 % 5)));
    }

    fn began(news: &[News]) -> Vec<(Group, usize)> {
        news.iter()
            .filter_map(|news| match news {
                News::Began(outage) | News::Widened(outage) => Some((outage.group, outage.rigs.len())),
                News::Ended(_) => None,
            })
            .collect()
    }

    #[test]
    fn the_group_that_explains_most_is_the_cause() {
        for (which, group) in [
            ((10..20).collect::<Vec<_>>(), Group::Rack(1)),
            ((0..20).collect(), Group::Site(0)),
            ((0..40).filter(|n| n % 3 == 0).collect(), Group::Customer(7)),
        ] {
            let mut rigs = farm();
            let count = which.len();
            silence(&mut rigs, which, 1000);
            let mut outages = Outages::default();
            assert_eq!(began(&outages.look(t(1060), &rigs)), [(group, count)]);
            assert!(outages.look(t(1061), &rigs).is_empty(), "told once");
            assert_eq!(outages.excused().len(), count);
        }
    }

    #[test]
    fn a_rack_that_lost_power_is_not_mistaken_for_its_customers_pools() {
        let mut rigs = farm();
        // All of one customer's rigs are in the rack, and one other has not been missed yet.
        rigs.iter_mut()
            .enumerate()
            .for_each(|(n, rig)| rig.customer = Some(if (10..15).contains(&n) { 7 } else { 8 }));
        silence(&mut rigs, 10..19, 1000);
        assert_eq!(began(&Outages::default().look(t(1060), &rigs)), [(Group::Rack(1), 9)]);
    }

    #[test]
    fn a_place_where_nobody_is_heard_is_the_cause_and_not_its_customers_pools() {
        let mut rigs = farm();
        // All of customer 7 stand in one rack, and are the first of it that are noticed.
        for (n, rig) in rigs.iter_mut().enumerate() {
            rig.customer = Some(if n < 5 { 7 } else { 8 });
            if n < 10 {
                rig.heard = Some(t(995));
            }
        }
        silence(&mut rigs, 0..5, 1000);
        let mut outages = Outages::default();
        assert_eq!(began(&outages.look(t(1030), &rigs)), [(Group::Rack(0), 5)]);
        // Where the others beside them go on, it is the pools.
        rigs[5..10].iter_mut().for_each(|rig| rig.heard = Some(t(1029)));
        assert_eq!(began(&Outages::default().look(t(1030), &rigs)), [(Group::Customer(7), 5)]);
    }

    #[test]
    fn a_customer_some_of_whose_rigs_go_on_has_pools_that_work() {
        // Half of customer 7's rigs, all over the farm, fall silent, and the others are heard.
        let fell = || (0..40).filter(|n| n % 3 == 0).step_by(2);
        let mut rigs = farm();
        silence(&mut rigs, fell(), 1000);
        let causes = began(&Outages::default().look(t(1060), &rigs));
        assert!(!causes.iter().any(|(group, _)| matches!(group, Group::Customer(_))), "{causes:?}");
        // The others may only not have been missed yet.
        rigs.iter_mut().filter(|rig| rig.customer == Some(7)).for_each(|rig| rig.heard = Some(t(999)));
        assert_eq!(began(&Outages::default().look(t(1060), &rigs)), [(Group::Customer(7), fell().count())]);
    }

    #[test]
    fn rigs_that_lost_their_connection_say_nothing_about_a_customers_pools() {
        let mut rigs = farm();
        let all = || (0..40).filter(|n| n % 3 == 0);
        silence(&mut rigs, all(), 1000);
        all().for_each(|n| rigs[n].connected = false);
        let causes = began(&Outages::default().look(t(1060), &rigs));
        assert!(!causes.iter().any(|(group, _)| matches!(group, Group::Customer(_))), "{causes:?}");
    }

    #[test]
    fn rigs_that_are_silent_elsewhere_too_are_to_blame_and_not_their_customers_pools() {
        for works_elsewhere in [false, true] {
            let mut rigs = farm();
            let mut outages = Outages::default();
            let all = || (0..40).filter(|n| n % 3 == 0);
            silence(&mut rigs, all(), 1000);
            assert_eq!(began(&outages.look(t(1060), &rigs)), [(Group::Customer(7), 14)]);
            if works_elsewhere {
                all().skip(2).for_each(|n| rigs[n].silent_since = None);
            }
            // They mine for the house meanwhile. Of a place that lost many at once they may be a part after all.
            let of_pools = |news: &News| match news {
                News::Began(outage) | News::Widened(outage) | News::Ended(outage) => {
                    matches!(outage.group, Group::Customer(_)).then_some(outage.unfounded)
                }
            };
            let news: Vec<bool> = (1061..1200)
                .flat_map(|at| outages.look(t(at), &rigs))
                .filter_map(|news| of_pools(&news))
                .collect();
            let expected: &[bool] = if works_elsewhere { &[] } else { &[true] };
            assert_eq!(news, expected, "told once, and never found again");
        }
    }

    #[test]
    fn chance_is_no_cause() {
        let mut rigs = farm();
        // Two at once; three of a site of twenty; four in five minutes.
        silence(&mut rigs, [0, 1], 1000);
        assert!(Outages::default().look(t(1060), &rigs).is_empty());
        let mut rigs = farm();
        silence(&mut rigs, [0, 11, 5], 1000);
        assert!(Outages::default().look(t(1060), &rigs).is_empty());
        let mut rigs = farm();
        for (n, rig) in [0, 1, 2, 3].into_iter().enumerate() {
            silence(&mut rigs, [rig], 1000 + 62 * n as i64);
        }
        assert!(Outages::default().look(t(1250), &rigs).is_empty());
    }

    #[test]
    fn what_is_noticed_late_widens_the_cause() {
        let mut rigs = farm();
        let mut outages = Outages::default();
        silence(&mut rigs, 0..4, 1000);
        assert_eq!(began(&outages.look(t(1040), &rigs)), [(Group::Rack(0), 4)]);
        silence(&mut rigs, 0..20, 1000);
        let news = outages.look(t(1060), &rigs);
        assert!(
            matches!(news.as_slice(), [News::Widened(outage)] if outage.group == Group::Site(0)),
            "{news:?}"
        );
        assert_eq!(outages.list().len(), 1);
    }

    #[test]
    fn it_ends_when_they_are_back_and_stragglers_are_excused_for_a_while() {
        let mut rigs = farm();
        let mut outages = Outages::default();
        silence(&mut rigs, 10..20, 1000);
        outages.look(t(1060), &rigs);
        rigs[10..19].iter_mut().for_each(|rig| rig.silent_since = None);
        assert!(matches!(outages.look(t(5000), &rigs).as_slice(), [News::Ended(_)]));
        assert!(outages.excused().contains(&19));
        outages.look(t(5601), &rigs);
        assert!(outages.list().is_empty());
    }

    #[test]
    fn a_customers_pools_are_left_alone_for_a_while() {
        let mut rigs = farm();
        let mut outages = Outages::default();
        silence(&mut rigs, (0..40).filter(|n| n % 3 == 0), 1000);
        outages.look(t(1060), &rigs);
        rigs.iter_mut().for_each(|rig| rig.silent_since = None);
        assert!(outages.look(t(1070), &rigs).is_empty());
        assert!(matches!(outages.look(t(1301), &rigs).as_slice(), [News::Ended(_)]));
    }
}
