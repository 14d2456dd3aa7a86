//! The rules: what may happen next. Pure; the product itself.
//!
//! One rule stands at the centre: an introduction is made when the connector's, the requester's and
//! the target's consent stand. `introduction` holds what is known, `saying` what can be said,
//! `transition` the one match over stage and event, `manners` whom we may write to and how often,
//! `retry` what an attempt at delivery means, `throttle` how many mails a server takes in a minute.

pub mod bucket;
pub mod clock;
pub mod consent;
pub mod event;
pub mod introduction;
pub mod manners;
pub mod report;
pub mod retry;
pub mod saying;
pub mod throttle;
pub mod transition;
