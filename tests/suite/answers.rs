//! (tests of answers)
