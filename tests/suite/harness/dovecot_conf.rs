//! Dovecot's configuration, and the endpoint where it asks about OAuth2 tokens.
//! It fails when Dovecot does not take it: then the harness shows Dovecot's log.

use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::dovecot::{Account, Ports, TOKEN, USER};

pub fn oauth2_configuration(tokens: u16) -> String {
    format!(
        "introspection_mode = post
introspection_url = http://client:clientsecret@127.0.0.1:{tokens}/introspect
username_attribute = username
username_format = %n
active_attribute = active
active_value = true
scope = mail
force_introspection = yes
timeout_msecs = 3000
use_grant_password = no
"
    )
}

/// Every setting on its own line: `{ a = b }` on one is a syntax error.
pub fn configuration(version: &str, folder: &Path, at: &Listens, account: &Account) -> String {
    // 2.4 renamed half of the settings; Debian 12 has 2.3, Debian 13 has 2.4.
    let own = match version.starts_with("2.3.") {
        true => settings_of_2_3(folder),
        false => settings_of_2_4(folder, at.tokens, account),
    };
    own + &accounts(folder, account) + MAILBOXES + &services(&at.ports, at.sink, account)
}

/// Where things listen on 127.0.0.1.
pub struct Listens {
    pub ports: Ports,
    pub sink: u16,
    pub tokens: u16,
}

fn settings_of_2_3(folder: &Path) -> String {
    let d = folder.display();
    format!(
        "protocols = imap lmtp submission
ssl_cert = <{d}/tls/leaf.pem
ssl_key = <{d}/tls/leaf.key
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
mail_location = maildir:{d}/mail/%n
passdb {{
  driver = passwd-file
  args = {d}/users
  mechanisms = plain login
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {d}/oauth2.conf.ext
}}
userdb {{
  driver = static
  args = home={d}/mail/%n allow_all_users=yes
}}
"
    )
}

fn settings_of_2_4(folder: &Path, tokens: u16, account: &Account) -> String {
    let d = folder.display();
    let Account { user, group } = account;
    format!(
        "dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
protocols {{
  imap = yes
  lmtp = yes
  submission = yes
}}
ssl_server_cert_file = {d}/tls/leaf.pem
ssl_server_key_file = {d}/tls/leaf.key
auth_allow_cleartext = yes
auth_mechanisms {{
  plain = yes
  login = yes
  xoauth2 = yes
}}
mail_driver = maildir
mail_path = {d}/mail/%{{user | username}}
oauth2 {{
  introspection_mode = post
  introspection_url = http://client:clientsecret@127.0.0.1:{tokens}/introspect
  username_attribute = username
  username_validation_format = %{{user | username}}
  active_attribute = active
  active_value = true
  scope {{
    mail = yes
  }}
  force_introspection = yes
}}
passdb passwd-file {{
  passwd_file_path = {d}/users
  mechanisms_filter {{
    plain = yes
    login = yes
  }}
}}
passdb oauth2 {{
  mechanisms_filter {{
    xoauth2 = yes
  }}
}}
userdb static {{
  fields {{
    uid = {user}
    gid = {group}
    home = {d}/mail/%{{user | username}}
  }}
  static_allow_all_users = yes
}}
"
    )
}

fn accounts(folder: &Path, account: &Account) -> String {
    let d = folder.display();
    let Account { user, group } = account;
    format!(
        "listen = 127.0.0.1
base_dir = {d}/run
state_dir = {d}/state
log_path = {d}/log/dovecot.log
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
ssl = yes
auth_failure_delay = 1 secs
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
"
    )
}

const MAILBOXES: &str = "namespace inbox {
  inbox = yes
  separator = /
  mailbox Archive {
    auto = create
    special_use = \\Archive
  }
  mailbox Junk {
    auto = create
    special_use = \\Junk
  }
  mailbox Sent {
    auto = create
    special_use = \\Sent
  }
  mailbox Entwürfe {
    auto = create
    special_use = \\Drafts
  }
}
";

/// Without its penalty socket Dovecot does not slow down the logins that the tests get wrong on purpose.
fn services(ports: &Ports, sink: u16, account: &Account) -> String {
    let Account { user, .. } = account;
    let Ports {
        imap,
        imaps,
        submission,
        submissions,
        lmtp,
    } = ports;
    format!(
        "service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service submission-login {{
  chroot =
  inet_listener submission {{
    port = {submission}
  }}
  inet_listener submissions {{
    port = {submissions}
    ssl = yes
  }}
}}
submission_relay_host = 127.0.0.1
submission_relay_port = {sink}
submission_max_mail_size = 1M
service lmtp {{
  user = {user}
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"
    )
}

/// The endpoint where Dovecot asks whom a token belongs to (RFC 7662).
pub async fn token_endpoint() -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = Vec::new();
                let mut chunk = [0; 2048];
                while !String::from_utf8_lossy(&asked).contains("token=") {
                    match stream.read(&mut chunk).await {
                        Ok(count) if count > 0 => asked.extend_from_slice(&chunk[..count]),
                        _ => return,
                    }
                }
                let knows = String::from_utf8_lossy(&asked).contains(&format!("token={TOKEN}"));
                let answer = format!(r#"{{"active":{knows},"username":"{USER}","scope":"mail"}}"#);
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
                let reply = format!("{head}\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
                let _ = stream.write_all(reply.as_bytes()).await;
            });
        }
    });
    port
}
