//! "I'll ask Carol": a connector's promise to the requester, which the bot in Cc takes as its order.
//!
//! Fails by finding no promise; then the text stands as it is.

use regex::Regex;
use std::sync::LazyLock;

/// What people write before the name. A refusal ("I won't ask Carol") has none of these forms.
static PROMISE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:i['’]?ll|i will|let me|i['’]?m going to|i am going to|ich werde|ich|je vais|voy a)\s+(?:just\s+|now\s+|gladly\s+)?(?:ask|check with|reach out to|write to|ping|contact|frage|fragen|demander à|preguntar a|preguntarle a)\b",
    )
    .ok()
});

/// The text with each promise turned into the wish it is: "I'll ask Carol" into "ask Carol".
pub fn as_wish(text: &str) -> String {
    match PROMISE.as_ref() {
        Some(promise) => promise.replace_all(text, "please ask").into_owned(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_a_wish_and_a_refusal_is_not() {
        assert_eq!(as_wish("Sure. I'll ask Carol."), "Sure. please ask Carol.");
        assert_eq!(as_wish("Let me check with Dan"), "please ask Dan");
        assert_eq!(as_wish("Voy a preguntar a Carol."), "please ask Carol.");
        assert_eq!(as_wish("I won't ask Carol."), "I won't ask Carol.");
        assert_eq!(as_wish("I can't ask Carol now"), "I can't ask Carol now");
    }
}
