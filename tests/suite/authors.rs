//! (tests of authors)
