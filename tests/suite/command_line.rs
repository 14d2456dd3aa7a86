//! (tests of command_line)
