//! Every operation alone: products against each other and against differences.
