//! Replies of the server, with enhanced status codes (RFC 3463).

use std::borrow::Cow;

/// A reply of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    text: Cow<'static, str>,
}

/// Declares replies: code and text, which begins with the enhanced status code.
macro_rules! replies {
    ($( $name:ident = $code:literal $text:literal; )+) => {
        impl Reply {
            $( pub(crate) const $name: Reply = Reply {
                code: $code,
                text: Cow::Borrowed($text),
            }; )+
        }

        #[cfg(test)]
        const ALL: &[Reply] = &[ $( Reply::$name, )+ ];
    };
}

replies! {
    BYE = 221 "2.0.0 bye";
    OK = 250 "2.0.0 ok";
    SENDER_OK = 250 "2.1.0 ok";
    RECIPIENT_OK = 250 "2.1.5 ok";
    STORED = 250 "2.0.0 stored";
    NOT_VERIFIED = 252 "2.5.2 send a mail to see whether the address exists";
    STOPPING = 421 "4.3.2 the server is stopping; deliver again later";
    TOO_MANY_CONNECTIONS = 421 "4.3.2 too many connections; deliver again later";
    PEER_NOT_ALLOWED = 421 "4.7.0 this address may not deliver here; the operator lists those that may";
    TOO_MANY_ERRORS = 421 "4.7.0 too many invalid commands";
    NOT_LMTP = 421 "4.7.0 this is LMTP; the first command must be LHLO";
    EARLY_CONTENT = 421 "4.7.0 content came before the answer to DATA";
    COMMAND_TIMEOUT = 421 "4.4.2 no command came in time";
    MAIL_TIMEOUT = 421 "4.4.2 the mail did not arrive in time";
    DRAINING = 451 "4.3.2 an operator drains the host or the company; deliver again later";
    BUSY = 451 "4.3.2 the host is at a bound; deliver again later";
    NOT_READY = 451 "4.3.5 the company is not ready; the log of the host says why";
    NOT_OPEN = 451 "4.3.5 the connection is not open; the log of the host says why";
    FAILED = 451 "4.3.0 the mail could not be stored; deliver again later";
    NO_MEMORY = 452 "4.3.1 too many mails at once; deliver again later";
    NO_SPACE = 452 "4.3.1 the disk is nearly full; deliver again later";
    TOO_MANY_RECIPIENTS = 452 "4.5.3 too many recipients; send the mail again for the others";
    LINE_TOO_LONG = 500 "5.5.2 the line is too long";
    BARE_LINE_END = 500 "5.5.2 a line ends with CRLF";
    UNKNOWN_COMMAND = 500 "5.5.1 unknown command";
    NOT_SMTP = 500 "5.5.1 this is LMTP; send LHLO";
    SYNTAX = 501 "5.5.4 the argument is not valid";
    BAD_SENDER = 501 "5.1.7 the address of the sender is not valid";
    BAD_RECIPIENT = 501 "5.1.3 the address of the recipient is not valid";
    NOT_IMPLEMENTED = 502 "5.5.1 the command is not supported";
    NEEDS_LHLO = 503 "5.5.1 send LHLO first";
    NEEDS_MAIL = 503 "5.5.1 send MAIL first";
    MAIL_IS_OPEN = 503 "5.5.1 a mail is open already; send RSET to begin another";
    NEEDS_RECIPIENT = 503 "5.5.1 no recipient was accepted";
    UNKNOWN_RECIPIENT = 550 "5.1.1 no such mailbox here; this server does not relay";
    TOO_LARGE = 552 "5.3.4 the mail is too large";
    NEEDS_SMTPUTF8 = 553 "5.6.7 an address with such characters needs SMTPUTF8";
    UNKNOWN_PARAMETER = 555 "5.5.4 the parameter is not supported";
}

impl Reply {
    pub(crate) fn write(&self, output: &mut Vec<u8>) {
        output.extend_from_slice(self.code.to_string().as_bytes());
        output.push(b' ');
        output.extend_from_slice(self.text.as_bytes());
        output.extend_from_slice(b"\r\n");
    }

    /// The reply as bytes, for a connection without a session.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    /// Whether the client made an error. DATA without a recipient is none: with
    /// PIPELINING, it comes before the answers to RCPT.
    pub(crate) fn is_of_client(&self) -> bool {
        matches!(self.code, 500..=503 | 555) && *self != Reply::NEEDS_RECIPIENT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2034: the class of the enhanced code is the first digit of the code.
    #[test]
    fn every_reply_has_an_enhanced_code_of_its_class() {
        for reply in ALL {
            let (status, text) = reply.text.split_once(' ').expect("a text");
            let parts: Vec<u16> = status
                .split('.')
                .map(|part| part.parse().expect("a number"))
                .collect();
            assert_eq!(parts.len(), 3, "{reply:?}");
            assert_eq!(parts[0], reply.code / 100, "{reply:?}");
            assert!(text.is_ascii() && !text.contains(['\r', '\n']), "{reply:?}");
            assert!(reply.to_bytes().len() <= 512, "{reply:?}");
        }
    }
}
