//! What takes a yes back among lines that were taken for a signature.
//!
//! Fails towards refusal: a word that is in doubt makes an answer unclear.

use crate::reader::answer::dates;
use crate::reader::answer::lexer::{Gap, Sentence, Token};
use crate::reader::answer::matcher::Matcher;
use crate::reader::answer::sentence::{Laying, Place, Scene, seen};
use crate::reader::answer::tables::Says;
use std::sync::LazyLock;

/// Words that stand in nobody's signature, as they are written in second thoughts.
const UNSIGNED: &[&str] = &[
    "not",
    "no",
    "nope",
    "nah",
    "never",
    "nevermind",
    "nvm",
    "n0",
    "wait",
    "err",
    "oops",
    "only",
    "if",
    "unless",
    "until",
    "instead",
    "retract",
    "retracted",
    "withdraw",
    "withdrawn",
    "cancel",
    "cancelled",
    "canceled",
    "revoked",
    "scratch",
    "edit",
    "update",
    "addendum",
    "pending",
    "charge",
    "charges",
    "must",
    "want",
    "meant",
    "kidding",
    "joking",
    "mistake",
    "accident",
    "error",
    "refuse",
    "refused",
    "declined",
    "rejected",
    "postponed",
    "correction",
    "recall",
    "hold",
    "draft",
    "irrtum",
    "versehen",
    "erreur",
    "engano",
    "errore",
    "vergissing",
    "ps",
    "pps",
    "pd",
    "nb",
    "nein",
    "nicht",
    "kein",
    "keine",
    "nur",
    "erst",
    "falls",
    "warte",
    "vorbehalt",
    "nachtrag",
    "zahlt",
    "non",
    "pas",
    "seulement",
    "attendez",
    "attends",
    "annulé",
    "conditions",
    "nunca",
    "jamás",
    "espera",
    "cobro",
    "sólo",
    "solo",
    "cancelado",
    "previo",
    "não",
    "apenas",
    "espere",
    "aspetta",
    "aspetti",
    "nee",
    "niet",
    "geen",
    "alleen",
    "wacht",
    "voorbehoud",
    "nej",
    "inte",
    "ikke",
    "ikkje",
    "vänta",
    "vent",
    "forbehold",
    "nie",
    "tylko",
    "czekaj",
    "ne",
    "ale",
    "нет",
    "не",
    "только",
    "после",
    "подожди",
    "отменено",
    "ні",
    "лише",
    "hayır",
    "değil",
    "şaka",
    "iptal",
    "ücretli",
    "bekle",
    "ei",
    "vain",
    "odota",
    "nem",
    "csak",
    "várj",
    "nu",
    "doar",
    "όχι",
    "δεν",
    "μόνο",
    "לא",
    "רק",
    "לאחר",
    "لا",
    "ليس",
    "فقط",
    "بعد",
    "لكن",
    "نه",
    "नहीं",
];

static IN_ORDER: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut all = UNSIGNED.to_vec();
    all.sort_unstable();
    all
});

/// What a line begins with below the name of somebody who signs for another.
const FOR_ANOTHER: &[&str] = &[
    "for", "pa", "pp", "po", "ia", "für", "pour", "por", "per", "voor", "för", "за",
];

/// Abbreviations of the same behind a name: `Dave Miller, p.p. Carol Example`.
const BY_PROXY: &[&str] = &["pp", "po", "ia"];

/// Which phrases take a yes back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Which {
    All,
    /// Words in doubt are words of any subject.
    Plain,
    /// So are days.
    Refusals,
}

/// The first words that refuse, postpone, doubt or set a condition, wherever in the sentence.
pub fn by(scene: &Scene<'_>, sentence: &Sentence, which: Which) -> Option<String> {
    let tokens = &sentence.tokens;
    let unsigned = |token: &&Token| IN_ORDER.binary_search(&token.text.as_str()).is_ok();
    let for_another = |token: &&Token| {
        let text = token.text.as_str();
        (token.gap == Gap::Line && FOR_ANOTHER.contains(&text))
            || (token.gap > Gap::None && BY_PROXY.contains(&text))
    };
    let mut tokens_of = tokens.iter();
    if let Some(token) = tokens_of.find(|token| unsigned(token) || for_another(token)) {
        return Some(token.text.clone());
    }
    let seen = seen(scene, tokens);
    let stretches = match which {
        Which::Refusals => Vec::new(),
        _ => {
            let days = dates::find(scene.language, &seen, scene.today);
            dates::stretches(scene.language, &seen, &days)
        }
    };
    let laying = Laying {
        scene,
        tokens,
        seen: &seen,
        place: Place::default(),
        matcher: Matcher::new(scene.language, &seen, &stretches),
    };
    let counts = |says| match which {
        Which::All => says <= Says::Condition || says == Says::Far,
        Which::Plain => (says <= Says::Condition && says != Says::Doubt) || says == Says::Far,
        Which::Refusals => says <= Says::NoAlone,
    };
    let longest = |start| Some((start, laying.longest(start, counts)?));
    let (start, end) = (0..tokens.len()).find_map(longest)?;
    let words = tokens.get(start..end)?.iter().map(|t| t.text.as_str());
    Some(words.collect::<Vec<_>>().join(" "))
}
