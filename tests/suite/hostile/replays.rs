//! F14: a genuine mail of the target, sent again by somebody who holds the secret of the ask.

use super::*;

/// What Carol's provider signs, and what it does not: the thread.
const SIGNED: &str = "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=target.example; s=s1;\r\n\th=From:To:Subject:Date:Message-ID; bh=x=; b=y=\r\n";
/// The same, and To is not signed either.
const SIGNED_LITTLE: &str = "DKIM-Signature: v=1; a=rsa-sha256; d=target.example; s=s1;\r\n h=From:Date:Subject:Message-ID; bh=x=; b=y=\r\n";

fn passes(mail: &str) -> String {
    format!(
        "Authentication-Results: {MX}; dkim=pass header.d=target.example; dmarc=pass header.from=target.example; spf=fail smtp.mailfrom=eve@evil.test\r\n{mail}"
    )
}

/// Genuine mails that answer another question, as the attacker sends them on.
pub fn mails(w: &mut World, ask: &Sent) -> Vec<(&'static str, String)> {
    let id = ask.letter.message_id.clone().unwrap();
    let token = super::secrets::token(ask);
    let thread = format!("In-Reply-To: {id}\r\nReferences: {id}\r\n");
    let genuine = |w: &mut World, to: &str, text: &str| {
        let mail = w.writer(CAROL).mail(to, "", "Re: lunch on Tuesday", text);
        String::from_utf8(mail).unwrap()
    };
    let mut all = Vec::new();
    let lunch = genuine(w, "alice@req.example", "Yes, gladly.");
    all.push((
        "her yes to lunch, our thread added",
        passes(&format!("{thread}{SIGNED}{lunch}")),
    ));
    let lunch = genuine(w, BOT, "Yes, gladly.");
    all.push((
        "her yes to us about something else, our thread added",
        passes(&format!("{thread}{SIGNED}{lunch}")),
    ));
    let lunch = genuine(
        w,
        "alice@req.example",
        &format!("Yes, gladly.\n\n> Code: {token}"),
    );
    all.push((
        "her words about the ask to the requester",
        passes(&format!("{SIGNED}{lunch}")),
    ));
    let lunch = genuine(w, &format!("intro+{token}@bot.example"), "Yes, gladly.");
    all.push((
        "To was not signed, and was changed",
        passes(&format!("{SIGNED_LITTLE}{lunch}")),
    ));
    let lunch = genuine(w, "alice@req.example", "Yes, gladly.");
    let copied = format!("Cc: intro+{token}@bot.example\r\n");
    all.push((
        "Cc was not there, and was added",
        passes(&format!("{copied}{SIGNED}{lunch}")),
    ));
    let lunch = genuine(w, "alice@req.example", "Yes, gladly.");
    let delivered = format!("Delivered-To: intro+{token}@bot.example\r\n");
    all.push((
        "the envelope names the token",
        passes(&format!("{delivered}{SIGNED}{lunch}")),
    ));
    all
}

/// The honest twins: what Carol's provider signs covers the tie, or the mail came straight from it.
#[test]
fn f14_a_real_answer_is_tied_by_what_is_signed() {
    let full = "DKIM-Signature: v=1; a=rsa-sha256; d=target.example; s=s1; h=from:to:subject:date:message-id:in-reply-to:references; bh=x=; b=y=\r\n";
    let direct = format!(
        "Authentication-Results: {MX}; dkim=pass header.d=target.example; dmarc=pass header.from=target.example; spf=pass smtp.mailfrom=carol@target.example\r\n"
    );
    for (what, head) in [
        ("the thread is signed", passes(full)),
        ("the sub-address is signed", passes(SIGNED)),
        (
            "it came straight from her server",
            format!("{direct}{SIGNED_LITTLE}"),
        ),
        ("nothing is signed, SPF passed", direct.clone()),
    ] {
        let (mut w, ask) = asked(house());
        let mail = reply(&mut w, CAROL, &ask, Dress::Gmail, "Yes, gladly.");
        w.raw(format!("{head}{mail}").as_bytes());
        assert!(is_introduced(&w), "{what}");
    }
}

/// A thread alone ties an answer where the signature covers it, and not where it doesn't.
#[test]
fn f14_an_unsigned_thread_is_confirmed_at_the_asked_address() {
    for (covered, expected) in [("in-reply-to:references", true), ("subject", false)] {
        let mut apart = house();
        apart.separator = Some(None);
        let (mut w, ask) = asked(apart);
        let id = ask.letter.message_id.clone().unwrap();
        let mail = w.writer(CAROL).mail(BOT, "", "Re: Alice", "Yes, gladly.");
        let mail = String::from_utf8(mail).unwrap();
        let signed = format!(
            "DKIM-Signature: v=1; a=rsa-sha256; d=target.example; s=s1; h=from:to:date:message-id:{covered}; bh=x=; b=y=\r\n"
        );
        let left = w.raw(passes(&format!("In-Reply-To: {id}\r\n{signed}{mail}")).as_bytes());
        assert_eq!(is_introduced(&w), expected, "{covered}");
        if !expected {
            to(&left, CAROL.1);
        }
    }
}
