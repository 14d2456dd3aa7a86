//! The words of wishes in English, German, French and Spanish: what stands before a name, what ends
//! one, what is none.

use regex::Regex;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Small words inside names, in lower case.
pub const PARTICLES: &[&str] = &[
    "de", "da", "di", "del", "della", "van", "von", "der", "den", "zu", "la", "le", "bin", "al",
    "el", "ten", "ter", "dos", "du",
];

/// Words that join the members of a list.
pub const AND: &[&str] = &["and", "und", "et", "y", "e", "sowie", "plus", "&", "+"];
/// Words that leave a choice; nothing is chosen here.
pub const OR: &[&str] = &["or", "oder", "ou", "o"];
/// Words between the two sides of an introduction.
pub const TO: &[&str] = &["to", "with", "mit", "à", "avec", "con", "a", "al", "w"];

/// Words before a name that are no part of it.
static LEADING: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    set(
        "my our your the friend friends colleague colleagues cofounder co-founder boss good old \
    dear great wonderful lovely amazing brilliant both either perhaps maybe also please pls \
    kindly directly someone called named contact this person folks people following to with \
    for is mein meine meinem meinen meiner dein deine deinem deinen deiner unser unsere \
    unserem unseren unserer ihre ihrem ihren ihrer freund freundin kollege kollegen kollegin \
    bitte mal doch auch den die der dem das liebe lieben mon ma ton ta votre notre son sa \
    ami amie collègue aussi le la mi tu su nuestro nuestra amigo amiga colega también el por \
    favor dr prof professor mr mrs ms miss sir herr herrn frau mme m monsieur madame sr sra \
    señor señora don doña dra",
    )
});

/// Words in lower case that end a name, or are none.
static ENDING: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    set(
        "about if whether for regarding re from at of in on by who whom whose that which so \
    because since as when while once before after again please pls plz thanks thank thx \
    today tomorrow soon asap now next this sometime some over via directly too also but not \
    then there here how what why where would could might can will is are be was has have i \
    me us you him her them it he she they we someone somebody anyone anybody everyone myself \
    yourself himself herself a an the to with any all other others another more see up out \
    back just only instead rather face w should must ought their his its my our your wants wanted likes ob wegen \
    über von bei aus zu zum zur für im am weil da damit wenn der die das den dem ein eine \
    einen einem einer er sie es ihn ihm ihr mich mir uns dich dir bitte danke vor weiter \
    bekannt kennen nächste morgen heute nicht oder aber wäre ist hat mal si qui que pour \
    chez sur dans merci svp au aux du des un une le les il elle moi nous vous afin car pas \
    s'il est para por sobre del los las una unos él ella nosotros porque gracias cuando está \
    mañana",
    )
});

/// Capitalised words that are no names: greetings, verbs at the start, days, months.
static NO_NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    set(
        "hi hello hey dear please pls ask meet introduce intro introduction connect contact \
    forward fwd fw to cc from for with and the email e-mail mail name address could can \
    would thanks thank best regards kind warm warmly cheers sincerely yours sent see below \
    fyi re tel ok okay yes no sure great perfect done thoughts interesting nice advise \
    attached following up let me i i'm i'd i've my our your you he she it they we this that \
    his her their monday tuesday wednesday thursday friday saturday sunday january february \
    march april may june july august september october november december hallo liebe lieber \
    bitte frag an für mit von danke grüße gruß viele beste montag dienstag mittwoch \
    donnerstag freitag samstag sonntag sie ihnen ihre ihrem siehe unten kontakt adresse \
    interesse zeit bonjour salut cher chère merci pour cordialement à de hola gracias \
    saludos para querido querida correo dirección",
    )
});

/// Titles and degrees that stand in names and are no part of them, folded.
pub static TITLES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    set(
        "dr prof professor mr mrs ms miss sir herr herrn frau mme monsieur madame sr sra senor \
    senora dra phd md mba jr ing dipl msc bsc",
    )
});

fn set(words: &'static str) -> HashSet<&'static str> {
    words.split_whitespace().collect()
}

fn among(list: &HashSet<&str>, word: &str) -> bool {
    list.contains(word.trim_end_matches('.').to_lowercase().as_str())
}

pub fn is_leading(word: &str) -> bool {
    among(&LEADING, word)
}

/// Whether this word, in lower case as it stands, ends a name.
pub fn is_ending(word: &str) -> bool {
    ENDING.contains(word)
}

pub fn is_no_name(word: &str) -> bool {
    among(&NO_NAMES, word)
}

/// Words after two people who are to meet, or after one who is to meet another.
pub const SHOULD: &[&str] = &[
    "should",
    "must",
    "ought",
    "need",
    "needs",
    "sollte",
    "sollten",
    "müssen",
    "devraient",
    "doivent",
    "deberían",
];
/// Words behind somebody who would gain by it: `Karim would love this`.
pub const WOULD: &[&str] = &[
    "should", "must", "ought", "would", "might", "may", "sollte", "würde", "könnte", "müsste",
    "devrait", "aimerait", "voudrait", "debería", "querría",
];
/// What stands behind those words where somebody is to meet the one of whom the mail speaks.
pub static GAINS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^\s*(?:to\s+)?(?:(?:really|definitely|surely|well|also|want\s+to|like\s+to|love\s+to|unbedingt|sie|ihn|la|le)\s+)*(?:meet|talk\s+to|talk\s+with|speak\s+to|speak\s+with|know|see|hear|love|enjoy|be\s+(?:interested|keen|perfect|great|good|right|the\s+right|happy|glad)|kennenlernen|sprechen|treffen|passen|interessieren|rencontrer|être\s+intéressée?|conocer|hablar)\b",
    )
    .ok()
});
/// Words that may stand between a name and the verb that ends a wish.
pub const FILLERS: &[&str] = &["mal", "doch", "bitte", "kurz", "auch", "gern", "gerne"];

/// How wishes begin that can only mean an introduction.
pub const STRONG: &[&str] = &[
    r"intro(?:s|duce|ducing|duction|ductions)?(?:\s+(?:me|us|him|her|them|both))?(?:,?\s+please,?)?\s+(?:to|with)",
    r"(?:connect|link|hook|match|pair|set|put|get|bring)(?:ing)?\s+(?:me|us|him|her|them)\s+(?:up\s+)?(?:in\s+(?:touch|contact)\s+)?(?:with|to)",
    r"in(?:to)?\s+(?:touch|contact)\s+with",
    r"(?:forward|pass|send|relay)(?:ing)?(?:\s+[\p{L}']+){0,4}?\s+to",
    r"(?:intro|introduction|target)\s*:",
    r"(?:intro|vorstellung|einführung)\s+(?:bei|an|zu|mit|für)",
    r"kontakt\s+(?:zu|mit)",
    r"pr[ée]sente[rsz]?(?:[- ](?:moi|nous))?\s+(?:à|au)",
    r"(?:relation|contact|lien)\s+avec",
    r"(?:intro|introduction|présentation)\s+(?:à|auprès\s+de|avec|pour)",
    r"(?:transmet(?:s|tre|tez)|transf(?:ère|érer|érez)|faire\s+suivre|fais\s+suivre)(?:\s+[\p{L}']+){0,4}?\s+à",
    r"(?:pres[eé]ntame|presentarme|presentarnos|pres[eé]ntanos|presentas|presentar|presenta)\s+(?:a|al|con)",
    r"contacto\s+con",
    r"con[eé]ct(?:ame|arme|ar|arnos|anos)\s+con",
    r"(?:intro|introducción|presentación)\s+(?:a|con|para)",
    r"reenv[ií](?:a|ar|alo|arlo|áselo|aselo|árselo)(?:\s+[\p{L}']+){0,3}?\s+a",
];
/// The same, where `X to Y` may follow.
pub const STRONG_WITH_TWO: &[&str] = &[
    r"(?:introduce|introducing|intro|connect|connecting)",
    r"pr[ée]sente[rz]?(?:[- ](?:moi|nous))?",
    r"verbinde|vernetze",
];
/// How wishes begin that may mean something else.
pub const WEAK: &[&str] = &[
    r"ask(?:ing)?",
    r"check\s+with",
    r"loop(?:ing)?\s+in",
    r"tell(?:ing)?",
    r"(?:was|etwas|interessant|idee)\s+für",
    r"try|ping|contact|contacting|e-?mail|message",
    r"run\s+(?:this|it|that)\s+(?:by|past)",
    r"shar(?:e|ing)(?:\s+[\p{L}']+){0,3}?\s+with",
    r"(?:note|mail|message|request|one|this\s+is|opt-?in)\s+for",
    r"see\s+(?:if|whether)",
    r"find\s+out\s+(?:if|whether)",
    r"meet(?:ing)?(?:\s+with)?",
    r"(?:talk|talking|speak|speaking|chat|chatting|word|call|conversation|coffee)\s+(?:to|with)",
    r"get\s+to\s+know",
    r"reach(?:ing)?\s+out\s+to",
    r"(?:help|helps)\s+(?:me|us)\s+(?:to\s+)?(?:reach|find|contact|meet)",
    r"do\s+you\s+(?:happen\s+to\s+)?know",
    r"(?:frag|frage|fragst|fragen)(?:\s+(?:du|sie|bitte|mal|doch))*",
    r"demande[rz]?\s+à",
    r"rencontrer",
    r"parler\s+(?:à|avec)",
    r"preg[uú]nt(?:a|ar|as|ale|arle)\s+a",
    r"conocer\s+a",
    r"hablar\s+con",
];
/// What is no wish but speaks of somebody whom the other knows.
pub const HINTS: &[&str] = &[
    r"(?:you|you['’]re|you\s+are|you['’]ve)(?:\s+(?:both|also|already))?\s+(?:know|connected\s+(?:to|with)|friends\s+with|mentioned)",
    r"(?:du|sie|ihr)\s+(?:kennst|kennen|kennt)",
    r"(?:tu\s+connais|vous\s+connaissez|conoces)(?:\s+(?:à|a))?",
];
/// Wishes whose verb comes last, or that are only one with a certain word after the name.
pub const WITH_END: &[(&str, &[&str])] = &[
    (
        r"(?:stell(?:e|st|en|t)?)(?:\s+(?:du|sie|ihr|bitte|mal|doch|mich|uns|kurz))*|(?:mich|uns|mir)(?:\s+(?:bitte|mal|doch|kurz|mit|bei|auch))*",
        &[
            "vor",
            "vorstellen",
            "vorstellst",
            "vorzustellen",
            "bekannt",
            "bekanntmachen",
            "verbinden",
            "vernetzen",
            "zusammenbringen",
            "in",
        ],
    ),
    (
        r"mit",
        &[
            "bekannt",
            "bekanntmachen",
            "verbinden",
            "vernetzen",
            "zusammenbringen",
        ],
    ),
    (
        r"an",
        &["weiter", "weiterleiten", "weiterleitest", "weitergeben"],
    ),
    (
        r"(?:kannst|könntest|könnten|können|würdest|magst|willst|wollen|mögen)\s+(?:du|sie|ihr)(?:\s+(?:bitte|mal|doch|auch))*",
        &[
            "fragen",
            "anfragen",
            "kontaktieren",
            "anschreiben",
            "ansprechen",
        ],
    ),
    (
        r"(?:gern|gerne|möchte|würde)(?:\s+(?:gern|gerne|mal|auch|mit))*",
        &["kennenlernen", "kennen", "treffen", "sprechen"],
    ),
    (r"let", &["know"]),
    (
        r"ob",
        &[
            "interesse",
            "interessiert",
            "lust",
            "zeit",
            "offen",
            "das",
            "sich",
            "daran",
            "bereit",
        ],
    ),
    (
        r"would|could|might|if|whether|is|can|think",
        &[
            "be",
            "is",
            "would",
            "might",
            "could",
            "can",
            "will",
            "wants",
            "has",
            "likes",
            "open",
            "interested",
            "up",
            "available",
            "willing",
        ],
    ),
    (
        r"si",
        &[
            "serait", "est", "veut", "pourrait", "estaría", "quiere", "puede", "tiene",
        ],
    ),
];
