//! (tests of conversations)
