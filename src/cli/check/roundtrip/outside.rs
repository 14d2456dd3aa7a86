//! A mail of the operator's from another provider: who says who its author is, and what to believe.
//!
//! Whatever is missing is a finding; only the wire can fail.

use super::LOOK_EVERY;
use super::watched::{Arrived, Watched};
use crate::cli::check::report::Report;
use crate::cli::screen;
use crate::config::Config;
use crate::reader::Proof;
use crate::reader::author::results::{self, Outcome};
use crate::reader::author::{self, Facts};
use crate::wire::error::WireError;
use crate::wire::proof::{self, Resolver};
use std::time::{Duration, Instant};

/// Asks for a mail from another provider, and says what its arrival shows.
pub async fn ask(
    watched: &mut Watched,
    config: &Config,
    wait: Duration,
    to: &str,
    code: Option<String>,
    report: &mut Report,
) -> Result<(), WireError> {
    if wait.is_zero() {
        report.note(
            "from outside",
            "not tried: `--wait 5m` waits for a mail of yours, and shows who proves authors",
        );
        return Ok(());
    }
    let subject = code.as_ref().map_or(String::new(), |code| {
        format!(", with {code} in the subject")
    });
    let line = format!(
        "\nNow send one mail from an address at another provider to\n\n    {to}{subject}\n\n\
         It is waited for {}; Ctrl-C goes on without it.\n\n",
        screen::span(i64::try_from(wait.as_secs()).unwrap_or(0))
    );
    // Not among the findings, which a machine may be reading.
    match report.is_for_a_machine() {
        true => eprint!("{line}"),
        false => crate::cli::print(&line),
    }
    let start = Instant::now();
    while start.elapsed() < wait {
        let is_meant = |arrived: &&Arrived| {
            let people = arrived.letter.to.iter().chain(&arrived.letter.cc);
            let mut addresses = people
                .map(|person| &person.address)
                .chain(&arrived.letter.delivered_to);
            match &code {
                None => addresses.any(|address| address.as_str().eq_ignore_ascii_case(to)),
                Some(code) => arrived.letter.subject.contains(code.as_str()),
            }
        };
        let own = |arrived: &&Arrived| arrived.letter.subject.starts_with("askfirst check ");
        let arrived = watched.look().await?;
        if let Some(found) = arrived.iter().filter(|a| !own(a)).find(is_meant) {
            about_author(found, config, report).await;
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    report.note(
        "from outside",
        "no such mail came; who proves authors is not known",
    );
    Ok(())
}

/// What the servers on the way say of the author, what is verified here, and what to believe.
async fn about_author(found: &Arrived, config: &Config, report: &mut Report) {
    let Some(person) = found.letter.from.person() else {
        report.warning(
            "from outside",
            "the mail arrived, but its From field is not exactly one address",
            "Try again with another mail program.",
        );
        return;
    };
    let domain = person.address.domain().to_owned();
    report.good(
        "from outside",
        format!("the mail from {domain} arrived in {}", found.folder),
    );
    let fields: Vec<results::Field> = found
        .letter
        .fields("Authentication-Results")
        .map(results::parse)
        .collect();
    for field in &fields {
        let id = field.id.as_deref();
        let id = id.unwrap_or("(no name, as Microsoft writes it)");
        report.note(
            "results",
            format!("Authentication-Results of {id}: {}", in_short(field)),
        );
    }
    let topmost = fields
        .first()
        .map(|field| field.id.clone().unwrap_or_else(|| "microsoft".to_owned()));
    let by_server = topmost.map(|id| {
        let (proof, why) = author::judge(&found.letter, std::slice::from_ref(&id), None);
        (id, proof, why)
    });
    let (here, why) = verified_here(found, &domain).await;
    report.note("verified here", format!("{}: {why}", word(here)));
    conclude(by_server, here, config, report);
}

async fn verified_here(found: &Arrived, domain: &str) -> (Proof, String) {
    match Resolver::system() {
        Ok(resolver) => {
            let facts = proof::facts(&found.raw, domain, &resolver).await;
            let facts = Facts {
                dkim_domains: facts.dkim_domains,
                dmarc_policy: facts.dmarc_policy,
            };
            author::judge(&found.letter, &[], Some(&facts))
        }
        Err(error) => (Proof::Unproven, error),
    }
}

/// Whether authors can be proven at all, and what has to be set for it.
fn conclude(
    by_server: Option<(String, Proof, String)>,
    here: Proof,
    config: &Config,
    report: &mut Report,
) {
    match by_server {
        Some((id, Proof::Proven, why)) => {
            report.good("author", format!("proven: {why}"));
            if !config.trust.authserv_ids.contains(&id) {
                report.offer(
                    "trust",
                    format!("authserv_ids = [{id:?}]"),
                    "it stood topmost and proved the author. Only if your provider removes such fields from mail that comes in with its own name in them; its documents should say so",
                );
            }
        }
        _ if here == Proof::Proven => {
            report.good("author", "proven by the DKIM signature; nothing has to be set");
        }
        Some((id, proof, why)) => report.warning(
            "author",
            format!("{} by {id}: {why}", word(proof)),
            "Try an address at a provider that signs its mail (DKIM). If nobody is ever proven, connectors are asked to confirm each mail.",
        ),
        None => report.warning(
            "author",
            "no server says who the author is, and no signature was verified here",
            "Ask the provider for Authentication-Results, or make the DNS work on this machine; until then connectors are asked to confirm each mail.",
        ),
    }
}

fn word(proof: Proof) -> &'static str {
    match proof {
        Proof::Proven => "proven",
        Proof::Unproven => "unproven",
        Proof::Fails => "proof fails",
    }
}

fn in_short(field: &results::Field) -> String {
    let Some(results) = &field.results else {
        return "can't be read".to_owned();
    };
    let outcome = |outcome: Outcome| match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "fail",
        Outcome::None => "none",
        Outcome::Other => "neither",
    };
    let each: Vec<String> = results
        .iter()
        .map(|result| format!("{}={}", result.method, outcome(result.outcome)))
        .collect();
    match each.is_empty() {
        true => "no results".to_owned(),
        false => each.join(", "),
    }
}
