//! (the room of daemon)
