//! A network held to the values that its own code computed, dataset by dataset.
