//! TLS: which client certificates are accepted, and as which identity.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use patchbay_model::access::{Role, TokenScope};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    SanType, date_time_ymd,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;

use super::matrix::{give, standing};
use super::{NORTHWIND, Running, company, settings};
use crate::settings::{Identity, JournalSettings, TlsSettings};
use crate::{ServeError, Server};

const QUEUES: &str = "/v1/companies/northwind/queues";

/// A certificate authority.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its key.
#[derive(Clone)]
struct Held {
    certificate: String,
    key: String,
}

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("an authority");
        Authority { issuer }
    }

    fn vouches(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Held {
        let dns = names.iter().filter(|name| !name.contains("://"));
        let dns: Vec<String> = dns.map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(dns).expect("parameters");
        for name in names.iter().filter(|name| name.contains("://")) {
            let uri = SanType::URI((*name).try_into().expect("a URI"));
            params.subject_alt_names.push(uri);
        }
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("vouched for");
        Held {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    fn pem(&self) -> String {
        self.issuer.pem()
    }
}

/// A TLS server with its files.
struct Door {
    server: Running,
    authority: Authority,
    place: TempDir,
}

fn write(place: &TempDir, held: &Held) {
    fs::write(place.path().join("server.pem"), &held.certificate).expect("written");
    fs::write(place.path().join("server.key"), &held.key).expect("written");
}

impl Door {
    async fn new(change: impl FnOnce(&mut TlsSettings, PathBuf)) -> Door {
        let place = tempfile::tempdir().expect("a place");
        let authority = Authority::new();
        write(&place, &authority.vouches(&["care.example"], |_| {}));
        let clients = place.path().join("clients.pem");
        fs::write(&clients, authority.pem()).expect("written");
        let mut tls = TlsSettings {
            certificate: place.path().join("server.pem"),
            key: place.path().join("server.key"),
            client_ca: None,
            optional: false,
            identities: Vec::new(),
        };
        change(&mut tls, clients);
        let journal = JournalSettings::at(place.path().join("desk.db"));
        let server = Running::with(|settings| {
            settings.tls = Some(tls);
            settings.journal = Some(journal);
        })
        .await;
        Door {
            server,
            authority,
            place,
        }
    }

    /// Send a request with or without a certificate; none if it is refused.
    async fn ask(&self, held: Option<&Held>, headers: &str) -> Option<(u16, String)> {
        self.asked(held, "GET", QUEUES, headers, "").await
    }

    async fn asked(
        &self,
        held: Option<&Held>,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> Option<(u16, String)> {
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(self.authority.pem().as_bytes());
        roots.add(authority.expect("PEM")).expect("an authority");
        let builder =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("they are there")
                .with_root_certificates(roots);
        let config = match held {
            None => builder.with_no_client_auth(),
            Some(held) => builder
                .with_client_auth_cert(
                    vec![CertificateDer::from_pem_slice(held.certificate.as_bytes()).expect("PEM")],
                    PrivateKeyDer::from_pem_slice(held.key.as_bytes()).expect("PEM"),
                )
                .expect("they go together"),
        };
        let stream = self.server.client.connect().await;
        let name = ServerName::try_from("care.example").expect("a name");
        let connector = TlsConnector::from(Arc::new(config));
        let mut stream = connector.connect(name, stream).await.ok()?;
        let request = self.server.client.request(method, path, headers, body);
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut bytes = Vec::new();
        // With TLS 1.3 a client learns only here that its certificate is refused.
        let read = stream.read_to_end(&mut bytes).await;
        let text = String::from_utf8(bytes).expect("UTF-8");
        if text.is_empty() {
            assert!(read.is_err(), "told why");
            return None;
        }
        let status = text.split(' ').nth(1)?.parse().expect("a status");
        Some((status, text))
    }

    async fn status(&self, held: Option<&Held>, headers: &str) -> Option<u16> {
        self.ask(held, headers).await.map(|(status, _)| status)
    }
}

fn identity(name: &str, role: Role, company: Option<&str>, agent: Option<&str>) -> Identity {
    Identity {
        name: name.to_owned(),
        standing: TokenScope {
            company: company.map(str::to_owned),
            role,
            agent: agent.map(str::to_owned),
        },
    }
}

#[tokio::test]
async fn the_server_shows_its_certificate_and_refuses_plain_http() {
    let door = Door::new(|_, _| {}).await;
    assert_eq!(
        door.status(None, "").await,
        Some(200),
        "as without TLS, on loopback"
    );
    let mut plain = door.server.client.connect().await;
    let request = door.server.client.request("GET", QUEUES, "", "");
    plain.write_all(request.as_bytes()).await.expect("sent");
    let mut bytes = Vec::new();
    let _ = plain.read_to_end(&mut bytes).await;
    assert!(!bytes.starts_with(b"HTTP"), "{bytes:?}");
    // Tokens are still required.
    give(&door.server, standing(None, Role::Operator), |_| {});
    assert_eq!(door.status(None, "").await, Some(401));
}

#[tokio::test]
async fn a_client_without_a_signed_certificate_is_refused() {
    let door = Door::new(|tls, clients| tls.client_ca = Some(clients)).await;
    let good = door.authority.vouches(&["desk.example"], |_| {});
    assert_eq!(door.status(Some(&good), "").await, Some(200));
    assert_eq!(door.status(None, "").await, None, "none");
    let stranger = Authority::new().vouches(&["desk.example"], |_| {});
    assert_eq!(
        door.status(Some(&stranger), "").await,
        None,
        "of somebody else's"
    );
    let expired = door.authority.vouches(&["desk.example"], |params| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    });
    assert_eq!(door.status(Some(&expired), "").await, None, "over");
    let early = door.authority.vouches(&["desk.example"], |params| {
        params.not_before = date_time_ymd(2190, 1, 1);
        params.not_after = date_time_ymd(2191, 1, 1);
    });
    assert_eq!(door.status(Some(&early), "").await, None, "not yet");
    let server_only = door.authority.vouches(&["desk.example"], |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    });
    assert_eq!(
        door.status(Some(&server_only), "").await,
        None,
        "not a client's"
    );
    // A certificate without an identity gives no role.
    let token = give(&door.server, standing(None, Role::Operator), |_| {});
    assert_eq!(door.status(Some(&good), "").await, Some(401));
    assert_eq!(door.status(Some(&good), &token).await, Some(200));
}

#[tokio::test]
async fn a_certificate_gives_the_identity_of_the_settings() {
    let door = Door::new(|tls, clients| {
        tls.client_ca = Some(clients);
        tls.optional = true;
        tls.identities = vec![
            identity(
                "spiffe://example/crm",
                Role::Integrator,
                Some("northwind"),
                None,
            ),
            identity("Desk.example", Role::Agent, Some("northwind"), Some("ana")),
            identity("harbour.example", Role::Operator, Some("harbour"), None),
        ];
    })
    .await;
    let held = |names: &[&str]| door.authority.vouches(names, |_| {});
    assert_eq!(door.status(None, "").await, Some(401), "nobody");
    let crm = held(&["spiffe://example/crm"]);
    assert_eq!(door.status(Some(&crm), "").await, Some(200));
    let ana = held(&["desk.example"]);
    assert_eq!(
        door.status(Some(&ana), "").await,
        Some(403),
        "not on the roster"
    );
    let operator = give(&door.server, standing(None, Role::Operator), |_| {});
    let body = r#"[{"id":"ana"}]"#;
    let path = "/v1/companies/northwind/agents";
    let put = door.asked(None, "POST", path, &operator, body).await;
    assert_eq!(put.expect("answered").0, 200);
    assert_eq!(door.status(Some(&ana), "").await, Some(200));
    assert_eq!(
        door.status(Some(&held(&["harbour.example"])), "").await,
        Some(404)
    );
    assert_eq!(
        door.status(Some(&held(&["nobody.example"])), "").await,
        Some(401)
    );
    let two = held(&["desk.example", "harbour.example"]);
    assert_eq!(
        door.status(Some(&two), "").await,
        Some(401),
        "two people at once"
    );
    // The common name does not count.
    let common = door.authority.vouches(&[], |params| {
        let kind = rcgen::DnType::CommonName;
        params.distinguished_name.push(kind, "desk.example");
    });
    assert_eq!(door.status(Some(&common), "").await, Some(401));
    // A token takes precedence, even an invalid one.
    let wrong = format!("Authorization: Bearer pb_{}\r\n", "0".repeat(64));
    assert_eq!(door.status(Some(&crm), &wrong).await, Some(401));
    // A browser shows the certificate on behalf of any page.
    let (status, body) = door
        .ask(Some(&crm), "Origin: https://evil.example\r\n")
        .await
        .expect("answered");
    assert!(status == 403 && body.contains("foreign-origin"), "{body}");
    let own = format!("Origin: https://{}\r\n", door.server.client.address());
    assert_eq!(door.status(Some(&crm), &own).await, Some(200));
}

#[tokio::test]
async fn a_new_certificate_is_reloaded_and_an_invalid_one_ignored() {
    let door = Door::new(|_, _| {}).await;
    let tls = door.server.app.tls.clone().expect("it speaks TLS");
    // A connection from before the change stays.
    let authority = CertificateDer::from_pem_slice(door.authority.pem().as_bytes());
    let mut roots = RootCertStore::empty();
    roots.add(authority.expect("PEM")).expect("an authority");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("they are there")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let name = || ServerName::try_from("care.example").expect("a name");
    let stream = door.server.client.connect().await;
    let mut before = connector.connect(name(), stream).await.expect("let in");
    let shown = before.get_ref().1.peer_certificates().expect("shown")[0].clone();

    fs::write(door.place.path().join("server.key"), "no key").expect("written");
    tls.reload();
    assert_eq!(door.status(None, "").await, Some(200), "as before");
    write(
        &door.place,
        &door.authority.vouches(&["care.example"], |_| {}),
    );
    tls.reload();
    let stream = door.server.client.connect().await;
    let after = connector.connect(name(), stream).await.expect("let in");
    let newer = after.get_ref().1.peer_certificates().expect("shown")[0].clone();
    assert_ne!(newer, shown);
    let request = door.server.client.request("GET", "/healthz", "", "");
    before
        .write_all(request.as_bytes())
        .await
        .expect("it stays");
    let mut bytes = Vec::new();
    before.read_to_end(&mut bytes).await.expect("answered");
    assert!(bytes.starts_with(b"HTTP/1.1 200"), "{bytes:?}");
}

#[tokio::test]
async fn beyond_loopback_tls_without_identities_is_refused() {
    let place = tempfile::tempdir().expect("a place");
    write(&place, &Authority::new().vouches(&["care.example"], |_| {}));
    let tls = TlsSettings {
        certificate: place.path().join("server.pem"),
        key: place.path().join("server.key"),
        client_ca: None,
        optional: false,
        identities: Vec::new(),
    };
    let bind = async |tls: TlsSettings| {
        let (assembler, built) = company(NORTHWIND);
        let mut settings = settings();
        settings.listen = ([0, 0, 0, 0], 0).into();
        settings.tls = Some(tls);
        Server::bind(&settings, vec![built], assembler).await
    };
    assert!(matches!(
        bind(tls.clone()).await,
        Err(ServeError::NotLoopback { .. })
    ));
    let missing = TlsSettings {
        key: place.path().join("nowhere.key"),
        ..tls.clone()
    };
    let mut known = missing.clone();
    known.identities = vec![identity("a", Role::Operator, None, None)];
    match bind(known).await {
        Err(error @ ServeError::Tls(_)) => {
            assert!(error.to_string().contains("nowhere.key"), "{error}");
        }
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("without its key"),
    }
}

#[tokio::test]
async fn answers_over_tls_tell_browsers_to_stay_with_it() {
    let door = Door::new(|_, _| {}).await;
    for path in [QUEUES, "/console/", "/healthz", "/nowhere"] {
        let (status, answer) = door
            .asked(None, "GET", path, "", "")
            .await
            .expect("an answer");
        let head = answer.split("\r\n\r\n").next().unwrap_or_default();
        let head = head.to_ascii_lowercase();
        let policy = "strict-transport-security: max-age=31536000\r\n";
        assert!(
            format!("{head}\r\n").contains(policy),
            "{path} {status}: {head}"
        );
    }
    // Without TLS a browser must be able to come back.
    let plain = Running::with(|_| {}).await;
    let answer = plain.client.get("/healthz").await;
    assert!(
        !answer.headers.contains_key("strict-transport-security"),
        "{answer:?}"
    );
}
