//! The table of problem kinds.

use axum::http::StatusCode;

/// Declares the kinds: type, status and title stand in one row each.
macro_rules! kinds {
    ($( $case:ident = $type:literal, $status:ident, $title:literal; )+) => {
        /// The kind of a problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $(
                #[doc = concat!($title, " (`/problems/", $type, "`).")]
                $case,
            )+
        }

        impl Kind {
            /// Every kind, the most general of a status first.
            pub(super) const ALL: &[Kind] = &[ $( Kind::$case, )+ ];

            pub(super) const fn type_uri(self) -> &'static str {
                match self { $( Kind::$case => concat!("/problems/", $type), )+ }
            }

            pub(super) const fn status(self) -> StatusCode {
                match self { $( Kind::$case => StatusCode::$status, )+ }
            }

            pub(super) const fn title(self) -> &'static str {
                match self { $( Kind::$case => $title, )+ }
            }
        }
    };
}

kinds! {
    BadRequest = "bad-request", BAD_REQUEST, "The request is malformed";
    MalformedJson = "malformed-json", BAD_REQUEST, "The body is not valid JSON";
    NotUtf8 = "not-utf-8", BAD_REQUEST, "The body is not UTF-8";
    BadParameter = "bad-parameter", BAD_REQUEST, "A query parameter is not valid";
    BadHeader = "bad-header", BAD_REQUEST, "A header is malformed";
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "A token is required";
    InvalidToken = "invalid-token", UNAUTHORIZED, "The token is not valid";
    ForeignOrigin = "foreign-origin", FORBIDDEN, "Requests from other origins are refused";
    Forbidden = "forbidden", FORBIDDEN, "The token does not allow this";
    NotAuthentic = "not-authentic", FORBIDDEN, "The request is not authentic";
    NotFound = "not-found", NOT_FOUND, "This path does not exist";
    UnknownCompany = "unknown-company", NOT_FOUND, "Unknown company";
    UnknownConversation = "unknown-conversation", NOT_FOUND, "Unknown conversation";
    UnknownDecision = "unknown-decision", NOT_FOUND, "Unknown decision";
    NoCase = "no-case", CONFLICT, "The decision cannot be exported as a case";
    UnknownContact = "unknown-contact", NOT_FOUND, "Unknown contact";
    UnknownAgent = "unknown-agent", NOT_FOUND, "Unknown agent";
    UnknownQueue = "unknown-queue", NOT_FOUND, "Unknown queue";
    UnknownIncident = "unknown-incident", NOT_FOUND, "Unknown incident";
    UnknownAlert = "unknown-alert", NOT_FOUND, "Unknown alert";
    OfferClosed = "offer-over", NOT_FOUND, "The offer is not open";
    UnknownItem = "no-item", NOT_FOUND, "The outbox has no such item to send";
    UnknownFile = "unknown-file", NOT_FOUND, "There is no such file to download";
    UnknownDelivery = "unknown-delivery", NOT_FOUND, "The quarantine has no such delivery";
    UnknownConnection = "unknown-connection", NOT_FOUND, "The company has no such connection";
    ConnectionNotOpen = "connection-not-open", SERVICE_UNAVAILABLE, "The connection is not open";
    UnknownTemplate = "unknown-template", UNPROCESSABLE_ENTITY, "The company file has no such template";
    UnknownToken = "unknown-token", NOT_FOUND, "Unknown token";
    NotOwner = "not-yours", FORBIDDEN, "It belongs to another agent";
    SupervisorsOnly = "supervisors-only", FORBIDDEN, "Only a supervisor may do this";
    NotAnApprover = "not-an-approver", FORBIDDEN, "Another person must approve";
    NotNow = "not-now", CONFLICT, "The current state does not allow this";
    Unanswered = "unanswered", CONFLICT, "A customer's message is unanswered";
    NoPublisher = "no-publisher", CONFLICT, "No target publishes on this channel";
    ConversationMoved = "conversation-moved", CONFLICT, "The conversation has changed meanwhile";
    ReplyIdTaken = "reply-id-taken", CONFLICT, "Another reply has this id";
    NoteIdTaken = "note-id-taken", CONFLICT, "Another note has this id";
    NoCustomer = "no-customer", CONFLICT, "The conversation has no customer";
    MessageIdTaken = "message-id-taken", CONFLICT, "Another message has this id";
    AlreadySent = "already-sent", CONFLICT, "The reply was sent, or is being sent";
    NothingToTakeBack = "nothing-to-take-back", CONFLICT, "No such reply waits to be sent or for approval";
    NothingPending = "nothing-pending", CONFLICT, "No such reply is waiting for approval";
    NoRecipient = "nobody-to-answer", CONFLICT, "The conversation has no customer to answer";
    ContactConflict = "contact-conflict", CONFLICT, "The contacts cannot be changed this way";
    TooMany = "too-many-requests", TOO_MANY_REQUESTS, "Too many requests";
    TooLong = "too-long", UNPROCESSABLE_ENTITY, "The reply is too long for its channel";
    GenerationRefused = "setup-refused", UNPROCESSABLE_ENTITY, "The generation is refused";
    GenerationConflict = "generation-moved", CONFLICT, "The active generation has changed meanwhile";
    UnknownGeneration = "unknown-generation", NOT_FOUND, "Unknown generation";
    GenerationInUse = "generation-in-use", CONFLICT, "The generation is in use";
    AlreadyActive = "already-active", CONFLICT, "The generation is already active";
    NoEarlierGeneration = "nothing-before", CONFLICT, "There is no earlier generation to roll back to";
    NoRollout = "nothing-tried", NOT_FOUND, "No rollout is running";
    RolloutRunning = "already-tried", CONFLICT, "Another rollout is running";
    BackupExists = "backup-exists", CONFLICT, "A backup with this name exists";
    NoJournal = "no-journal", NOT_FOUND, "This server has no journal";
    SearchOff = "search-off", NOT_FOUND, "Search is switched off on this server";
    Gone = "gone", GONE, "This is no longer stored";
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "The path does not support this method";
    RequestTimeout = "request-timeout", REQUEST_TIMEOUT, "The request did not arrive in time";
    BodyTooLarge = "body-too-large", PAYLOAD_TOO_LARGE, "The body is too large";
    LimitExceeded = "limit-exceeded", PAYLOAD_TOO_LARGE, "A limit of the host is exceeded";
    TargetTooLong = "target-too-long", URI_TOO_LONG, "The path and query are too long";
    UnsupportedMediaType = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "The body must be application/json";
    UnsupportedCoding = "unsupported-content-coding", UNSUPPORTED_MEDIA_TYPE, "The body must not be compressed";
    ExpectationFailed = "expectation-failed", EXPECTATION_FAILED, "The expectation is not supported";
    UnsupportedTransferCoding = "unsupported-transfer-coding", NOT_IMPLEMENTED, "The transfer coding is not supported";
    Misdirected = "misdirected", MISDIRECTED_REQUEST, "The Host header names another host";
    InvalidInput = "invalid-input", UNPROCESSABLE_ENTITY, "The input is not valid";
    Internal = "internal", INTERNAL_SERVER_ERROR, "Internal server error";
    ProviderFailed = "provider-failed", BAD_GATEWAY, "The provider did not answer as expected";
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "Overload";
    Storage = "storage", SERVICE_UNAVAILABLE, "The journal is not available";
    Erased = "erased", CONFLICT, "The contact was erased";
    Draining = "draining", SERVICE_UNAVAILABLE, "The host or company is draining";
    UnknownWhatIf = "unknown-what-if", NOT_FOUND, "Unknown what-if job";
    WhatIfRunning = "what-if-running", CONFLICT, "Another what-if job of the company is running";
    UnknownPlugin = "unknown-plugin", NOT_FOUND, "The company has no such plugin";
    UnknownBypass = "unknown-bypass", NOT_FOUND, "Unknown bypass";
    CompanyNotReady = "company-not-ready", SERVICE_UNAVAILABLE, "The company's generation cannot be built";
    NotReady = "not-ready", SERVICE_UNAVAILABLE, "The server is not ready";
    FileIdTaken = "file-id-taken", CONFLICT, "Another file has this id";
    FileReplaced = "file-replaced", CONFLICT, "Another upload of the file has begun";
    FileInUse = "file-in-use", CONFLICT, "A reply has this file";
    FileRefused = "file-refused", UNSUPPORTED_MEDIA_TYPE, "The host does not take files of this type";
    FileMismatch = "file-mismatch", UNPROCESSABLE_ENTITY, "The file is not what it is called";
}
