//! What operators ordered for a company, beside its setup.

/// Something an operator ordered for a company that holds until it is taken
/// back. What it means is the desk's business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Unique within the company; 1 to 256 bytes.
    pub name: String,
    /// All of it, as JSON; at most 64 KiB. Not read here.
    pub body: String,
}
