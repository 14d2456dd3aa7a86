//! (the room of desk)
