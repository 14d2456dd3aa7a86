//! What an answer takes up again of the request that it is to.

use super::*;

#[test]
fn an_answer_may_take_up_what_the_request_is_about_and_nothing_else() {
    let ours = "Alice Ng would like to talk to you – interested?\n\nHi Bob, I build a Sensor network for \
        vineyards and would never waste her time. Could we talk about calibration?\n\nAlice";
    let beside = |text: &str, ours: &str| {
        let body = Body {
            text: text.to_owned(),
            subject: "Re: Alice Ng would like to talk to you – interested?".to_owned(),
            ..Body::default()
        };
        let quoted = Quoted::default;
        let ours = Ours {
            text: ours,
            quoted: &quoted,
        };
        judge_beside(&body, Some(&ours), NOW_SECS).verdict
    };
    let of_other =
        "Alice Ng would like to talk to you – interested?\n\nHi Bob, I sell boats.\n\nAlice";
    for text in [
        "Always happy to talk about calibration.",
        "I'm happy to help her with her vineyard.",
        "Sensors are right up my alley. Please introduce us.",
        "Sure, always happy to discuss the sensor network.",
    ] {
        assert_eq!(beside(text, ours), Verdict::Yes, "{text:?}");
        assert_eq!(beside(text, of_other), Verdict::Unclear, "{text:?}");
        assert_eq!(judged(text).verdict, Verdict::Unclear, "{text:?}");
    }
    for text in [
        "Always happy to talk about boats.",
        "Always happy to talk about never.",
        "Happy to talk about calibration with Dave.",
        "Happy to help Dave with calibration.",
        "Yes, I love vineyards.",
    ] {
        assert_ne!(beside(text, ours), Verdict::Yes, "{text:?}");
    }
}

#[test]
fn where_our_mail_is_not_known_its_quote_says_what_the_request_is_about() {
    let verdict = |request: &str| {
        let raw = format!(
            "From: Carol Diaz <carol@target.example>\r\nTo: Bob <bot@bot.example>\r\nSubject: Re: hello\r\n\r\n\
             Always happy to talk about calibration.\r\n\r\n\
             On 24 Nov 2026 at 10:00, Bob <bot@bot.example> wrote:\r\n> {request}\r\n"
        );
        let letter = crate::reader::open(raw.as_bytes());
        judge(&crate::reader::quote::body(&letter, None), NOW_SECS).verdict
    };
    assert_eq!(verdict("Could we talk about Calibration?"), Verdict::Yes);
    assert_eq!(verdict("Could we talk about boats?"), Verdict::Unclear);
}

/// What an answer beside our mail with a request about this says.
fn beside_a_request_about(topic: &str, text: &str) -> Verdict {
    let body = Body {
        text: text.to_owned(),
        ..Body::default()
    };
    let ours = format!("Alice\n\n{topic}.");
    let quoted = Quoted::default;
    let ours = Ours {
        text: &ours,
        quoted: &quoted,
    };
    judge_beside(&body, Some(&ours), NOW_SECS).verdict
}

#[test]
fn what_the_request_is_about_is_known_in_other_languages_too() {
    for (topic, text) in [
        ("Weinberge", "Ich spreche gerne über Weinberge."),
        ("Weinberge", "Ich spreche gerne über ihre Weinberge."),
        (
            "Weinberge",
            "Ja, ich helfe gerne mit den Weinbergen weiter.",
        ),
        (
            "Weinberge",
            "Ich beantworte gerne ihre Fragen zu den Weinbergen.",
        ),
        ("vignobles", "Je veux bien parler des vignobles."),
        ("vignobles", "Ravie de discuter de vignobles."),
        ("viñedos", "Me encantaría hablar sobre viñedos."),
        ("viñedos", "Con mucho gusto hablo de viñedos."),
        ("vigneti", "Parlo volentieri di vigneti."),
        ("vigneti", "Felice di parlare dei vigneti."),
        ("wijngaarden", "Ik praat graag over wijngaarden."),
        ("wijngaarden", "Ik zou graag over wijngaarden praten."),
        ("vinhedos", "Terei gosto em falar sobre vinhedos."),
        ("vinhedos", "Adoraria conversar sobre os vinhedos."),
        ("vingårdar", "Jag pratar gärna om vingårdar."),
        ("vingårdar", "Jag vill gärna prata om vingårdar."),
    ] {
        assert_eq!(
            beside_a_request_about(topic, text),
            Verdict::Yes,
            "{text:?}"
        );
        let other = beside_a_request_about("boats", text);
        assert_eq!(other, Verdict::Unclear, "{text:?}");
    }
}

#[test]
fn whoever_is_spoken_to_is_not_helped_with_what_the_request_is_about() {
    for (topic, text) in [
        (
            "Weinberge",
            "Ich beantworte gerne Ihre Fragen zu den Weinbergen.",
        ),
        ("Weinberge", "Ich beantworte gerne Ihre Fragen."),
        ("Weinberge", "Ich spreche gerne über Ihre Weinberge."),
        ("Weinberge", "Ich helfe gerne mit Ihren Weinbergen."),
        ("Weinberge", "Ich spreche gerne mit Ihnen über Weinberge."),
        ("Weinberge", "Ich würde gerne mit Dir über Weinberge reden."),
        ("vignobles", "Je veux bien vous parler des vignobles."),
        ("viñedos", "Encantada de hablar contigo de viñedos."),
        ("viñedos", "Encantada de responder a sus preguntas."),
        ("vigneti", "Parlo volentieri con te di vigneti."),
        ("wijngaarden", "Ik praat graag met jou over wijngaarden."),
        ("vinhedos", "Terei gosto em falar consigo sobre vinhedos."),
        ("vingårdar", "Jag pratar gärna med dig om vingårdar."),
    ] {
        let verdict = beside_a_request_about(topic, text);
        assert_eq!(verdict, Verdict::Unclear, "{text:?}");
    }
}
