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

/// Every setting on its own line: `{ a = b }` on one is a syntax error. Without its penalty socket Dovecot does not
/// slow down the logins that the tests get wrong on purpose.
pub fn configuration(folder: &Path, ports: &Ports, sink: u16, account: &Account) -> String {
    let d = folder.display();
    let Account { user, group } = account;
    let Ports {
        imap,
        imaps,
        submission,
        submissions,
        lmtp,
    } = ports;
    format!(
        "protocols = imap lmtp submission
listen = 127.0.0.1
base_dir = {d}/run
state_dir = {d}/state
log_path = {d}/log/dovecot.log
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
ssl = yes
ssl_cert = <{d}/tls/leaf.pem
ssl_key = <{d}/tls/leaf.key
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 1 secs
mail_location = maildir:{d}/mail/%n
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
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
  args = uid={user} gid={group} home={d}/mail/%n allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Archive {{
    auto = create
    special_use = \\Archive
  }}
  mailbox Junk {{
    auto = create
    special_use = \\Junk
  }}
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
  mailbox Entwürfe {{
    auto = create
    special_use = \\Drafts
  }}
}}
service imap-login {{
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
