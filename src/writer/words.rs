//! Every sentence the bot can say: one text file a mail, a folder a language, embedded.
//!
//! Fails where a template does not parse or uses what is not there; the suite renders each.

use crate::writer::page::SIGN;
use minijinja::{Environment, UndefinedBehavior};
use std::collections::BTreeMap;
use std::sync::LazyLock;

macro_rules! files {
    ($language:literal: $($name:literal)*) => {
        &[$(($name, include_str!(concat!("words/", $language, "/", $name, ".txt")))),*]
    };
}

/// The templates in English by name; those that begin with `part_` serve several mails.
pub const ENGLISH: &[(&str, &str)] = files!("en":
    "ask" "reminder" "clarify" "confirm_target" "thank_no" "acknowledge_later" "confirm_stop"
    "too_late" "introduction" "tell_asked" "tell_declined" "tell_unclear" "tell_later"
    "tell_stopped" "tell_closed" "tell_bounced" "tell_held" "tell_withdrawn"
    "tell_requester_silent" "which_target" "approve" "confirm_connector" "who_asks" "report" "probe" "alarm"
    "acknowledge" "closing" "ask_words" "which_connector" "which_wish" "refuse" "propose"
    "still_interested" "part_subject" "part_answers" "part_request" "part_from" "part_words"
    "part_footer" "part_requester_hears"
);

static ENVIRONMENT: LazyLock<Result<Environment<'static>, String>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    let syntax = minijinja::syntax::SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .map_err(|error| explain(&error))?;
    environment.set_syntax(syntax);
    environment.add_function("tap", |word: &str| format!("{SIGN}tap:{word}{SIGN}"));
    environment.add_function("box", |name: &str| format!("{SIGN}box:{name}{SIGN}"));
    for mark in ["line", "small", "rule", "head"] {
        environment.add_global(mark, format!("{SIGN}{mark}{SIGN}"));
    }
    for (name, source) in ENGLISH {
        environment
            .add_template(name, source)
            .map_err(|error| explain(&error))?;
    }
    Ok(environment)
});

/// Fills a template.
pub fn fill(
    name: &str,
    values: &BTreeMap<&'static str, minijinja::Value>,
) -> Result<String, String> {
    let environment = ENVIRONMENT.as_ref().map_err(Clone::clone)?;
    let template = environment.get_template(name).map_err(|e| explain(&e))?;
    template.render(values.clone()).map_err(|e| explain(&e))
}

/// File and line without the values, which are people's.
fn explain(error: &minijinja::Error) -> String {
    format!(
        "{}:{}: {}",
        error.name().unwrap_or("template"),
        error.line().unwrap_or(0),
        error.kind()
    )
}
