//! Where work comes from, in the order in which it is tried.

use owo_colors::Style;
use schema::api::{PoolState, PoolStatus};

use super::{FLOW, Listed, flow, reasons, summary};
use crate::args::OutputFormat;
use crate::format::{age, count, difficulty};
use crate::ui::{Column, Ui, table};

fn state_of(pool: &PoolStatus) -> (&'static str, Style) {
    match pool.state {
        PoolState::Ready => ("in use", Style::new().green()),
        PoolState::Standby => ("standby", Style::new()),
        PoolState::Returning => ("returning", Style::new().yellow()),
        PoolState::Connecting => ("connecting", Style::new().yellow()),
        PoolState::Idle => ("idle", Style::new().dimmed()),
        PoolState::Stalled => ("stalled", Style::new().red()),
        PoolState::Rejecting => ("rejecting", Style::new().red()),
        PoolState::Unusable => ("unusable", Style::new().red()),
        PoolState::Down => ("down", Style::new().red()),
    }
}

/// Pools that need a look, the worst first: those that are failing, then those with a word of their own.
fn worst(pools: &[PoolStatus]) -> Vec<&PoolStatus> {
    let rank = |pool: &PoolStatus| match pool.state {
        PoolState::Down | PoolState::Unusable | PoolState::Rejecting | PoolState::Stalled => 0,
        PoolState::Returning | PoolState::Connecting => 1,
        _ if !pool.shares.refused.is_empty() || pool.message.is_some() => 2,
        PoolState::Ready | PoolState::Standby | PoolState::Idle => 3,
    };
    let mut list: Vec<&PoolStatus> = pools.iter().filter(|pool| rank(pool) < 3).collect();
    list.sort_by_key(|pool| rank(pool));
    list
}

/// Writes a table of pools: all of them, or those that need a look.
pub(super) fn show(pools: &[PoolStatus], all: bool, ui: &mut Ui) {
    if pools.is_empty() {
        return;
    }
    let wide = ui.format == OutputFormat::Wide;
    let listed = Listed::of(pools, all || wide, worst);
    let mut head: Vec<Column> = vec![("CUSTOMER", 0), ("POOL", 0), ("STATE", 0), ("RIGS", 1), ("TAKEN", 6)];
    head.extend(FLOW);
    head.extend([("LATENCY", 3), ("LAST JOB", 4)]);
    if wide {
        head.extend([("CONNECTIONS", 8), ("DIFFICULTY", 7), ("URL", 6)]);
    }
    let rows = listed
        .list
        .iter()
        .map(|p| {
            let (state, style) = state_of(p);
            let mut row = vec![
                p.customer.clone(),
                p.pool.clone(),
                ui.paint(state, style),
                count(p.rigs),
                count(p.shares.taken),
            ];
            row.extend(flow(&p.shares));
            row.extend([
                p.latency.map_or("-".into(), |seconds| format!("{:.1} ms", seconds * 1000.0)),
                p.last_job_age.map_or("-".into(), age),
            ]);
            if wide {
                let hard = p.difficulty.map_or("-".into(), difficulty);
                row.extend([count(p.connections), hard, p.url.clone()]);
            }
            row
        })
        .collect();
    let totals = || summary(pools.iter().map(|pool| state_of(pool).0));
    listed.show("Pools", totals, "all are well", &table(ui, &head, rows), ui);
    for pool in listed.list.iter().filter(|pool| !pool.shares.refused.is_empty()) {
        ui.line(&format!(
            "{} refused shares of {}: {}",
            pool.pool,
            pool.customer,
            reasons(&pool.shares.refused)
        ));
    }
    for pool in listed.list {
        if let Some(why) = pool.why.as_ref().filter(|_| pool.state != PoolState::Connecting) {
            let retry =
                pool.retry_in.map(|seconds| format!("; next attempt in {:.0} s", seconds.ceil().max(1.0)));
            let text = format!("{} of {} {why}{}", pool.pool, pool.customer, retry.unwrap_or_default());
            let text = ui.paint(&text, Style::new().yellow());
            ui.line(&text);
        }
        if let Some(message) = &pool.message {
            let text = format!("{} says to {}: {} ({})", pool.pool, pool.customer, message.words, message.at);
            ui.line(&text);
        }
    }
}
