//! What a quote begins with where the first line does not say it: the container of an HTML mail,
//! a block of labels or an attribution a little further down.
//!
//! Fails by naming no author; the lines are a quote all the same.

use crate::reader::quote::attribution;
use crate::reader::quote::border::{self, Border, Kind};
use crate::reader::quote::byline::Above;
use crate::reader::quote::line::Line;

/// Words of the line above a block of labels that no table has.
const MAX_TITLE_WORDS: usize = 8;

/// What an HTML mail's quote container begins with.
pub fn begin(lines: &[Line<'_>], index: usize) -> Border {
    let own_depth = lines.get(index).map_or(0, |l| l.depth);
    let mut border = Border {
        kind: Kind::Container,
        start: index,
        own: 0,
        body: index + 1,
        rest: None,
        above: Above::default(),
        depth: own_depth,
    };
    let Some(below) = border::next_content(lines, index + 1) else {
        return border;
    };
    let found = border::separator(lines, below)
        .or_else(|| border::headers(lines, below, true))
        .or_else(|| border::unknown_headers(lines, below))
        .or_else(|| attribution_below(lines, below));
    if let Some(found) = found.filter(|f| f.start <= below) {
        return Border {
            start: index,
            own: 0,
            ..found
        };
    }
    // Outlook's container begins with the footer of the phone, then comes the block.
    let further = (below + 1..below + 1 + border::MAX_GAP)
        .filter(|i| lines.get(*i).is_some_and(|l| !l.is_blank()))
        .find_map(|i| border::headers(lines, i, false));
    if let Some(found) = further {
        return Border {
            start: index,
            own: 0,
            ..found
        };
    }
    // A short paragraph above deeper text is an attribution, whatever its language.
    let end = (below..below + border::MAX_GAP).find(|i| {
        lines
            .get(*i)
            .is_none_or(|l| l.is_blank() || l.depth > own_depth || l.mark)
    });
    if let Some(end) = end
        && border::next_content(lines, end)
            .and_then(|i| lines.get(i))
            .is_some_and(|l| l.depth > own_depth)
    {
        let text: Vec<&str> = (below..end)
            .filter_map(|i| lines.get(i).map(|l| l.text))
            .collect();
        border.above = Above::Attribution(text.join(" "));
        border.body = end;
        border.kind = Kind::Attribution;
    }
    border
}

/// The attribution that ends a few lines below.
pub fn attribution_below(lines: &[Line<'_>], index: usize) -> Option<Border> {
    (index..index + 4).find_map(|i| {
        let found = attribution::ending_at(lines, i, index)?;
        Some(Border {
            kind: Kind::Attribution,
            start: found.start,
            own: 0,
            body: found.end,
            rest: found.rest,
            above: found.above,
            depth: lines.get(i).map_or(0, |l| l.depth),
        })
    })
}

/// `> Message du 03/11/25`, or a separator that no table has, and the labels below it.
pub fn named_below(lines: &[Line<'_>], index: usize) -> Option<Border> {
    let title = lines.get(index).filter(|l| l.depth > 0)?;
    let above = index.checked_sub(1).and_then(|i| lines.get(i));
    if above.is_some_and(|l| l.depth >= title.depth) {
        return None;
    }
    if !(title.text.ends_with([':', '：']) || attribution::has_date(title.text))
        || title.text.split_whitespace().nth(MAX_TITLE_WORDS).is_some()
    {
        return None;
    }
    let below = border::next_content(lines, index + 1)?;
    let level = lines.get(below).is_some_and(|l| l.depth == title.depth);
    let found = level.then(|| border::headers(lines, below, false))??;
    Some(Border {
        start: index,
        ..found
    })
}
