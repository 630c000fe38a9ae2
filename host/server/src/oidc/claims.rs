//! What a token claims, once its signature is right: whose it is, for whom it is
//! meant, when it is good, and what that makes of somebody here.

use jiff::{SignedDuration, Timestamp};
use patchbay_engine::component::Digest;
use patchbay_model::access::{Role, Standing};
use patchbay_model::input::ID_BYTES;
use serde_json::{Map, Value};

use super::Refusal;
use crate::access::Vouched;
use crate::settings::{Grant, OidcSettings};

/// Most bytes of a subject (OpenID Connect Core 1.0, 2).
const SUBJECT_BYTES: usize = 255;
/// What a company claim says of somebody for every company.
const WHOLE_HOST: &str = "*";

/// What the claims make of somebody.
pub(super) fn standing(
    claims: &Map<String, Value>,
    settings: &OidcSettings,
    now: Timestamp,
) -> Result<Vouched, Refusal> {
    if claims.get("iss").and_then(Value::as_str) != Some(settings.issuer.as_str()) {
        return Err(Refusal::Issuer);
    }
    let meant = texts(claims.get("aud"));
    if !meant
        .iter()
        .any(|one| settings.audiences.iter().any(|own| own == one))
    {
        return Err(Refusal::Audience);
    }
    let until = in_time(claims, settings, now)?;
    let subject = claims.get("sub").and_then(Value::as_str);
    let subject = subject
        .filter(|text| !text.is_empty() && text.len() <= SUBJECT_BYTES)
        .filter(|text| !text.chars().any(char::is_control))
        .ok_or(Refusal::Claim("sub"))?;
    let standing = match settings.grants.iter().find(|grant| grant.holds(claims)) {
        Some(grant) => of_grant(grant, claims, settings),
        None => of_claims(claims, settings),
    }?;
    standing
        .check()
        .map_err(|_| Refusal::Standing("role, company and agent do not go together"))?;
    let id = format!("oidc:{}|{subject}", settings.issuer);
    Ok(Vouched {
        // As long as it is, it is somebody's and nobody else's.
        id: match id.len() <= ID_BYTES {
            true => id,
            false => format!("oidc:{}", Digest::of(id.as_bytes())),
        },
        name: standing.agent.clone().unwrap_or_else(|| subject.to_owned()),
        standing,
        until: Some(until),
    })
}

/// Until when a token is good, if it is good now.
fn in_time(
    claims: &Map<String, Value>,
    settings: &OidcSettings,
    now: Timestamp,
) -> Result<Timestamp, Refusal> {
    let skew = SignedDuration::from_secs(settings.clock_skew.0.into());
    let time = |name: &'static str| match claims.get(name) {
        None => Ok(None),
        // Seconds since 1970, and perhaps a fraction (RFC 7519, 2).
        Some(value) => value
            .as_f64()
            .filter(|seconds| seconds.abs() < 1e11)
            .and_then(|seconds| Timestamp::from_second(seconds as i64).ok())
            .map(Some)
            .ok_or(Refusal::Claim(name)),
    };
    let end = time("exp")?.ok_or(Refusal::Claim("exp"))?;
    let until = end.checked_add(skew).unwrap_or(Timestamp::MAX);
    if now >= until {
        return Err(Refusal::Expired);
    }
    let latest = now.checked_add(skew).unwrap_or(Timestamp::MAX);
    for begin in [time("nbf")?, time("iat")?].into_iter().flatten() {
        if begin > latest {
            return Err(Refusal::NotYet);
        }
    }
    Ok(until)
}

fn of_grant(
    grant: &Grant,
    claims: &Map<String, Value>,
    settings: &OidcSettings,
) -> Result<Standing, Refusal> {
    let agent = match (grant.role, &grant.agent) {
        (Role::Agent, Some(agent)) => Some(agent.clone()),
        (Role::Agent, None) => Some(agent(claims, settings)?),
        _ => None,
    };
    Ok(Standing {
        company: grant.company.clone(),
        role: grant.role,
        agent,
    })
}

fn of_claims(claims: &Map<String, Value>, settings: &OidcSettings) -> Result<Standing, Refusal> {
    let Some(name) = &settings.role_claim else {
        return Err(Refusal::Standing("no grant of the settings holds"));
    };
    let named = texts(find(claims, name));
    let mut roles = named.iter().filter_map(|name| name.parse::<Role>().ok());
    let role = match (roles.next(), roles.next()) {
        (Some(role), None) => role,
        (None, _) => return Err(Refusal::Standing("its role claim names no role")),
        (Some(_), Some(_)) => return Err(Refusal::Standing("its role claim names several roles")),
    };
    let company = match &settings.company_claim {
        // Being everybody's operator is never what a missing claim means.
        None => return Err(Refusal::Standing("the settings name no company-claim")),
        Some(name) => match find(claims, name).and_then(Value::as_str) {
            None => return Err(Refusal::Standing("its company claim is missing")),
            Some(WHOLE_HOST) => None,
            Some(company) => Some(company.to_owned()),
        },
    };
    let agent = match role {
        Role::Agent => Some(agent(claims, settings)?),
        _ => None,
    };
    Ok(Standing {
        company,
        role,
        agent,
    })
}

fn agent(claims: &Map<String, Value>, settings: &OidcSettings) -> Result<String, Refusal> {
    let name = settings.agent_claim.as_ref();
    let value = name.and_then(|name| find(claims, name)?.as_str());
    value
        .filter(|agent| !agent.is_empty() && agent.len() <= ID_BYTES)
        .map(str::to_owned)
        .ok_or(Refusal::Standing("its agent claim is missing"))
}

impl Grant {
    fn holds(&self, claims: &Map<String, Value>) -> bool {
        texts(find(claims, &self.claim))
            .iter()
            .any(|one| *one == self.value)
    }
}

/// A claim by its name, or by the way to it: `realm_access.roles`.
fn find<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    find(claims.get(first)?.as_object()?, rest)
}

/// One text, or several.
fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}
