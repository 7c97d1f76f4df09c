//! Where work comes from, in the order in which it is tried.

use owo_colors::Style;
use schema::api::{PoolState, PoolStatus};

use super::{FLOW, flow, reasons, section};
use crate::args::OutputFormat;
use crate::format::{age, count, difficulty};
use crate::ui::{Column, Ui, table};

/// Writes a table of pools.
pub(super) fn show(pools: &[PoolStatus], ui: &mut Ui) {
    if pools.is_empty() {
        return;
    }
    let wide = ui.format == OutputFormat::Wide;
    let mut head: Vec<Column> = vec![("CUSTOMER", 0), ("POOL", 0), ("STATE", 0), ("RIGS", 1), ("TAKEN", 6)];
    head.extend(FLOW);
    head.extend([("LATENCY", 3), ("LAST JOB", 4)]);
    if wide {
        head.extend([("CONNECTIONS", 8), ("DIFFICULTY", 7), ("URL", 6)]);
    }
    let rows = pools
        .iter()
        .map(|p| {
            let (state, style) = match p.state {
                PoolState::Ready => ("in use", Style::new().green()),
                PoolState::Standby => ("standby", Style::new()),
                PoolState::Returning => ("returning", Style::new().yellow()),
                PoolState::Connecting => ("connecting", Style::new().yellow()),
                PoolState::Idle => ("idle", Style::new().dimmed()),
                PoolState::Stalled => ("stalled", Style::new().red()),
                PoolState::Rejecting => ("rejecting", Style::new().red()),
                PoolState::Unusable => ("unusable", Style::new().red()),
                PoolState::Down => ("down", Style::new().red()),
            };
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
    let text = table(ui, &head, rows);
    section("Pools", &text, ui);
    for pool in pools.iter().filter(|pool| !pool.shares.refused.is_empty()) {
        ui.line(&format!(
            "{} refused shares of {}: {}",
            pool.pool,
            pool.customer,
            reasons(&pool.shares.refused)
        ));
    }
    for pool in pools {
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
