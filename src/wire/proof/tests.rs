//! Signatures and policies against a name server on loopback.
