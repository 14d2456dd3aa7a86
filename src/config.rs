//! (the room of config)
