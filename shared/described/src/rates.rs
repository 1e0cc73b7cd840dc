//! How the answers of what has a rate are described.

use domain::Rate;
use serde_json::{Map, Value, json};

/// The headers that tell how the rates stand. None, of what has no rate.
pub(crate) fn headers(rates: &[Rate]) -> Map<String, Value> {
    let Some(first) = rates.first() else {
        return Map::new();
    };
    let names: Vec<_> = rates.iter().map(|rate| rate.name()).collect();
    let (first, listed) = (first.name(), names.join("`, `"));
    let says = format!(
        "How `{listed}` stands: `r` more at once, one more within `t` seconds. Not there when the \
         answer came before anything was counted, or where rates are lifted."
    );
    let policy = format!("What `{listed}` allows: `q` at once, all of them anew in `w` seconds.");
    let header = |says: String, letters: [char; 2]| {
        let pattern = pattern(&names, letters);
        let [one, two] = letters;
        json!({
            "description": says,
            "schema": {"type": "string", "pattern": pattern},
            "example": format!("\"{first}\";{one}=10;{two}=3"),
        })
    };
    let mut headers = Map::new();
    headers.insert("RateLimit".to_owned(), header(says, ['r', 't']));
    headers.insert("RateLimit-Policy".to_owned(), header(policy, ['q', 'w']));
    headers
}

/// A list of some of the rates, each with two numbers.
fn pattern(names: &[&str], [one, two]: [char; 2]) -> String {
    let names = names.join("|");
    let item = format!("\"({names})\";{one}=[0-9]+;{two}=[0-9]+");
    format!("^{item}(, {item})*$")
}
