//! `format=flowed` undone (RFC 3676): soft line ends joined, space-stuffing removed.
//!
//! Never fails: a text that only claims to be flowed loses at most a leading space a line.

/// The paragraphs of a flowed text, quote marks kept. `delsp`: the space before a soft end goes too.
pub fn undo(text: &str, delsp: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // The quote depth of a line that waits for its continuation.
    let mut open: Option<usize> = None;
    for raw in text.split('\n') {
        let raw = raw.strip_suffix('\r').unwrap_or(raw);
        let content = raw.trim_start_matches('>');
        let depth = raw.len() - content.len();
        let content = content.strip_prefix(' ').unwrap_or(content);
        // RFC 3676 section 4.3: the signature line is never flowed.
        let signature = content == "-- ";
        if open == Some(depth) && !signature {
            out.push_str(content);
        } else {
            if !out.is_empty() || open.is_some() {
                out.push('\n');
            }
            if depth > 0 {
                out.push_str(&">".repeat(depth.min(MAX_DEPTH)));
                out.push(' ');
            }
            out.push_str(content);
        }
        open = (content.ends_with(' ') && !signature).then_some(depth);
        if open.is_some() && delsp {
            out.pop();
        }
        if open.is_none() && raw.is_empty() && out.is_empty() {
            out.push('\n');
        }
    }
    out
}

/// Deeper quotes are written at this depth: nobody answers below it, and output stays linear.
const MAX_DEPTH: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_ends_join_and_hard_ends_stay() {
        assert_eq!(
            undo(
                "Yes, I would \nlike to.\n> she \n> said\n>> no \nend\n",
                false
            ),
            "Yes, I would like to.\n> she said\n>> no \nend\n"
        );
        assert_eq!(
            undo("-- \nBob\n From here\n", false),
            "-- \nBob\nFrom here\n"
        );
        assert_eq!(undo("日本 \n語", true), "日本語");
    }
}
