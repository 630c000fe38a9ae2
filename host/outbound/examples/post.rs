//! Posts one webhook, to test a target:
//!
//! ```console
//! $ echo '{"hello": 1}' | SECRET=whsec_… cargo run -p patchbay-outbound --example post -- \
//!     http://127.0.0.1:9000/in key-1 127.0.0.0/8
//! ```
//!
//! Arguments: the URL, the key, and special-purpose ranges to permit. The body
//! is standard input.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::io::Read;

use jiff::Timestamp;
use patchbay_config::web_address::WebAddress;
use patchbay_outbound::egress::{Egress, EgressSettings};
use patchbay_outbound::webhook::{SigningKey, Webhook};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(key)) = (arguments.next(), arguments.next()) else {
        return Err("usage: post URL KEY [RANGE ...]".into());
    };
    let allow = arguments.map(|range| range.parse());
    let egress = Egress::new(EgressSettings {
        allow: allow.collect::<Result<_, _>>()?,
        ..EgressSettings::default()
    });
    let secret = std::env::var("SECRET").ok();
    let webhook = Webhook {
        url: WebAddress::parse(&url)?,
        secrets: secret
            .as_deref()
            .map(SigningKey::parse)
            .transpose()?
            .into_iter()
            .collect(),
    };
    let mut body = Vec::new();
    std::io::stdin().read_to_end(&mut body)?;
    match webhook.send(&egress, &key, Timestamp::now(), &body).await {
        Ok(()) => println!("delivered"),
        Err(error) if error.is_final() => {
            println!("not delivered, a retry would fail too: {error}")
        }
        Err(error) => println!("not delivered, a retry may succeed: {error}"),
    }
    Ok(())
}
