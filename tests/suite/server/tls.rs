//! TLS from the first byte and STARTTLS, with clients that check the certificate. What is said too early in the clear ends the connection.
