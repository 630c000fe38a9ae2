//! The contract between host and policies, to read without WIT.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use patchbay_contract::{Contract, PACKAGES};
use patchbay_http::descriptions::PublicErrors;
use utoipa::ToSchema;

/// The contract between host and policies.
#[derive(ToSchema)]
#[schema(as = PolicyContract)]
#[allow(dead_code, reason = "read by the derive of its schema only")]
struct ContractDocument {
    /// Version that this host implements: the highest of its packages' versions.
    version: String,
    /// Every released version; the host runs policies of each.
    released: Vec<String>,
    /// The packages, each after those it uses.
    packages: Vec<Package>,
}

/// A package of the contract.
#[derive(ToSchema)]
#[schema(as = ContractPackage)]
#[allow(dead_code, reason = "read by the derive of its schema only")]
struct Package {
    /// Its name, such as `patchbay:tone`.
    name: String,
    /// Its version.
    version: String,
    /// What it is for; paragraphs are separated by an empty line.
    description: Option<String>,
    /// What policies import and export.
    interfaces: Vec<Interface>,
    /// What a policy may be.
    worlds: Vec<World>,
}

/// Types and functions that belong together.
#[derive(ToSchema)]
#[schema(as = ContractInterface)]
#[allow(dead_code, reason = "read by the derive of its schema only")]
struct Interface {
    /// Its name within the package.
    name: String,
    /// What it is for.
    description: Option<String>,
    /// Version of the package that added it.
    since: Option<String>,
    /// Types of other interfaces: the interface (such as `patchbay:care/types`) by the name of the
    /// type.
    uses: BTreeMap<String, String>,
    /// The types that it defines.
    types: Vec<Type>,
    /// Its functions but those of resources.
    functions: Vec<Function>,
}

/// A type.
#[derive(ToSchema)]
#[schema(as = ContractType)]
#[allow(dead_code, reason = "read by the derive of its schema only")]
struct Type {
    /// Its name.
    name: String,
    /// What it is: `record`, `resource`, `variant`, `enum`, `flags` or `alias`. The set grows.
    kind: String,
    /// What it means.
    description: Option<String>,
    /// Version of the package that added it.
    since: Option<String>,
    /// The type that an alias stands for; null of other kinds.
    r#type: Option<String>,
    /// Fields of a record, cases of a variant or enum, flags.
    members: Vec<Member>,
    /// Functions of a resource.
    functions: Vec<Function>,
}

/// A field, case or flag.
#[derive(ToSchema)]
#[schema(as = ContractMember)]
#[allow(dead_code, reason = "read by the derive of its schema only")]
struct Member {
    /// Its name.
    name: String,
    /// Its type as WIT writes it, such as `option<list<string>>`; null of a case without a value.
    r#type: Option<String>,
    /// What it means, with unit and range.
    description: Option<String>,
}

/// A function.
#[derive(ToSchema)]
#[schema(as = ContractFunction)]
#[allow(dead_code, reason = "read by the derive of its schema only")]
struct Function {
    /// Its name.
    name: String,
    /// What it does.
    description: Option<String>,
    /// Version of the package that added it; null: with its type or interface.
    since: Option<String>,
    /// Its parameters, without the resource of a method.
    parameters: Vec<Parameter>,
    /// Type of its result as WIT writes it; null without one.
    result: Option<String>,
}

/// A parameter.
#[derive(ToSchema)]
#[schema(as = ContractParameter)]
#[allow(dead_code, reason = "read by the derive of its schema only")]
struct Parameter {
    /// Its name.
    name: String,
    /// Its type as WIT writes it.
    r#type: String,
}

/// What a policy imports and exports.
#[derive(ToSchema)]
#[schema(as = ContractWorld)]
#[allow(dead_code, reason = "read by the derive of its schema only")]
struct World {
    /// Its name within the package.
    name: String,
    /// What it is for.
    description: Option<String>,
    /// Version of the package that added it.
    since: Option<String>,
    /// Interfaces that it may import, such as `patchbay:care/types`.
    imports: Vec<String>,
    /// Interfaces that it exports.
    exports: Vec<String>,
}

/// Get the contract between host and policies
///
/// The packages of the version that this host implements, with the documentation of every type and
/// function. `patchbay contract` writes the WIT files of it and of released versions.
#[utoipa::path(
    get,
    path = "/v1/contract",
    operation_id = "contract",
    tag = "operation",
    responses((status = 200, description = "The contract.", body = ContractDocument), PublicErrors)
)]
pub(crate) async fn contract() -> impl IntoResponse {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    let document = DOCUMENT.get_or_init(contract_json).as_str();
    ([(CONTENT_TYPE, "application/json")], document)
}

fn contract_json() -> String {
    let version = serde_json::json!(Contract::current().version());
    let released = serde_json::json!(Contract::versions());
    // The packages are JSON already.
    format!(r#"{{"version":{version},"released":{released},"packages":{PACKAGES}}}"#)
}
