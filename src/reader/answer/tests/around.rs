//! What stands around an answer: its subject, its signature, the quote below it.
//!
//! Each list is of one mechanism, so that a new case is one line.

use super::*;

#[test]
fn a_prepared_answer_may_be_a_subject_alone() {
    let with = |subject: &str| {
        let body = Body {
            subject: subject.to_owned(),
            ..Body::default()
        };
        judge(&body, NOW_SECS).verdict
    };
    assert_eq!(with("Yes [12-aeaqcaibaeaqcaibaeaqcaibae]"), Verdict::Yes);
    assert_eq!(with("No [12-aeaqcaibaeaqcaibaeaqcaibae]"), Verdict::No);
    assert_eq!(
        with("Later [12-aeaqcaibaeaqcaibaeaqcaibae]"),
        Verdict::Later
    );
    for other in [
        "Yes",
        "Re: Yes [12-aeaqcaibaeaqcaibaeaqcaibae]",
        "Yes [12]",
        "Yes no [12-aeaqcaibaeaqcaibaeaqcaibae]",
    ] {
        assert_eq!(with(other), Verdict::Unclear, "{other}");
    }
    let typed = Body {
        text: "Yes".to_owned(),
        subject: "No [12-aeaqcaibaeaqcaibaeaqcaibae]".to_owned(),
        ..Body::default()
    };
    assert_eq!(judge(&typed, NOW_SECS).verdict, Verdict::Unclear);
}

#[test]
fn what_takes_a_yes_back_is_seen_in_a_signature_too() {
    for signature in [
        "Carol\nSENT BY MISTAKE",
        "Carol\nChanged My Mind",
        "Carol\nSubject To Contract",
        "Dana\nבתנאי",
        "Carol\nAutomatic Reply",
        "Dave Miller\ni.A. Carol Diaz",
        "Dave Miller\nFor Carol Diaz",
    ] {
        let answer = of("", "Yes please.", signature);
        assert_eq!(answer.verdict, Verdict::Unclear, "{signature:?}");
        assert!(answer.why.contains("in the signature"), "{}", answer.why);
    }
    for signature in [
        "Carol Diaz\nHead of Research\nAcme Ltd\n+1 415 555 0100",
        "Carol Diaz\nProfessorin für Bodenkunde\nBeispielstraße 7, 10115 Berlin",
    ] {
        let answer = of("", "Yes please.", signature);
        assert_eq!(
            answer.verdict,
            Verdict::Yes,
            "{signature:?}: {}",
            answer.why
        );
    }
}

#[test]
fn a_signature_without_end_is_no_signature() {
    for below in ["Ltd ".repeat(20_000), "a\n".repeat(1_500)] {
        let answer = of("", "Yes please.", &below);
        assert_eq!(answer.verdict, Verdict::Unclear);
        assert!(answer.why.contains("too long"), "{}", answer.why);
    }
}

#[test]
fn a_quote_or_a_subject_takes_a_yes_back() {
    let subject = "Alice Ng would like to talk to you – interested?";
    let said = |text: &str, subject_now: &str, quoted: &Quoted| {
        let body = Body {
            text: text.to_owned(),
            subject: subject_now.to_owned(),
            ..Body::default()
        };
        let ours = Ours {
            text: subject,
            quoted: &|| quoted.clone(),
        };
        judge_beside(&body, Some(&ours), NOW_SECS).verdict
    };
    let ours = format!("Re: {subject}");
    let elsewhere = Quoted {
        elsewhere: true,
        ..Quoted::default()
    };
    let strange = Quoted {
        strange: true,
        ..Quoted::default()
    };
    let typed = Quoted {
        typed: "Only after she has paid".to_owned(),
        ..Quoted::default()
    };
    for (text, subject, quoted, verdict) in [
        ("Yes.", ours.as_str(), Quoted::default(), Verdict::Yes),
        (
            "Yes.",
            "Not before March",
            Quoted::default(),
            Verdict::Unclear,
        ),
        ("Yes.", "No thanks", Quoted::default(), Verdict::Unclear),
        ("Yes.", "Rejected", Quoted::default(), Verdict::Unclear),
        ("Yes.", "Re: lunch", Quoted::default(), Verdict::Yes),
        ("Yes.", ours.as_str(), elsewhere.clone(), Verdict::Unclear),
        (
            "Please introduce us.",
            ours.as_str(),
            elsewhere,
            Verdict::Unclear,
        ),
        (
            "Please introduce us.",
            ours.as_str(),
            strange,
            Verdict::Unclear,
        ),
        (
            "Please introduce us.",
            ours.as_str(),
            typed,
            Verdict::Unclear,
        ),
    ] {
        assert_eq!(
            said(text, subject, &quoted),
            verdict,
            "{text} {subject} {quoted:?}"
        );
    }
    let stop = |subject: &str| {
        let body = Body {
            subject: subject.to_owned(),
            ..Body::default()
        };
        judge(&body, NOW_SECS).verdict
    };
    assert_eq!(stop("STOP"), Verdict::Stop);
    assert_eq!(stop("Unsubscribe"), Verdict::Stop);
    assert_eq!(stop("Yes"), Verdict::Unclear);
}

#[test]
fn nothing_at_all_is_no_answer() {
    for subject in ["", " ", "\u{200b}", "Re:"] {
        let body = Body {
            subject: subject.to_owned(),
            ..Body::default()
        };
        assert_eq!(judge(&body, 0).verdict, Verdict::Unclear, "{subject:?}");
    }
}
