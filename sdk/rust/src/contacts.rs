//! What the company's CRM says about the customer of this decision. Needs the grant `contacts`:
//! without it a call ends the decision with the outcome `denied`.
//!
//! ```
//! use patchbay_sdk::prelude::*;
//! use patchbay_sdk::testing::World;
//!
//! let world = World::new().contact_attribute("tier", "gold");
//! world.enter(|| assert_eq!(contacts::attribute("tier").as_deref(), Some("gold")));
//! ```

use crate::source::contacts as host;

/// An attribute that the company imports from its CRM, such as `tier`. Absent where the CRM says
/// nothing of it, and where the decision is about no message.
pub fn attribute(name: &str) -> Option<String> {
    host::attribute(name)
}

/// Names of the attributes, sorted; at most 32.
pub fn attribute_names() -> Vec<String> {
    host::attribute_names()
}
