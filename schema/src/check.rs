//! Sense: rules that need the whole file. Names lead somewhere, ranges do not overlap, rentals can be
//! served, nothing contradicts. Works on a file that has other mistakes: what is faulty is left out,
//! and no problem is reported of something that has one already.

mod money;
pub(crate) mod policy;
mod pool;
mod reference;
mod rental;
mod rig;
mod scenario;
mod secret;
mod site;

use std::collections::HashSet;

use jiff::tz::TimeZone;

use crate::farm::Farm;
use crate::inventory::Inventory;
use crate::name::TimeZoneName;
use crate::nearest::nearest;
use crate::problem::Problem;
use crate::source::Place;
use crate::structure::{place_of, problem_at};
use crate::tree::{Id, Tree, escape};

/// What the checks share.
struct Check<'a> {
    tree: &'a Tree,
    root: Id,
    farm: &'a Farm,
    inventory: Inventory,
    zone: TimeZone,
    skip: &'a HashSet<Id>,
    faulty: &'a [String],
    problems: Vec<Problem>,
}

/// Checks a farm that could be decoded; `faulty` are pointers of what was wrong before.
pub(crate) fn check(
    tree: &Tree,
    root: Id,
    farm: &Farm,
    skip: &HashSet<Id>,
    faulty: &[String],
) -> Vec<Problem> {
    let mut check = Check {
        tree,
        root,
        farm,
        inventory: Inventory::of(farm),
        zone: farm.timezone.zone(),
        skip,
        faulty,
        problems: Vec::new(),
    };
    check.names();
    reference::check(&mut check);
    rig::check(&mut check);
    site::check(&mut check);
    rental::check(&mut check);
    policy::check(&mut check);
    pool::check(&mut check);
    secret::check(&mut check);
    money::check(&mut check);
    scenario::check(&mut check);
    check.problems
}

impl Check<'_> {
    /// Adds a problem, unless something at or below its place was wrong already.
    fn push(&mut self, problem: Problem) {
        let pointer = &problem.pointer;
        let within = |faulty: &String| {
            faulty.strip_prefix(pointer.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if !self.faulty.iter().any(within) {
            self.problems.push(problem);
        }
    }

    /// A problem at what a pointer leads to.
    fn problem(&self, code: &'static str, pointer: &str, message: impl Into<String>) -> Problem {
        match self.tree.find(self.root, pointer) {
            Some(found) => problem_at(self.tree, code, pointer, &found, message),
            // The value is a default that is written nowhere: the nearest thing around it is.
            None => match pointer.rsplit_once('/') {
                Some((around, _)) => {
                    Problem { pointer: pointer.into(), ..self.problem(code, around, message) }
                }
                None => Problem::new(code, self.tree.sources(), Place::default(), message),
            },
        }
    }

    /// A problem at the key of an entry.
    fn problem_at_key(&self, code: &'static str, pointer: &str, message: impl Into<String>) -> Problem {
        let mut problem = self.problem(code, pointer, message);
        if let Some(key) = self.tree.find(self.root, pointer).and_then(|found| found.key) {
            let moved = Problem::new(code, self.tree.sources(), self.tree.place(key), "");
            (problem.place, problem.file, problem.position) = (moved.place, moved.file, moved.position);
        }
        problem
    }

    /// Where the key of an entry stands.
    fn key_place(&self, pointer: &str) -> Option<Place> {
        Some(self.tree.place(self.tree.find(self.root, pointer)?.key?))
    }

    /// Where a value stands.
    fn place(&self, pointer: &str) -> Option<Place> {
        Some(place_of(self.tree, &self.tree.find(self.root, pointer)?))
    }

    /// Adds another place, if it is written anywhere.
    fn with(&self, problem: Problem, place: Option<Place>, label: impl Into<String>) -> Problem {
        match place {
            Some(place) => problem.related(self.tree.sources(), place, label),
            None => problem,
        }
    }

    /// The pointer of an item, given its number among the items that were decoded.
    fn item(&self, list: &str, index: usize) -> String {
        let kept = |(_, item): &(usize, Id)| !self.skip.contains(&self.tree.resolve(*item));
        let found = self.tree.find(self.root, list);
        let at = found.and_then(|found| self.tree.items(found.value).enumerate().filter(kept).nth(index));
        format!("{list}/{}", at.map_or(index, |(at, _)| at))
    }

    /// Is anything wrong below this section? Then sums over it mean nothing.
    fn is_faulty(&self, section: &str) -> bool {
        self.faulty.iter().any(|pointer| pointer.starts_with(section))
    }

    fn names(&mut self) {
        if self.farm.timezone.known().is_none() {
            let zones = TimeZoneName::all();
            let near = nearest(self.farm.timezone.as_str(), zones.iter().map(String::as_str));
            let mut problem = self
                .problem(
                    "farm::time::zone",
                    "/timezone",
                    format!("no time zone is called `{}`", self.farm.timezone),
                )
                .label("unknown time zone");
            problem = match near {
                Some(near) => problem.help(format!("did you mean `{near}`?")).fix(near),
                None => problem.help("write a name of the IANA database, such as `America/Toronto` or `UTC`"),
            };
            self.push(problem);
        }
        for name in self.farm.customers.keys() {
            let pointer = format!("/customers/{}", escape(name.as_str()));
            if name.as_str() == "house" {
                let problem = self.problem_at_key(
                    "farm::name::reserved",
                    &pointer,
                    "`house` is reserved for the house and cannot be a customer",
                );
                self.push(problem.label("reserved").help("give the customer another name"));
            }
            if self.farm.investors.keys().any(|investor| investor.as_str() == name.as_str()) {
                let investor = format!("/investors/{}", escape(name.as_str()));
                let message = format!("`{name}` is a customer and an investor");
                let problem = self.problem_at_key("farm::name::shared", &investor, message);
                let problem = self.with(problem.label("an investor"), self.key_place(&pointer), "a customer");
                self.push(problem.help("`owner` has to tell them apart: give one of them another name, such as `-invest` at the end"));
            }
        }
        if let Some(name) = self.farm.investors.keys().find(|name| name.as_str() == "house") {
            let problem = self.problem_at_key(
                "farm::name::reserved",
                &format!("/investors/{name}"),
                "`house` is reserved for the house and cannot be an investor",
            );
            self.push(problem.label("reserved").help("give the investor another name"));
        }
        let receivers = self.farm.alerts.as_ref().map(|alerts| &alerts.receivers);
        for name in self.farm.staff.keys() {
            if receivers
                .is_some_and(|receivers| receivers.keys().any(|receiver| receiver.as_str() == name.as_str()))
            {
                let message = format!("`{name}` is a receiver and a member of staff");
                let problem =
                    self.problem_at_key("farm::name::shared", &format!("/alerts/receivers/{name}"), message);
                let problem = self.with(
                    problem.label("a receiver"),
                    self.key_place(&format!("/staff/{name}")),
                    "of staff",
                );
                self.push(problem.help("alerts are sent to either by name: give one of them another name"));
            }
        }
    }
}
