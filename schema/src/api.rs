//! The documents that `stratumctl` and `stratumd` exchange: one noun per file, plain data only.
//!
//! Every top-level document says what it is (`kind`) and which edition it follows (`format_version`). A
//! newer minor edition only adds fields, so readers ignore what they do not know; another major edition is
//! refused while reading. Times are RFC 3339 text, hashrates plain numbers in hashes per second, durations
//! whole seconds: each field says its unit.

mod account;
mod error;
mod event;
mod farm;
mod history;
mod overrides;
mod placement;
mod plan;
mod status;

pub use account::{AccountsDoc, PoolWork, TAKEN, Work};
pub use error::{ErrorBody, ErrorDoc, ProblemDoc, ServerDoc, VersionDoc};
pub use event::{EventDoc, EventsDoc, Severity};
pub use farm::{
    ApplyAnswer, ApplyRequest, BundleDoc, BundleFile, Conflict, ConflictDoc, PlanRequest, Provenance,
    RollbackRequest,
};
pub use history::{ChangeKind, GenerationDoc, HistoryDoc, Outcome, ShowDoc};
pub use overrides::{
    OverrideAction, OverrideDoc, OverrideEndRequest, OverrideRequest, OverrideState, OverridesDoc,
};
pub use placement::{PlacementDoc, PlacementsDoc, SettlementDoc, SettlementsDoc};
pub use plan::{ChangeLine, ChangeVerb, EffectNote, Effects, PlanDoc, RigMove, Shortfall};
pub use status::{
    ApiCounters, HubCounters, ListenerStatus, OpenFiles, PeriodStatus, PoolMessage, PoolState, PoolStatus,
    RejectCount, RentalState, RentalStatus, RigStatus, Scale, ServiceState, ShareFlow, StatusDoc,
    StorageStatus, TroubleStatus,
};

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// Version of the documents, `major.minor`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema, ToSchema)]
#[schemars(transparent, extend("pattern" = r"^1\.[0-9]+$"))]
#[schema(example = "1.0", pattern = r"^1\.[0-9]+$")]
pub struct FormatVersion(Cow<'static, str>);

/// The major edition this program reads and writes.
const MAJOR: &str = "1";
/// The full edition this program writes.
const CURRENT: &str = "1.0";

impl FormatVersion {
    /// The edition as text, such as `1.0`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for FormatVersion {
    fn default() -> FormatVersion {
        FormatVersion(Cow::Borrowed(CURRENT))
    }
}

impl<'de> Deserialize<'de> for FormatVersion {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<FormatVersion, D::Error> {
        let text = String::deserialize(from)?;
        let minor = text.split_once('.').filter(|(major, _)| *major == MAJOR).map(|(_, minor)| minor);
        match minor {
            Some(minor) if !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit()) => {
                Ok(FormatVersion(Cow::Owned(text)))
            }
            _ => Err(serde::de::Error::custom(format!(
                "format_version `{text}` is not understood here, only {MAJOR}.x: the other side has an incompatible version"
            ))),
        }
    }
}

/// Defines the type of a document's `kind` field: one fixed text, and nothing else is read.
macro_rules! kind {
    ($name:ident, $text:tt) => {
        #[doc = concat!("The fixed text `", $text, "`: says which document this is.")]
        #[derive(
            Clone,
            Copy,
            Debug,
            Default,
            PartialEq,
            Eq,
            serde::Serialize,
            serde::Deserialize,
            schemars::JsonSchema,
            utoipa::ToSchema,
        )]
        #[allow(missing_docs)]
        pub enum $name {
            #[default]
            #[serde(rename = $text)]
            It,
        }
    };
}
use kind;

#[cfg(test)]
mod tests;
