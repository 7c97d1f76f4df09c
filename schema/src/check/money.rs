//! Money: currencies that can be paid from where they are, and prices that are not below nothing.

use super::Check;
use crate::farm::Price;
use crate::farm::money::Wallet;

pub(super) fn check(check: &mut Check<'_>) {
    let farm = check.farm;
    for (customer, name, rental) in farm.rentals() {
        let rate = match &rental.price {
            Some(Price::Hashrate { rate, .. }) => rate.amount,
            Some(Price::Hosting { rate, .. }) => rate.amount,
            _ => continue,
        };
        if rate.is_sign_negative() && !rate.is_zero() {
            let at = format!("/customers/{customer}/rentals/{name}/price/rate");
            let problem = check
                .problem("farm::price::negative", &at, "we would pay the customer")
                .label("less than nothing");
            check.push(problem.help("only prices of energy on a market can be negative"));
        }
    }
    let Some(money) = &farm.money else { return };
    let Some(payouts) = &money.payouts else { return };
    let coin = match money.wallets.get(&payouts.from) {
        Some(Wallet::Watch { .. }) => {
            let problem = check
                .problem(
                    "farm::money::watch_only",
                    "/money/payouts/from",
                    format!("`{}` is only watched and cannot pay", payouts.from),
                )
                .label("no key to it");
            check.push(problem.help("pay from a wallet of kind btcpay or node"));
            return;
        }
        Some(Wallet::Node { coin, .. }) => coin,
        _ => return,
    };
    if let Some(least) = &payouts.amount_min
        && least.currency != *coin
    {
        let message = format!("`{}` holds {coin}, and this is {}", payouts.from, least.currency);
        let problem = check
            .problem("farm::money::currency", "/money/payouts/amount_min", message)
            .label("another currency");
        check.push(problem.help(format!("write the least amount in {coin}")));
    }
}
