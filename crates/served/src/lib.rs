//! A denoiser that another process answers for, over pipes.
