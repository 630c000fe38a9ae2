//! The parameters of a request of Twilio.

use std::borrow::Cow;

use patchbay_adapter::{InboundRequest, Method, form};

/// Parameters, decoded: of the form, or of the query where Twilio uses GET.
pub(crate) struct Parameters(Vec<form::Parameter>);

impl Parameters {
    pub(crate) fn read(request: &InboundRequest<'_>) -> Parameters {
        let text = match request.method {
            Method::Get => request.query().as_bytes(),
            _ => request.body,
        };
        Parameters(form::parameters(text))
    }

    /// The first value of a parameter; `None` if it is absent or empty.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut values = self.0.iter().filter(|(it, _)| it == name.as_bytes());
        let (_, value) = values.next()?;
        (!value.is_empty()).then(|| String::from_utf8_lossy(value))
    }
}
