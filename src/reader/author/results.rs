//! Authentication-Results fields (RFC 8601): parsed by the real grammar, believed by exact id.
//!
//! Fails by believing nothing: a field with a fault in it passes nothing, and neither does one that
//! stands below a hop of somebody else. Linear in the size of the fields.

/// The id under which an operator trusts the form of Microsoft 365, which writes no authserv-id.
pub const MICROSOFT: &str = "microsoft";
/// Hosts of that service, by the end of their names.
const MICROSOFT_HOSTS: [&str; 2] = ["outlook.com", "office365.com"];
/// Octets of one field that are looked at; the longest honest ones are some thousand.
const MAX_FIELD_OCTETS: usize = 16 * 1024;
/// Fields of one block; a server writes one for each method at most.
const MAX_FIELDS: usize = 10;

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

/// The topmost run of fields of trusted servers.
#[derive(Clone, Debug, Default)]
pub struct Block {
    pub fields: Vec<(String, Vec<MethodResult>)>,
    pub has_malformed: bool,
    /// Why a field with a trusted id is not believed.
    pub distrust: Option<String>,
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

    fn values<'a>(&'a self, ptype: &'a str, property: &'a str) -> impl Iterator<Item = &'a str> {
        self.properties
            .iter()
            .filter(move |(t, p, _)| t == ptype && p == property)
            .map(|(_, _, value)| value.as_str())
    }
}

impl Block {
    /// The id of a server that says `dmarc=fail`.
    pub fn says_dmarc_fail(&self) -> Option<&str> {
        let fails = |r: &MethodResult| r.method == "dmarc" && r.outcome == Outcome::Fail;
        let field = self
            .fields
            .iter()
            .find(|(_, results)| results.iter().any(fails));
        field.map(|(id, _)| id.as_str())
    }

    pub fn mentions(&self, method: &str) -> bool {
        self.fields
            .iter()
            .any(|(_, results)| results.iter().any(|r| r.method == method))
    }

    /// Whether DMARC is spoken of only to say that the domain has no policy.
    pub fn has_only_dmarc_none(&self) -> bool {
        let dmarc = self.fields.iter().flat_map(|(_, results)| results);
        dmarc
            .filter(|r| r.method == "dmarc")
            .all(|r| r.outcome == Outcome::None)
    }

    /// The id of the first server that speaks of a result like `which`, if all of them are `good`.
    pub fn all(
        &self,
        which: impl Fn(&MethodResult) -> bool,
        good: impl Fn(&MethodResult) -> bool,
    ) -> Option<&str> {
        let mut first = None;
        for (id, results) in &self.fields {
            for result in results.iter().filter(|result| which(result)) {
                if !good(result) {
                    return None;
                }
                first = first.or(Some(id.as_str()));
            }
        }
        first
    }

    /// The id of the first server that speaks of `method`, if each field that does so has one good
    /// result (a mail may have several signatures, and a broken one besides a good one is usual).
    pub fn each_field(&self, method: &str, good: impl Fn(&MethodResult) -> bool) -> Option<&str> {
        let mut first = None;
        for (id, results) in &self.fields {
            let mut spoken = results.iter().filter(|r| r.method == method).peekable();
            if spoken.peek().is_some() {
                if !spoken.any(&good) {
                    return None;
                }
                first = first.or(Some(id.as_str()));
            }
        }
        first
    }
}

/// The topmost contiguous fields of servers with one of these ids (lower case, exact). What is
/// further down was there before the mail came to that server, and may be anyone's.
pub fn trusted(headers: &[(String, String)], ids: &[String]) -> Block {
    let mut block = Block::default();
    let mut hops: Vec<String> = Vec::new();
    for (at, (name, value)) in headers.iter().enumerate() {
        let name = name.trim().to_ascii_lowercase();
        if name == "received" {
            if block.has_any() {
                break;
            }
            hops.push(by_host(value));
            continue;
        }
        if name != "authentication-results" {
            // Verifiers write these between their results; anything else was there before.
            let beside = name.starts_with("arc-") || name.starts_with("x-");
            if block.has_any() && !beside && name != "received-spf" && name != "dkim-filter" {
                break;
            }
            continue;
        }
        let field = parse(value);
        let below = headers.get(at + 1..).unwrap_or_default();
        let Some(id) = believed(&field, ids, below) else {
            if block.has_any() {
                break;
            }
            // Microsoft's mode believes the topmost field alone.
            if field.id.is_none() {
                return block;
            }
            continue;
        };
        if let Some(hop) = hops.iter().find(|hop| !is_ours(hop, ids)) {
            block.distrust = Some(format!(
                "the results of {id} stand below a hop of {hop}, which trust.authserv_ids does not cover"
            ));
            return block;
        }
        match field.results {
            Some(results) => block.fields.push((id, results)),
            None => block.has_malformed = true,
        }
        if block.fields.len() >= MAX_FIELDS || field.id.is_none() {
            break;
        }
    }
    block
}

impl Block {
    fn has_any(&self) -> bool {
        self.has_malformed || !self.fields.is_empty()
    }
}

/// The trusted id that wrote this field.
fn believed(field: &Field, ids: &[String], below: &[(String, String)]) -> Option<String> {
    let listed = |id: &str| ids.iter().any(|own| own.eq_ignore_ascii_case(id));
    match &field.id {
        Some(id) => (listed(id) && id != MICROSOFT).then(|| id.clone()),
        None => {
            let received = below
                .iter()
                .find(|(name, _)| name.trim().eq_ignore_ascii_case("received"));
            let by_microsoft = received.is_some_and(|(_, value)| is_microsoft(&by_host(value)));
            (listed(MICROSOFT) && by_microsoft).then(|| MICROSOFT.to_owned())
        }
    }
}

fn is_microsoft(host: &str) -> bool {
    MICROSOFT_HOSTS.iter().any(|end| {
        host.strip_suffix(end)
            .is_some_and(|before| before.ends_with('.'))
    })
}

/// Whether a hop above the results is the same service, or inside a machine room.
fn is_ours(host: &str, ids: &[String]) -> bool {
    let inside = !host.contains('.')
        || host.contains(':')
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok()
        || [".internal", ".local", ".localdomain", ".lan", ".localhost"]
            .iter()
            .any(|end| host.ends_with(end));
    inside
        || ids.iter().any(|id| match id.as_str() {
            MICROSOFT => is_microsoft(host),
            id => super::aligned(id, host),
        })
}

/// The host after `by` in a Received field (RFC 5321 section 4.4), lower case; empty where none is.
fn by_host(value: &str) -> String {
    let mut words = uncommented(value).unwrap_or_default();
    words.make_ascii_lowercase();
    let mut words = words.split_ascii_whitespace();
    let host = words.find(|word| *word == "by").and_then(|_| words.next());
    let host = host.unwrap_or_default().trim_end_matches([';', '.']);
    host.to_owned()
}

/// The text with every comment replaced by a space; none where a comment or quote does not end.
fn uncommented(text: &str) -> Option<String> {
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
