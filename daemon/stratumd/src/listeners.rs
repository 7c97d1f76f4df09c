//! Where miners connect: the listeners of the farm file's hub, with their certificates.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use farm::event::{Event, Severity};
use farm::live::Desired;
use hub::{Hub, ListenerSpec, Network, now};
use schema::api::ListenerStatus;
use schema::farm::{Listener, Protocol};

use crate::secret;
use crate::settings::Settings;

/// Opens listeners, and remembers their certificates.
pub(crate) struct Listeners {
    settings: Settings,
    hub: Hub,
    tls: HashMap<String, (String, Arc<rustls::ServerConfig>)>,
}

impl Listeners {
    pub(crate) fn new(settings: Settings, hub: Hub) -> Self {
        Self { settings, hub, tls: HashMap::new() }
    }

    /// Opens the listeners of the farm file's hub.
    pub(crate) async fn open(&mut self, desired: &Desired, events: &mut Vec<Event>) -> Vec<ListenerStatus> {
        let hub = match &self.settings.hub {
            Some(name) => desired.farm.hubs.iter().find(|(hub, _)| hub.as_str() == name),
            None => desired.farm.hubs.iter().next(),
        };
        let Some((_, hub)) = hub else {
            let message =
                format!("the farm file has no hub `{}`", self.settings.hub.as_deref().unwrap_or_default());
            events.push(Event::new(now(), "hub-missing", Severity::Error, "hub", message));
            return Vec::new();
        };
        let mut shown = Vec::new();
        let mut specs = Vec::new();
        for (name, listener) in &hub.listeners {
            let status = |why: Option<String>| ListenerStatus {
                name: name.to_string(),
                address: listener.bind.to_string(),
                tls: listener.tls.is_some(),
                why,
            };
            if listener.algorithm != farm::schedule::ALGORITHM || listener.protocol != Protocol::StratumV1 {
                shown.push(status(Some("this release serves sha256d over stratum-v1 only".into())));
                continue;
            }
            match self.tls_of(name.as_str(), listener) {
                Ok(tls) => {
                    let elsewhere = self.settings.listen.iter().find(|(other, _)| other == name.as_str());
                    let bind = elsewhere.map_or_else(|| listener.bind.socket(), |(_, address)| *address);
                    specs.push(ListenerSpec { name: name.to_string(), bind, tls });
                }
                Err(why) => shown.push(status(Some(why))),
            }
        }
        let accept_from = hub
            .accept_from
            .iter()
            .filter_map(|network| {
                let text = network.to_string();
                let (address, bits) = text.split_once('/').unwrap_or((&text, ""));
                let address: std::net::IpAddr = address.parse().ok()?;
                let all = if address.is_ipv4() { 32 } else { 128 };
                Some(Network { address, bits: bits.parse().unwrap_or(all) })
            })
            .collect();
        let asked = specs.clone();
        let answers = self.hub.listen(specs, accept_from).await.unwrap_or_default();
        for (spec, answer) in asked.into_iter().zip(answers) {
            let (address, why) = match answer {
                Ok(address) => (address, None),
                Err(error) => (spec.bind, Some(error.to_string())),
            };
            shown.push(ListenerStatus {
                name: spec.name,
                address: address.to_string(),
                tls: spec.tls.is_some(),
                why,
            });
        }
        for listener in &shown {
            match &listener.why {
                Some(why) => {
                    let subject = format!("listener/{}", listener.name);
                    let message = format!("listener {} does not listen: {why}", listener.name);
                    events.push(Event::new(now(), "listener-failed", Severity::Error, subject, message));
                }
                None => {
                    tracing::info!(listener = %listener.name, address = %listener.address, "miners may connect")
                }
            }
        }
        shown
    }

    /// The listener's certificate, read anew when the farm file names another one.
    fn tls_of(
        &mut self,
        name: &str,
        listener: &Listener,
    ) -> Result<Option<Arc<rustls::ServerConfig>>, String> {
        use rustls::pki_types::pem::PemObject as _;
        use rustls::pki_types::{CertificateDer, PrivateKeyDer};
        let Some(tls) = &listener.tls else { return Ok(None) };
        let folder: PathBuf = self.settings.secrets.clone().unwrap_or_else(|| self.settings.data.clone());
        let certificate = secret::read(&tls.certificate, &folder)?;
        let key = secret::read(&tls.key, &folder)?;
        if let Some((known, config)) = self.tls.get(name)
            && *known == certificate
        {
            return Ok(Some(config.clone()));
        }
        let chain = CertificateDer::pem_slice_iter(certificate.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| format!("its certificate: {error}"))?;
        let key =
            PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| format!("its key: {error}"))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| format!("its certificate and key: {error}"))?;
        let config = Arc::new(config);
        self.tls.insert(name.to_owned(), (certificate, config.clone()));
        Ok(Some(config))
    }
}
