//! Arrays whose first element lies at a chosen distance from a 64-byte boundary.

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// `len` elements, `shift` elements past a 64-byte boundary. Elements are plain numbers.
pub(crate) struct Array<T> {
    lines: Vec<Line>,
    shift: usize,
    len: usize,
    element: std::marker::PhantomData<T>,
}

impl<T: Copy> Array<T> {
    /// An array of all-ones bytes, which are NaN in every floating-point type.
    pub(crate) fn unset(len: usize, shift: usize) -> Self {
        let lines = ((shift + len) * size_of::<T>()).div_ceil(64).max(1);
        Self { lines: vec![Line([0xff; 64]); lines], shift, len, element: std::marker::PhantomData }
    }

    pub(crate) fn of(values: &[T], shift: usize) -> Self {
        let mut array = Self::unset(values.len(), shift);
        // SAFETY: `address` has room for `len` elements of T and nothing else refers to it.
        unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), array.pointer(), values.len()) };
        array
    }

    fn pointer(&mut self) -> *mut T {
        self.lines.as_mut_ptr().cast::<T>().wrapping_add(self.shift)
    }

    pub(crate) fn address(&mut self) -> u64 {
        self.pointer() as u64
    }

    pub(crate) fn bytes(&self) -> usize {
        self.len * size_of::<T>()
    }

    pub(crate) fn into_vec(mut self) -> Vec<T> {
        // SAFETY: `len` elements lie there, and every pattern of bits is a number of type T.
        unsafe { std::slice::from_raw_parts(self.pointer(), self.len) }.to_vec()
    }
}
