//! What a rehearsal plays: every saying in every way, with a long request, a plain one and none.
//!
//! Fails with none where the cast has nobody.

use crate::rules::consent::{ConnectorEvidence, Consent, Consents};
use crate::rules::introduction::{Introduction, Way};
use crate::rules::saying::Saying;
use crate::writer::rehearsal::cast;

/// One mail of the rehearsal.
pub struct Act {
    pub saying: Saying,
    pub introduction: Introduction,
}

pub fn standing() -> Consents {
    Consents {
        connector: Some(Consent {
            at_secs: cast::NOW,
            evidence: ConnectorEvidence::Standing {
                rule: "contacts".to_owned(),
            },
        }),
        ..Consents::default()
    }
}

/// Every saying in every way, with a long request, a plain one and none.
pub fn acts() -> Option<Vec<Act>> {
    let mut acts = Vec::new();
    for (_, saying) in cast::sayings()? {
        for way in [Way::Forwarded, Way::Direct, Way::Proposed] {
            for variant in 0..3 {
                let mut introduction = cast::affair(way)?;
                match variant {
                    0 => {}
                    1 => {
                        introduction.consents = standing();
                        introduction.asked.closing_sent = true;
                        if let Some(request) = &mut introduction.request {
                            request.words = "All work and no play makes a long mail. ".repeat(200);
                            request.attachments =
                                (0..30).map(|n| format!("page {n}.png")).collect();
                        }
                    }
                    _ => {
                        introduction.request = None;
                        introduction.requester = Some(cast::person("", "alice@req.example")?);
                        introduction.target = Some(cast::person("", "carol@target.example")?);
                    }
                }
                acts.push(Act {
                    saying: saying.clone(),
                    introduction,
                });
            }
        }
    }
    Some(acts)
}
