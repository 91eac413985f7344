//! Named tensors of trained networks, read from PyTorch's zip pickles and from safetensors.
