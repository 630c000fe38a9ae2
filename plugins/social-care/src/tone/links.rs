//! Finds links outside the company's approved domains.

use super::{Findings, Reply};
use crate::text::Kind;

pub(super) fn check(reply: &Reply<'_>, findings: &mut Findings<'_>) {
    let approved = &reply.policy.settings.approved_domains;
    if approved.is_empty() || reply.text.marks.links == 0 {
        return;
    }
    for token in reply
        .text
        .tokens
        .iter()
        .filter(|token| token.kind == Kind::Link)
    {
        if !is_approved(approved, domain(reply.text.written(token))) {
            let suggestion = approved.first().map(|domain| format!("https://{domain}/"));
            findings.add_at(
                "link.unapproved",
                token.start as usize..token.end as usize,
                "This link leads outside the company's approved domains.",
                suggestion.as_deref(),
            );
        }
    }
}

/// Whether a domain is approved, or a subdomain of one that is.
pub(super) fn is_approved(approved: &[String], domain: &str) -> bool {
    approved.iter().any(|good| {
        let good = good.as_bytes();
        let domain = domain.as_bytes();
        let Some(start) = domain.len().checked_sub(good.len()) else {
            return false;
        };
        domain[start..].eq_ignore_ascii_case(good) && (start == 0 || domain[start - 1] == b'.')
    })
}

/// The domain of a link, without a user, port or path.
fn domain(link: &str) -> &str {
    let rest = link.split_once("://").map_or(link, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    host.split(':').next().unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookalikes_of_an_approved_domain_are_not_approved() {
        let approved = ["northwind.com".to_owned()];
        for (link, good) in [
            ("https://northwind.com/help", true),
            ("HTTPS://Help.NorthWind.com:443/a?b", true),
            ("northwind.com", true),
            ("https://northwind.com.evil.net/", false),
            ("https://notnorthwind.com", false),
            ("https://northwind.com@evil.net/", false),
            ("https://evil.net/northwind.com", false),
            ("https://evil.net#northwind.com", false),
        ] {
            assert_eq!(is_approved(&approved, domain(link)), good, "{link}");
        }
    }
}
