//! (the room of deliver)
