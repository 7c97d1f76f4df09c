//! Pools: what is said about certificates is of some use.

use super::Check;
use crate::address::PoolScheme;

pub(super) fn check(check: &mut Check<'_>) {
    let farm = check.farm;
    for (name, pool) in &farm.pools {
        let Some(tls) = &pool.tls else { continue };
        let at = format!("/pools/{name}/tls");
        if !pool.urls.iter().any(|url| url.scheme() == PoolScheme::StratumV1Tls) {
            let problem = check
                .problem("farm::pool::tls_unused", &at, "certificates for a pool that is reached without TLS")
                .label("no URL says `stratum+ssl`");
            check.push(problem.help("write `stratum+ssl://` where the pool speaks TLS, or take this out"));
        }
        if let Some(text) = tls.ca.as_ref().and_then(|ca| ca.text())
            && !text.contains("-----BEGIN CERTIFICATE-----")
        {
            let problem = check
                .problem("farm::pool::ca_not_pem", &format!("{at}/ca/text"), "no certificate in this text")
                .label("not PEM");
            check.push(problem.help(
                "a certificate as PEM begins with `-----BEGIN CERTIFICATE-----`; `{file: path}` names a file that holds it",
            ));
        }
    }
}
