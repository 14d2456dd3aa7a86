//! All integration tests in one program, so that they link once.

mod answers;
mod authors;
mod command_line;
mod conversations;
mod dovecot;
mod house;
mod letters;
mod machines;
mod server;
mod wire;
