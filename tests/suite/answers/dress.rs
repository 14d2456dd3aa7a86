//! Puts an answer into the shape in which ten mail programs send it.
//!
//! Fails by panicking: these are fixtures.

/// What a reply is made of.
pub struct Reply<'a> {
    pub language: &'a str,
    pub text: &'a str,
    pub signature: &'a str,
    pub disclaimer: &'a str,
    pub ask: &'a str,
}

/// A mail program: its name and how it writes the body fields and the body.
pub type Program = (&'static str, fn(&Reply<'_>) -> String);

pub const PROGRAMS: [Program; 10] = [
    ("Gmail", gmail),
    ("Outlook for Windows", outlook),
    ("Outlook on the web", outlook_web),
    ("Outlook for Android", outlook_android),
    ("Apple Mail", apple),
    ("iPhone", iphone),
    ("Thunderbird", thunderbird),
    ("Yahoo", yahoo),
    ("Proton Mail", proton),
    ("no quote", bare),
];

const SENDER: &str = "Bob Kim via Example Introductions";
const BOT: &str = "intro@bot.example";

/// A whole mail.
pub fn mail(program: Program, reply: &Reply<'_>, number: usize) -> String {
    let head = format!(
        "Return-Path: <carol@target.example>\r\n\
         From: Carol Danvers <carol@target.example>\r\n\
         To: {SENDER} <{BOT}>\r\n\
         Subject: {}\r\n\
         Date: Tue, 24 Nov 2026 10:20:30 +0000\r\n\
         Message-ID: <{number}.answer@target.example>\r\n\
         In-Reply-To: <12-aeaqcaibaeaqcaibaeaqcaibae@bot.example>\r\n\
         MIME-Version: 1.0\r\n",
        match reply.language {
            "de" => "AW: Alice Ng would like to talk to you =?utf-8?q?=E2=80=93?= interested?",
            "sv" | "nb" | "da" =>
                "SV: Alice Ng would like to talk to you =?utf-8?q?=E2=80=93?= interested?",
            _ => "Re: Alice Ng would like to talk to you =?utf-8?q?=E2=80=93?= interested?",
        }
    );
    format!("{head}{}", program.1(reply).replace('\n', "\r\n"))
}

fn own(reply: &Reply<'_>, break_before: &str) -> String {
    let mut text = reply.text.to_owned();
    for part in [reply.signature, reply.disclaimer] {
        if !part.is_empty() {
            text.push_str(break_before);
            text.push_str(part);
        }
    }
    text
}

fn plain(body: &str) -> String {
    format!("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{body}\n")
}

fn both(plain: &str, html: &str) -> String {
    format!(
        "Content-Type: multipart/alternative; boundary=\"=_b\"\n\n\
         --=_b\nContent-Type: text/plain; charset=\"UTF-8\"\nContent-Transfer-Encoding: 8bit\n\n{plain}\n\
         --=_b\nContent-Type: text/html; charset=\"UTF-8\"\nContent-Transfer-Encoding: 8bit\n\n{html}\n\
         --=_b--\n"
    )
}

fn only_html(html: &str) -> String {
    format!("Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{html}\n")
}

fn quoted(text: &str) -> String {
    text.lines()
        .map(|line| format!("> {line}\n").replace("> \n", ">\n"))
        .collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn divs(text: &str, open: &str, close: &str) -> String {
    let line = |l: &str| match l.is_empty() {
        true => format!("{open}<br>{close}\n"),
        false => format!("{open}{}{close}\n", escaped(l)),
    };
    text.lines().map(line).collect()
}

fn breaks(text: &str) -> String {
    escaped(text).replace('\n', "<br>\n")
}

fn wrote(language: &str) -> String {
    match language {
        "de" => format!("Am Di., 24. Nov. 2026 um 09:12 Uhr schrieb {SENDER} <{BOT}>:"),
        "fr" => format!("Le mar. 24 nov. 2026 à 09:12, {SENDER} <{BOT}> a écrit :"),
        "es" => format!("El mar, 24 nov 2026 a las 9:12, {SENDER} (<{BOT}>) escribió:"),
        "it" => format!("Il giorno mar 24 nov 2026 alle ore 09:12 {SENDER} <{BOT}> ha scritto:"),
        "pt" => format!("Em ter., 24 de nov. de 2026 às 09:12, {SENDER} <{BOT}> escreveu:"),
        "nl" => format!("Op di 24 nov 2026 om 09:12 schreef {SENDER} <{BOT}>:"),
        "sv" => format!("Den tis 24 nov. 2026 kl 09:12 skrev {SENDER} <{BOT}>:"),
        "pl" => format!("wt., 24 lis 2026 o 09:12 {SENDER} <{BOT}> napisał(a):"),
        "ru" => format!("вт, 24 нояб. 2026 г. в 09:12, {SENDER} <{BOT}>:"),
        "ja" => format!("2026年11月24日(火) 9:12 {SENDER} <{BOT}>:"),
        "zh" => format!("{SENDER} <{BOT}> 于2026年11月24日周二 09:12写道："),
        _ => format!("On Tue, Nov 24, 2026 at 9:12 AM {SENDER} <{BOT}> wrote:"),
    }
}

fn header_block(language: &str) -> String {
    let (from, sent, to, subject, day) = match language {
        "de" => (
            "Von",
            "Gesendet",
            "An",
            "Betreff",
            "Dienstag, 24. November 2026 09:12",
        ),
        "fr" => ("De", "Envoyé", "À", "Objet", "mardi 24 novembre 2026 09:12"),
        "es" => (
            "De",
            "Enviado",
            "Para",
            "Asunto",
            "martes, 24 de noviembre de 2026 9:12",
        ),
        "it" => (
            "Da",
            "Inviato",
            "A",
            "Oggetto",
            "martedì 24 novembre 2026 09:12",
        ),
        "nl" => (
            "Van",
            "Verzonden",
            "Aan",
            "Onderwerp",
            "dinsdag 24 november 2026 09:12",
        ),
        "sv" => (
            "Från",
            "Skickat",
            "Till",
            "Ämne",
            "den 24 november 2026 09:12",
        ),
        _ => (
            "From",
            "Sent",
            "To",
            "Subject",
            "Tuesday, November 24, 2026 9:12 AM",
        ),
    };
    format!(
        "{from}: {SENDER} <{BOT}>\n{sent}: {day}\n{to}: Carol Danvers <carol@target.example>\n\
         {subject}: Alice Ng would like to talk to you – interested?\n"
    )
}

fn gmail(r: &Reply<'_>) -> String {
    let text = own(r, "\n\n");
    both(
        &format!("{text}\n\n{}\n\n{}", wrote(r.language), quoted(r.ask)),
        &format!(
            "<div dir=\"auto\">{}</div><br><div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">{}<br></div>\
             <blockquote class=\"gmail_quote\" style=\"margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex\">{}</blockquote></div>",
            divs(&text, "<div>", "</div>"),
            escaped(&wrote(r.language)),
            breaks(r.ask)
        ),
    )
}

fn outlook(r: &Reply<'_>) -> String {
    let text = own(r, "\n\n");
    let block = header_block(r.language);
    both(
        &format!("{text}\n\n{block}\n{}", r.ask),
        &format!(
            "<html xmlns:o=\"urn:schemas-microsoft-com:office:office\"><body lang=EN-US><div class=WordSection1>{}\
             <p class=MsoNormal><o:p>&nbsp;</o:p></p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'>\
             <p class=MsoNormal>{}</p></div></div>{}</div></body></html>",
            divs(&text, "<p class=MsoNormal>", "<o:p></o:p></p>"),
            breaks(block.trim_end()),
            divs(r.ask, "<p class=MsoNormal>", "<o:p></o:p></p>")
        ),
    )
}

fn outlook_web(r: &Reply<'_>) -> String {
    let block = header_block(r.language);
    only_html(&format!(
        "<html><body dir=\"ltr\">{}<div id=\"appendonsend\"></div><hr style=\"display:inline-block;width:98%\" tabindex=\"-1\">\
         <div id=\"divRplyFwdMsg\" dir=\"ltr\"><font face=\"Calibri\">{}</font><div>&nbsp;</div></div>{}</body></html>",
        divs(&own(r, "\n\n"), "<div class=\"elementToProof\">", "</div>"),
        breaks(block.trim_end()),
        divs(r.ask, "<div>", "</div>")
    ))
}

fn outlook_android(r: &Reply<'_>) -> String {
    let text = own(r, "\n\n");
    plain(&format!(
        "{text}\n\nGet Outlook for Android<https://aka.example/android>\n________________________________\n{}\n{}",
        header_block(r.language),
        r.ask
    ))
}

fn apple(r: &Reply<'_>) -> String {
    let text = own(r, "\n\n");
    plain(&format!(
        "{text}\n\n> On 24. Nov 2026, at 09:12, {SENDER} <{BOT}> wrote:\n> \n{}",
        quoted(r.ask)
    ))
}

fn iphone(r: &Reply<'_>) -> String {
    let text = own(r, "\n\n");
    plain(&format!(
        "{text}\n\nSent from my iPhone\n\n> On Nov 24, 2026, at 9:12\u{202f}AM, {SENDER} <{BOT}> wrote:\n> \n> \u{feff}{}",
        quoted(r.ask).trim_start_matches("> ")
    ))
}

fn thunderbird(r: &Reply<'_>) -> String {
    plain(&format!(
        "On 11/24/26 09:12, {SENDER} wrote:\n{}\n{}",
        quoted(r.ask),
        own(r, "\n\n")
    ))
}

fn yahoo(r: &Reply<'_>) -> String {
    let text = own(r, "\n\n");
    let line =
        format!("On Tuesday, November 24, 2026 at 09:12:33 AM GMT+1, {SENDER} <{BOT}> wrote:");
    let indented: String = r.ask.lines().map(|l| format!(" {l}\n")).collect();
    both(
        &format!("{text}\n    {line}  \n \n {indented}"),
        &format!(
            "<html><body><div class=\"ydp1yahoo-style-wrap\">{}</div><div id=\"yahoo_quoted_1\" class=\"yahoo_quoted\">\
             <div>{}</div><div><div>{}</div></div></div></body></html>",
            divs(&text, "<div dir=\"ltr\">", "</div>"),
            escaped(&line),
            breaks(r.ask)
        ),
    )
}

fn proton(r: &Reply<'_>) -> String {
    plain(&format!(
        "{}\n\nSent with Proton Mail secure email.\n\nOn Tuesday, November 24th, 2026 at 9:12 AM, {SENDER} <{BOT}> wrote:\n\n{}",
        own(r, "\n\n"),
        quoted(r.ask)
    ))
}

fn bare(r: &Reply<'_>) -> String {
    plain(&own(r, "\n\n"))
}
