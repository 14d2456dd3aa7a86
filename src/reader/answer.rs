//! The verdict on an answer: yes, no, later, stop or unclear.
use crate::reader::Verdict;
use crate::reader::quote::Body;

#[derive(Clone, Debug)]
pub struct Answer {
    pub verdict: Verdict,
    /// `YYYY-MM-DD`.
    pub later_until: Option<String>,
    /// The words that decided.
    pub why: String,
}

pub fn judge(_body: &Body, _now_secs: i64) -> Answer {
    Answer {
        verdict: Verdict::Unclear,
        later_until: None,
        why: String::new(),
    }
}
