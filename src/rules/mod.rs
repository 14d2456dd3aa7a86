//! (the room of rules)
