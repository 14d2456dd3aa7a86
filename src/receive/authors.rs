//! Who wrote a mail, looked up between storing and handling it: signatures and policies, by DNS.
//!
//! Fails where the desk does. A mail whose author can't be looked up is handled all the same; one at
//! which the program ends is known by its attempts, because it was stored first.

use crate::clerk::{Clerk, RunError};
use crate::deadline::LOOK_UP_TICKS;
use crate::desk::intake::Suspicion;
use crate::desk::views;
use crate::receive::batch::Taken;
use crate::receive::suspect;
use crate::store::inbox::Arrived;
use crate::wire::proof::{self, Resolver};
use tokio::sync::watch;

/// Authors looked up at the same time: DNS answers slowly, and a backlog should not wait for each.
const MAX_LOOK_UPS: usize = 20;

/// Stores mails, looks their authors up, handles them.
pub(super) async fn take(
    clerk: &Clerk,
    resolver: &Resolver,
    batch: Vec<Arrived>,
    now_secs: i64,
) -> Result<Taken, RunError> {
    let (ids, batch) = clerk
        .ask(move |desk| Ok((desk.take(&batch, now_secs)?, batch)))
        .await?;
    let mails: Vec<(i64, Vec<u8>)> = ids
        .into_iter()
        .zip(batch)
        .filter_map(|(id, arrived)| id.map(|id| (id, arrived.raw)))
        .collect();
    for some in mails.chunks(MAX_LOOK_UPS) {
        let facts = futures_util::future::join_all(
            some.iter()
                .map(|(id, raw)| facts(clerk, *id, raw, resolver)),
        );
        let known: Vec<_> = some.iter().map(|(id, _)| *id).zip(facts.await).collect();
        let bell = clerk.bell.clone();
        clerk
            .ask(move |desk| {
                desk.handle_all(&known, now_secs)?;
                bell.ring_at(desk);
                Ok(())
            })
            .await?;
    }
    Ok(Taken {
        mails: mails.len(),
        full: clerk.ask(move |desk| desk.is_outbox_full(now_secs)).await?,
    })
}

/// After a start: the mails that the last process stored and did not finish, one by one, each with
/// its attempt counted before anything looks into it.
pub async fn resume(
    clerk: &Clerk,
    resolver: Option<&Resolver>,
    now_secs: i64,
    stop: &watch::Receiver<bool>,
) -> Result<(), RunError> {
    let ids = clerk.ask(move |desk| desk.unfinished(now_secs)).await?;
    for id in ids {
        // There may be many; what is left is for the next start.
        if *stop.borrow() {
            return Ok(());
        }
        let suspicion = clerk.ask(move |desk| desk.suspicion(id, now_secs)).await?;
        let is_to_blame = match suspicion {
            None => continue,
            Some(Suspicion::None) => false,
            Some(Suspicion::Twice(raw)) => !suspect::survives(&raw).await,
        };
        if is_to_blame {
            clerk.ask(move |desk| desk.blame(id, now_secs)).await?;
            continue;
        }
        // Only now: whoever pulls the plug while the mail is tried out has not tried it.
        let raw = clerk.ask(move |desk| desk.attempt(id, now_secs)).await?;
        let Some(raw) = raw else { continue };
        let facts = match resolver {
            Some(resolver) => facts(clerk, id, &raw, resolver).await,
            None => None,
        };
        clerk
            .ask(move |desk| desk.handle(id, facts, now_secs))
            .await?;
    }
    Ok(())
}

/// As JSON for the inbox row.
async fn facts(clerk: &Clerk, id: i64, raw: &[u8], resolver: &Resolver) -> Option<String> {
    let _held = clerk.deadline.begin_waiting(id, LOOK_UP_TICKS);
    let domain = views::author_domain(raw)?;
    let found = proof::facts(raw, &domain, resolver).await;
    views::facts(found.dkim_domains, found.dmarc_policy)
}

#[cfg(test)]
mod tests;
