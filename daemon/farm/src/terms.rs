//! What a rental promises: its terms, read from a farm file.

use std::time::Duration;

use schema::farm::policy::{Credit, Excuse, Judge};
use schema::farm::{Farm, Rental};

/// What was agreed, as the promise needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// Promised, hashes per second.
    pub contracted: f64,
    /// The settlement period.
    pub period: Duration,
    /// Part of the work that must be delivered in each; `None` where nothing is promised.
    pub delivered_min: Option<f64>,
    /// Most hashrate beyond the promise to catch up, of the promise.
    pub catch_up_max: f64,
    /// Delivered on top as a margin, of the promise.
    pub reserve: f64,
    /// Whose count decides.
    pub judge: Judge,
    /// What is given back when it is missed.
    pub credit: Option<Credit>,
    /// The clock stands while none of the customer's pools takes work.
    pub excuses_pools: bool,
    /// What is missing because sites must draw less is not owed.
    pub excuses_curtailment: bool,
}

impl Terms {
    /// Of a rental that promises a hashrate; `None` for rigs by name.
    pub fn of(farm: &Farm, rental: &Rental) -> Option<Terms> {
        let contracted = rental.hashrate?.hashes_per_second();
        let sla = farm.policy(&rental.policy).sla;
        let Some(sla) = sla else {
            return Some(Terms {
                contracted,
                period: Duration::from_secs(86_400),
                delivered_min: None,
                catch_up_max: 0.0,
                reserve: 0.0,
                judge: Judge::Credited,
                credit: None,
                excuses_pools: true,
                excuses_curtailment: false,
            });
        };
        Some(Terms {
            contracted,
            period: Duration::from_secs_f64(sla.period.seconds_f64().max(1.0)),
            delivered_min: Some(sla.delivered_min.fraction()),
            catch_up_max: sla.catch_up_max.fraction(),
            reserve: sla.reserve.fraction(),
            judge: sla.judge,
            credit: sla.credit,
            excuses_pools: sla.excludes.contains(&Excuse::CustomerPool),
            excuses_curtailment: sla.excludes.contains(&Excuse::AgreedCurtailment),
        })
    }
}
