//! Where miners connect: the listeners of the farm file's hub, with their certificates.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use exchange::event::{Event, EventKind};
use farm::desired::Desired;
use hub::{Hub, ListenerSpec, Network, now};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use schema::api::ListenerStatus;
use schema::farm::Listener;

use crate::secret::Keeper;
use crate::settings::Settings;

/// Opens listeners, and remembers their certificates.
pub(crate) struct Listeners {
    settings: Settings,
    hub: Hub,
    sealed: HashMap<String, Sealed>,
    /// Why some are shut, as it was told.
    shut: HashMap<String, String>,
}

/// A listener's TLS. It stays the same while its certificate is renewed: nobody is disconnected.
struct Sealed {
    config: Arc<rustls::ServerConfig>,
    certificate: Arc<Certificate>,
    /// Certificate and key as they were read.
    texts: (String, String),
}

/// What the next handshake shows.
#[derive(Debug)]
struct Certificate(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone())
    }
}

impl Listeners {
    pub(crate) fn new(settings: Settings, hub: Hub) -> Self {
        Self { settings, hub, sealed: HashMap::new(), shut: HashMap::new() }
    }

    /// Opens the listeners of the farm file's hub, as far as they are not open. Tells what is new about them.
    pub(crate) async fn open(
        &mut self,
        desired: &Desired,
        secrets: &Keeper,
        events: &mut Vec<Event>,
    ) -> Vec<ListenerStatus> {
        let hub = match &self.settings.hub {
            Some(name) => desired.farm.hubs.iter().find(|(hub, _)| hub.as_str() == name),
            None => desired.farm.hubs.iter().next(),
        };
        let Some((_, hub)) = hub else {
            let message =
                format!("the farm file has no hub `{}`", self.settings.hub.as_deref().unwrap_or_default());
            events.push(Event::new(now(), EventKind::HubMissing, "hub", message));
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
            let protocol = stratum::Protocol::from_name(listener.protocol.as_str());
            let Some(protocol) = protocol.filter(|_| listener.algorithm == farm::schedule::ALGORITHM) else {
                let (mined, spoken) =
                    (farm::schedule::ALGORITHM.as_str(), stratum::Protocol::default().name());
                shown.push(status(Some(format!("this release serves {mined} over {spoken} only"))));
                continue;
            };
            match self.tls_of(name.as_str(), listener, secrets, events) {
                Ok(tls) => {
                    let elsewhere = self.settings.listen.iter().find(|(other, _)| other == name.as_str());
                    let bind = elsewhere.map_or_else(|| listener.bind.socket(), |(_, address)| *address);
                    specs.push(ListenerSpec { name: name.to_string(), bind, protocol, tls });
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
        self.tell(&shown, events);
        shown
    }

    /// One event when a listener cannot be opened, or for another reason than before, and one when it is open after all.
    fn tell(&mut self, shown: &[ListenerStatus], events: &mut Vec<Event>) {
        self.shut.retain(|name, _| shown.iter().any(|listener| listener.name == *name));
        for ListenerStatus { name, address, why, .. } in shown {
            let subject = format!("listener/{name}");
            match why {
                Some(why) if self.shut.get(name) == Some(why) => {}
                Some(why) => {
                    let words = format!("listener {name} is not listening: {why}");
                    events.push(Event::new(now(), EventKind::ListenerFailed, subject, words));
                    self.shut.insert(name.clone(), why.clone());
                }
                None => {
                    tracing::info!(listener = %name, %address, "miners may connect");
                    if self.shut.remove(name).is_some() {
                        let words = format!("listener {name} is now listening at {address}");
                        events.push(Event::new(now(), EventKind::ListenerOpen, subject, words));
                    }
                }
            }
        }
    }

    /// The listener's TLS, with the certificate and key as they were last read. A pair that does not fit
    /// leaves the one before in use.
    fn tls_of(
        &mut self,
        name: &str,
        listener: &Listener,
        secrets: &Keeper,
        events: &mut Vec<Event>,
    ) -> Result<Option<Arc<rustls::ServerConfig>>, String> {
        let Some(tls) = &listener.tls else {
            self.sealed.remove(name);
            return Ok(None);
        };
        let texts = (secrets.get(&tls.certificate)?, secrets.get(&tls.key)?);
        if let Some(known) = self.sealed.get_mut(name) {
            if known.texts == texts {
                return Ok(Some(known.config.clone()));
            }
            let subject = format!("listener/{name}");
            events.push(match certified(&texts) {
                Ok(renewed) => {
                    let mut shown =
                        known.certificate.0.write().unwrap_or_else(|poisoned| poisoned.into_inner());
                    *shown = renewed;
                    let words = format!("listener {name} uses a new certificate; open connections are kept");
                    Event::new(now(), EventKind::CertificateRenewed, subject, words)
                }
                Err(why) => {
                    let words = format!("listener {name} keeps its previous certificate: {why}");
                    Event::new(now(), EventKind::CertificateRefused, subject, words)
                }
            });
            known.texts = texts;
            return Ok(Some(known.config.clone()));
        }
        let certificate = Arc::new(Certificate(RwLock::new(certified(&texts)?)));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_no_client_auth()
            .with_cert_resolver(certificate.clone());
        let config = Arc::new(config);
        let sealed = Sealed { config: config.clone(), certificate, texts };
        self.sealed.insert(name.to_owned(), sealed);
        Ok(Some(config))
    }
}

/// A certificate with its key, if they belong together.
fn certified((certificate, key): &(String, String)) -> Result<Arc<CertifiedKey>, String> {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let chain = CertificateDer::pem_slice_iter(certificate.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| format!("its certificate: {error}"))?;
    if chain.is_empty() {
        return Err("its certificate: there is none in the file; it begins with BEGIN CERTIFICATE".into());
    }
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| format!("its key: {error}"))?;
    let provider = rustls::crypto::ring::default_provider();
    CertifiedKey::from_der(chain, key, &provider)
        .map(Arc::new)
        .map_err(|error| format!("its certificate and key: {error}"))
}
