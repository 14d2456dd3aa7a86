//! (the room of forward)
