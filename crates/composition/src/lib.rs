//! Denoisers of short windows composed over a long trajectory.
