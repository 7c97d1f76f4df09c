//! Sites that must draw less for a while.

use super::*;

/// Ten rigs of 3 kW, five at either hall; gold needs four of them, silver three. From 08:10 to 08:40 hall-a has
/// 9 kW. It is 08:00 on a Friday.
fn farm_text() -> String {
    FARM.replace(
        r#""sites": {"hall": {}}"#,
        &format!(r#""windows": {{"peak": "mon..fri 08:10..08:40"}}, "sites": {SITES}"#),
    )
    .replace(r#""site": "hall", "rack": "r1""#, r#""site": "hall-a", "rack": "r1""#)
    .replace(r#""site": "hall", "rack": "r2""#, r#""site": "hall-b", "rack": "r1""#)
    .replace(r#""sites": ["hall"]"#, r#""sites": ["hall-a", "hall-b"]"#)
}

const SITES: &str = r#"{"hall-a": {"curtail": [{"when": "peak", "power_max": "9 kW"}]}, "hall-b": {}}"#;

/// What runs at hall-a, in kilowatts.
fn draws(sim: &Sim) -> usize {
    3 * (0..5).filter(|rig| *sim.serves(*rig) != *PARKED).count()
}

fn working(sim: &Sim, label: &str) -> usize {
    sim.serving(label).into_iter().filter(|rig| sim.works(*rig)).count()
}

#[test]
fn a_window_parks_rigs_and_its_end_brings_everyone_home() {
    let mut sim = Sim::new(&farm_text());
    sim.run(590);
    assert_eq!((draws(&sim), working(&sim, "alice/gold"), working(&sim, "bob/silver")), (15, 4, 3));
    let before: Vec<Arc<str>> = (0..10).map(|rig| sim.serves(rig)).collect();
    sim.moved();
    sim.run(20);
    assert_eq!((draws(&sim), sim.serving("parked").len()), (9, 2));
    assert_eq!((working(&sim, "alice/gold"), working(&sim, "bob/silver")), (4, 3), "the other hall helps");
    let told = sim.told(EventKind::SiteCurtailed);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].message, "hall-a is limited to 9 kW until 08:40: 2 of 5 rigs are parked");
    let parked: Vec<&Movement> = sim.movements.iter().filter(|moved| moved.why == "parked").collect();
    assert_eq!(parked.len(), 2);
    assert!(parked.iter().all(|moved| moved.words == "hall-a is limited to 9 kW until 08:40"), "{parked:?}");
    sim.moved();
    // Nobody is moved to and fro.
    sim.run(1700);
    assert_eq!(sim.moved(), []);
    assert!(sim.told(EventKind::RentalShort).is_empty() && sim.told(EventKind::OutageBegan).is_empty());
    sim.run(120);
    assert_eq!(draws(&sim), 15);
    assert_eq!((0..10).map(|rig| sim.serves(rig)).collect::<Vec<_>>(), before);
    assert!(sim.reconciler.assignment().homes.is_empty());
    assert_eq!(sim.told(EventKind::SiteReleased).len(), 1);
}

#[test]
fn the_higher_priority_is_short_last_and_the_limit_is_kept_all_the_same() {
    let text = farm_text().replace("9 kW", "0 W").replace("400 TH/s", "450 TH/s");
    let mut sim = Sim::new(&text);
    sim.run(650);
    assert_eq!(draws(&sim), 0);
    assert_eq!((working(&sim, "alice/gold"), working(&sim, "bob/silver")), (5, 0));
    assert_eq!(sim.told(EventKind::RentalShort).len(), 1);
    sim.run(1900);
    assert_eq!(draws(&sim), 15);
    assert_eq!(sim.told(EventKind::RentalCovered).len(), 1);
}

#[test]
fn a_rig_that_dies_in_the_window_makes_room_for_one_that_is_parked() {
    let text =
        farm_text().replace(r#""priority": 5,"#, r#""priority": 5, "serve_from": {"sites": ["hall-a"]},"#);
    let text = text.replace("400 TH/s", "300 TH/s");
    let mut sim = Sim::new(&text);
    sim.run(700);
    assert_eq!((draws(&sim), working(&sim, "alice/gold")), (9, 3));
    let dead = sim.serving("alice/gold")[0];
    sim.rigs[dead].service = Service::Dead;
    sim.run(15);
    assert_eq!((draws(&sim), working(&sim, "alice/gold")), (9, 3), "{:?}", sim.movements);
    assert_eq!(&*sim.serves(dead), "parked");
}

#[test]
fn a_crash_in_the_window_changes_nothing() {
    let mut sim = Sim::new(&farm_text());
    sim.run(900);
    let (assignment, promises) = (sim.reconciler.assignment().clone(), sim.reconciler.promises().clone());
    sim.moved();
    sim.reconciler = Reconciler::new(sim.at, assignment.clone(), promises);
    sim.run(60);
    assert_eq!(sim.moved(), []);
    assert_eq!(*sim.reconciler.assignment(), assignment);
    sim.run(1600);
    assert_eq!(draws(&sim), 15);
    assert!(sim.reconciler.assignment().homes.is_empty(), "{:?}", sim.reconciler.assignment());
}

#[test]
fn what_a_limit_takes_from_a_rental_is_owed_unless_it_was_agreed() {
    for (agreed, met) in [(true, true), (false, false)] {
        // Nothing at hall-a for half an hour of the hour from 08:00: silver gets one rig of three.
        let excludes = if agreed { r#"["agreed-curtailment"]"# } else { "[]" };
        let text = farm_text().replace("9 kW", "0 W").replace(r#"["customer-pool"]"#, excludes);
        let text = text.replace("30%", "0%").replace("99.9%", "98%");
        let mut sim = Sim::new(&text);
        sim.run(3700);
        let settled = sim.settlements.iter().find(|settled| settled.rental == "bob/silver").expect("it was");
        let whole = 300e12 * 3600.0;
        assert!(((settled.owed + settled.excused).hashes() / whole - 1.0).abs() < 0.01, "{settled:?}");
        assert_eq!(settled.met, met, "{settled:?}");
        if agreed {
            // Two thirds of half the time.
            assert!(
                (settled.excused.hashes() / whole - 1.0 / 3.0).abs() < 0.01,
                "{}",
                settled.excused.hashes() / whole
            );
            assert!((settled.delivered() - 1.0).abs() < 0.01, "{settled:?}");
        } else {
            assert_eq!(settled.excused, Work::NONE);
        }
        let gold = sim.settlements.iter().find(|settled| settled.rental == "alice/gold").expect("it was");
        assert!(gold.met && gold.excused.hashes() < 0.001 * gold.owed.hashes(), "{gold:?}");
    }
}

#[test]
fn what_is_missing_for_another_reason_in_the_window_is_owed() {
    let text =
        farm_text().replace("6 kW", "0 W").replace(r#"["customer-pool"]"#, r#"["agreed-curtailment"]"#);
    let text = text.replace("30%", "0%").replace("9 kW", "0 W");
    let mut sim = Sim::new(&text);
    sim.run(660);
    let excused = |sim: &Sim| sim.reconciler.promises()["alice/gold"].excused;
    assert_eq!(excused(&sim), Work::NONE, "gold has all that it needs at the other hall");
    // All of the other hall dies: with nobody parked there would be five rigs, four for gold.
    (5..10).for_each(|rig| sim.rigs[rig].service = Service::Dead);
    sim.run(300);
    assert!(excused(&sim) > Work::NONE, "the limit keeps gold from the other five");
    let silver = &sim.reconciler.promises()["bob/silver"];
    // Were nobody parked, silver would still have one of three only.
    assert!(silver.owed.hashes() > 0.6 * 300e12 * 300.0, "{silver:?}");
}
