//! (tests of dovecot)
