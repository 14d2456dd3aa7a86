//! Who has which folders and which addresses; an address that nobody has finds nobody.

use super::folder::{Folder, same_folder};

/// A user with his folders.
pub(super) struct Account {
    pub(super) user: String,
    pub(super) password: String,
    /// An OAuth2 access token that is good as well.
    pub(super) token: Option<String>,
    pub(super) addresses: Vec<String>,
    pub(super) folders: Vec<Folder>,
}

impl Account {
    /// The size of all his mails.
    pub(super) fn bytes(&self) -> usize {
        self.folders.iter().map(|folder| folder.bytes).sum()
    }

    /// Whether this is one of his addresses.
    pub(super) fn holds(&self, address: &str) -> bool {
        self.addresses
            .iter()
            .any(|own| own.eq_ignore_ascii_case(address))
    }

    pub(super) fn folder(&mut self, name: &str) -> Option<&mut Folder> {
        self.folders
            .iter_mut()
            .find(|folder| same_folder(&folder.name, name))
    }
}

/// All users.
pub(super) struct World {
    pub(super) accounts: Vec<Account>,
    pub(super) next_uid_validity: u32,
    pub(super) separator: Option<char>,
    pub(super) quota_bytes: usize,
}

impl World {
    pub(super) fn account(&mut self, user: &str) -> Option<&mut Account> {
        self.accounts
            .iter_mut()
            .find(|account| account.user == user)
    }

    /// A whole address goes before a sub-address.
    pub(super) fn user_of(&self, address: &str) -> Option<String> {
        let plain = self
            .separator
            .and_then(|separator| without_subaddress(address, separator));
        let holder = |address: &str| self.accounts.iter().find(|account| account.holds(address));
        let account = holder(address).or_else(|| holder(plain.as_deref()?))?;
        Some(account.user.clone())
    }

    pub(super) fn fresh_uid_validity(&mut self) -> u32 {
        self.next_uid_validity = self.next_uid_validity.checked_add(1).unwrap_or(1);
        self.next_uid_validity
    }
}

fn without_subaddress(address: &str, separator: char) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let (name, _) = local.split_once(separator)?;
    (!name.is_empty()).then(|| format!("{name}@{domain}"))
}
