//! The client for code without an async runtime.

use std::sync::Arc;

use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::{Client, ClientError, ClientOptions, Method, Response};

/// Client of one server that blocks the calling thread. Each request opens a
/// connection, so a server may restart between two requests. Threads may share
/// it; it must not be used inside an async runtime.
#[derive(Clone)]
pub struct BlockingClient {
    client: Client,
    runtime: Arc<Runtime>,
}

impl BlockingClient {
    /// A client with a runtime of its own.
    pub fn new(options: ClientOptions) -> Result<BlockingClient, ClientError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| ClientError::NoAnswer {
            address: options.address,
            cause: error.to_string(),
        })?;
        Ok(BlockingClient {
            client: Client::with_idle_connections(options, 0)?,
            runtime: Arc::new(runtime),
        })
    }

    /// Scheme and address of the server.
    pub fn base_url(&self) -> String {
        self.client.base_url()
    }

    /// Whether requests carry a token.
    pub fn has_token(&self) -> bool {
        self.client.has_token()
    }
}

/// Blocking versions of the client's methods.
macro_rules! blocking {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        impl BlockingClient {
            $(
                #[doc = concat!("Blocking [`Client::", stringify!($name), "`].")]
                pub fn $name(&self, $($argument: $type),*) -> Result<$result, ClientError> {
                    self.runtime.block_on(self.client.$name($($argument),*))
                }
            )*
        }
    };
}

blocking! {
    get(path: &str) -> Value;
    post(path: &str, body: &Value) -> Value;
    put(path: &str, body: &Value) -> Value;
    delete(path: &str) -> Value;
    list(path: &str, items: &str, cursor: &str) -> Vec<Value>;
    send(method: Method, path: &str, headers: &[(&str, &str)], body: String) -> Response;
}
