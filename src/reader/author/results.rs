//! One Authentication-Results field (RFC 8601), parsed by the real grammar.
//!
//! Fails by reading no results: a field with a fault in it passes nothing. Linear in its size.

/// Octets of one field that are looked at; the longest honest ones are some thousand.
const MAX_FIELD_OCTETS: usize = 16 * 1024;

/// A result of one method (RFC 8601 section 2.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodResult {
    /// Lower case, such as `dmarc`.
    pub method: String,
    pub outcome: Outcome,
    /// `(ptype, property, value)`, such as `("header", "from", "target.example")`; the first two in
    /// lower case.
    pub properties: Vec<(String, String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Pass,
    Fail,
    None,
    /// Any other word: neutral, policy, temperror, permerror, softfail, bestguesspass …
    Other,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Lower case; none in Microsoft's form.
    pub id: Option<String>,
    /// None where the field has a fault, or a version that is not ours.
    pub results: Option<Vec<MethodResult>>,
}

impl MethodResult {
    /// Whether there is such a property, and every one of that name has this value.
    pub fn names_only(&self, ptype: &str, property: &str, value: &str) -> bool {
        let mut values = self.values(ptype, property).peekable();
        values.peek().is_some()
            && values.all(|v| v.trim_end_matches('.').to_lowercase() == value.to_lowercase())
    }

    /// The signer: `header.d`, else the domain of `header.i`; none where several differ.
    pub fn dkim_domain(&self) -> Option<String> {
        let mut domains = self.values("header", "d").map(str::to_lowercase);
        let first = match domains.next() {
            Some(first) => domains.all(|d| d == first).then_some(first),
            None => {
                let domain = |i: &str| i.rsplit_once('@').map(|(_, d)| d.to_lowercase());
                let mut domains = self.values("header", "i").map(domain);
                let first = domains.next()??;
                domains.all(|d| d.as_ref() == Some(&first)).then_some(first)
            }
        };
        first.filter(|domain| !domain.is_empty())
    }

    /// The domain of the envelope's sender (`smtp.mailfrom`), which SPF speaks of.
    pub fn envelope_domain(&self) -> Option<String> {
        let mut senders = self.values("smtp", "mailfrom");
        let sender = senders.next()?;
        let domain = sender.rsplit('@').next()?.trim_matches(['<', '>']);
        senders.next().is_none().then(|| domain.to_lowercase())
    }

    fn values<'a>(&'a self, ptype: &'a str, property: &'a str) -> impl Iterator<Item = &'a str> {
        self.properties
            .iter()
            .filter(move |(t, p, _)| t == ptype && p == property)
            .map(|(_, _, value)| value.as_str())
    }
}

/// The text with every comment replaced by a space; none where a comment or quote does not end.
pub(super) fn uncommented(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut depth = 0_usize;
    let mut is_quoted = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if depth > 0 => {
                chars.next()?;
            }
            '\\' if is_quoted => {
                plain.push(c);
                plain.push(chars.next()?);
            }
            '"' if depth == 0 => {
                is_quoted = !is_quoted;
                plain.push(c);
            }
            '(' if !is_quoted => {
                depth += 1;
                plain.push(' ');
            }
            ')' if !is_quoted => depth = depth.checked_sub(1)?,
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    (depth == 0 && !is_quoted).then_some(plain)
}

/// Parses one field's value.
pub fn parse(value: &str) -> Field {
    let whole = (value.len() <= MAX_FIELD_OCTETS)
        .then(|| uncommented(value))
        .flatten();
    let Some(plain) = whole else {
        // The id is still read, so that a broken field of a trusted server counts as one.
        let id = value
            .split([';', ' ', '\t', '('])
            .find(|word| !word.is_empty());
        return Field {
            id: Some(id.unwrap_or_default().to_ascii_lowercase()),
            results: None,
        };
    };
    let mut sections = sections(&plain).into_iter();
    let head = sections.next().unwrap_or_default();
    let mut words = head.split_ascii_whitespace();
    let first = words.next().unwrap_or_default();
    // No id: the first section is a result already.
    if first.contains('=') || words.clone().next().is_some_and(|w| w.starts_with('=')) {
        let results = std::iter::once(head)
            .chain(sections)
            .map(result)
            .collect::<Option<Vec<_>>>();
        return Field {
            id: None,
            results: results.map(|r| r.into_iter().flatten().collect()),
        };
    }
    let id = unquote(first).unwrap_or_default().to_ascii_lowercase();
    let is_version_1 = matches!((words.next(), words.next()), (None, _) | (Some("1"), None));
    let results = sections.map(result).collect::<Option<Vec<_>>>();
    let results = results.map(|r| r.into_iter().flatten().collect());
    Field {
        id: Some(id),
        results: results.filter(|_| is_version_1),
    }
}

/// Splits at semicolons outside quotes.
fn sections(plain: &str) -> Vec<&str> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    plain
        .split(|c: char| {
            let was_escaped = std::mem::take(&mut is_escaped);
            match c {
                '\\' if is_quoted && !was_escaped => is_escaped = true,
                '"' if !was_escaped => is_quoted = !is_quoted,
                ';' => return !is_quoted,
                _ => {}
            }
            false
        })
        .collect()
}

/// One section: `Some(None)` for an empty one and for `none`, `None` where it has a fault.
#[allow(clippy::option_option)]
fn result(section: &str) -> Option<Option<MethodResult>> {
    let trimmed = section.trim();
    if trimmed.is_empty() || trimmed.eq_ignore_ascii_case("none") {
        return Some(None);
    }
    let mut pairs = pairs(trimmed)?.into_iter();
    let (method, outcome) = pairs.next()?;
    // `dkim/1`: the method's version (section 2.2).
    let (method, version) = method.split_once('/').unwrap_or((&method, "1"));
    let is_keyword = |word: &str| {
        word.chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    if method.is_empty() || !is_keyword(method) || version != "1" {
        return None;
    }
    let outcome = match outcome.to_ascii_lowercase().as_str() {
        "pass" => Outcome::Pass,
        "fail" | "hardfail" => Outcome::Fail,
        "none" => Outcome::None,
        _ => Outcome::Other,
    };
    let properties = pairs.filter_map(|(key, value)| {
        let (ptype, property) = key.split_once('.')?;
        Some((ptype.to_owned(), property.to_owned(), value))
    });
    Some(Some(MethodResult {
        method: method.to_owned(),
        outcome,
        properties: properties.collect(),
    }))
}

/// `key=value` pairs, keys in lower case; none where something else stands there.
fn pairs(section: &str) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    let mut rest = section.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        // Space may stand around `/`, `.` and `=` (section 2.2), but a key is no two words.
        let key = key.trim().replace([' ', '\t'], "\u{1}");
        let key = key.replace("\u{1}.", ".").replace(".\u{1}", ".");
        let key = key.replace("\u{1}/", "/").replace("/\u{1}", "/");
        if key.is_empty() || key.contains(['\u{1}', '"', '\r', '\n']) {
            return None;
        }
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('"') {
            Some(text) => {
                let end = closing_quote(text)?;
                (unquote(after.get(..end + 2)?)?, text.get(end + 1..)?)
            }
            None => {
                let end = after.find(char::is_whitespace).unwrap_or(after.len());
                let (value, next) = after.split_at(end);
                (value.to_owned(), next)
            }
        };
        pairs.push((key.to_ascii_lowercase(), value));
        rest = next.trim_start();
    }
    Some(pairs)
}

/// The place of the quote that ends a quoted string.
fn closing_quote(text: &str) -> Option<usize> {
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some(at),
            '\\' => {
                chars.next();
            }
            _ => {}
        }
    }
    None
}

/// A value without its quotes, where it has them.
fn unquote(text: &str) -> Option<String> {
    let Some(inner) = text.strip_prefix('"') else {
        return Some(text.to_owned());
    };
    let inner = inner.strip_suffix('"')?;
    let mut plain = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        plain.push(if c == '\\' { chars.next()? } else { c });
    }
    Some(plain)
}
