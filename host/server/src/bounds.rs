//! Counts what companies and tokens use of the host, and refuses what is beyond
//! the limits of the table in `host/model` ([`Bound`]).

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use patchbay_model::bound::{Bound, BoundLimit, BoundSettings, Scope};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::Problem;

tokio::task_local! {
    /// The sender of the request that this task handles.
    static REQUESTER: Requester;
}

/// Whose use a request counts as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Requester {
    /// The company that the path names.
    pub(crate) company: Option<Arc<str>>,
    /// Id of the token, issuer identity or certificate; none without tokens.
    pub(crate) token: Option<Arc<str>>,
}

impl Requester {
    /// Run a request's handler, whose work counts as this requester's.
    pub(crate) async fn scope<T>(self, handler: impl Future<Output = T>) -> T {
        REQUESTER.scope(self, handler).await
    }

    /// The requester of the request that this task handles; empty outside of one.
    pub(crate) fn current() -> Requester {
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
pub(crate) struct Bounds {
    settings: BoundSettings,
    used: Mutex<HashMap<Key, u64>>,
}

/// One use; dropping it ends the use.
#[derive(Debug)]
pub(crate) struct BoundPermit {
    bounds: Arc<Bounds>,
    keys: Vec<Key>,
}

impl Bounds {
    pub(crate) fn new(settings: BoundSettings) -> Arc<Bounds> {
        Arc::new(Bounds {
            settings,
            used: Mutex::default(),
        })
    }

    /// The limit of a bound for a scope.
    pub(crate) fn limit(&self, bound: Bound, scope: Scope) -> u64 {
        self.settings.get(bound, scope)
    }

    /// Count one use more, or refuse it because one of the bound's limits is
    /// reached.
    pub(crate) fn enter(
        self: &Arc<Bounds>,
        bound: Bound,
        requester: &Requester,
    ) -> Result<BoundPermit, Problem> {
        let mut used = self.used.lock();
        let mut keys = Vec::with_capacity(bound.limits().len());
        for limit in bound.limits() {
            let Some(key) = requester.key(limit.scope) else {
                continue;
            };
            let key = (bound, limit.scope, key);
            let most = self.settings.get(bound, limit.scope);
            if used.get(&key).is_some_and(|used| *used >= most) {
                return Err(refusal(limit, most));
            }
            keys.push(key);
        }
        for key in &keys {
            *used.entry(key.clone()).or_default() += 1;
        }
        drop(used);
        let bounds = Arc::clone(self);
        Ok(BoundPermit { bounds, keys })
    }

    /// Uses of a bound in all of the host.
    pub(crate) fn used(&self, bound: Bound) -> u64 {
        let key = (bound, Scope::Host, "".into());
        self.used.lock().get(&key).copied().unwrap_or_default()
    }
}

impl Drop for BoundPermit {
    fn drop(&mut self) {
        let mut used = self.bounds.used.lock();
        for key in &self.keys {
            if let Some(count) = used.get_mut(key) {
                *count -= 1;
                if *count == 0 {
                    used.remove(key);
                }
            }
        }
    }
}

fn refusal(limit: &BoundLimit, most: u64) -> Problem {
    let whose = match limit.scope {
        Scope::Host => "the host has",
        Scope::Company => "the company has",
        Scope::Token | Scope::Item => "this token has",
    };
    let unit = limit.unit.as_str();
    let detail = format!(
        "{whose} {most} {unit} already, which is the limit `{}`; try again later",
        limit.setting
    );
    Problem::at_bound(limit, most, detail)
}

/// Threads of the blocking pool for one kind of work ([`Bound::Work`]). No
/// company occupies all of them, and work beyond them waits in order of arrival.
#[derive(Debug)]
pub(crate) struct WorkShare {
    host: Arc<Semaphore>,
    threads: usize,
    per_company: usize,
    companies: Mutex<HashMap<Arc<str>, Weak<Semaphore>>>,
}

/// A thread of a share; dropping it gives it back.
#[derive(Debug)]
pub(crate) struct WorkPermit {
    _host: Option<OwnedSemaphorePermit>,
    _company: Option<OwnedSemaphorePermit>,
}

impl WorkShare {
    pub(crate) fn new(host: usize, per_company: usize) -> WorkShare {
        WorkShare {
            host: Arc::new(Semaphore::new(host)),
            threads: host,
            per_company,
            companies: Mutex::default(),
        }
    }

    /// Wait for a thread.
    pub(crate) async fn enter(&self, company: Option<Arc<str>>) -> WorkPermit {
        // The company's first, so that what waits for its own company does not
        // occupy a thread of the host.
        let company = match company {
            Some(company) => self.of_company(company).acquire_owned().await.ok(),
            None => None,
        };
        // Neither semaphore is ever closed.
        let host = Arc::clone(&self.host).acquire_owned().await.ok();
        WorkPermit {
            _host: host,
            _company: company,
        }
    }

    /// Threads in use now.
    pub(crate) fn used(&self) -> u64 {
        (self.threads - self.host.available_permits()) as u64
    }

    fn of_company(&self, company: Arc<str>) -> Arc<Semaphore> {
        let mut companies = self.companies.lock();
        if let Some(known) = companies.get(&company).and_then(Weak::upgrade) {
            return known;
        }
        companies.retain(|_, known| known.strong_count() > 0);
        let semaphore = Arc::new(Semaphore::new(self.per_company));
        companies.insert(company, Arc::downgrade(&semaphore));
        semaphore
    }
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
    fn a_refused_use_counts_nowhere() {
        let bounds = bounds();
        let enter = |token| bounds.enter(Bound::Streams, &of("loud", token));
        let _held = [enter("a"), enter("a"), enter("b")].map(|permit| permit.expect("free"));
        for _ in 0..100 {
            enter("b").expect_err("the company's limit");
        }
        assert_eq!(bounds.used(Bound::Streams), 3);
    }

    #[tokio::test]
    async fn a_company_at_its_share_leaves_threads_to_others() {
        let share = Arc::new(WorkShare::new(4, 2));
        let loud = || Some("loud".into());
        let held = [share.enter(loud()).await, share.enter(loud()).await];
        let waiting: Vec<_> = (0..100)
            .map(|_| {
                let share = Arc::clone(&share);
                tokio::spawn(async move { drop(share.enter(Some("loud".into())).await) })
            })
            .collect();
        tokio::task::yield_now().await;
        drop(share.enter(Some("quiet".into())).await);
        assert_eq!(share.used(), 2, "those that wait occupy no thread");
        drop(held);
        for one in waiting {
            one.await.expect("it gets its turn");
        }
        assert_eq!(share.used(), 0);
    }
}
