//! How fast the reader reads, in mails and MB a second on one core, beside its peers in the same run.
//!
//! `cargo bench --bench reader`. An iteration is a whole pass over a corpus; divan's `item/s` are
//! mails. The peers in JavaScript run at the end, where `benches/peers` has them installed.

#[path = "../../examples/reading/corpus.rs"]
mod corpus;
mod peers;

use askfirst::reader::headers::Headers;
use askfirst::reader::quote::Body;
use askfirst::reader::{self, Known, answer, author, quote};
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use std::sync::LazyLock;

/// The dress of replies: text alone, HTML alone, both.
const PLAIN: &[&str] = &[
    "Apple Mail",
    "iPhone",
    "Thunderbird",
    "Proton Mail",
    "Outlook for Android",
    "no quote",
];
const HTML: &[&str] = &["Outlook on the web"];
const BOTH: &[&str] = &["Gmail", "Outlook for Windows", "Yahoo"];

static ANSWERS: LazyLock<Vec<corpus::Answer>> = LazyLock::new(|| corpus::answers(10));
static ASK: LazyLock<String> = LazyLock::new(corpus::ask);

fn replies(programs: &[&str]) -> Vec<&'static [u8]> {
    let fits = |a: &&corpus::Answer| programs.contains(&a.program);
    let found = ANSWERS.iter().filter(fits);
    found.map(|a| a.raw.as_slice()).collect()
}

fn read_all(bencher: Bencher, mails: &[&[u8]], original: Option<&str>) {
    let known = Known {
        original,
        now_secs: corpus::NOW_SECS,
        ..Known::default()
    };
    let read = |raw: &&[u8]| {
        let letter = reader::open(raw);
        black_box(reader::read(&letter, &known));
    };
    mails.iter().for_each(read);
    bencher
        .counter(ItemsCount::new(mails.len()))
        .counter(BytesCount::new(
            mails.iter().map(|m| m.len()).sum::<usize>(),
        ))
        .bench_local(|| mails.iter().for_each(read));
}

const DRESSES: [&str; 3] = ["plain", "html", "both"];

fn dress(name: &str) -> Vec<&'static [u8]> {
    replies(match name {
        "plain" => PLAIN,
        "html" => HTML,
        _ => BOTH,
    })
}

/// Replies by the program that dressed them, and all of them in the order of the corpus.
const PROGRAMS: [&str; 11] = [
    "Apple Mail",
    "Gmail",
    "Outlook for Android",
    "Outlook for Windows",
    "Outlook on the web",
    "Proton Mail",
    "Thunderbird",
    "Yahoo",
    "iPhone",
    "no quote",
    "all, in turn",
];

/// Passes over one program's replies.
const PASSES: u32 = 20;

fn by_program(name: &str) -> Vec<&'static [u8]> {
    let fits = |a: &&corpus::Answer| a.program == name || name == "all, in turn";
    let found = ANSWERS.iter().filter(fits);
    found.map(|a| a.raw.as_slice()).collect()
}

#[divan::bench(args = PROGRAMS, sample_count = PASSES, sample_size = 1)]
fn replies_to_our_mail(bencher: Bencher, name: &str) {
    read_all(bencher, &by_program(name), Some(ASK.as_str()));
}

#[divan::bench(args = PROGRAMS, sample_count = PASSES, sample_size = 1)]
fn replies_by_patterns(bencher: Bencher, name: &str) {
    read_all(bencher, &by_program(name), None);
}

#[divan::bench(args = DRESSES)]
fn open_only(bencher: Bencher, name: &str) {
    let mails = dress(name);
    bencher
        .counter(ItemsCount::new(mails.len()))
        .counter(BytesCount::new(
            mails.iter().map(|m| m.len()).sum::<usize>(),
        ))
        .bench_local(|| {
            for raw in &mails {
                black_box(reader::open(raw));
            }
        });
}

#[divan::bench]
fn forwards(bencher: Bencher) {
    let letters = corpus::letters("forward");
    let mails: Vec<&[u8]> = letters.iter().map(|l| l.raw.as_slice()).collect();
    read_all(bencher, &mails, None);
}

#[divan::bench]
fn mails_of_machines(bencher: Bencher) {
    let machines = corpus::machines();
    let mails: Vec<&[u8]> = machines.iter().map(|m| m.raw.as_slice()).collect();
    read_all(bencher, &mails, None);
}

/// The From field and a provider's results, judged.
#[divan::bench]
fn who_proved_to_be_the_author(bencher: Bencher) {
    let headers: Headers = [
        (
            "Received",
            "from mail.target.example by mx.example.org with ESMTPS id 1; Tue, 24 Nov 2026 10:20:30 +0000",
        ),
        (
            "Authentication-Results",
            "mx.example.org; dkim=pass header.i=@target.example header.s=s1; spf=pass (mx.example.org: domain of carol@target.example designates 192.0.2.1 as permitted sender) smtp.mailfrom=carol@target.example; dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=target.example",
        ),
        ("From", "=?utf-8?Q?Carol_D=C3=ADaz?= <carol@target.example>"),
    ]
    .into_iter()
    .collect();
    let trusted = [String::from("mx.example.org")];
    let letter = reader::letter::Letter {
        from: author::sender(&headers),
        headers: headers.clone(),
        ..Default::default()
    };
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
        black_box(author::sender(black_box(&headers)));
        black_box(author::judge(&letter, &trusted, None))
    });
}

/// Yes or no alone, over the answers' own words.
#[divan::bench]
fn verdicts(bencher: Bencher) {
    let bodies: Vec<Body> = ANSWERS
        .iter()
        .filter(|a| a.program == "no quote")
        .map(|a| Body {
            text: a.body.clone(),
            ..Body::default()
        })
        .collect();
    bencher
        .counter(ItemsCount::new(bodies.len()))
        .bench_local(|| {
            for body in &bodies {
                black_box(answer::judge(body, corpus::NOW_SECS));
            }
        });
}

/// The plain texts of the replies, which is what the peers take.
fn plain_texts() -> Vec<String> {
    let mails = dress("plain");
    mails
        .iter()
        .filter_map(|raw| reader::open(raw).plain)
        .collect()
}

/// What a reply parser does and nothing more: the new text of a plain text.
#[divan::bench]
fn new_text_of_plain(bencher: Bencher) {
    let letters: Vec<_> = dress("plain").iter().map(|raw| reader::open(raw)).collect();
    bencher
        .counter(ItemsCount::new(letters.len()))
        .bench_local(|| {
            for letter in &letters {
                black_box(quote::body(letter, None));
            }
        });
}

/// The crate of that name; it compiles its expressions for every mail.
#[divan::bench(max_time = 5)]
fn new_text_by_email_reply_parser(bencher: Bencher) {
    let texts: Vec<String> = plain_texts().into_iter().take(20).collect();
    bencher
        .counter(ItemsCount::new(texts.len()))
        .bench_local(|| {
            for text in &texts {
                black_box(email_reply_parser::EmailReplyParser::parse_reply(text));
            }
        });
}

fn main() {
    divan::main();
    peers::run(&plain_texts());
}
