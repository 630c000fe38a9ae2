//! A browser that keeps cookies, and sends them as their `SameSite` says.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};

use super::super::client::{Answer, Client};
use super::HOST;

/// A browser whose address bar shows the public address of the host.
pub(super) struct Browser {
    client: Client,
    host: &'static str,
    /// Value and attributes by name.
    cookies: BTreeMap<String, (String, String)>,
}

impl Browser {
    pub(super) fn new(client: Client) -> Browser {
        Browser {
            client,
            host: HOST,
            cookies: BTreeMap::new(),
        }
    }

    /// The same with another address of the host in the address bar.
    pub(super) fn at(self, host: &'static str) -> Browser {
        Browser { host, ..self }
    }

    /// The host is reached at another address of this machine.
    pub(super) fn reaches(&mut self, client: Client) {
        self.client = client;
    }

    pub(super) fn cookie(&self, name: &str) -> String {
        self.cookies[name].0.clone()
    }

    /// What the host said of a cookie.
    pub(super) fn attributes(&self, name: &str) -> &str {
        &self.cookies[name].1
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.cookies.keys().map(String::as_str).collect()
    }

    /// Begins a sign-in from the console's page; the address of the issuer that the
    /// browser is led to, and its parameters.
    pub(super) async fn begin(&mut self, path: &str) -> BTreeMap<String, String> {
        let answer = self.navigate(path, "same-origin").await;
        assert_eq!(answer.status, 303, "{answer:?}");
        let location = &answer.headers["location"];
        let (address, query) = location.split_once('?').expect(location);
        let pairs = query.split('&').map(|pair| {
            let (name, value) = pair.split_once('=').expect(pair);
            (name.to_owned(), decoded(value))
        });
        let address = ("address".to_owned(), address.to_owned());
        pairs.chain([address]).collect()
    }

    /// Follows the issuer's redirect to the host.
    pub(super) async fn come_from_issuer(&mut self, path: &str) -> Answer {
        let answer = self.navigate(path, "cross-site").await;
        assert_eq!(answer.status, 303, "{answer:?}");
        answer
    }

    /// Opens an address from a page of this site or another.
    pub(super) async fn navigate(&mut self, path: &str, site: &str) -> Answer {
        let kinds: &[&str] = match site {
            "same-origin" | "none" => &["SameSite=Strict", "SameSite=Lax"],
            // The chain of requests began at another site.
            _ => &["SameSite=Lax"],
        };
        let head = self.head("GET", path, site, kinds);
        let answer = self.client.raw(format!("{head}\r\n").as_bytes()).await;
        self.takes_cookies(&answer);
        answer
    }

    /// A request of the console's page.
    pub(super) async fn fetch(&self, method: &str, path: &str) -> Answer {
        let all = ["SameSite=Strict", "SameSite=Lax"];
        let head = self.head(method, path, "same-origin", &all);
        self.client.raw(format!("{head}\r\n").as_bytes()).await
    }

    /// A request of the console's page that changes something.
    pub(super) async fn change(&self, method: &str, path: &str, body: &str) -> Answer {
        let all = ["SameSite=Strict", "SameSite=Lax"];
        let head = self.head(method, path, "same-origin", &all);
        let length = body.len();
        let own = format!("Origin: https://{}\r\nX-Patchbay-Console: 1\r\n", self.host);
        let json = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
        let request = format!("{head}{own}{json}\r\n{body}");
        self.client.raw(request.as_bytes()).await
    }

    fn head(&self, method: &str, path: &str, site: &str, kinds: &[&str]) -> String {
        let host = self.host;
        let sent = self
            .cookies
            .iter()
            .filter(|(_, (_, attributes))| kinds.iter().any(|kind| attributes.contains(kind)));
        let pairs: Vec<_> = sent
            .map(|(name, (value, _))| format!("{name}={value}"))
            .collect();
        let cookies = match pairs.is_empty() {
            true => String::new(),
            false => format!("Cookie: {}\r\n", pairs.join("; ")),
        };
        let site = match site {
            "" => String::new(),
            site => format!("Sec-Fetch-Site: {site}\r\n"),
        };
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{site}{cookies}")
    }

    pub(super) fn takes_cookies(&mut self, answer: &Answer) {
        let set = answer.headers.get("set-cookie");
        for line in set.iter().flat_map(|lines| lines.lines()) {
            let (pair, attributes) = line.split_once("; ").expect(line);
            let (name, value) = pair.split_once('=').expect(line);
            match attributes.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => {
                    let kept = (value.to_owned(), attributes.to_owned());
                    self.cookies.insert(name.to_owned(), kept)
                }
            };
        }
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).expect("ASCII");
                bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
                rest = after;
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// The header by which a client proves itself.
pub(super) fn basic(id: &str, secret: &str) -> String {
    format!(
        "authorization: Basic {}\r\n",
        STANDARD.encode(format!("{id}:{secret}"))
    )
}

/// The challenge of a verifier (RFC 7636, 4.2).
pub(super) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}
