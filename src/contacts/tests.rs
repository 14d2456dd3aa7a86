//! Files as Google, Outlook and Apple export them.
