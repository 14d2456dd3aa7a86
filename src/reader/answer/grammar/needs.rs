//! What tells of a row, before it is matched, that it cannot match: words that it needs.
//!
//! Errs only towards matching: where it can't be told what a row needs, it needs nothing.

use crate::reader::answer::grammar::{Bits, Defined, Node, bit, bits, defined, first};

/// The words without which the row of nodes cannot match.
pub fn needs(nodes: &[Node], defines: &[Defined]) -> Bits {
    nodes.iter().fold(0, |all, node| {
        all | match node {
            // As written it is there too: `Language::unaccented`.
            Node::Word(_, plain) => bit(*plain),
            Node::Any(any) => needed_by_all(any, defines),
            Node::Define(index) => defined(defines, *index).map_or(0, |d| d.needs),
            Node::Maybe(_) | Node::Builtin(_) => 0,
        }
    })
}

pub fn needed_by_all(any: &[Vec<Node>], defines: &[Defined]) -> Bits {
    let all = any.iter().map(|nodes| needs(nodes, defines));
    all.reduce(|a, b| a & b).unwrap_or(0)
}

/// Words of which one must stand behind the first one, so that it tells more than what the row [`needs`] anyway;
/// all of them where that can't be told.
pub fn some_beside(nodes: &[Node], defines: &[Defined]) -> Bits {
    let needed = needs(nodes, defines);
    let behind = match nodes {
        [head, behind @ ..] if is_single(head, defines) => behind,
        all => all,
    };
    let some = behind.iter().map(|node| some_of(node, defines));
    let tells = some.filter(|some| some & needed == 0);
    tells
        .min_by_key(|some| some.count_ones())
        .unwrap_or(Bits::MAX)
}

/// Of the words of which one must be there the fewest.
fn some(nodes: &[Node], defines: &[Defined]) -> Bits {
    let some = nodes.iter().map(|node| some_of(node, defines));
    some.min_by_key(|some| some.count_ones())
        .unwrap_or(Bits::MAX)
}

fn some_of(node: &Node, defines: &[Defined]) -> Bits {
    match node {
        Node::Word(_, plain) => bit(*plain),
        Node::Any(any) => some_of_any(any, defines),
        Node::Define(index) => defined(defines, *index).map_or(Bits::MAX, |d| d.some),
        Node::Maybe(_) | Node::Builtin(_) => Bits::MAX,
    }
}

pub fn some_of_any(any: &[Vec<Node>], defines: &[Defined]) -> Bits {
    any.iter().fold(0, |all, row| all | some(row, defines))
}

/// The words that can stand second, behind a first one; all of them where that can't be told.
pub fn second(nodes: &[Node], defines: &[Defined]) -> Bits {
    let Some((_, rest)) = nodes
        .split_first()
        .filter(|(head, _)| is_single(head, defines))
    else {
        return Bits::MAX;
    };
    bits(&first(rest, defines))
}

/// Whether the node is one word, whichever it is.
fn is_single(node: &Node, defines: &[Defined]) -> bool {
    match node {
        Node::Word(..) => true,
        Node::Any(any) => are_single(any, defines),
        Node::Define(index) => defined(defines, *index).is_some_and(|define| define.single),
        Node::Maybe(_) | Node::Builtin(_) => false,
    }
}

pub fn are_single(any: &[Vec<Node>], defines: &[Defined]) -> bool {
    let single = |row: &Vec<Node>| matches!(row.as_slice(), [node] if is_single(node, defines));
    any.iter().all(single)
}
