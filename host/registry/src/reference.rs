//! The name of a pack in a registry.

use std::fmt;
use std::str::FromStr;

use patchbay_config::web_address::WebAddress;
use patchbay_engine::component::Digest;
use patchbay_pack::source::REGISTRY_SCHEME;
use thiserror::Error;

/// Longest repository, in bytes.
const REPOSITORY_BYTES: usize = 255;
/// Longest tag, in bytes.
const TAG_BYTES: usize = 128;

/// The name of a pack in a registry: `HOST[:PORT]/PATH[:TAG][@sha256:…]`, with or without `oci://`
/// before it. Written with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    host: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// Why a text is not such a name.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "{text:?} is not a pack in a registry: {because}; write HOST/PATH:TAG, such as registry.example/acme/care:1.0.0"
)]
pub struct ReferenceError {
    text: String,
    because: &'static str,
}

impl Reference {
    /// Host and port, as written.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The repository.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The last part of the repository: the name of the pack.
    pub fn name(&self) -> &str {
        let last = self.repository.rsplit('/').next();
        last.unwrap_or(&self.repository)
    }

    /// The tag.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest.
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// The same with this tag, where it has none.
    ///
    /// # Errors
    /// [`ReferenceError`] for a text that is no tag.
    pub fn or_tag(self, tag: &str) -> Result<Reference, ReferenceError> {
        if self.tag.is_some() {
            return Ok(self);
        }
        let digest = self.digest;
        let tagged = self.with_tag(tag)?;
        Ok(Reference { digest, ..tagged })
    }

    /// The same repository at a tag, without a digest.
    ///
    /// # Errors
    /// [`ReferenceError`] for a text that is no tag.
    pub fn with_tag(&self, tag: &str) -> Result<Reference, ReferenceError> {
        if !is_tag(tag) {
            let because = "the tag has other characters than letters, digits and . _ -";
            return Err(ReferenceError {
                text: tag.to_owned(),
                because,
            });
        }
        Ok(Reference {
            tag: Some(tag.to_owned()),
            digest: None,
            ..self.clone()
        })
    }

    /// The same repository at a digest, without a tag.
    #[must_use]
    pub fn at(&self, digest: Digest) -> Reference {
        Reference {
            tag: None,
            digest: Some(digest),
            ..self.clone()
        }
    }

    /// Whether the host is this machine: `localhost` or a loopback address.
    pub(crate) fn is_loopback(&self) -> bool {
        let name = self.host_name();
        let name = name.trim_start_matches('[').trim_end_matches(']');
        let address = name.parse::<std::net::IpAddr>();
        name == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }

    fn host_name(&self) -> &str {
        match self.host.rfind(']') {
            Some(end) => &self.host[..=end],
            None => self.host.split(':').next().unwrap_or_default(),
        }
    }

    /// The address of a path of the registry's interface, such as `manifests/1.0`.
    pub(crate) fn address(&self, path: &str) -> Result<WebAddress, ReferenceError> {
        let scheme = if self.is_loopback() { "http" } else { "https" };
        // The registry of Docker Hub has another name than its repositories.
        let host = match self.host.as_str() {
            "docker.io" | "index.docker.io" => "registry-1.docker.io",
            host => host,
        };
        let address = format!("{scheme}://{host}/v2/{}/{path}", self.repository);
        WebAddress::parse(&address).map_err(|_| ReferenceError {
            text: self.to_string(),
            because: "its host is not valid",
        })
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Reference, ReferenceError> {
        let wrong = |because| ReferenceError {
            text: text.to_owned(),
            because,
        };
        let name = text.strip_prefix(REGISTRY_SCHEME).unwrap_or(text);
        if name.contains("://") {
            return Err(wrong("it begins with another scheme than oci://"));
        }
        let (name, digest) = match name.split_once('@') {
            None => (name, None),
            Some((name, digest)) => match Digest::parse(digest) {
                // One digest has one name.
                Some(found) if found.to_string() == digest => (name, Some(found)),
                _ => {
                    return Err(wrong(
                        "after the @ stands no sha256: with 64 digits 0-9 a-f",
                    ));
                }
            },
        };
        let Some((host, path)) = name.split_once('/') else {
            return Err(wrong("it has no host and path"));
        };
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (path, None),
        };
        let is_named = host == "localhost" || host.contains(['.', ':']);
        if !is_named || host != host.to_ascii_lowercase() {
            return Err(wrong(
                "before the first / stands no host: a name with a dot, in lower case, or localhost",
            ));
        }
        if WebAddress::parse(&format!("https://{host}/")).is_err() {
            return Err(wrong("its host is not valid"));
        }
        if !is_repository(repository) {
            return Err(wrong(
                "its path has other characters than a-z 0-9, with single . _ - between them",
            ));
        }
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(wrong(
                "its tag has other characters than letters, digits and . _ -",
            ));
        }
        Ok(Reference {
            host: host.to_owned(),
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest,
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{REGISTRY_SCHEME}{}/{}", self.host, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`, several times with `/` between.
fn is_repository(text: &str) -> bool {
    let is_component = |part: &str| {
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let mut separator = String::new();
        let mut is_after_word = false;
        for byte in part.bytes() {
            if is_word(byte) {
                let is_valid = match separator.as_str() {
                    "" => true,
                    "." | "_" | "__" => is_after_word,
                    other => is_after_word && other.bytes().all(|byte| byte == b'-'),
                };
                if !is_valid {
                    return false;
                }
                separator.clear();
                is_after_word = true;
            } else if byte.is_ascii() {
                separator.push(char::from(byte));
            } else {
                return false;
            }
        }
        is_after_word && separator.is_empty()
    };
    text.len() <= REPOSITORY_BYTES && text.split('/').all(is_component)
}

pub(crate) fn is_tag(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut bytes = text.bytes();
    text.len() <= TAG_BYTES
        && bytes.next().is_some_and(is_word)
        && bytes.all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use patchbay_fuzz::{Corpus, Reading, text};

    use super::*;

    fn parse(text: &str) -> Result<Reference, ReferenceError> {
        text.parse()
    }

    #[test]
    fn a_reference_has_a_host_a_repository_and_a_tag_or_a_digest() {
        let digest = Digest::of(b"image");
        let reference = parse("registry.example:5000/acme/care:1.0.0").expect("valid");
        assert_eq!(reference.host(), "registry.example:5000");
        assert_eq!(reference.repository(), "acme/care");
        assert_eq!((reference.name(), reference.tag()), ("care", Some("1.0.0")));
        let reference = parse(&format!("oci://localhost/care@{digest}")).expect("valid");
        assert_eq!((reference.tag(), reference.digest()), (None, Some(digest)));
        for text in [
            "oci://registry.example/a/b-c/d__e/care:Stable_1.0-x",
            "oci://127.0.0.1:5000/care",
            "oci://[::1]:5000/care:1",
            &format!("oci://registry.example/care:1@{digest}"),
        ] {
            assert_eq!(parse(text).expect(text).to_string(), text);
        }
    }

    #[test]
    fn a_text_that_could_change_a_request_is_refused() {
        for text in [
            "",
            "care",
            "care:1",
            "acme/care:1",
            "https://registry.example/care",
            "oci://https://registry.example/care",
            "registry.example/",
            "registry.example/care:",
            "registry.example/care:a b",
            "registry.example/care:1\r\nX-Header: 1",
            "registry.example/care\r\nHost: other",
            "registry.example/care?x=1",
            "registry.example/care#x",
            "registry.example/../care",
            "registry.example/care/",
            "registry.example//care",
            "registry.example/Care",
            "registry.example/ca%20re",
            "registry.example/-care",
            "registry.example/ca._re",
            "registry.example/ca___re",
            "registry.example/care:.hidden",
            "registry.example/care@sha256:00",
            "registry.example/care@md5:00112233445566778899aabbccddeeff",
            "user:password@registry.example/care",
            "registry.example:99999/care",
            "Registry.example/care",
            "reg istry.example/care",
            "[::1/care",
        ] {
            let error = parse(text).expect_err(text).to_string();
            assert!(error.contains("write HOST/PATH:TAG"), "{error}");
        }
        let upper = Digest::of(b"a")
            .to_string()
            .to_uppercase()
            .replace("SHA256", "sha256");
        assert!(parse(&format!("registry.example/care@{upper}")).is_err());
        assert!(parse(&format!("registry.example/{}", "a".repeat(256))).is_err());
        assert!(parse(&format!("registry.example/a:{}", "a".repeat(129))).is_err());
    }

    #[test]
    fn only_this_machine_is_reached_without_encryption() {
        let address = |text: &str| {
            let reference = parse(text).expect(text);
            reference.address("tags/list").expect(text).origin()
        };
        assert_eq!(address("localhost:5000/care"), "http://localhost:5000");
        assert_eq!(address("127.0.0.1:5000/care"), "http://127.0.0.1:5000");
        assert_eq!(address("[::1]:5000/care"), "http://[::1]:5000");
        assert_eq!(address("10.0.0.1:5000/care"), "https://10.0.0.1:5000");
        assert_eq!(
            address("localhost.example/care"),
            "https://localhost.example"
        );
        assert_eq!(
            address("docker.io/acme/care"),
            "https://registry-1.docker.io"
        );
    }

    #[test]
    fn a_missing_tag_is_added() {
        let reference = parse("registry.example/care").expect("valid");
        let tagged = reference.or_tag("1.0.0").expect("a tag");
        assert_eq!(tagged.tag(), Some("1.0.0"));
        let other = tagged.with_tag("2").expect("a tag");
        assert_eq!(other.to_string(), "oci://registry.example/care:2");
        assert_eq!(tagged.or_tag("2").expect("kept").tag(), Some("1.0.0"));
        let reference = parse("registry.example/care").expect("valid");
        assert!(reference.or_tag("1.0.0+build").is_err());
    }

    #[test]
    fn every_text_is_a_reference_that_reads_the_same_or_is_refused() {
        let pinned = format!("oci://r.example:5000/acme/care@{}", Digest::of(b"image"));
        Corpus::of([
            pinned.as_str(),
            "localhost:5000/a__b/c-d.e:1.0.0_build",
            "[::1]:5000/care:stable",
        ])
        .words(&[
            "oci://", "/", ":", "@", "@sha256:", "..", "%2e", "\r\n", " ", "[", "]", "https://",
            "é",
        ])
        .cases(2_000)
        .run(text(|text| {
            let read = parse(text);
            if let Ok(reference) = &read {
                assert_eq!(parse(&reference.to_string()).as_ref(), Ok(reference));
                let address = reference.address("manifests/x").expect("an address");
                let path = address.path_and_query();
                let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"?#%\\".contains(&byte);
                assert!(path.bytes().all(is_plain) && !path.contains(".."), "{path}");
            }
            Reading::from(&read)
        }));
    }
}
