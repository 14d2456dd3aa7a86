//! (the room of html)
