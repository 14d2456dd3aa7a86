//! (the room of store)
