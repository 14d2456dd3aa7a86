//! The connection is cut after every byte of a session that reads, and of one that sends.
//! Fails with the byte after which a mail was lost, handled twice or sent twice.
//!
//! `ASKFIRST_STRIDE=1 cargo test --test suite durable::cuts -- --nocapture` tries every byte.

use super::town::Town;
use askfirst::demo::faults::{Act, Fault};

fn stride(usual: usize) -> usize {
    let said = std::env::var("ASKFIRST_STRIDE").ok();
    said.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A reading session with one mail has about 2,600 bytes; behind its end the cut hits the next push.
const IMAP_BYTES: usize = 2_800;
/// A sending session with two mails has about 700.
const SMTP_BYTES: usize = 760;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_session_may_be_cut_after_any_byte() {
    let mut town = Town::start().await;
    let mut cuts = 0;
    for byte in (0..IMAP_BYTES).step_by(stride(29)) {
        // The news of the mail ends the session that waits; the next one is cut.
        town.village
            .imap_faults
            .add(Fault::on("IDLE PUSH", Act::Close));
        town.village
            .imap_faults
            .add(Fault::on("GREETING", Act::CutAfter(byte)));
        town.forward();
        town.settle().await;
        cuts += 1;
        let what = format!("cut after byte {byte}");
        let requests = i64::try_from(town.requests).unwrap();
        assert_eq!(
            town.number("SELECT count(*) FROM inbox").await,
            requests,
            "{what}"
        );
        assert_eq!(
            town.number("SELECT count(*) FROM inbox WHERE disposition = 'request'")
                .await,
            requests,
            "{what}"
        );
        assert_eq!(
            town.number("SELECT count(*) FROM introductions").await,
            requests,
            "{what}"
        );
        assert_eq!(town.copies().len(), 2 * cuts, "{what}");
        town.empty_mailbox();
    }
    assert!(town.copies().values().all(|copies| *copies == 1));
    println!(
        "reading: {cuts} cuts, {} mails in, none lost, none twice",
        town.requests
    );
    town.village.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sending_session_may_be_cut_after_any_byte() {
    let mut town = Town::start().await;
    let mut cuts = 0;
    for byte in (0..SMTP_BYTES).step_by(stride(11)) {
        // The connection that is kept from before ends; the next one is cut.
        town.village.smtp_faults.add(Fault::on("MAIL", Act::Close));
        town.village
            .smtp_faults
            .add(Fault::on("GREETING", Act::CutAfter(byte)));
        town.forward();
        town.settle().await;
        cuts += 1;
        let what = format!("cut after byte {byte}");
        let rows = town.rows().await;
        assert_eq!(rows.len(), 2 * cuts, "{what}: {rows:#?}");
        assert!(
            rows.iter().all(|row| row.state == "accepted"),
            "{what}: {rows:?}"
        );
        let copies = town.copies();
        assert_eq!(copies.len(), 2 * cuts, "{what}");
        // The server files a copy in Sent, so even an unknown outcome is known in the end.
        assert!(copies.values().all(|copies| *copies == 1), "{what}");
        town.empty_mailbox();
        assert_eq!(
            town.village.smtp_faults.left(),
            0,
            "{what}: it never struck"
        );
    }
    let unknown = town.number("SELECT sum(unknowns) FROM outbox").await;
    println!(
        "sending: {cuts} cuts, {unknown} unknown outcomes, {} mails, none lost, none twice",
        2 * cuts
    );
    town.village.end().await;
}
