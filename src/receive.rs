//! (the room of receive)
