//! Single sentences that decide how answers are judged.

use super::*;

mod around;
mod topics;

/// 2026-11-24.
const NOW_SECS: i64 = 1_795_521_600;

fn judged(text: &str) -> Answer {
    let body = Body {
        text: text.to_owned(),
        subject: "Re: Alice Ng would like to talk to you – interested?".to_owned(),
        ..Body::default()
    };
    judge(&body, NOW_SECS)
}

fn all_are(verdict: Verdict, texts: &[&str]) {
    for text in texts {
        let answer = judged(text);
        assert_eq!(answer.verdict, verdict, "{text:?}: {}", answer.why);
    }
}

#[test]
fn days_and_spans_are_counted_from_now() {
    for (text, date) in [
        ("Ask me again in March", Some("2027-03-01")),
        ("Maybe next month", Some("2026-12-01")),
        ("In two weeks", Some("2026-12-08")),
        ("in 6 months please", Some("2027-05-24")),
        ("Maybe next quarter", Some("2027-01-01")),
        ("Let's talk in the new year.", Some("2027-01-01")),
        ("Yes, but not before February 15", Some("2027-02-15")),
        ("Please get back to me after 2027-03-05", Some("2027-03-05")),
        ("After the holidays", None),
        ("Not now", None),
        ("Melde dich im März nochmal", Some("2027-03-01")),
        ("Recontactez-moi dans deux semaines", Some("2026-12-08")),
        ("Más adelante, quizás en marzo", Some("2027-03-01")),
        ("来月また連絡してください", Some("2026-12-01")),
    ] {
        let answer = judged(text);
        assert_eq!(answer.verdict, Verdict::Later, "{text:?}: {}", answer.why);
        assert_eq!(answer.later_until.as_deref(), date, "{text:?}");
    }
}

#[test]
fn characters_that_show_nothing_change_nothing() {
    all_are(
        Verdict::Yes,
        &[
            "y\u{200b}es",
            "ｙｅｓ",
            "\u{feff}Yes",
            "ye\u{ad}s",
            "👍🏽",
            "*Yes*",
            "SI\u{301}",
        ],
    );
    // Turned around, and a Cyrillic letter that looks like a Latin one.
    all_are(Verdict::Unclear, &["\u{202e}sey", "yes \u{2067}on", "уes"]);
}

#[test]
fn a_word_of_two_meanings_needs_its_language() {
    // Thanks in Danish.
    all_are(Verdict::Unclear, &["Tak", "Tack", "Takk"]);
    // No in Albanian; a mere sound of understanding.
    all_are(Verdict::Unclear, &["Jo", "Aha", "Rad!", "Hej"]);
    all_are(
        Verdict::Yes,
        &["Tak, chętnie", "Ja tak", "Ja", "Da", "Si, claro"],
    );
    all_are(Verdict::No, &["No", "Ne", "Nein"]);
    all_are(Verdict::Unclear, &["Si puedo", "ja ik denk het"]);
}

#[test]
fn doubt_and_length_are_never_a_yes() {
    let doubtful = Body {
        text: "Yes".to_owned(),
        doubt: Some("two voices".to_owned()),
        ..Body::default()
    };
    assert_eq!(judge(&doubtful, NOW_SECS).verdict, Verdict::Unclear);
    all_are(Verdict::Unclear, &[&"yes ".repeat(2_000), "", "   "]);
}

#[test]
fn a_signature_is_cut_only_where_it_is_one() {
    all_are(
        Verdict::Yes,
        &[
            "Yes.\n\nBest,\nCarol Danvers\n+1 415 555 0100",
            "Ja, gerne.\n\nCarol",
        ],
    );
    // Title and firm are cut before the answer is judged.
    let titled = "Yes.\n\nBest,\nCarol Danvers\nHead of Product, Target Inc.\n+1 415 555 0100";
    let mail =
        format!("From: Carol Danvers <carol@target.example>\r\nSubject: Re: Alice\r\n\r\n{titled}");
    let body = crate::reader::quote::body(&crate::reader::open(mail.as_bytes()), None);
    assert_eq!(judge(&body, NOW_SECS).verdict, Verdict::Yes);
    all_are(
        Verdict::Unclear,
        &[
            "Yes.\n\nBest,\nCarol\nonly if you ask Dave first",
            "Yes.\n\nCarol\nNOT!",
            "Yes.\n\nCarol\nI charge 200 euros",
            "Yes.\n\nCarol\nP. S. wait for Dave",
            "Yes.\n\nCarol\nPending Legal Review",
            "Yes.\n\nBest,\nCarol\n\nCall my lawyer before you write to her",
        ],
    );
}

#[test]
fn junk_of_any_kind_is_judged_in_time() {
    let pieces = [
        "yes ",
        "no, ",
        "(",
        "{",
        "9",
        "お",
        "\u{202a}",
        "after the ",
        "?!",
        "\n",
        "im ",
        "👍",
        "-",
    ];
    for a in pieces {
        for b in pieces {
            let _ = judged(&format!("{a}{b}").repeat(150));
        }
    }
}

/// What a word by itself says in a language.
fn says(language: &tables::Language, id: interner::Id) -> Vec<tables::Says> {
    let tokens = [matcher::Seen {
        id,
        shape: lexer::Shape::Word,
        named: false,
    }];
    let matcher = matcher::Matcher::new(language, &tokens, &[]);
    let rules = language.phrases.at(matcher.standing(0));
    rules
        .filter_map(|index| language.rules.get(index))
        .filter(|rule| matcher::places(0, matcher.ends(rule.row, 0)).any(|end| end == 1))
        .map(|rule| rule.says)
        .collect()
}

#[test]
fn no_word_is_a_yes_where_some_language_refuses_with_it() {
    use tables::Says;
    let yes = [Says::Yes, Says::Weak];
    let no = [Says::No, Says::NoAlone, Says::Stop];
    let mut checked = 0;
    for (word, id) in WORDS.interner.iter() {
        let readings: Vec<Vec<Says>> = WORDS.languages.iter().map(|l| says(l, id)).collect();
        for (reading, language) in readings.iter().zip(&WORDS.languages) {
            let both =
                reading.iter().any(|s| yes.contains(s)) && reading.iter().any(|s| no.contains(s));
            assert!(!both, "{word} is yes and no in {}", language.code);
        }
        if readings.iter().flatten().any(|s| no.contains(s)) {
            checked += 1;
            assert_ne!(judged(word).verdict, Verdict::Yes, "{word}");
        }
    }
    assert!(checked > 100, "{checked}");
}

#[test]
fn a_clause_that_denies_nothing_changes_no_consent() {
    all_are(
        Verdict::Yes,
        &[
            "Happy to talk. I ran three trials last year.",
            "Please introduce us. We've been looking at moisture sensors for our own vineyard.",
            "Happy to talk to her about the field trials.",
            "Yes! She sounds great.",
            "Sure, how are you?",
            "Why not? Happy to talk.",
            "Volontiers. Je travaille aussi sur ce sujet.",
            "Sehr gerne, ich arbeite selbst an dem Thema.",
        ],
    );
    all_are(
        Verdict::Unclear,
        &[
            // What a mere yes confirms.
            "Yes, I ran three trials last year.",
            "Yes. I ran three trials last year.",
            "Yes, I loved her talk in Lyon.",
            "Ja, ich arbeite selbst an dem Thema.",
            // Denied, doubted, put off or asked within the clause.
            "Happy to talk. I ran three trials last year and might do so again.",
            "Happy to talk. I worked on saying no more often.",
            "Happy to talk. We tested the product and hated it.",
            "Happy to talk to her about why I left.",
            // Of somebody or something else, or in words that nobody knows.
            "Happy to talk to Dave about her trials.",
            "Happy to talk. Dave ran three trials.",
            "Happy to talk about the invoice.",
            "Happy to talk. I flurbed three trials.",
            "Yes, is she any good?",
            "Why not ask Dave? Sure.",
        ],
    );
}

#[test]
fn a_language_with_asides_knows_its_words_of_mere_assent() {
    use tables::Says;
    let mut checked = 0;
    for language in &WORDS.languages {
        let is_aside =
            |rule: &tables::Rule| matches!(rule.says, Says::Remark | Says::Aside | Says::About);
        if !language.rules.iter().any(is_aside) {
            continue;
        }
        checked += 1;
        // Every yes of one word that does not ask for it (`gladly`) is told from a consent.
        let known = language.particles.len();
        assert!(known > 10, "{}: {known} particles", language.code);
    }
    assert!(checked >= 8, "{checked}");
}

fn of(people: &str, text: &str, signature: &str) -> Answer {
    let body = Body {
        text: text.to_owned(),
        signature: signature.to_owned(),
        people: people.to_owned(),
        ..Body::default()
    };
    judge(&body, NOW_SECS)
}

#[test]
fn a_name_is_known_or_stands_where_only_a_name_does() {
    let yes = [
        "Yes please. Bob",
        "Bob, yes please.",
        "Yes please.\n\nkatrin",
        "Sure Yevhen",
        "نعم\n\nأحمد",
    ];
    for text in yes {
        let answer = of("Yevhen Koval Katrin Roe", text, "");
        assert_eq!(answer.verdict, Verdict::Yes, "{text:?}: {}", answer.why);
    }
    let unclear = [
        "Yes. Reluctantly.",
        "Yes please. Conditionally.",
        "Theoretically, yes.",
        "Sure, Sarcastically.",
        "Yes (Cancelled)",
        "Bedingt, ja.",
        "Да. Понарошку.",
        "Yes please, thanks\nreluctantly",
        "Yes please. Dave Decides.",
        "Yes please.\n\nConditionally",
        "Hypothetically,\nyes",
        "Sure. Best Avoided.",
        "نعم بتردد",
        "כן בערך",
    ];
    for text in unclear {
        let answer = of("Yevhen Koval Katrin Roe", text, "");
        assert_eq!(answer.verdict, Verdict::Unclear, "{text:?}: {}", answer.why);
    }
}

#[test]
fn another_ending_is_no_slip_of_the_thumb() {
    all_are(
        Verdict::Unclear,
        &[
            // Nor is another person: the subject names Alice.
            "Happy to talk to Alison.",
            "Introduce me to Alicia please.",
            "Please introduce Dave.",
            "( ) yes",
            "I welcomed the introduction.",
            "Das interessierte mich sehr.",
            "Çok isterdim.",
            "Juttelin mielelläni.",
            "Acepté la presentación.",
        ],
    );
    all_are(
        Verdict::Yes,
        &["Yes, pleaase introduce us", "Yes, please intorduce us"],
    );
}

#[test]
fn a_tally_counts_every_bit() {
    let mut tally = Tally::default();
    for number in 0..MAX_TOKENS as u64 {
        tally.add(number << 1 | 1);
    }
    const { assert!(MAX_TOKENS < 1 << TALLY_DIGITS) };
    assert_eq!((tally.most(1), tally.least(1)), (MAX_TOKENS, MAX_TOKENS));
    let mut counts = vec![MAX_TOKENS];
    for digit in 0..9 {
        let have = (0..MAX_TOKENS).filter(|n| n >> digit & 1 != 0).count();
        assert_eq!(tally.most(2 << digit), have);
        assert_eq!(tally.least(2 << digit), have);
        counts.push(have);
    }
    // The last bit was never set.
    counts.push(0);
    let all = (1 << counts.len()) - 1;
    assert_eq!((tally.most(all), tally.least(all)), (MAX_TOKENS, 0));
    for least in 0..=2 * MAX_TOKENS {
        let with = |at: usize| u64::from(counts[at] >= least) << at;
        let want: u64 = (0..counts.len()).map(with).sum();
        assert_eq!(tally.with(all, least), want, "{least}");
    }
}

#[test]
fn what_breaks_off_or_is_in_quotation_marks_is_no_yes() {
    all_are(
        Verdict::Unclear,
        &[
            "Yes and",
            "Ja...",
            "Klar…",
            "'Yes please'",
            "‘Sure’",
            "~Yes please~",
            "Yes :((",
            "Yes -_-",
            "Yes T_T",
            "Yes: ____",
            "Were happy to meet her.",
            "Thanks po",
            "Hi Dale!",
            "Thanks,\nBora",
            "Yes:",
        ],
    );
    all_are(Verdict::Yes, &["We're happy to meet her.", "Yes :)"]);
}

#[test]
fn who_is_spoken_to_is_not_whoever_asks() {
    all_are(
        Verdict::Unclear,
        &["Ich lerne Sie gern kennen.", "Parlo volentieri con Lei."],
    );
    all_are(
        Verdict::Yes,
        &[
            "Ich lerne sie gern kennen.",
            "Stellen Sie uns gern vor.",
            "Parlo volentieri con lei.",
        ],
    );
}
