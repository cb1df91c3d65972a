//! The tools: what an assistant may ask. Each reads its arguments, asks the gateway and writes an answer.

mod count;
mod explain;
mod message;
mod row;
mod search;
mod syntax;
mod thread;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::answer::refusal;
use crate::api::{Api, Refused};

pub(crate) use message::whole;

/// What is said of a tool.
#[derive(Debug)]
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    /// Its arguments as the properties of a JSON Schema, and which of them must be there.
    pub(crate) arguments: fn() -> Value,
    pub(crate) required: &'static [&'static str],
}

/// Every tool.
pub(crate) const ALL: [Tool; 6] =
    [search::TOOL, count::TOOL, message::TOOL, thread::TOOL, explain::TOOL, syntax::TOOL];

/// What came of a call: text for the assistant, or text that says what to do better.
pub(crate) type Told = Result<String, String>;

/// Calls the tool of that name; nothing if there is none.
pub(crate) async fn call(api: &Api, name: &str, arguments: Map<String, Value>) -> Option<Told> {
    let arguments = Value::Object(arguments);
    Some(match name {
        "search" => search::call(api, arguments).await,
        "count" => count::call(api, arguments).await,
        "get_message" => message::call(api, arguments).await,
        "get_thread" => thread::call(api, arguments).await,
        "explain" => explain::call(api, arguments).await,
        "syntax_help" => syntax::call(arguments),
        _ => return None,
    })
}

/// The arguments of a call, or what is wrong with them.
fn arguments<T: DeserializeOwned>(given: Value) -> Result<T, String> {
    serde_json::from_value(given)
        .map_err(|error| format!("code: invalid_arguments\nerror: {error}\n"))
}

/// Asks for what a query finds. With an order it stands in brackets; where that is refused, its own faults are
/// those that count.
async fn find(
    api: &Api,
    query: &str,
    sort: Option<&str>,
    mut question: Map<String, Value>,
) -> Result<Value, String> {
    let asked = sort.map_or_else(|| query.to_owned(), |sort| sorted(query, sort));
    question.insert("q".to_owned(), asked.clone().into());
    let refused = match api.post("/v1/search", &Value::Object(question)).await {
        Ok(found) => return Ok(found),
        Err(refused) => refused,
    };
    if sort.is_none() {
        return Err(refusal(&refused, query));
    }
    let alone = api.post("/v1/search", &json!({"q": query, "limit": 0})).await;
    Err(match alone {
        Err(own) => refusal(&own, query),
        Ok(_) => refusal(&refused, &asked),
    })
}

fn sorted(query: &str, sort: &str) -> String {
    if query.trim().is_empty() { format!("sort:{sort}") } else { format!("({query}) sort:{sort}") }
}

/// A problem that has nothing to do with a query.
fn other(refused: &Refused) -> String {
    refusal(refused, "")
}
