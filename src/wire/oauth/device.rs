//! The device code (RFC 8628): a person signs in on any device, and this one asks until that is done.
//! It fails by [`Trouble`]: refused, expired, or an endpoint that does not know this way.

use std::time::{Duration, Instant};

use super::{Client, Endpoints, Grant, Trouble, ask, grant};
use crate::wire::Secret;
use crate::wire::error::clean;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// RFC 8628 section 3.2: without a word of the server.
const DEFAULT_INTERVAL_SECS: i64 = 5;
/// Section 3.5: what `slow_down` adds, for this and all later requests.
const SLOWER_SECS: i64 = 5;
/// Section 3.5: on a connection timeout, double at most up to this.
const LONGEST_INTERVAL_SECS: i64 = 60;
/// Section 3.2: `expires_in` is required; where it is missing all the same.
const DEFAULT_LIFE_SECS: i64 = 900;

/// What the person is to do.
#[derive(Debug, Clone)]
pub struct Invitation {
    pub user_code: String,
    pub address: String,
    /// The address with the code in it, where the provider has one.
    pub complete_address: Option<String>,
    pub expires_in_secs: i64,
    code: Secret,
    interval_secs: i64,
}

/// Asks for a code (section 3.1).
///
/// # Errors
/// [`Trouble`] as for every request.
pub fn invite(endpoints: &Endpoints, client: &Client) -> Result<Invitation, Trouble> {
    let answer = ask(&endpoints.device, client, &[("scope", &endpoints.scope)])?;
    if let Some(trouble) = answer.trouble() {
        return Err(trouble);
    }
    // Google has long called it otherwise.
    let address = answer
        .text("verification_uri")
        .or_else(|| answer.text("verification_url"));
    let parts = (
        answer.text("device_code"),
        answer.text("user_code"),
        address,
    );
    let (Some(code), Some(user_code), Some(address)) = parts else {
        return Err(Trouble::Nonsense {
            at: answer.at.clone(),
            why: "no device code".to_owned(),
        });
    };
    let complete = answer.text("verification_uri_complete");
    Ok(Invitation {
        user_code: clean(user_code),
        address: clean(address),
        complete_address: complete.map(clean),
        expires_in_secs: answer.seconds("expires_in").unwrap_or(DEFAULT_LIFE_SECS),
        code: Secret::new(code),
        interval_secs: answer.seconds("interval").unwrap_or(DEFAULT_INTERVAL_SECS),
    })
}

/// Asks until the person has decided (section 3.4). `second` is how long a second is; tests make it shorter.
///
/// # Errors
/// [`Trouble::Denied`], [`Trouble::CodeExpired`], or what ends every request.
pub fn wait(
    endpoints: &Endpoints,
    client: &Client,
    invitation: &Invitation,
    second: Duration,
) -> Result<Grant, Trouble> {
    let times = |secs: i64| second.saturating_mul(u32::try_from(secs).unwrap_or(u32::MAX));
    let end = Instant::now() + times(invitation.expires_in_secs);
    let mut interval_secs = invitation.interval_secs;
    let fields = [
        ("grant_type", GRANT_TYPE),
        ("device_code", invitation.code.expose()),
    ];
    loop {
        if Instant::now() + times(interval_secs) > end {
            return Err(Trouble::CodeExpired);
        }
        std::thread::sleep(times(interval_secs));
        match grant(endpoints, client, &fields) {
            Err(Trouble::Refused { code, .. }) if code == "authorization_pending" => {}
            Err(Trouble::Refused { code, .. }) if code == "slow_down" => {
                interval_secs += SLOWER_SECS;
            }
            // The code is still good: a cut costs one question, not the sign-in.
            Err(Trouble::Unavailable { .. }) => {
                interval_secs = (interval_secs.max(1) * 2).min(LONGEST_INTERVAL_SECS);
            }
            Err(Trouble::SignInOver { .. }) => return Err(Trouble::CodeExpired),
            other => return other,
        }
    }
}
