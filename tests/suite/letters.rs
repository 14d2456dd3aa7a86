//! (tests of letters)
