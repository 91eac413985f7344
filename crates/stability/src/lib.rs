//! The stability certificate: whether a guided run will explode, said before its first step.
