//! Trained U-Nets as denoisers: their description, weights, products with the Jacobian, manifest.
