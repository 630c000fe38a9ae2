//! How values stand in the database.

use jiff::Timestamp;
use patchbay_model::access::Role;
use patchbay_model::conversation::ConversationState;
use patchbay_model::directory::Presence;
use patchbay_model::state::Scope;
use patchbay_model::traceparent::Traceparent;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::arrival::Kind;
use crate::audit::AuditHash;
use crate::contact::ContactChangeKind;
use crate::error::JournalError;
use crate::id::{CompanyId, ContactId, ConversationId, Ordinal, TokenId};
use crate::outbox::OutboxState;
use crate::token::SecretHash;

macro_rules! bytes {
    ($name:ident) => {
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::Borrowed(ValueRef::Blob(&self.0)))
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<$name> {
                FromSql::column_result(value).map($name)
            }
        }
    };
}

bytes!(ConversationId);
bytes!(ContactId);
bytes!(TokenId);
bytes!(SecretHash);
bytes!(AuditHash);

impl ToSql for CompanyId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for CompanyId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<CompanyId> {
        FromSql::column_result(value).map(CompanyId)
    }
}

impl ToSql for Ordinal {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(place(self.0).into())
    }
}

impl FromSql for Ordinal {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Ordinal> {
        FromSql::column_result(value).map(Ordinal)
    }
}

/// A caller's place in an order. What the database cannot hold lies beyond
/// everything in it.
pub(super) fn place(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A value stored by its code.
pub(super) struct Coded<T>(pub(super) T);

macro_rules! coded {
    ($name:ty, $all:expr) => {
        impl FromSql for Coded<$name> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let code = value.as_str()?;
                $all.into_iter()
                    .find(|known| known.as_str() == code)
                    .map(Coded)
                    .ok_or(FromSqlError::InvalidType)
            }
        }
    };
}

const STATES: [ConversationState; 8] = [
    ConversationState::Queued,
    ConversationState::Reserved,
    ConversationState::Active,
    ConversationState::WaitingOnCustomer,
    ConversationState::OnHold,
    ConversationState::AwaitingApproval,
    ConversationState::Wrapping,
    ConversationState::Resolved,
];
const SCOPES: [Scope; 3] = [Scope::Conversation, Scope::Contact, Scope::Company];

coded!(Kind, Kind::ALL);
coded!(OutboxState, OutboxState::ALL);
coded!(ConversationState, STATES);
coded!(Scope, SCOPES);
coded!(Presence, Presence::ALL);
coded!(Role, Role::ALL);
coded!(ContactChangeKind, ContactChangeKind::ALL);

/// A time, to the microsecond.
pub(super) struct At(pub(super) Timestamp);

impl At {
    /// The time as it reads back.
    pub(super) fn kept(self) -> Timestamp {
        Timestamp::from_microsecond(self.0.as_microsecond()).unwrap_or(self.0)
    }
}

impl ToSql for At {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_microsecond().into())
    }
}

impl FromSql for At {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<At> {
        let micros = value.as_i64()?;
        Timestamp::from_microsecond(micros)
            .map(At)
            .map_err(|_| FromSqlError::OutOfRange(micros))
    }
}

/// A span of a caller's trace.
pub(super) struct Traced(pub(super) Traceparent);

impl ToSql for Traced {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.to_bytes().to_vec().into())
    }
}

impl FromSql for Traced {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Traced> {
        let bytes = FromSql::column_result(value)?;
        let traceparent = Traceparent::from_bytes(&bytes);
        traceparent.map(Traced).ok_or(FromSqlError::InvalidType)
    }
}

/// Refuse a text or bytes that are too long, before anything is written.
pub(super) fn within(what: &'static str, length: usize, most: usize) -> Result<(), JournalError> {
    if length > most {
        let problem = format!("has {length} bytes, at most {most} are allowed");
        return Err(JournalError::invalid(what, problem));
    }
    Ok(())
}

/// A limit on rows, as the database takes it.
pub(super) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
