//! Writes decisions at the help desk that keeps the conversation.

use std::sync::Arc;

use patchbay_adapter::{Exchange, Outbound, Outcome};
use patchbay_desk::DeskError;
use patchbay_model::final_failure::FinalKind;
use patchbay_outbound::courier::{Delivery, SendFailure};
use patchbay_outbound::egress::Egress;
use tokio::task::spawn_blocking;

use crate::connection::Connection;
use crate::connections::find_connection;
use crate::decision_document::DecisionDocument;
use crate::destination::{ConnectionDestination, NO_CONNECTION, NOT_OPEN, broken, failed, retry};
use crate::part::{Part, receipt};

impl ConnectionDestination {
    /// Sends what an adapter makes of a decision, from the first request on at every
    /// attempt: they set states.
    pub(crate) async fn send_decision(
        &self,
        egress: &Egress,
        delivery: &Delivery,
        decision: &DecisionDocument,
    ) -> Result<(), SendFailure> {
        let connection = self.connection_of(delivery, decision).await?;
        let Ok(adapter) = &connection.adapter else {
            return Err(broken(NOT_OPEN));
        };
        let report = decision.report(&delivery.key);
        let requests = adapter
            .encode_decision(&report)
            .map_err(|error| failed(FinalKind::Refused, &error.to_string()))?;
        let parts = u32::try_from(requests.len()).unwrap_or(u32::MAX);
        let tokens = self.tokens(delivery, &connection, egress);
        for (number, request) in (1..).zip(requests) {
            let read = |exchange: &Exchange<'_>| adapter.decision_outcome(&request, exchange);
            let part = Outbound::Http(request.clone());
            let outcome = self
                .send_request((&tokens, delivery), &part, None, read)
                .await?;
            // A note that may be there is not written twice.
            if !matches!(outcome, Outcome::Uncertain(_)) {
                receipt(outcome, Part::of_decision(number, parts))?;
            }
        }
        // Without a request, nothing shows that it does.
        if parts > 0 {
            connection.access_works();
        }
        Ok(())
    }

    async fn connection_of(
        &self,
        delivery: &Delivery,
        decision: &DecisionDocument,
    ) -> Result<Arc<Connection>, SendFailure> {
        let gateway = Arc::clone(&self.gateway);
        let (company, adapter) = (delivery.company.clone(), self.adapter.clone());
        let account = decision.account.clone();
        let found = spawn_blocking(move || -> Result<_, DeskError> {
            let all = gateway.connections_of(&company, &adapter)?;
            Ok(find_connection(all, account.as_deref()))
        });
        match found.await {
            Ok(Ok(Some(connection))) => Ok(connection),
            Ok(Ok(None)) => Err(failed(FinalKind::Refused, NO_CONNECTION)),
            Ok(Err(error)) => Err(retry(&error.to_string())),
            Err(_) => Err(retry("the decision could not be read")),
        }
    }
}
