//! Forgeries of the author, one by one.
