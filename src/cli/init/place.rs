//! Where the bot's mailbox is: by flags, by the provider's name, by looking, by asking.
//!
//! Fails where nothing is known and nobody can be asked. What was only found is shown first.

use super::ask::{Asker, say};
use super::providers::{self, At, Found, Provider};
use super::{Options, SECURITY, one_of};
use crate::cli::Failure;
use crate::cli::screen::{Screen, Tint};
use crate::reader::address::Address;
use crate::wire::proof::Resolver;

/// Where the mailbox is.
pub struct Place {
    pub provider: Option<Provider>,
    pub imap: At,
    pub smtp: At,
}

/// By the flags, by the provider's name, by looking; what was only found is shown first.
pub fn find(asker: &Asker, options: &Options, address: &Address) -> Result<Place, Failure> {
    let domain = address.domain();
    let (imap, smtp) = (&options.imap, &options.smtp);
    let (imap_how, smtp_how) = (&options.imap_security, &options.smtp_security);
    let imap = server("imap", imap.as_deref(), imap_how.as_deref(), [993, 143])?;
    let smtp = server("smtp", smtp.as_deref(), smtp_how.as_deref(), [465, 587])?;
    let place = match (&imap, &smtp, &options.provider) {
        // The rest of what is known of the provider holds at other ports too (Proton Mail Bridge's).
        (Some(imap), Some(smtp), name) => {
            return Ok(Place {
                provider: match name {
                    Some(name) => named(name, domain)?.provider,
                    None => providers::of_domain(domain),
                },
                imap: imap.clone(),
                smtp: smtp.clone(),
            });
        }
        (_, _, Some(name)) => Some(named(name, domain)?),
        _ => looked_up(asker, options, domain)?,
    };
    // A name that was given needs no second yes.
    match place {
        Some(place) if options.provider.is_some() || asker.yes("Use these")? => Ok(Place {
            imap: imap.unwrap_or(place.imap),
            smtp: smtp.unwrap_or(place.smtp),
            provider: place.provider,
        }),
        _ if asker.silent => Err(Failure::Usage(format!(
            "no mail servers are known for {domain}; give them as --imap and --smtp, or name the --provider"
        ))),
        _ => asked_for(asker, imap, smtp),
    }
}

fn named(name: &str, domain: &str) -> Result<Place, Failure> {
    let provider = providers::named(name).ok_or_else(|| {
        let names: Vec<String> = providers::all().into_iter().map(|p| p.name).collect();
        Failure::Usage(format!(
            "--provider {name:?} is not known; known are {}",
            names.join(", ")
        ))
    })?;
    let (imap, smtp) = provider.servers(domain);
    Ok(Place {
        imap,
        smtp,
        provider: Some(provider),
    })
}

/// What the domain itself tells, shown.
fn looked_up(asker: &Asker, options: &Options, domain: &str) -> Result<Option<Place>, Failure> {
    let resolver = match (options.no_lookup, options.dns) {
        (true, _) => None,
        (false, Some(server)) => Resolver::at(server).ok(),
        (false, None) => Resolver::system().ok(),
    };
    if !options.yes && resolver.is_some() {
        say(&format!("Looking for the servers of {domain} …\n"));
    }
    let found = asker
        .runtime
        .block_on(providers::find(domain, resolver.as_ref()));
    let (place, title) = match found {
        Found::Provider(provider, how) => {
            let (imap, smtp) = provider.servers(domain);
            let title = format!("{} ({how})", provider.title);
            let provider = Some(*provider);
            (
                Place {
                    provider,
                    imap,
                    smtp,
                },
                title,
            )
        }
        Found::Servers { imap, smtp, how } => {
            let place = Place {
                provider: None,
                imap,
                smtp,
            };
            (place, format!("Servers of {domain} ({how})"))
        }
        Found::Nothing => return Ok(None),
    };
    shown(options, &title, &place.imap, &place.smtp);
    // Whoever forges an answer of the DNS could name his own (RFC 6186 section 6): a person has to
    // look at names that are not the domain's.
    let ours = |at: &At| crate::reader::author::aligned(&at.host, domain);
    if place.provider.is_none() && options.yes && !(ours(&place.imap) && ours(&place.smtp)) {
        return Err(Failure::Usage(format!(
            "{domain} names servers of another domain ({}, {}); if they are right, give them as --imap and --smtp",
            place.imap.host, place.smtp.host
        )));
    }
    Ok(Some(place))
}

fn shown(options: &Options, title: &str, imap: &At, smtp: &At) {
    if !options.yes {
        let title = Screen::here().tint(Tint::Strong, title);
        say(&format!("\n{title}\n  IMAP  {imap}\n  SMTP  {smtp}\n"));
    }
}

fn asked_for(asker: &Asker, imap: Option<At>, smtp: Option<At>) -> Result<Place, Failure> {
    say("The servers of this mailbox, as its provider names them (HOST or HOST:PORT).\n");
    let one = |flag: &str, given: Option<At>, ports: [u16; 2]| match given {
        Some(at) => Ok(at),
        None => asker.text(
            flag,
            None,
            &format!("{} server", flag.to_uppercase()),
            None,
            |text| match server(flag, Some(text), None, ports) {
                Ok(Some(at)) => Ok(at),
                Ok(None) => Err("Write the name of a host.".to_owned()),
                Err(Failure::Usage(text) | Failure::Failed(text)) => Err(text),
            },
        ),
    };
    Ok(Place {
        provider: None,
        imap: one("imap", imap, [993, 143])?,
        smtp: one("smtp", smtp, [465, 587])?,
    })
}

/// `HOST` or `HOST:PORT`; the port of STARTTLS tells how it is protected.
fn server(
    flag: &str,
    text: Option<&str>,
    security: Option<&str>,
    [tls, plain]: [u16; 2],
) -> Result<Option<At>, Failure> {
    let Some(text) = text else {
        return Ok(None);
    };
    let wrong = |problem: String| Failure::Usage(format!("--{flag}: {problem}"));
    let (host, port) = match text.trim().rsplit_once(':') {
        // An IPv6 address without brackets holds colons of its own.
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            let port = port.parse::<u16>().ok().filter(|port| *port > 0);
            (
                host,
                Some(port.ok_or_else(|| wrong(format!("{text:?} has no port after the colon")))?),
            )
        }
        _ => (text.trim(), None),
    };
    if host.is_empty() {
        return Err(wrong("the name of the host is missing".to_owned()));
    }
    let security = match security {
        Some(word) => one_of(word, &SECURITY)
            .map_err(|problem| Failure::Usage(format!("--{flag}-security: {problem}")))?,
        None if port == Some(plain) => "starttls".to_owned(),
        None => "tls".to_owned(),
    };
    let usual = if security == "tls" { tls } else { plain };
    Ok(Some(At {
        host: host.trim_matches(['[', ']']).to_owned(),
        port: port.unwrap_or(usual),
        security,
    }))
}
