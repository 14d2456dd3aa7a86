//! (the room of demo)
