//! The command line with an HTTPS server, and watched company files.

use std::fs;
use std::process::Output;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;
use tempfile::TempDir;

use crate::command::{patchbay, stderr, stdout};
use crate::test_server::TestServer;

const COMPANY: &str = "company = \"northwind\"\n[queue.general]\ndefault = true\n";

/// A server's settings in a place of their own.
struct Host {
    place: TempDir,
    config: String,
}

impl Host {
    fn new(more: &str) -> Host {
        let place = tempfile::tempdir().expect("a place");
        fs::create_dir(place.path().join("companies")).expect("made");
        fs::write(place.path().join("companies/northwind.toml"), COMPANY).expect("written");
        let settings = format!(
            "companies = [\"companies\"]\n[dev]\nsources = true\n[server]\nlisten = \"127.0.0.1:0\"\n{more}[journal]\npath = \"desk.db\"\n"
        );
        let config = place.path().join("patchbay.toml");
        fs::write(&config, settings).expect("written");
        Host {
            config: config.to_str().expect("UTF-8").to_owned(),
            place,
        }
    }

    fn path(&self, name: &str) -> String {
        self.place
            .path()
            .join(name)
            .to_str()
            .expect("UTF-8")
            .to_owned()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut all = arguments.to_vec();
        all.extend(["--config", &self.config]);
        patchbay(&all)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }
}

#[test]
fn the_command_line_trusts_exactly_the_server_certificate_of_the_settings() {
    let tls = "[tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\nclient-ca = \"ca.pem\"\n";
    let host = Host::new(tls);
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key"));
    let authority = authority.expect("an authority");
    host.write("ca.pem", &authority.pem());
    for name in ["server", "client"] {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![format!("{name}.example")]).expect("parameters");
        let certificate = params.signed_by(&key, &authority).expect("vouched for");
        host.write(&format!("{name}.pem"), &certificate.pem());
        host.write(&format!("{name}.key"), &key.serialize_pem());
    }
    let _server = TestServer::start(std::path::Path::new(&host.config));
    let list = ["generations", "--company", "northwind", "list"];
    let refused = host.run(&list);
    assert_eq!(refused.status.code(), Some(4), "{}", stderr(&refused));
    assert!(
        stderr(&refused).contains("CertificateRequired"),
        "{}",
        stderr(&refused)
    );
    let (certificate, key) = (host.path("client.pem"), host.path("client.key"));
    let shown = ["--client-certificate", &certificate, "--client-key", &key];
    let listed = host.run(&[&list[..], &shown].concat());
    assert_eq!(listed.status.code(), Some(0), "{}", stderr(&listed));
    assert!(stdout(&listed).contains("start"), "{}", stdout(&listed));
    let half = host.run(&[&list[..], &shown[..2]].concat());
    assert_eq!(half.status.code(), Some(2), "a certificate has its key");
    // Any other certificate is rejected.
    host.write(
        "server.pem",
        &fs::read_to_string(&certificate).expect("read"),
    );
    let other = host.run(&[&list[..], &shown].concat());
    assert_eq!(other.status.code(), Some(4), "{}", stderr(&other));
}

#[test]
fn a_watched_company_file_is_applied_when_it_changes() {
    let host = Host::new("watch = true\n");
    let _server = TestServer::start(std::path::Path::new(&host.config));
    let list = || host.run(&["generations", "--company", "northwind", "list"]);
    let until = |holds: &dyn Fn(&Output) -> bool| {
        loop {
            let listed = list();
            if holds(&listed) {
                return listed;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    };
    host.write(
        "companies/northwind.toml",
        &format!("{COMPANY}[queue.tax]\n"),
    );
    until(&|listed| stdout(listed).contains("watch"));
    host.write(
        "companies/northwind.toml",
        &format!("{COMPANY}colour = 1\n"),
    );
    let told = until(&|listed| !stderr(listed).is_empty());
    assert!(
        stderr(&told).contains("northwind.toml is rejected"),
        "{}",
        stderr(&told)
    );
    assert!(stderr(&told).contains("colour"), "{}", stderr(&told));
    let audit = host.run(&["audit", "list", "--company", "northwind", "--json"]);
    let trail: Value = serde_json::from_str(&stdout(&audit)).expect("JSON");
    assert!(trail.to_string().contains("\"watch\""), "{trail}");
}

#[test]
fn watching_needs_a_journal() {
    let host = Host::new("");
    let settings = fs::read_to_string(&host.config).expect("read");
    let (without, _) = settings.split_once("[journal]").expect("a section");
    host.write("patchbay.toml", without);
    let refused = host.run(&["serve", "--watch", "--check"]);
    assert_eq!(refused.status.code(), Some(1), "{}", stderr(&refused));
    host.write(
        "patchbay.toml",
        &without.replace("[server]\n", "[server]\nwatch = true\n"),
    );
    let refused = host.run(&["serve", "--check"]);
    assert!(
        stderr(&refused).contains("needs a [journal]"),
        "{}",
        stderr(&refused)
    );
}
