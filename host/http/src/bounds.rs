//! Counts what companies and tokens use of the host, and refuses what is beyond
//! the limits of the table in `host/model` ([`Bound`]).

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use patchbay_config::bound::{Bound, BoundLimit, BoundSettings, Scope};

use crate::problem::Problem;

tokio::task_local! {
    /// The sender of the request that this task handles.
    static REQUESTER: Requester;
}

/// Whose use a request counts as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requester {
    /// The company that the path names.
    pub company: Option<Arc<str>>,
    /// Id of the token, issuer identity or certificate; none without tokens.
    pub token: Option<Arc<str>>,
}

impl Requester {
    /// Run a request's handler, whose work counts as this requester's.
    pub async fn scope<T>(self, handler: impl Future<Output = T>) -> T {
        REQUESTER.scope(self, handler).await
    }

    /// The requester of the request that this task handles; empty outside of one.
    pub fn current() -> Requester {
        REQUESTER.try_with(Clone::clone).unwrap_or_default()
    }

    /// Whose use a limit counts; none if the limit does not apply.
    fn key(&self, scope: Scope) -> Option<Arc<str>> {
        match scope {
            Scope::Host => Some("".into()),
            Scope::Company => self.company.clone(),
            Scope::Token => self.token.clone(),
            Scope::Item => None,
        }
    }
}

type Key = (Bound, Scope, Arc<str>);

/// What is in use now.
#[derive(Debug)]
pub struct Bounds {
    settings: BoundSettings,
    used: Mutex<HashMap<Key, u64>>,
}

/// A use; dropping it ends the use.
#[derive(Debug)]
pub struct BoundPermit {
    bounds: Arc<Bounds>,
    /// How much is used.
    amount: u64,
    /// What it counts for, with the limit of each.
    keys: Vec<(Key, &'static BoundLimit, u64)>,
}

impl Bounds {
    /// Bounds with these limits, of which nothing is in use.
    pub fn new(settings: BoundSettings) -> Arc<Bounds> {
        Arc::new(Bounds {
            settings,
            used: Mutex::default(),
        })
    }

    /// The limit of a bound for a scope.
    pub fn limit(&self, bound: Bound, scope: Scope) -> u64 {
        self.settings.get(bound, scope)
    }

    /// Count one use more.
    ///
    /// # Errors
    /// The problem to answer with, if one of the bound's limits is reached.
    pub fn enter(
        self: &Arc<Bounds>,
        bound: Bound,
        requester: &Requester,
    ) -> Result<BoundPermit, Problem> {
        let mut permit = self.enter_with_nothing(bound, requester);
        permit.grow(1)?;
        Ok(permit)
    }

    /// A use of nothing yet, which [grows](BoundPermit::grow).
    pub fn enter_with_nothing(
        self: &Arc<Bounds>,
        bound: Bound,
        requester: &Requester,
    ) -> BoundPermit {
        let limits = bound.limits().iter();
        let keys = limits.filter_map(|limit| {
            let key = requester.key(limit.scope)?;
            let most = match limit.scope {
                Scope::Company => self.settings.of_company(bound, &key),
                _ => self.settings.get(bound, limit.scope),
            };
            Some(((bound, limit.scope, key), limit, most))
        });
        BoundPermit {
            bounds: Arc::clone(self),
            amount: 0,
            keys: keys.collect(),
        }
    }

    /// Uses of a bound in all of the host.
    pub fn used(&self, bound: Bound) -> u64 {
        let key = (bound, Scope::Host, "".into());
        self.used.lock().get(&key).copied().unwrap_or_default()
    }
}

impl BoundPermit {
    /// Use so much more.
    ///
    /// # Errors
    /// The problem to answer with, if it exceeds one of the bound's limits.
    pub fn grow(&mut self, more: u64) -> Result<(), Problem> {
        let mut used = self.bounds.used.lock();
        for (key, limit, most) in &self.keys {
            let present = used.get(key).copied().unwrap_or(0);
            if present.saturating_add(more) > *most {
                return Err(refusal(limit, *most));
            }
        }
        for (key, ..) in &self.keys {
            *used.entry(key.clone()).or_default() += more;
        }
        self.amount += more;
        Ok(())
    }
}

impl Drop for BoundPermit {
    fn drop(&mut self) {
        let mut used = self.bounds.used.lock();
        for (key, ..) in &self.keys {
            if let Some(count) = used.get_mut(key) {
                *count -= self.amount;
                if *count == 0 {
                    used.remove(key);
                }
            }
        }
    }
}

fn refusal(limit: &BoundLimit, value: u64) -> Problem {
    let whose = match limit.scope {
        Scope::Host => "the host has",
        Scope::Company => "the company has",
        Scope::Token | Scope::Item => "this token has",
    };
    let (most, unit) = match limit.bound {
        Bound::Bodies => (format!("close to {value}"), "bytes of request bodies"),
        _ => (value.to_string(), limit.unit.as_str()),
    };
    let detail = format!(
        "{whose} {most} {unit} already, which is the limit `{}`; try again later",
        limit.setting
    );
    Problem::at_bound(limit, value, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(company: &str, token: &str) -> Requester {
        Requester {
            company: Some(company.into()),
            token: Some(token.into()),
        }
    }

    fn bounds() -> Arc<Bounds> {
        let mut settings = BoundSettings::default();
        settings.set(Bound::Streams, Scope::Token, 2);
        settings.set(Bound::Streams, Scope::Company, 3);
        settings.set(Bound::Streams, Scope::Host, 4);
        Bounds::new(settings)
    }

    #[test]
    fn each_scope_has_its_own_limit() {
        let bounds = bounds();
        let enter = |company, token| bounds.enter(Bound::Streams, &of(company, token));
        let first = [enter("loud", "a"), enter("loud", "a")].map(|permit| permit.expect("free"));
        enter("loud", "a").expect_err("the token's limit");
        let second = enter("loud", "b").expect("another token");
        enter("loud", "c").expect_err("the company's limit");
        let third = enter("quiet", "d").expect("another company");
        enter("third", "e").expect_err("the host's limit");
        assert_eq!(bounds.used(Bound::Streams), 4);
        drop((first, second, third));
        assert!(bounds.used.lock().is_empty());
    }

    #[test]
    fn a_narrowed_company_has_less_and_others_do_not() {
        let mut settings = BoundSettings::default();
        settings.set(Bound::Streams, Scope::Company, 3);
        settings.narrow(Bound::Streams, "loud", 1);
        let bounds = Bounds::new(settings);
        let enter = |company| bounds.enter(Bound::Streams, &of(company, company));
        let _held = enter("loud").expect("free");
        enter("loud").expect_err("its own limit");
        let _others = [enter("quiet"), enter("quiet")].map(|permit| permit.expect("free"));
    }

    #[test]
    fn a_refused_use_counts_nowhere() {
        let bounds = bounds();
        let enter = |token| bounds.enter(Bound::Streams, &of("loud", token));
        let _held = [enter("a"), enter("a"), enter("b")].map(|permit| permit.expect("free"));
        for _ in 0..100 {
            enter("b").expect_err("the company's limit");
        }
        assert_eq!(bounds.used(Bound::Streams), 3);
    }

    #[test]
    fn a_use_that_does_not_fit_changes_nothing() {
        let mut settings = BoundSettings::default();
        settings.set(Bound::Bodies, Scope::Company, 10);
        settings.set(Bound::Bodies, Scope::Host, 15);
        let bounds = Bounds::new(settings);
        let mut one = bounds.enter_with_nothing(Bound::Bodies, &of("loud", "a"));
        one.grow(9).expect("fits");
        one.grow(2).expect_err("more than the company may");
        let mut other = bounds.enter_with_nothing(Bound::Bodies, &of("quiet", "b"));
        other.grow(7).expect_err("more than the host has");
        other.grow(6).expect("fits");
        one.grow(1).expect_err("the host has no more");
        assert_eq!(bounds.used(Bound::Bodies), 15);
        drop((one, other));
        assert!(bounds.used.lock().is_empty());
    }
}
