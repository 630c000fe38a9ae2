//! The OpenAPI document.

mod completion;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use patchbay_access::{PermissionIndex, add_to_openapi};
use patchbay_document_schema::add_components;
use patchbay_http::code_schema::OutcomeKind;
use patchbay_http::parameters::Parameters;
use patchbay_service::app::App;
use serde_json::Value;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::routes;
use patchbay_http::descriptions::{DOCUMENTS, PublicErrors, Stage};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Patchbay",
        description = "A company's own policies decide about interactions and drafts. Errors are problem documents (RFC 9457); only a head that is not HTTP, too large (431) or too slow (408) is answered without a body. The server refuses a query parameter that the operation does not describe, that is repeated, or whose value does not have the described form: 400 `bad-parameter`, with its name in `field` and what would be right in `detail`. Without tokens the server answers only programs on its own machine. With tokens, each operation's `x-roles` lists the roles that may call it; where it says `own`, an agent reaches only what belongs to that agent. `x-scope` says whether the operation requires a token for the company in the path or for the whole host.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(OutcomeKind, Stage)),
    tags(
        (name = "decisions", description = "Stateless decisions, whose request carries all data, and recorded decisions."),
        (name = "access", description = "Tokens and the audit trail."),
        (name = "operation", description = "For the operator of the server."),
    ),
)]
struct DocumentHead;

/// Every route, this document's included, with its description.
pub fn described_routes() -> OpenApiRouter<Arc<App>> {
    routes::described()
        .routes(routes!(openapi))
        .routes(routes!(crate::contract_document::contract))
}

/// The document of the routes, without roles and security schemes.
pub fn routes_document() -> Value {
    let head = OpenApiRouter::with_openapi(DocumentHead::openapi());
    let described = head.merge(described_routes());
    let mut document = serde_json::to_value(described.into_openapi()).unwrap_or_default();
    describe_documents(&mut document);
    completion::complete(&mut document);
    document
}

/// Which roles may call what, by path and method.
pub fn permissions() -> &'static PermissionIndex {
    static PERMISSIONS: OnceLock<PermissionIndex> = OnceLock::new();
    PERMISSIONS.get_or_init(|| PermissionIndex::new(&mut routes_document()))
}

/// Operations that take any query. A browser navigates to those of a sign-in, and a person
/// gets a page; the issuer adds to the callback what it likes (RFC 6749, 4.1.2: unknown ones
/// are ignored). Load balancers and collectors add to the others, such as `?verbose`.
const OPEN_QUERIES: [&str; 5] = [
    "begin_sign_in",
    "finish_sign_in",
    "healthz",
    "metrics",
    "readyz",
];

/// Whether an operation takes any query parameter.
fn is_open(operation: &Value) -> bool {
    let id = operation["operationId"].as_str().unwrap_or_default();
    OPEN_QUERIES.contains(&id)
}

/// The parameters of an operation as the router matched its path; `HEAD` counts as `GET`.
pub fn parameters(path: &str, method: &Method) -> Option<&'static Parameters> {
    static INDEX: OnceLock<HashMap<String, HashMap<Method, Parameters>>> = OnceLock::new();
    let index = INDEX.get_or_init(|| parameter_index(&routes_document()));
    let method = match *method {
        Method::HEAD => &Method::GET,
        ref other => other,
    };
    index.get(path)?.get(method)
}

fn parameter_index(document: &Value) -> HashMap<String, HashMap<Method, Parameters>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let of_path = |methods: &Value| {
        let operations = methods.as_object().into_iter().flatten();
        let operations = operations.filter_map(|(method, operation)| {
            let method = method.to_uppercase().parse().ok()?;
            let parameters = Parameters::of_operation(operation, document);
            let parameters = match is_open(operation) {
                true => parameters.taking_any(),
                false => parameters,
            };
            Some((method, parameters))
        });
        operations.collect()
    };
    paths
        .map(|(path, methods)| (path.clone(), of_path(methods)))
        .collect()
}

/// Puts the schemas of decisions and their requests in the place of their names.
fn describe_documents(document: &mut Value) {
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        schemas.retain(|name, _| !DOCUMENTS.contains(&name.as_str()));
        add_components(schemas);
        schemas.sort_keys();
    }
}

/// The complete OpenAPI document as indented JSON.
pub fn openapi_json() -> String {
    let mut document = routes_document();
    add_to_openapi(&mut document);
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// Get this OpenAPI document
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    tag = "operation",
    responses((status = 200, description = "The OpenAPI document.", body = serde_json::Value, content_type = "application/json"), PublicErrors)
)]
async fn openapi() -> impl IntoResponse {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    let document = DOCUMENT.get_or_init(openapi_json).as_str();
    ([(CONTENT_TYPE, "application/json")], document)
}
