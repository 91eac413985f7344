//! Memory of the host in the place of the device's.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};

/// The alignment that a device gives its arrays, at least.
const ALIGNMENT: usize = 256;

/// `len` numbers that kernels reach by address, whatever Rust knows of them.
pub(crate) struct Array<T> {
    base: *mut T,
    len: usize,
    layout: Layout,
}

// SAFETY: the memory belongs to the array alone, and the engine runs one kernel at a time.
unsafe impl<T: Send> Send for Array<T> {}

impl<T: Copy> Array<T> {
    pub(crate) fn of(values: &[T]) -> Self {
        let layout = Layout::array::<T>(values.len().max(1)).unwrap().align_to(ALIGNMENT).unwrap();
        // SAFETY: the layout has room for at least one number.
        let base = unsafe { alloc(layout) }.cast::<T>();
        if base.is_null() {
            handle_alloc_error(layout);
        }
        let mut array = Self { base, len: values.len(), layout };
        array.fill(values);
        array
    }

    pub(crate) fn fill(&mut self, values: &[T]) {
        assert!(values.len() <= self.len);
        // SAFETY: the array has room, and `values` is other memory.
        unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), self.base, values.len()) };
    }

    pub(crate) fn address(&self) -> u64 {
        self.base as u64
    }

    pub(crate) fn read(&self) -> Vec<T> {
        // SAFETY: `len` numbers lie there since `of`, and no kernel runs.
        unsafe { std::slice::from_raw_parts(self.base, self.len) }.to_vec()
    }
}

impl<T> Drop for Array<T> {
    fn drop(&mut self) {
        // SAFETY: `of` allocated it with this layout.
        unsafe { dealloc(self.base.cast(), self.layout) }
    }
}
