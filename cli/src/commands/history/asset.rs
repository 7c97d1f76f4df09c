//! The history of one rig or rental: who served whom, when, and why; and for a rental what was made of its
//! settlement periods.

use std::collections::BTreeMap;

use owo_colors::Style;
use schema::api::{AccountsDoc, PlacementsDoc, SettlementDoc, SettlementsDoc, TAKEN};
use serde::Serialize;

use crate::args::OutputFormat;
use crate::client::Client;
use crate::error::{Exit, Failure};
use crate::format::count;
use crate::ui::{Ui, table};

/// What a history is asked of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asset {
    /// One rig.
    Rig(String),
    /// One rental, `customer/rental`.
    Rental(String),
}

impl std::str::FromStr for Asset {
    type Err = String;

    fn from_str(text: &str) -> Result<Asset, String> {
        match text.split_once('/') {
            Some(("rig", name)) if !name.is_empty() && !name.contains('/') => Ok(Asset::Rig(name.into())),
            Some(("rental", path)) if path.split('/').filter(|part| !part.is_empty()).count() == 2 => {
                Ok(Asset::Rental(path.into()))
            }
            _ => {
                Err("write rig/NAME or rental/CUSTOMER/RENTAL, as `stratumctl status -o name` lists them"
                    .into())
            }
        }
    }
}

pub(super) async fn show(asset: &Asset, limit: u32, client: &Client, ui: &mut Ui) -> Result<Exit, Failure> {
    let limit = limit.to_string();
    let query = match asset {
        Asset::Rig(rig) => [("rig", rig.clone()), ("limit", limit.clone())],
        Asset::Rental(label) => [("account", label.clone()), ("limit", limit.clone())],
    };
    let placements = client.placements(&query).await?;
    if ui.format == OutputFormat::Name {
        placements.placements.iter().for_each(|one| ui.line(&format!("rig/{}", one.rig)));
        return Ok(Exit::Success);
    }
    let accounts = match asset {
        Asset::Rig(rig) => Some(client.accounts(&[("rig", rig.clone())]).await?),
        Asset::Rental(_) => None,
    };
    if ui.wants_document() {
        let settled = match asset {
            Asset::Rental(label) => {
                Some(client.settlements(&[("rental", label.clone()), ("limit", limit)]).await?)
            }
            Asset::Rig(_) => None,
        };
        ui.document(&Told {
            placements: &placements,
            shares: accounts.as_ref().map(verdicts),
            settlements: settled.as_ref().map(|settled| settled.settlements.as_slice()),
        });
        return Ok(Exit::Success);
    }
    let has_shares = accounts.as_ref().is_some_and(|accounts| !accounts.work.is_empty());
    if placements.placements.is_empty() && !has_shares {
        ui.line("Nothing is recorded about it. `stratumctl status -o name` lists what there is.");
        return Ok(Exit::Success);
    }
    if placements.placements.is_empty() {
        ui.line("It served no rental.");
    } else {
        spans(&placements, asset, ui);
    }
    if let Some(accounts) = accounts {
        shares(&accounts, ui);
    }
    if let Asset::Rental(label) = asset {
        let settled = client.settlements(&[("rental", label.clone()), ("limit", limit)]).await?;
        if !settled.settlements.is_empty() {
            ui.line("");
            periods(&settled, ui);
        }
    }
    if placements.more {
        let hint = ui.paint("use --limit to list older ones", Style::new().dimmed());
        ui.note(&hint);
    }
    Ok(Exit::Success)
}

/// Everything that the table shows, as a document: who served whom, and what came of it.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    placements: &'a PlacementsDoc,
    /// Shares on record of a rig, by verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    shares: Option<BTreeMap<&'a str, u64>>,
    /// Settlement periods of a rental.
    #[serde(skip_serializing_if = "Option::is_none")]
    settlements: Option<&'a [SettlementDoc]>,
}

fn verdicts(doc: &AccountsDoc) -> BTreeMap<&str, u64> {
    let mut verdicts: BTreeMap<&str, u64> = BTreeMap::new();
    for work in &doc.work {
        *verdicts.entry(&work.verdict).or_default() += work.shares;
    }
    verdicts
}

fn spans(doc: &PlacementsDoc, asset: &Asset, ui: &mut Ui) {
    let rows = doc
        .placements
        .iter()
        .map(|one| {
            let who = match asset {
                Asset::Rig(_) => one.account.clone(),
                Asset::Rental(_) => one.rig.clone(),
            };
            let until = match &one.until {
                Some(until) => until.clone(),
                None => ui.paint("now", Style::new().green()),
            };
            vec![who, one.from.clone(), until, one.words.clone()]
        })
        .collect();
    let first = match asset {
        Asset::Rig(_) => "SERVED",
        Asset::Rental(_) => "RIG",
    };
    let text = table(ui, &[(first, 0), ("FROM", 0), ("UNTIL", 0), ("REASON", 0)], rows);
    ui.line(&text);
}

/// What became of a rig's shares, all that are on record.
fn shares(doc: &AccountsDoc, ui: &mut Ui) {
    let mut verdicts = verdicts(doc);
    let good = verdicts.remove(TAKEN).unwrap_or(0);
    let bad: Vec<String> =
        verdicts.iter().map(|(reason, shares)| format!("{} {reason}", count(*shares))).collect();
    let bad = if bad.is_empty() { "none".to_owned() } else { bad.join(", ") };
    ui.line("");
    ui.line(&format!("Shares on record: {} taken; refused: {bad}", count(good)));
}

fn periods(doc: &SettlementsDoc, ui: &mut Ui) {
    let rows = doc
        .settlements
        .iter()
        .map(|one| {
            let style = if one.met { Style::new().green() } else { Style::new().red() };
            let delivered = ui.paint(&format!("{:.3} %", 100.0 * one.delivered), style);
            let promised =
                one.delivered_min.map_or("-".to_owned(), |min| format!("{} %", trimmed(100.0 * min)));
            let credit = if one.credit > 0.0 { format!("{:.2} %", 100.0 * one.credit) } else { "-".into() };
            vec![one.from.clone(), one.until.clone(), delivered, promised, credit]
        })
        .collect();
    let head = [("PERIOD FROM", 0), ("UNTIL", 0), ("DELIVERED", 0), ("PROMISED", 0), ("CREDIT", 0)];
    let text = table(ui, &head, rows);
    ui.line(&text);
}

/// At most six digits behind the point, without the zeros at the end.
fn trimmed(value: f64) -> String {
    format!("{value:.6}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_are_named_as_status_names_them() {
        assert_eq!("rig/a-001".parse(), Ok(Asset::Rig("a-001".into())));
        assert_eq!("rental/alice/gold".parse(), Ok(Asset::Rental("alice/gold".into())));
        for wrong in ["a-001", "rig/", "rental/alice", "rental/alice/", "pool/x", "rig/a/b"] {
            assert!(wrong.parse::<Asset>().is_err(), "{wrong}");
        }
    }
}
