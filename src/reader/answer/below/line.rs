//! What a line below an answer is, by its words: somebody's name, a title, a firm, a place, a telephone.
//!
//! Fails towards nothing: a line with words of sentences, or with words that no list has, is none of them.

use crate::reader::answer::interner::UNKNOWN;
use crate::reader::answer::lexer::characters::is_unspaced;
use crate::reader::answer::lexer::{Gap, Shape, Token};
use crate::reader::answer::lists::{List, PARTS, PLACES, SPOKEN, TITLES, UNSIGNED};
use crate::reader::answer::names::{Names, is_given, is_title};

/// Words of a line that is somebody's name.
const MAX_NAME_WORDS: usize = 5;
/// Letters of a small word in the name of a firm or a place: `of`, `and`.
const MAX_SMALL: usize = 3;
/// Figures of a number that is no year: a postal code.
const MIN_CODE: u32 = 10_000;
/// Years that somebody may postpone to, where a postal code could stand.
const YEARS_AHEAD: std::ops::Range<u32> = 2026..2050;
/// Letters of a state, a county or a country in capitals: `NY`, `NSW`.
const MAX_ABBREVIATION: usize = 3;
/// What stands between names, and beside them.
static PARTICLES: List = List::of(
    "\
    von van de der den da di do dos du del la le bin al el ten af av zu she her hers he him his they \
    them theirs sie er elle il ella él pronouns",
);
/// What a firm, a department or an office has in scripts without spaces: it begins or ends the line.
const UNSPACED_BEGINS: &str = "\
    株式会社 有限会社 合同会社 一般社団法人 国立 주식회사 ㈜";
const UNSPACED_ENDS: &str = "\
    株式会社 有限会社 公司 大学 大學 学院 學院 学部 学科 研究科 研究所 研究室 病院 医院 事務所 协会 協会 银行 銀行 部 课 課 室 局 教授 社長 部長 課長 経理 经理 經理 \
    总监 总裁 主任 取締役 弁護士 律师 医师 医師 工程师 老师 先生 대학교 연구소 주식회사 병원 은행 교수 대표 이사 팀장 과장 부장 변호사 연구원";
/// Towns and countries in scripts without spaces, and what may end what follows them.
const UNSPACED_PLACES: &str = "\
    東京 大阪 京都 横浜 名古屋 福岡 札幌 神戸 仙台 広島 北海道 神奈川 千葉 埼玉 愛知 日本 上海 北京 深圳 广州 杭州 南京 成都 武汉 西安 苏州 重庆 天津 香港 澳门 台北 \
    台湾 中国 中國 新加坡 서울 부산 인천 대구 대전 광주 수원 성남 제주 대한민국";
const UNSPACED_REGIONS: &str = "都府県道市区區省町村시구도동로";

/// `AI Assistant`, `Virtual Assistant`: nobody of flesh and blood need be.
static MACHINES: List = List::of(
    "\
    ai ki ia virtual virtuelle virtueller virtuel virtuale digital",
);
static HELPERS: List = List::of(
    "\
    assistant assistante assistent assistentin assistente asistente asystent asystentka asistan \
    agent agente secretary",
);
/// Rooms and people in front of the writer's name: `Team Carol`, `Büro Carol Diaz`.
static OFFICES: List = List::of(
    "\
    team office büro sekretariat sekretariatet secretariat secrétariat secretaría secretaria \
    secretária secretariaat segreteria biuro kontor assistant assistante assistent \
    assistentin assistente asistente asystent asystentka secretary sekretärin secrétaire secretario \
    secretaresse pa ea секретарь ассистент помощник asistanı sekreteri",
);
/// What begins no name of a firm or a place.
static BEGIN_NOTHING: List = List::of(
    "\
    in under at on off per pro ad within beyond ha im unter auf bei zu zur zum en sous sur hors bajo sotto onder op \
    naar pod под на в au aux à a na com con mit met med till",
);
/// What stands before `Director` where nobody is named.
static ARTICLES: List = List::of(
    "\
    the a an die der das ein eine la le il lo el het de un une una o os as uma",
);
/// More of whom no name says who wrote.
static STAFF: List = List::of(
    "\
    service department hr staff crew management board intern reception marketing sales support desk accounts billing équipe equipe equipo equipa direction \
    dirección direzione direção directie geschäftsleitung geschäftsführung abteilung personalabteilung verwaltung \
    zarząd vedení johto дирекция секретариат бухгалтерия приёмная приемная отдел sekreter teamet family familie famille familia família famiglia",
);
/// What stands before the writer's name where somebody else signs.
static OF_HER: List = List::of(
    "\
    of to for für pour por para voor till dla для için",
);

/// Trades that are surnames.
static SURNAMES: List = List::of(
    "baker barber brewer butcher carpenter cook dean dyer farmer gardener judge mason miller painter \
    porter potter provost tailor weaver",
);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A title, a firm, a street, a telephone, an address or a link; lines beside it may be anything with capitals.
    Marked,
    Name,
    Place,
    /// Nothing that is known: a firm or a place that no list has, or terms.
    Loose,
    /// Words of a sentence, which no signature has wherever it stands.
    Spoken,
    /// Somebody else's name.
    Another,
    /// Closing words, as whoever asks knows them.
    Closing,
}

/// What the line is; `first`: a signature begins with it.
pub fn kind(names: &Names<'_>, line: &[&Token<'_>], first: bool) -> Kind {
    let is_reached = |t: &&Token<'_>| matches!(t.shape, Shape::Phone | Shape::Mail | Shape::Link);
    let spoken = is_spoken(line);
    // `Ask Dave: +44 20 7946 0321`
    let of_another = |t: &&Token<'_>| is_given(&t.text) && !names.is_own(&t.text) && t.capital;
    if line.iter().any(is_reached) {
        return match spoken && line.iter().any(of_another) {
            true => Kind::Spoken,
            false => Kind::Marked,
        };
    }
    if is_of_hers(names, line)
        || is_relatives(names, line, first)
        || (first && is_office(names, line))
    {
        return Kind::Another;
    }
    if is_name(names, line, first) {
        return Kind::Name;
    }
    if spoken {
        return Kind::Spoken;
    }
    if is_place(line) {
        return Kind::Place;
    }
    if is_anothers(names, line) {
        return Kind::Another;
    }
    if is_coded(line) || is_titled(line) {
        return Kind::Marked;
    }
    Kind::Loose
}

/// Whether the line, right below closing words, is the writer's name.
pub fn signs(names: &Names<'_>, line: &[&Token<'_>]) -> bool {
    !is_of_hers(names, line) && !is_relatives(names, line, true) && is_name(names, line, true)
}

/// Whether every word may be a part of some name: a capital, or a small word between two; `Under Review` is none.
pub fn is_capitalised(line: &[&Token<'_>]) -> bool {
    let small = |token: &Token<'_>| token.text.chars().nth(MAX_SMALL).is_none();
    line.first()
        .is_some_and(|token| is_capital(token) && !BEGIN_NOTHING.has(&token.text))
        && line.iter().all(|token| is_capital(token) || small(token))
}

fn is_capital(token: &Token<'_>) -> bool {
    token.capital
        || !token
            .text
            .contains(|c: char| c.is_lowercase() || c.is_uppercase())
}

/// All letters are capitals.
fn is_abbreviation(token: &Token<'_>) -> bool {
    // `Q3` is a quarter.
    let lettered = token.text.chars().all(char::is_alphabetic);
    lettered && token.capital && !token.title && token.text.chars().nth(MAX_ABBREVIATION).is_none()
}

/// Words of a sentence: `My Lawyer Decides`. `Via Roma 10` is a street.
fn is_spoken(line: &[&Token<'_>]) -> bool {
    let numbered = || line.iter().any(|t| matches!(t.shape, Shape::Number(_)));
    let has = |list: &List| line.iter().any(|t| list.has(&t.text));
    let pairs =
        |pair: &[&Token<'_>]| matches!(pair, [a, b] if a.text == "subject" && b.text == "to");
    line.iter()
        .any(|t| t.shape == Shape::Word && SPOKEN.has(&t.text) && !(t.text == "via" && numbered()))
        || line.windows(2).any(pairs)
        || has(&MACHINES) && has(&HELPERS)
}

/// `Office of Carol Diaz`, `Carol's Assistant`: somebody else's line.
fn is_of_hers(names: &Names<'_>, line: &[&Token<'_>]) -> bool {
    let own = |t: &Token<'_>| names.is_writers(&t.text);
    let office = line.iter().position(|t| OFFICES.has(&t.text));
    let behind = office.and_then(|at| line.get(at + 1..)).unwrap_or_default();
    let possessed = |t: &Token<'_>| {
        t.text
            .strip_suffix('s')
            .is_some_and(|name| names.is_writers(name))
            && !own(t)
    };
    line.windows(2)
        .any(|pair| matches!(pair, [small, name] if OF_HER.has(&small.text) && own(name)))
        || line.iter().any(|t| possessed(t))
        || behind.iter().any(|t| own(t))
}

/// `Fred Danvers`, `F. Danvers` or `Danvers, Fred`, where Carol Danvers writes; where a signature begins, with whatever
/// name.
pub fn is_relatives(names: &Names<'_>, line: &[&Token<'_>], first: bool) -> bool {
    let own = |t: &Token<'_>| names.is_own(&t.text);
    let firm = |t: &Token<'_>| TITLES.has(&t.text) && !SURNAMES.has(&t.text);
    // A title behind a comma says nothing of whose name stands before it.
    let apart = |t: &Token<'_>| t.gap > Gap::None && firm(t);
    let end = line.iter().skip(1).position(|t| apart(t));
    let line = line.get(..end.map_or(line.len(), |at| at + 1));
    let words = line.unwrap_or_default().iter();
    let words: Vec<&Token<'_>> = words.filter(|t| !is_title(&t.text)).copied().collect();
    let strange = |t: &Token<'_>| {
        t.capital && !own(t) && !names.may_be_called(&t.text) && names.tells_who_signs(&t.text)
    };
    let named = |t: &&Token<'_>| t.shape == Shape::Word && !firm(t);
    if words.len() > MAX_NAME_WORDS || !words.iter().all(named) {
        return false;
    }
    match words.as_slice() {
        [name, surname] if strange(name) && own(surname) => {
            let letter = name.text.chars().nth(1).is_none();
            first || letter || is_given(&name.text)
        }
        [given, behind @ ..] if strange(given) && is_given(&given.text) => {
            let long = |t: &&&Token<'_>| own(t) && t.text.chars().nth(1).is_some();
            behind.iter().filter(long).count() == 1
        }
        [name, behind @ ..] if own(name) => {
            let apart = |t: &&Token<'_>| t.gap > Gap::None && is_given(&t.text) && strange(t);
            behind.iter().any(|t| apart(t) && !PLACES.has(&t.text))
        }
        _ => false,
    }
}

/// `The Director`, `Customer Service`, where nobody's name stands above it.
fn is_office(names: &Names<'_>, line: &[&Token<'_>]) -> bool {
    let office = |t: &Token<'_>| OFFICES.has(&t.text) || STAFF.has(&t.text);
    let the = line.first().is_some_and(|t| ARTICLES.has(&t.text));
    (line.iter().any(|t| office(t)) || the && is_titled(line))
        && !line.iter().any(|t| names.is_own(&t.text))
}

/// `Dave Miller`, where the header names somebody else: a given name, and no word of a firm beside it.
fn is_anothers(names: &Names<'_>, line: &[&Token<'_>]) -> bool {
    let mut words = line.iter().skip_while(|t| is_title(&t.text));
    line.len() <= MAX_NAME_WORDS
        && line.iter().all(|t| {
            let firm = TITLES.has(&t.text) && !SURNAMES.has(&t.text);
            t.shape == Shape::Word && is_capital(t) && !firm
        })
        && !line.iter().any(|t| names.is_own(&t.text))
        && words
            .next()
            .is_some_and(|t| is_given(&t.text) && names.tells_who_signs(&t.text))
}

/// The words of the line that stand in a script without spaces, as one.
fn unspaced(line: &[&Token<'_>]) -> Option<String> {
    let mut text = String::new();
    for token in line {
        let is_figure = matches!(token.shape, Shape::Number(_) | Shape::Date { .. });
        if !is_figure && !token.text.chars().all(is_unspaced) {
            return None;
        }
        text.push_str(&token.text);
    }
    text.starts_with(is_unspaced).then_some(text)
}

fn is_titled(line: &[&Token<'_>]) -> bool {
    if let Some(text) = unspaced(line) {
        return UNSPACED_BEGINS
            .split(' ')
            .any(|begin| text.starts_with(begin))
            || UNSPACED_ENDS.split(' ').any(|end| text.ends_with(end));
    }
    let titled = |t: &Token<'_>| t.shape == Shape::Word && TITLES.has(&t.text);
    // `reluctant director`
    let begins = line.first().is_some_and(|t| is_capital(t) || titled(t));
    begins && line.iter().any(|t| titled(t))
}

fn is_coded(line: &[&Token<'_>]) -> bool {
    line.iter()
        .any(|t| matches!(t.shape, Shape::Number(number) if number >= MIN_CODE))
}

/// Whether somebody signs so: known names, or, where the signature begins, one of the writer's beside others. Who
/// writes without a name in the header may sign with any.
fn is_name(names: &Names<'_>, line: &[&Token<'_>], first: bool) -> bool {
    if unspaced(line).is_some_and(|text| names.is_own_unspaced(&text)) {
        return true;
    }
    if line.len() > MAX_NAME_WORDS || line.iter().any(|t| t.shape != Shape::Word) {
        return false;
    }
    let beside = |t: &Token<'_>| is_title(&t.text) || PARTICLES.has(&t.text);
    let own = |t: &Token<'_>| {
        names.is_own(&t.text) || (t.capital && !t.title && names.is_initials(&t.text))
    };
    let told = line.iter().any(|t| names.tells_who_signs(&t.text));
    let any_own = line.iter().any(|t| own(t)) || line.iter().all(|t| beside(t));
    // `i. A. Carol Danvers`, for her firm.
    let letter = |t: &Token<'_>| t.text.chars().nth(1).is_none();
    let named = |t: &Token<'_>| own(t) || is_given(&t.text) || beside(t) || (any_own && letter(t));
    if line.iter().all(|t| named(t)) {
        // One given name may be what friends call her; more, or one below her own, are somebody else's.
        let called = || matches!(line, [only] if names.may_be_called(&only.text));
        return any_own || !told || (first && called());
    }
    // A name that the header has not: no table knows it for a word.
    let strange = |t: &Token<'_>| {
        is_capital(t) && t.ids[0] == UNKNOWN && !SPOKEN.has(&t.text) && !UNSIGNED.has(&t.text)
    };
    first && line.iter().all(|t| named(t) || strange(t) || letter(t)) && (any_own || !told)
}

/// Names of places, what belongs to them, postal codes and abbreviations, and nothing else.
fn is_place(line: &[&Token<'_>]) -> bool {
    if let Some(text) = unspaced(line) {
        return is_unspaced_place(&text);
    }
    let mut places = 0;
    for (at, token) in line.iter().enumerate() {
        let word = &*token.text;
        let fits = match token.shape {
            Shape::Word if is_capital(token) && PLACES.has(word) => {
                places += 1;
                true
            }
            Shape::Word => {
                let inward = || {
                    at.checked_sub(2)
                        .is_some_and(|from| is_postcode(line.get(from..=at)))
                };
                PARTS.has(word) || is_abbreviation(token) || is_code(word) || inward()
            }
            // Three figures may be a price, but for the front of an address.
            Shape::Number(number) => {
                !YEARS_AHEAD.contains(&number) && (at == 0 || !(100..1000).contains(&number))
            }
            Shape::Phone => true,
            _ => false,
        };
        if !fits {
            return false;
        }
    }
    places > 0
}

/// `SE1 7EH`, `1012AB`, `M5V`: letters and figures.
fn is_code(word: &str) -> bool {
    let figures = word.bytes().filter(u8::is_ascii_digit).count();
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    // `Q1` is a quarter, `10k` a price.
    let outward =
        word.starts_with(|c: char| c.is_ascii_alphabetic()) && !word.starts_with(['q', 'h']);
    let inward = figures == 1 && letters == 2;
    figures > 0
        && letters > 0
        && word.len() == figures + letters
        && (outward || inward || figures == 4)
}

/// `SE1 7EH`, of which the last letters are a word of their own.
fn is_postcode(words: Option<&[&Token<'_>]>) -> bool {
    let Some([outward, figure, inward]) = words else {
        return false;
    };
    is_code(&outward.text) && matches!(figure.shape, Shape::Number(0..10)) && inward.text.len() == 2
}

fn is_unspaced_place(text: &str) -> bool {
    let is_region = |c: char| UNSPACED_REGIONS.contains(c);
    let behind = UNSPACED_PLACES
        .split(' ')
        .find_map(|place| text.strip_prefix(place));
    behind.is_some_and(|behind| {
        behind.is_empty()
            || behind.ends_with(is_region)
            || (behind.contains(is_region) && behind.ends_with(|c: char| c.is_ascii_digit()))
    })
}
