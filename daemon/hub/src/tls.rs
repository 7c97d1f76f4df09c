//! TLS towards pools: with the system's trust store, a pool's own authority, or pinned certificates. Every
//! connection names the pool's host, and every failure says in words what is wrong.

use std::sync::{Arc, OnceLock};

use exchange::endpoint::{Endpoint, Trust};
use exchange::failover::{Loss, PoolFault};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Opens TLS on a connected socket.
pub(crate) async fn connect(endpoint: &Endpoint, stream: TcpStream) -> Result<TlsStream<TcpStream>, Loss> {
    let fault = |words: &str| Loss::new(PoolFault::Tls, words);
    let config = config(endpoint.trust.as_deref()).map_err(|words| fault(&words))?;
    let name = ServerName::try_from(endpoint.host.to_string())
        .map_err(|_| fault(&format!("`{}` is no name for TLS", endpoint.host)))?;
    TlsConnector::from(config).connect(name, stream).await.map_err(|error| fault(&words_of(&error)))
}

/// What went wrong, for the person who can put it right.
fn words_of(error: &std::io::Error) -> String {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    let Some(tls) = tls else {
        return match error.kind() {
            std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::ConnectionReset => {
                "it closed the connection during the TLS handshake; if the port does not speak TLS, write stratum+tcp"
                    .into()
            }
            _ => format!("the handshake failed: {error}"),
        };
    };
    match tls {
        Error::InvalidMessage(_) => "the port does not speak TLS: write stratum+tcp".into(),
        Error::InvalidCertificate(certificate) => match certificate {
            CertificateError::UnknownIssuer => {
                "unknown issuer: no trusted authority signed its certificate; name its authority with `tls: { ca: ... }`, or pin the certificate".into()
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                format!("its certificate is expired ({tls})")
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                format!("its certificate is not valid yet ({tls})")
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                format!("its certificate is for another name ({tls})")
            }
            // The library has no kind for this one.
            CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
                "it shows an authority's certificate as its own, as one signed by itself often is: pin it with `tls: { pins: ... }`".into()
            }
            _ => format!("its certificate cannot be verified ({tls})"),
        },
        Error::AlertReceived(alert) => format!("it refuses the handshake: {alert:?}"),
        _ => tls.to_string(),
    }
}

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider())).clone()
}

fn config(trust: Option<&Trust>) -> Result<Arc<ClientConfig>, String> {
    let Some(trust) = trust else { return Ok(system()) };
    let issued = match &trust.ca {
        Some(pem) => Some(verifier(roots(pem)?)?),
        None if trust.pins.is_empty() => Some(verifier(system_roots())?),
        None => None,
    };
    let verifier = Verifier { issued, pins: trust.pins.clone(), provider: provider() };
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn system() -> Arc<ClientConfig> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    let make = || {
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("ring speaks the default versions")
            .with_root_certificates(system_roots())
            .with_no_client_auth();
        Arc::new(config)
    };
    CONFIG.get_or_init(make).clone()
}

fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, ignored) = roots.add_parsable_certificates(found.certs);
    tracing::debug!(added, ignored, "read the system's trust store");
    roots
}

fn roots(pem: &str) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| format!("the authority's PEM: {error}"))?;
        roots.add(certificate).map_err(|error| format!("the authority's certificate: {error}"))?;
    }
    if roots.is_empty() {
        return Err("the authority's PEM holds no certificate".into());
    }
    Ok(roots)
}

fn verifier(roots: RootCertStore) -> Result<Arc<WebPkiServerVerifier>, String> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| format!("the authorities: {error}"))
}

/// Asks an authority where there is one to ask, and the pins where there are any. Who pins a certificate and
/// names no authority has said which one it is: then nobody else is asked, nor its name, nor its dates.
#[derive(Debug)]
struct Verifier {
    issued: Option<Arc<WebPkiServerVerifier>>,
    pins: Vec<[u8; 32]>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(issued) = &self.issued {
            issued.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        }
        let print = stratum::work::algorithm::sha256(end_entity);
        if !self.pins.is_empty() && !self.pins.contains(&print) {
            let hex = const_hex::encode(print);
            return Err(Error::General(format!("its certificate is none of the pinned ones: sha256:{hex}")));
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
