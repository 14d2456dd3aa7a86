//! Both protocols byte by byte, over a pipe in memory: limits, faults and what clients seldom do.
