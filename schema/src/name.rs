//! Names of things in the farm file. A name is text that has passed its rule; mixing up a pool's and
//! a customer's does not compile. Cloning one is cheap: the text is shared.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::text::{Text, TextError, text_value};

/// Longest name, in characters.
pub const NAME_LEN_MAX: usize = 64;

fn check_name(text: &str) -> Result<(), &'static str> {
    let Some(first) = text.bytes().next() else { return Err("it is empty") };
    if text.len() > NAME_LEN_MAX {
        return Err("it is longer than 64 characters");
    }
    if !first.is_ascii_alphanumeric() {
        return Err("it does not start with a letter or a digit");
    }
    if text.contains("..") {
        return Err("a range is not a name");
    }
    if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        return Err("it has a character that names do not have");
    }
    Ok(())
}

macro_rules! names {
    ($($(#[$meta:meta])* $name:ident),* $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        names!(@common $name);

        impl FromStr for $name {
            type Err = TextError;
            fn from_str(text: &str) -> Result<Self, TextError> {
                check_name(text).map_err(TextError::of::<$name>)?;
                Ok($name(text.into()))
            }
        }

        impl Text for $name {
            const FORMAT: &'static str = "farm-name";
            const WHAT: &'static str = "a name";
            const EXPECTED: &'static str =
                "letters, digits, `-` and `_`, starting with a letter or a digit, 64 at most";
            const PATTERN: &'static str = "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$";
            const EXAMPLES: &'static [&'static str] = &["hall-a", "a-001"];
        }
    )*};
    (@common $name:ident) => {
        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for Arc<str> {
            fn from(name: $name) -> Arc<str> {
                name.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }

        text_value!($name);
    };
}

names! {
    /// Name of a farm.
    FarmName,
    /// Name of a window of time.
    WindowName,
    /// Name of a hub.
    HubName,
    /// Name of a listener of a hub.
    ListenerName,
    /// Name of a pool.
    PoolName,
    /// Name of a model of rig.
    ModelName,
    /// Name of a site.
    SiteName,
    /// Name of a rack.
    RackName,
    /// Name of a rig, also the worker it sends unless the file says otherwise. It has no dot, because
    /// a worker counts as this rig alone or after its first dot.
    RigName,
    /// A tag on rigs.
    Tag,
    /// `house`, or the name of a customer or an investor.
    OwnerName,
    /// Name of a customer.
    CustomerName,
    /// Name of a rental, unique within its customer.
    RentalName,
    /// Name of a policy.
    PolicyName,
    /// Name of an investor.
    InvestorName,
    /// Name of an energy meter.
    MeterName,
    /// Name of a sensor.
    SensorName,
    /// Name of a member of staff, or of a desk.
    StaffName,
    /// Name of a receiver of alerts, or of a member of staff.
    ReceiverName,
    /// Name of an alert rule.
    RuleName,
    /// Name of a wallet.
    WalletName,
}

impl OwnerName {
    /// The house.
    pub fn house() -> OwnerName {
        OwnerName("house".into())
    }

    /// Is this the house?
    pub fn is_house(&self) -> bool {
        &*self.0 == "house"
    }
}

impl Default for OwnerName {
    fn default() -> OwnerName {
        OwnerName::house()
    }
}

impl PolicyName {
    /// The policy that ships with the program and serves rentals that name none.
    pub fn standard() -> PolicyName {
        PolicyName("standard".into())
    }
}

impl Default for PolicyName {
    fn default() -> PolicyName {
        PolicyName::standard()
    }
}

impl From<&RigName> for OwnerName {
    fn from(name: &RigName) -> OwnerName {
        OwnerName(name.0.clone())
    }
}

impl From<&OwnerName> for CustomerName {
    fn from(name: &OwnerName) -> CustomerName {
        CustomerName(name.0.clone())
    }
}

impl From<&InvestorName> for OwnerName {
    fn from(name: &InvestorName) -> OwnerName {
        OwnerName(name.0.clone())
    }
}

impl From<&OwnerName> for InvestorName {
    fn from(name: &OwnerName) -> InvestorName {
        InvestorName(name.0.clone())
    }
}

/// Name of a scenario: any one line of text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScenarioName(Arc<str>);

names!(@common ScenarioName);

impl FromStr for ScenarioName {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        if text.trim().is_empty() {
            return Err(TextError::of::<ScenarioName>("it is empty"));
        }
        if text.chars().count() > 120 || text.chars().any(char::is_control) {
            return Err(TextError::of::<ScenarioName>("it is too long or not one line"));
        }
        Ok(ScenarioName(text.into()))
    }
}

impl Text for ScenarioName {
    const FORMAT: &'static str = "farm-scenario-name";
    const WHAT: &'static str = "a scenario's name";
    const EXPECTED: &'static str = "one line of text, 120 characters at most";
    const PATTERN: &'static str = r"^.{1,120}$";
    const EXAMPLES: &'static [&'static str] = &["a rack loses power"];
}

/// Name of a time zone of the IANA database, which ships with the program.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeZoneName(Arc<str>);

names!(@common TimeZoneName);

fn zones() -> &'static jiff::tz::TimeZoneDatabase {
    static ZONES: std::sync::OnceLock<jiff::tz::TimeZoneDatabase> = std::sync::OnceLock::new();
    ZONES.get_or_init(jiff::tz::TimeZoneDatabase::bundled)
}

impl TimeZoneName {
    /// The rules of this zone. A name that is in no database counts as UTC; `check` reports it.
    pub fn zone(&self) -> jiff::tz::TimeZone {
        self.known().unwrap_or(jiff::tz::TimeZone::UTC)
    }

    /// The rules of this zone, if the database has it.
    pub fn known(&self) -> Option<jiff::tz::TimeZone> {
        zones().get(&self.0).ok()
    }

    /// Every zone's name, for suggestions.
    pub(crate) fn all() -> Vec<String> {
        zones().available().map(|name| name.to_string()).collect()
    }
}

impl Default for TimeZoneName {
    fn default() -> TimeZoneName {
        TimeZoneName("UTC".into())
    }
}

impl FromStr for TimeZoneName {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"/_+-".contains(&b);
        if text.is_empty() || text.len() > 64 || !text.bytes().all(fits) {
            return Err(TextError::of::<TimeZoneName>("it is not written like one"));
        }
        Ok(TimeZoneName(text.into()))
    }
}

impl Text for TimeZoneName {
    const FORMAT: &'static str = "farm-time-zone";
    const WHAT: &'static str = "a time zone";
    const EXPECTED: &'static str = "a name of the IANA database, such as `America/Toronto` or `UTC`";
    const PATTERN: &'static str = "^[A-Za-z0-9/_+-]{1,64}$";
    const EXAMPLES: &'static [&'static str] = &["America/Toronto", "UTC"];
}

/// A rental by its full name: `customer/rental`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RentalPath {
    /// Whose it is.
    pub customer: CustomerName,
    /// Which of his it is.
    pub rental: RentalName,
}

impl FromStr for RentalPath {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let Some((customer, rental)) = text.split_once('/') else {
            return Err(TextError::of::<RentalPath>("the `/` is missing"));
        };
        let part = |_| TextError::of::<RentalPath>("one side of the `/` is not a name");
        Ok(RentalPath { customer: customer.parse().map_err(part)?, rental: rental.parse().map_err(part)? })
    }
}

impl fmt::Display for RentalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.customer, self.rental)
    }
}

impl Text for RentalPath {
    const FORMAT: &'static str = "farm-rental-path";
    const WHAT: &'static str = "a rental";
    const EXPECTED: &'static str = "the customer, `/`, and the rental, such as `alice/gold`";
    const PATTERN: &'static str = "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}/[A-Za-z0-9][A-Za-z0-9_-]{0,63}$";
    const EXAMPLES: &'static [&'static str] = &["alice/gold"];
}

text_value!(RentalPath);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_rule() {
        for good in ["a", "a-001", "Rack_7", "007", "x".repeat(64).as_str()] {
            assert_eq!(good.parse::<RigName>().expect(good).to_string(), good);
        }
        for bad in ["", "-a", "a.b", "a b", "a/b", "a..b", "ä", "a\n", "x".repeat(65).as_str()] {
            assert!(bad.parse::<RigName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn zones_come_from_the_bundled_database() {
        assert!("America/Toronto".parse::<TimeZoneName>().unwrap().known().is_some());
        assert!("America/Torronto".parse::<TimeZoneName>().unwrap().known().is_none());
        assert!(TimeZoneName::all().len() > 300);
    }
}
