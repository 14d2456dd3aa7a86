//! What is known of mail providers (`providers.toml`), and which of them has a domain's mail.
//!
//! Fails to parse only if the file in this program is wrong, which a test finds.

use crate::wire::Security;
use crate::wire::discover::{self, Place, Speaks};
use crate::wire::proof::Resolver;
use serde::Deserialize;

const KNOWN: &str = include_str!("providers.toml");

/// The names in that file, for the help and the completions.
pub const NAMES: [&str; 12] = [
    "gmail",
    "workspace",
    "microsoft365",
    "outlook",
    "fastmail",
    "icloud",
    "yahoo",
    "zoho",
    "zoho-eu",
    "posteo",
    "mailbox.org",
    "proton",
];

#[derive(Deserialize)]
struct File {
    provider: Vec<Provider>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    pub name: String,
    pub title: String,
    pub domains: Vec<String>,
    /// How the names of its mail exchangers end.
    pub mx: Vec<String>,
    pub imap: At,
    pub smtp: At,
    /// For addresses at other domains than its own, where these are other servers.
    pub custom_imap: Option<At>,
    pub custom_smtp: Option<At>,
    pub junk: String,
    /// Whether IMAP wants the part before the @ of an address of theirs as the name to log in with.
    #[serde(default)]
    pub imap_user_is_local_part: bool,
    pub login: Way,
    pub oauth2: Option<String>,
    pub authserv_id: Option<String>,
    pub ca_file: Option<String>,
    /// The page in docs/providers/.
    pub page: String,
    pub first: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    Password,
    Oauth2,
}

/// A server as the configuration writes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct At {
    pub host: String,
    pub port: u16,
    pub security: String,
}

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let protection = match self.security.as_str() {
            "tls" => "TLS",
            "starttls" => "STARTTLS",
            _ => "unprotected",
        };
        write!(f, "{} port {}, {protection}", self.host, self.port)
    }
}

/// What was found out about a domain.
pub enum Found {
    Provider(Box<Provider>, String),
    /// Servers, and how they were found.
    Servers {
        imap: At,
        smtp: At,
        how: String,
    },
    Nothing,
}

pub fn all() -> Vec<Provider> {
    let file: Result<File, _> = toml::from_str(KNOWN);
    file.map(|file| file.provider).unwrap_or_default()
}

pub fn named(name: &str) -> Option<Provider> {
    all().into_iter().find(|provider| provider.name == name)
}

/// The provider whose own domain this is.
pub fn of_domain(domain: &str) -> Option<Provider> {
    all().into_iter().find(|provider| provider.owns(domain))
}

impl Provider {
    /// The name that IMAP wants where an address logs in.
    pub fn imap_user(&self, user: &str) -> String {
        match user.rsplit_once('@') {
            Some((local, domain)) if self.imap_user_is_local_part && self.owns(domain) => {
                local.to_owned()
            }
            _ => user.to_owned(),
        }
    }

    fn owns(&self, domain: &str) -> bool {
        self.domains.iter().any(|own| own == domain)
    }

    /// The servers for an address at this domain.
    pub fn servers(&self, domain: &str) -> (At, At) {
        let own = self.owns(domain);
        let or = |custom: &Option<At>, usual: &At| match custom {
            Some(custom) if !own => custom.clone(),
            _ => usual.clone(),
        };
        (
            or(&self.custom_imap, &self.imap),
            or(&self.custom_smtp, &self.smtp),
        )
    }
}

/// The provider that takes mail under this exchanger's name; the longest ending decides.
fn of_exchanger(host: &str) -> Option<Provider> {
    let fits = |ending: &String| host == ending || host.ends_with(&format!(".{ending}"));
    all()
        .into_iter()
        .filter_map(|provider| {
            let longest = provider
                .mx
                .iter()
                .filter(|ending| fits(ending))
                .map(String::len);
            longest.max().map(|length| (length, provider))
        })
        .max_by_key(|(length, _)| *length)
        .map(|(_, provider)| provider)
}

/// By the list, by who takes the domain's mail, by what the domain announces, by trying.
pub async fn find(domain: &str, resolver: Option<&Resolver>) -> Found {
    if let Some(provider) = of_domain(domain) {
        return Found::Provider(Box::new(provider), format!("{domain} is theirs"));
    }
    let Some(resolver) = resolver else {
        return Found::Nothing;
    };
    if let Some(exchanger) = discover::mail_exchangers(domain, resolver).await.first()
        && let Some(provider) = of_exchanger(exchanger)
    {
        let how = format!("{exchanger} takes mail for {domain}");
        return Found::Provider(Box::new(provider), how);
    }
    let (imap, smtp) = tokio::join!(
        announced_imap(domain, resolver),
        announced_smtp(domain, resolver)
    );
    if let (Some(imap), Some(smtp)) = (&imap, &smtp) {
        return Found::Servers {
            imap: imap.clone(),
            smtp: smtp.clone(),
            how: format!("{domain} announces them in the DNS"),
        };
    }
    let (tried_imap, tried_smtp) = tokio::join!(
        first_that_answers(domain, "imap", Speaks::Imap),
        first_that_answers(domain, "smtp", Speaks::Smtp)
    );
    match (imap.or(tried_imap), smtp.or(tried_smtp)) {
        (Some(imap), Some(smtp)) => Found::Servers {
            imap,
            smtp,
            how: "they answer there".to_owned(),
        },
        _ => Found::Nothing,
    }
}

fn at(place: Place, security: &str) -> At {
    At {
        host: place.host,
        port: place.port,
        security: security.to_owned(),
    }
}

async fn announced_imap(domain: &str, resolver: &Resolver) -> Option<At> {
    match discover::service("imaps", domain, resolver).await {
        Some(place) => Some(at(place, "tls")),
        None => {
            let place = discover::service("imap", domain, resolver).await?;
            Some(at(place, "starttls"))
        }
    }
}

async fn announced_smtp(domain: &str, resolver: &Resolver) -> Option<At> {
    match discover::service("submissions", domain, resolver).await {
        Some(place) => Some(at(place, "tls")),
        None => {
            let place = discover::service("submission", domain, resolver).await?;
            // RFC 8314 section 3.3: 465 is TLS from the first byte, whatever the service's name.
            let security = if place.port == 465 { "tls" } else { "starttls" };
            Some(at(place, security))
        }
    }
}

/// The usual names and ports, protected ones alone; the earliest in the list that answers.
async fn first_that_answers(domain: &str, prefix: &str, speaks: Speaks) -> Option<At> {
    let ports = match speaks {
        Speaks::Imap => [(993, "tls"), (143, "starttls")],
        Speaks::Smtp => [(465, "tls"), (587, "starttls")],
    };
    let hosts = [
        format!("{prefix}.{domain}"),
        format!("mail.{domain}"),
        domain.to_owned(),
    ];
    let guesses: Vec<At> = ports
        .iter()
        .flat_map(|(port, security)| {
            hosts.iter().map(|host| At {
                host: host.clone(),
                port: *port,
                security: (*security).to_owned(),
            })
        })
        .collect();
    let tries = guesses.iter().map(|guess| async {
        let server = crate::wire::Server {
            host: guess.host.clone(),
            port: guess.port,
            security: match guess.security.as_str() {
                "tls" => Security::Tls,
                _ => Security::StartTls,
            },
            login: None,
            ca_file: None,
        };
        discover::greets(&server, speaks).await
    });
    let answered = futures_util::future::join_all(tries).await;
    guesses
        .into_iter()
        .zip(answered)
        .find_map(|(guess, answers)| answers.then_some(guess))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_whole_and_each_provider_is_found_by_its_name_and_domains() {
        let all = all();
        assert!(all.len() >= 11, "{}", all.len());
        for provider in &all {
            assert_eq!(named(&provider.name).unwrap().title, provider.title);
            for domain in &provider.domains {
                assert_eq!(of_domain(domain).unwrap().name, provider.name, "{domain}");
            }
            for server in [&provider.imap, &provider.smtp] {
                assert!(["tls", "starttls"].contains(&server.security.as_str()));
            }
            assert!(!provider.first.is_empty());
        }
        let names: Vec<&str> = all.iter().map(|provider| provider.name.as_str()).collect();
        assert_eq!(names, NAMES);
    }

    #[test]
    fn the_page_of_each_provider_says_what_is_written_here() {
        let pages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/providers");
        let contents = std::fs::read_to_string(pages.join("README.md")).unwrap();
        for provider in all() {
            let name = format!("{}.md", provider.page);
            assert!(contents.contains(&format!("]({name})")), "{name}");
            let page = std::fs::read_to_string(pages.join(&name)).unwrap();
            let servers = [
                Some(&provider.imap),
                Some(&provider.smtp),
                provider.custom_imap.as_ref(),
                provider.custom_smtp.as_ref(),
            ];
            let mut said: Vec<String> = servers
                .into_iter()
                .flatten()
                .map(|at| {
                    at.to_string()
                        .replacen(&at.host, &format!("`{}`", at.host), 1)
                })
                .collect();
            said.push(format!("`{}`", provider.junk));
            said.extend(provider.ca_file.map(|file| format!("`{file}`")));
            said.extend(
                provider
                    .authserv_id
                    .map(|id| format!("`authserv_ids = [\"{id}\"]`")),
            );
            if provider.imap_user_is_local_part {
                said.push("the part before the @".to_owned());
            }
            for (word, way) in [("app password", Way::Password), ("OAuth2", Way::Oauth2)] {
                let wanted = provider.login == way
                    && (way == Way::Oauth2 || provider.first.join(" ").contains(word));
                said.extend(wanted.then(|| word.to_owned()));
            }
            said.extend(["\nNot tried ".to_owned(), "\n## Sources\n".to_owned()]);
            said.push("Not confirmed: ".to_owned());
            for words in said {
                assert!(page.contains(&words), "{name}: {words}");
            }
        }
    }

    #[test]
    fn icloud_is_logged_in_to_by_the_name_alone() {
        let icloud = named("icloud").unwrap();
        assert_eq!(icloud.imap_user("bob.kim@icloud.com"), "bob.kim");
        assert_eq!(icloud.imap_user("bob@kim.example"), "bob@kim.example");
        let posteo = named("posteo").unwrap();
        assert_eq!(posteo.imap_user("bob@posteo.de"), "bob@posteo.de");
    }

    #[test]
    fn exchangers_tell_the_provider() {
        for (host, name) in [
            ("aspmx.l.google.com", "workspace"),
            ("alt1.aspmx.l.google.com", "workspace"),
            ("smtp.google.com", "workspace"),
            ("example-org.mail.protection.outlook.com", "microsoft365"),
            ("contoso-com.p-v1.mx.microsoft", "microsoft365"),
            ("outlook-com.olc.protection.outlook.com", "outlook"),
            ("in1-smtp.messagingengine.com", "fastmail"),
            ("mx01.mail.icloud.com", "icloud"),
            ("mta7.am0.yahoodns.net", "yahoo"),
            ("mx2.zoho.eu", "zoho-eu"),
            ("mx.zoho.eu", "zoho-eu"),
            ("mxext1.mailbox.org", "mailbox.org"),
            ("mail.protonmail.ch", "proton"),
            ("mx.example.org", ""),
            ("notgoogle.com", ""),
        ] {
            let found = of_exchanger(host).map(|provider| provider.name);
            assert_eq!(found.unwrap_or_default(), name, "{host}");
        }
    }

    #[test]
    fn zoho_has_other_servers_for_ones_own_domain() {
        let zoho = named("zoho").unwrap();
        assert_eq!(zoho.servers("zoho.com").0.host, "imap.zoho.com");
        assert_eq!(zoho.servers("example.org").1.host, "smtppro.zoho.com");
    }
}
