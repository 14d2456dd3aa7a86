//! (tests of wire)
