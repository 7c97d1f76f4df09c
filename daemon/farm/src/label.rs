//! Rentals by their label, and when they run.

use std::sync::Arc;

use exchange::time::Timestamp;
use schema::farm::{Farm, Rental};
use schema::name::{CustomerName, RentalName};

/// Label of a rental.
pub fn label(customer: &CustomerName, rental: &RentalName) -> Arc<str> {
    format!("{customer}/{rental}").into()
}

/// Whether a rental runs at a time.
pub fn is_running(farm: &Farm, rental: &Rental, at: Timestamp) -> bool {
    let zone = farm.timezone.zone();
    rental.from.as_ref().is_none_or(|from| from.as_micros(&zone) <= at.0)
        && rental.until.as_ref().is_none_or(|until| at.0 < until.as_micros(&zone))
}
