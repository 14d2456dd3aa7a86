//! The accounts, folders and mails that the two servers share, all in memory; what does not fit is refused, never dropped silently.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::accounts::{Account, World};
use super::folder::{Folder, MAX_FLAGS, Refusal, with_crlf};
use super::sasl::{Claim, Proof};

/// The largest mail that is stored, as most providers have it.
pub const MAX_MAIL_BYTES: usize = 25 * 1024 * 1024;
/// What a server writes on a mail when it delivers it; a mail of the largest size must still fit.
const STAMP_BYTES: usize = 4096;
/// All mails of an account together: the memory of a demo has an end.
const MAX_ACCOUNT_BYTES: usize = 512 * 1024 * 1024;

/// The folders every account has, with their special use (RFC 6154).
pub(super) const FIRST_FOLDERS: [(&str, &str); 3] =
    [("INBOX", ""), ("Sent", "\\Sent"), ("Junk", "\\Junk")];

/// One stored mail.
#[derive(Clone)]
pub struct Mail {
    /// Its number in the folder, never used twice under one UIDVALIDITY (RFC 3501 section 2.3.1.1).
    pub uid: u32,
    /// `\Seen` and the like, and keywords, as first written.
    pub flags: Vec<String>,
    /// Seconds since 1970.
    pub internal_date_secs: i64,
    /// The whole mail, lines ending in CRLF.
    pub bytes: Arc<[u8]>,
}

impl Mail {
    /// Whether it bears this flag; case is ignored (RFC 3501 section 2.3.2).
    #[must_use]
    pub fn has_flag(&self, flag: &str) -> bool {
        self.flags.iter().any(|own| own.eq_ignore_ascii_case(flag))
    }
}

struct Shared {
    world: Mutex<World>,
    version: watch::Sender<u64>,
    clock: Box<dyn Fn() -> i64 + Send + Sync>,
}

/// All accounts; clones are the same accounts.
#[derive(Clone)]
pub struct Mailboxes {
    shared: Arc<Shared>,
}

impl Default for Mailboxes {
    fn default() -> Self {
        Self::new()
    }
}

impl Mailboxes {
    /// No accounts, and the clock of this machine.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(|| jiff::Timestamp::now().as_second())
    }

    /// No accounts, and this clock (seconds since 1970) for the dates that the servers write.
    #[must_use]
    pub fn with_clock(clock: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        // A server that starts anew has other mails under the same UIDs, so its UIDVALIDITY must be another (RFC 3501 section 2.3.1.1).
        let next_uid_validity = u32::try_from(clock()).unwrap_or(1).max(1);
        let world = World {
            accounts: Vec::new(),
            next_uid_validity,
            separator: Some('+'),
            quota_bytes: MAX_ACCOUNT_BYTES,
        };
        let shared = Shared {
            world: Mutex::new(world),
            version: watch::Sender::new(0),
            clock: Box::new(clock),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Adds an account with INBOX, Sent and Junk; an account of that name is replaced.
    pub fn add_account(&self, user: &str, address: &str, password: &str) {
        let mut world = self.lock();
        let mut folders = Vec::new();
        for (name, special_use) in FIRST_FOLDERS {
            folders.push(Folder::new(name, special_use, world.fresh_uid_validity()));
        }
        world.accounts.retain(|account| account.user != user);
        let addresses = vec![address.to_owned()];
        world.accounts.push(Account {
            user: user.to_owned(),
            password: password.to_owned(),
            token: None,
            addresses,
            folders,
        });
        drop(world);
        self.ring();
    }

    /// Gives an account one more address; false if there is no such account.
    pub fn add_address(&self, user: &str, address: &str) -> bool {
        let mut world = self.lock();
        let Some(account) = world.account(user) else {
            return false;
        };
        account.addresses.push(address.to_owned());
        true
    }

    /// Lets a user log in with this OAuth2 access token as well (XOAUTH2, OAUTHBEARER); false if there is no such account.
    pub fn set_token(&self, user: &str, token: &str) -> bool {
        let mut world = self.lock();
        let Some(account) = world.account(user) else {
            return false;
        };
        account.token = Some(token.to_owned());
        true
    }

    /// The sign between a name and its sub-address; `None`: mail to sub-addresses is for nobody. It begins as `+`.
    pub fn set_subaddressing(&self, separator: Option<char>) {
        self.lock().separator = separator;
    }

    /// How much each account may hold, at most and at first 512 MiB; what is over is refused (`OVERQUOTA`, 452).
    pub fn set_quota(&self, bytes: usize) {
        self.lock().quota_bytes = bytes.min(MAX_ACCOUNT_BYTES);
    }

    /// Puts a mail into the INBOX of the account with this address, bare LF made CRLF. False if nobody has it, or there is no room.
    pub fn deliver(&self, recipient: &str, bytes: &[u8], now_secs: i64) -> bool {
        self.lodge(&[(recipient, bytes)], now_secs).is_ok()
    }

    /// Puts a mail into any folder, as a filter for junk would; returns its UID. `None` if there is no such account or folder, or no room.
    pub fn put(&self, user: &str, folder: &str, bytes: &[u8], now_secs: i64) -> Option<u32> {
        let put = self.append(user, folder, Vec::new(), now_secs, bytes);
        put.ok().map(|(_, uid)| uid)
    }

    /// Delivers copies of a mail, each to its address: all of them or none.
    pub(super) fn lodge<B: AsRef<[u8]>>(
        &self,
        copies: &[(&str, B)],
        now_secs: i64,
    ) -> Result<(), Refusal> {
        let mut world = self.lock();
        let mut ready = Vec::new();
        for (recipient, bytes) in copies {
            let user = world.user_of(recipient).ok_or(Refusal::NoAccount)?;
            ready.push((user, with_crlf(bytes.as_ref())));
        }
        let quota_bytes = world.quota_bytes;
        for (user, bytes) in &ready {
            let coming: usize = ready
                .iter()
                .filter(|(other, _)| other == user)
                .map(|(_, bytes)| bytes.len())
                .sum();
            let account = world.account(user).ok_or(Refusal::NoAccount)?;
            if bytes.len() > MAX_MAIL_BYTES + STAMP_BYTES || account.bytes() + coming > quota_bytes
            {
                return Err(Refusal::Full);
            }
        }
        for (user, bytes) in ready {
            if let Some(inbox) = world
                .account(&user)
                .and_then(|account| account.folder("INBOX"))
            {
                inbox.add(Vec::new(), now_secs, bytes);
            }
        }
        drop(world);
        self.ring();
        Ok(())
    }

    /// Adds a mail to a folder; returns UIDVALIDITY and UID.
    pub(super) fn append(
        &self,
        user: &str,
        folder: &str,
        flags: Vec<String>,
        date_secs: i64,
        bytes: &[u8],
    ) -> Result<(u32, u32), Refusal> {
        if flags.len() > MAX_FLAGS {
            return Err(Refusal::TooMany);
        }
        let bytes = with_crlf(bytes);
        let mut world = self.lock();
        let quota_bytes = world.quota_bytes;
        let account = world.account(user).ok_or(Refusal::NoAccount)?;
        if bytes.len() > MAX_MAIL_BYTES || account.bytes() + bytes.len() > quota_bytes {
            return Err(Refusal::Full);
        }
        let folder = account.folder(folder).ok_or(Refusal::NoFolder)?;
        let uid = folder.add(flags, date_secs, bytes);
        let uid_validity = folder.uid_validity;
        drop(world);
        self.ring();
        Ok((uid_validity, uid))
    }

    /// The mails of a folder in the order of their UIDs; empty if there is no such account or folder.
    #[must_use]
    pub fn mails(&self, user: &str, folder: &str) -> Vec<Mail> {
        self.look(user, folder, |folder| {
            folder
                .stored
                .iter()
                .map(|stored| stored.mail.clone())
                .collect()
        })
        .unwrap_or_default()
    }

    /// For tests: another UIDVALIDITY, and the mails numbered anew from 1, as after a rebuilt mailbox. False if there is no such folder.
    pub fn set_uid_validity(&self, user: &str, folder: &str, uid_validity: u32) -> bool {
        self.change(user, folder, |folder| {
            folder.uid_validity = uid_validity.max(1);
            folder.changes += 1;
            for (stored, uid) in folder.stored.iter_mut().zip(1_u32..) {
                stored.mail.uid = uid;
                stored.change = folder.changes;
            }
            let count = u32::try_from(folder.stored.len()).unwrap_or(u32::MAX);
            folder.uid_next = count.saturating_add(1);
        })
        .is_ok()
    }

    /// The folder's UIDVALIDITY.
    #[must_use]
    pub fn uid_validity(&self, user: &str, folder: &str) -> Option<u32> {
        self.look(user, folder, |folder| folder.uid_validity)
    }

    /// For tests: removes a mail, as another mail program would. False if it is not there.
    pub fn expunge(&self, user: &str, folder: &str, uid: u32) -> bool {
        let removed = self.change(user, folder, |folder| {
            let found = folder.find(uid).is_some();
            folder.remove(|mail| mail.uid == uid);
            found
        });
        removed.unwrap_or(false)
    }

    /// Changes with every change of any account; wait on it for mail.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.version.subscribe()
    }

    /// Now, by the clock of these accounts.
    pub(super) fn now_secs(&self) -> i64 {
        (self.shared.clock)()
    }

    /// Whether the claim is true.
    pub(super) fn admits(&self, claim: &Claim<'_>) -> bool {
        let mut world = self.lock();
        world
            .account(claim.user)
            .is_some_and(|account| match claim.proof {
                Proof::Password(password) => account.password == password,
                Proof::Token(token) => account.token.as_deref() == Some(token),
            })
    }

    /// Whether somebody may log in with a token.
    pub(super) fn takes_tokens(&self) -> bool {
        self.lock()
            .accounts
            .iter()
            .any(|account| account.token.is_some())
    }

    /// The account that mail to this address reaches.
    pub(super) fn user_of(&self, address: &str) -> Option<String> {
        self.lock().user_of(address)
    }

    /// Whether this address, or what it is a sub-address of, belongs to this user.
    pub(super) fn owns(&self, user: &str, address: &str) -> bool {
        self.user_of(address).is_some_and(|owner| owner == user)
    }

    /// Whether some account has an address at this domain.
    pub(super) fn hosts(&self, domain: &str) -> bool {
        let world = self.lock();
        let mut addresses = world.accounts.iter().flat_map(|account| &account.addresses);
        addresses.any(|address| {
            address
                .rsplit_once('@')
                .is_some_and(|(_, own)| own.eq_ignore_ascii_case(domain))
        })
    }

    /// Looks at a folder.
    pub(super) fn look<R>(
        &self,
        user: &str,
        folder: &str,
        read: impl FnOnce(&Folder) -> R,
    ) -> Option<R> {
        let mut world = self.lock();
        world
            .account(user)?
            .folder(folder)
            .map(|folder| read(folder))
    }

    /// Changes a folder and wakes whoever waits.
    pub(super) fn change<R>(
        &self,
        user: &str,
        folder: &str,
        work: impl FnOnce(&mut Folder) -> R,
    ) -> Result<R, Refusal> {
        let mut world = self.lock();
        let account = world.account(user).ok_or(Refusal::NoAccount)?;
        let result = account.folder(folder).map(work).ok_or(Refusal::NoFolder)?;
        drop(world);
        self.ring();
        Ok(result)
    }

    /// Looks at every folder of an account.
    pub(super) fn each_folder<R>(&self, user: &str, read: impl FnMut(&Folder) -> R) -> Vec<R> {
        let mut world = self.lock();
        world
            .account(user)
            .map(|account| account.folders.iter().map(read).collect())
            .unwrap_or_default()
    }

    /// Wakes whoever waits for a change.
    pub(super) fn ring(&self) {
        self.shared
            .version
            .send_modify(|version| *version = version.wrapping_add(1));
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, World> {
        self.shared
            .world
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
