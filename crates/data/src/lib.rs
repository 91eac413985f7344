//! HDF5 trajectories, the axis audit, flow conventions and normalizers.
