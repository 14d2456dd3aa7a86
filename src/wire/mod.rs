//! (the room of wire)
