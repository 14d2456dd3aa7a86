//! (the room of writer)
