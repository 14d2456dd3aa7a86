//! (the room of words)
