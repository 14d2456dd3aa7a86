//! (the room of contacts)
