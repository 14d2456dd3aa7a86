//! (the room of remind)
