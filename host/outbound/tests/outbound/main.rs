//! Egress, mails, webhooks and the courier against a server on this machine, over
//! real connections.

mod certificates;
mod courier;
mod keep_alive;
mod mail_check;
mod mail_faults;
mod mail_server;
mod mail_submission;
mod mailbox;
mod repeated_request;
mod rules;
mod sink;
mod webhook;
mod whole_answer;
