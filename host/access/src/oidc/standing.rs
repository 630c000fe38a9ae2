//! Maps claims to a role, company and agent.

use std::fmt::{self, Display};

use patchbay_model::access::{Role, TokenScope};
use patchbay_model::input::ID_BYTES;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::settings::{Grant, OidcSettings};

/// Value of the company claim that means the whole host.
const WHOLE_HOST: &str = "*";

/// Why claims give no role. The text is for the log: it quotes names of the settings, and
/// no value of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StandingError {
    /// The claims of all grants are there, and no grant wants their values.
    #[error("no [[oidc.grant]] matches")]
    NoGrant,
    /// A claim that the settings name is missing, or is null.
    #[error("{place} a claim {claim:?} ({setting}); {}", .place.advice())]
    MissingClaim {
        /// Where it was looked for.
        place: ClaimPlace,
        /// Its name in the settings.
        claim: String,
        /// Which setting names it.
        setting: &'static str,
    },
    /// The role claim has no role of this host.
    #[error("the claim {0:?} (`role-claim` in [oidc]) names no role of this host")]
    UnknownRole(String),
    /// The role claim has several roles of this host.
    #[error("the claim {0:?} (`role-claim` in [oidc]) names several roles")]
    SeveralRoles(String),
    /// The company or agent claim has the wrong type or length.
    #[error("the claim {claim:?} ({setting}) is not one text, or is empty or too long")]
    InvalidClaim {
        /// Its name in the settings.
        claim: String,
        /// Which setting names it.
        setting: &'static str,
    },
    /// The settings do not say which claim has the company or the agent.
    #[error("the settings have no {0}")]
    NoSetting(&'static str),
    /// Such as a host-wide agent.
    #[error("role, company and agent contradict each other")]
    Contradiction,
}

/// Where a claim was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimPlace {
    /// In a bearer token.
    BearerToken,
    /// In the ID token of a sign-in.
    IdToken,
    /// In the ID token and in the UserInfo answer of a sign-in.
    IdTokenAndUserInfo,
}

impl ClaimPlace {
    /// What the operator can do about a missing claim.
    fn advice(self) -> &'static str {
        match self {
            ClaimPlace::BearerToken => {
                "let the client request the scope that gives it, and let the issuer put it into access tokens"
            }
            ClaimPlace::IdToken | ClaimPlace::IdTokenAndUserInfo => {
                "add the scope that gives it to `scopes` in [oidc.sign-in], and check at the issuer that this client and person get it"
            }
        }
    }
}

impl Display for ClaimPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ClaimPlace::BearerToken => "the token does not have",
            ClaimPlace::IdToken => "the ID token does not have",
            ClaimPlace::IdTokenAndUserInfo => "neither the ID token nor the UserInfo answer has",
        })
    }
}

/// The claims about a person, by where they stand.
#[derive(Clone, Copy)]
pub(super) enum PersonClaims<'c> {
    /// Of a bearer token.
    BearerToken(&'c Map<String, Value>),
    /// Of an ID token.
    IdToken(&'c Map<String, Value>),
    /// Of an ID token, and of a UserInfo answer for claims that the ID token lacks.
    IdTokenAndUserInfo(&'c Map<String, Value>, &'c Map<String, Value>),
}

impl<'c> PersonClaims<'c> {
    /// The role, company and agent that the claims give.
    pub(super) fn standing(self, settings: &OidcSettings) -> Result<TokenScope, StandingError> {
        let mut grants = settings.grants.iter();
        let standing = match grants.find(|grant| self.matches(grant)) {
            Some(grant) => self.of_grant(grant, settings),
            None => self.of_claims(settings),
        }?;
        standing.check().map_err(|_| StandingError::Contradiction)?;
        Ok(standing)
    }

    /// Whether more claims could give another standing than this error: a claim that a
    /// grant wants is missing, or the error is about a missing claim.
    pub(super) fn may_be_completed(self, error: &StandingError, settings: &OidcSettings) -> bool {
        matches!(error, StandingError::MissingClaim { .. })
            || self.missing_of_grants(settings).is_some()
    }

    fn missing_of_grants(self, settings: &OidcSettings) -> Option<&str> {
        let mut names = settings.grants.iter().map(|grant| grant.claim.as_str());
        names.find(|name| self.find(name).is_none())
    }

    fn of_grant(self, grant: &Grant, settings: &OidcSettings) -> Result<TokenScope, StandingError> {
        let agent = match (grant.role, &grant.agent) {
            (Role::Agent, Some(agent)) => Some(agent.clone()),
            (Role::Agent, None) => Some(self.agent(settings)?),
            _ => None,
        };
        Ok(TokenScope {
            company: grant.company.clone(),
            role: grant.role,
            agent,
        })
    }

    fn of_claims(self, settings: &OidcSettings) -> Result<TokenScope, StandingError> {
        let Some(name) = &settings.role_claim else {
            return Err(match self.missing_of_grants(settings) {
                Some(claim) => self.missing(claim, "`claim` of [[oidc.grant]]"),
                None => StandingError::NoGrant,
            });
        };
        let Some(named) = self.find(name) else {
            return Err(self.missing(name, "`role-claim` in [oidc]"));
        };
        let named = texts(Some(named));
        let mut roles = named.iter().filter_map(|name| name.parse::<Role>().ok());
        let role = match (roles.next(), roles.next()) {
            (Some(role), None) => role,
            (None, _) => return Err(StandingError::UnknownRole(name.clone())),
            (Some(_), Some(_)) => return Err(StandingError::SeveralRoles(name.clone())),
        };
        // A missing claim must never mean every company.
        let company = match self.text(&settings.company_claim, "`company-claim` in [oidc]")? {
            WHOLE_HOST => None,
            company => Some(company.to_owned()),
        };
        let agent = match role {
            Role::Agent => Some(self.agent(settings)?),
            _ => None,
        };
        Ok(TokenScope {
            company,
            role,
            agent,
        })
    }

    fn agent(self, settings: &OidcSettings) -> Result<String, StandingError> {
        let agent = self.text(&settings.agent_claim, "`agent-claim` in [oidc]")?;
        Ok(agent.to_owned())
    }

    /// The value of the claim that a setting names.
    fn text(self, claim: &Option<String>, setting: &'static str) -> Result<&'c str, StandingError> {
        let claim = claim.as_ref().ok_or(StandingError::NoSetting(setting))?;
        let value = self.find(claim);
        let value = value.ok_or_else(|| self.missing(claim, setting))?.as_str();
        value
            .filter(|text| !text.is_empty() && text.len() <= ID_BYTES)
            .ok_or_else(|| StandingError::InvalidClaim {
                claim: claim.clone(),
                setting,
            })
    }

    fn missing(self, claim: &str, setting: &'static str) -> StandingError {
        StandingError::MissingClaim {
            place: match self {
                PersonClaims::BearerToken(_) => ClaimPlace::BearerToken,
                PersonClaims::IdToken(_) => ClaimPlace::IdToken,
                PersonClaims::IdTokenAndUserInfo(..) => ClaimPlace::IdTokenAndUserInfo,
            },
            claim: claim.to_owned(),
            setting,
        }
    }

    fn matches(self, grant: &Grant) -> bool {
        texts(self.find(&grant.claim)).contains(&grant.value.as_str())
    }

    /// A claim that the settings name. One with the value null counts as missing (OpenID
    /// Connect Core 1.0, 5.3.2).
    fn find(self, name: &str) -> Option<&'c Value> {
        let find =
            |claims: &'c Map<String, Value>| find(claims, name).filter(|value| !value.is_null());
        match self {
            PersonClaims::BearerToken(claims) | PersonClaims::IdToken(claims) => find(claims),
            PersonClaims::IdTokenAndUserInfo(token, userinfo) => {
                find(token).or_else(|| find(userinfo))
            }
        }
    }
}

/// A claim by name or by dotted path, such as `realm_access.roles`.
fn find<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    find(claims.get(first)?.as_object()?, rest)
}

/// The texts of a claim that is one text or a list.
pub(super) fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use patchbay_config::duration::Seconds;
    use serde_json::json;

    use super::*;

    fn settings(grants: Vec<Grant>) -> OidcSettings {
        OidcSettings {
            issuer: "https://login.example".to_owned(),
            audiences: Vec::new(),
            algorithms: crate::algorithm::Algorithm::ALL.into(),
            clock_skew: Seconds(60),
            role_claim: Some("role".to_owned()),
            company_claim: Some("company".to_owned()),
            agent_claim: Some("agent".to_owned()),
            grants,
            sign_in: None,
        }
    }

    fn lead() -> Grant {
        Grant {
            claim: "realm_access.roles".to_owned(),
            value: "lead".to_owned(),
            role: Role::Supervisor,
            company: Some("harbour".to_owned()),
            agent: None,
        }
    }

    /// Role, company and agent in one text.
    fn shown(standing: &TokenScope) -> String {
        let company = standing.company.as_deref().unwrap_or("*");
        let agent = standing.agent.as_deref().unwrap_or("-");
        format!("{} {company} {agent}", standing.role.as_str())
    }

    /// What the claims of an ID token give alone, and with those of a UserInfo answer
    /// where these could complete them.
    fn given(token: Value, userinfo: Value, settings: &OidcSettings) -> [String; 2] {
        let (token, userinfo) = (token.as_object().cloned(), userinfo.as_object().cloned());
        let (token, userinfo) = (token.expect("claims"), userinfo.expect("claims"));
        let alone = PersonClaims::IdToken(&token);
        let both = PersonClaims::IdTokenAndUserInfo(&token, &userinfo);
        let text = |standing: Result<TokenScope, StandingError>| match standing {
            Ok(standing) => shown(&standing),
            Err(error) => error.to_string(),
        };
        let first = alone.standing(settings);
        let second = match &first {
            Err(error) if alone.may_be_completed(error, settings) => text(both.standing(settings)),
            _ => "not asked".to_owned(),
        };
        [text(first), second]
    }

    #[test]
    fn userinfo_completes_an_id_token_and_does_not_contradict_it() {
        let missing = |place: &str, name: &str| {
            format!(
                "{place} a claim {name:?} (`{name}-claim` in [oidc]); add the scope that gives it to `scopes` in [oidc.sign-in], and check at the issuer that this client and person get it"
            )
        };
        let token_lacks = |name| missing("the ID token does not have", name);
        let both_lack = |name| missing("neither the ID token nor the UserInfo answer has", name);
        let rows = [
            // All in the ID token; agents alone need the third claim.
            (
                json!({"role": "operator", "company": "northwind"}),
                json!({"role": "agent", "company": "*", "agent": "eve"}),
                ["operator northwind -".to_owned(), "not asked".to_owned()],
            ),
            // None in the ID token; null and absent are the same.
            (
                json!({"role": null}),
                json!({"role": ["x", "agent"], "company": "northwind", "agent": "ana"}),
                [token_lacks("role"), "agent northwind ana".to_owned()],
            ),
            // Some in the ID token, which win.
            (
                json!({"role": "supervisor"}),
                json!({"role": "operator", "company": "northwind"}),
                [token_lacks("company"), "supervisor northwind -".to_owned()],
            ),
            (
                json!({"role": "agent", "company": "northwind"}),
                json!({"agent": "ana", "company": "*"}),
                [token_lacks("agent"), "agent northwind ana".to_owned()],
            ),
            (
                json!({}),
                json!({"role": "operator"}),
                [token_lacks("role"), both_lack("company")],
            ),
            (json!({}), json!({}), [token_lacks("role"), both_lack("role")]),
            // UserInfo cannot correct a claim of the ID token.
            (
                json!({"role": "owner", "company": "northwind"}),
                json!({"role": "operator"}),
                [
                    "the claim \"role\" (`role-claim` in [oidc]) names no role of this host"
                        .to_owned(),
                    "not asked".to_owned(),
                ],
            ),
            (
                json!({"role": "operator", "company": 7}),
                json!({"company": "northwind"}),
                [
                    "the claim \"company\" (`company-claim` in [oidc]) is not one text, or is empty or too long".to_owned(),
                    "not asked".to_owned(),
                ],
            ),
        ];
        for (token, userinfo, expected) in rows {
            let shown = format!("{token} {userinfo}");
            assert_eq!(
                given(token, userinfo, &settings(Vec::new())),
                expected,
                "{shown}"
            );
        }
    }

    #[test]
    fn a_grant_matches_claims_of_userinfo_where_the_id_token_gives_no_role() {
        let settings = settings(vec![lead()]);
        let roles = json!({"realm_access": {"roles": ["lead"]}});
        let [_, both] = given(json!({"realm_access": {"x": 1}}), roles.clone(), &settings);
        assert_eq!(both, "supervisor harbour -");
        // A role claim of no use does not hide that the claim of a grant is missing.
        let [_, both] = given(json!({"role": "owner"}), roles.clone(), &settings);
        assert_eq!(both, "supervisor harbour -");
        let token = json!({"role": "operator", "company": "northwind"});
        let [alone, both] = given(token, roles.clone(), &settings);
        assert_eq!(
            (alone.as_str(), both.as_str()),
            ("operator northwind -", "not asked")
        );
        // Without claims for role and company.
        let settings = OidcSettings {
            role_claim: None,
            company_claim: None,
            ..settings
        };
        let [alone, both] = given(json!({}), json!({}), &settings);
        assert!(alone.contains("the ID token does not have a claim \"realm_access.roles\" (`claim` of [[oidc.grant]])"), "{alone}");
        assert!(
            both.contains("nor the UserInfo answer has a claim"),
            "{both}"
        );
        let other = json!({"realm_access": {"roles": ["x"]}});
        let [alone, both] = given(other, roles, &settings);
        assert_eq!(alone, "no [[oidc.grant]] matches");
        assert_eq!(both, "not asked");
    }

    #[test]
    fn a_missing_claim_of_a_bearer_token_is_no_matter_of_the_sign_in() {
        let claims = Map::new();
        let error = PersonClaims::BearerToken(&claims).standing(&settings(Vec::new()));
        let error = error.expect_err("no role").to_string();
        assert!(
            error.starts_with("the token does not have a claim \"role\""),
            "{error}"
        );
        assert!(!error.contains("sign-in"), "{error}");
    }
}
