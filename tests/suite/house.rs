//! (tests of house)
