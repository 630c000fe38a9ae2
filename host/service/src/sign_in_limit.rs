//! How often a client may begin to sign in by the issuer.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::DefaultClock;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

/// Sign-ins that one address begins in a minute; all of them may come at once. Enough for an
/// office behind one address when its shift begins. Within the 10 minutes of a sign-in they
/// fill neither the 4,096 places of those that are pending nor the exchanges of codes.
pub const SIGN_INS_PER_MINUTE: u32 = 300;
/// Most addresses that are remembered.
const MOST_ADDRESSES: usize = 100_000;

/// Counts the sign-ins of each address, so that one client does not use up the places of
/// pending sign-ins and the exchanges of codes, which are the host's.
pub struct SignInLimit(RateLimiter<IpAddr, HashMapStateStore<IpAddr>, DefaultClock>);

impl Default for SignInLimit {
    fn default() -> SignInLimit {
        let most = NonZeroU32::new(SIGN_INS_PER_MINUTE).unwrap_or(NonZeroU32::MIN);
        SignInLimit(RateLimiter::hashmap(Quota::per_minute(most)))
    }
}

impl SignInLimit {
    /// Counts a sign-in that a client begins; `false`: it began too many.
    pub fn allows(&self, client: IpAddr) -> bool {
        if self.0.len() >= MOST_ADDRESSES {
            self.0.retain_recent();
        }
        self.0.len() < MOST_ADDRESSES && self.0.check_key(&client).is_ok()
    }

    /// Forget the addresses that began none lately.
    pub fn retain_recent(&self) {
        self.0.retain_recent();
        self.0.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn an_address_that_begins_too_many_uses_up_nothing_of_others() {
        let limit = SignInLimit::default();
        let client = |last| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last));
        for _ in 0..SIGN_INS_PER_MINUTE {
            assert!(limit.allows(client(1)));
        }
        assert!(!limit.allows(client(1)));
        assert!(limit.allows(client(2)));
    }
}
