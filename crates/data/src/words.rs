//! What was seen of a recording, as words of 64 bits: every number keeps its bits.

/// A value that is written as words and read again.
pub(crate) trait Words: Sized {
    fn put(&self, out: &mut Vec<u64>);

    /// The value that the words begin with, which are taken off; `None` where they end too early.
    fn take(from: &mut &[u64]) -> Option<Self>;
}

/// Numbers of at most 64 bits, through the integer of their bits.
macro_rules! number {
    ($($type:ty: $put:expr, $take:expr;)*) => {$(
        impl Words for $type {
            fn put(&self, out: &mut Vec<u64>) {
                let put: fn($type) -> u64 = $put;
                out.push(put(*self));
            }

            fn take(from: &mut &[u64]) -> Option<Self> {
                let (first, rest) = from.split_first()?;
                *from = rest;
                let take: fn(u64) -> Option<$type> = $take;
                take(*first)
            }
        }
    )*};
}

number! {
    u64: |x| x, Some;
    u32: u64::from, |x| x.try_into().ok();
    usize: |x| x as u64, |x| x.try_into().ok();
    bool: u64::from, |x| (x < 2).then_some(x == 1);
    f64: f64::to_bits, |x| Some(f64::from_bits(x));
    f32: |x| u64::from(x.to_bits()), |x| Some(f32::from_bits(x.try_into().ok()?));
}

impl<A: Words, B: Words> Words for (A, B) {
    fn put(&self, out: &mut Vec<u64>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(from: &mut &[u64]) -> Option<Self> {
        Some((A::take(from)?, B::take(from)?))
    }
}

impl<T: Words> Words for [T; 2] {
    fn put(&self, out: &mut Vec<u64>) {
        self.iter().for_each(|x| x.put(out));
    }

    fn take(from: &mut &[u64]) -> Option<Self> {
        Some([T::take(from)?, T::take(from)?])
    }
}

impl<T: Words> Words for Option<T> {
    fn put(&self, out: &mut Vec<u64>) {
        self.is_some().put(out);
        self.iter().for_each(|x| x.put(out));
    }

    fn take(from: &mut &[u64]) -> Option<Self> {
        if bool::take(from)? { T::take(from).map(Some) } else { Some(None) }
    }
}

impl<T: Words> Words for Vec<T> {
    fn put(&self, out: &mut Vec<u64>) {
        self.len().put(out);
        self.iter().for_each(|x| x.put(out));
    }

    fn take(from: &mut &[u64]) -> Option<Self> {
        let len = usize::take(from)?;
        (len <= from.len()).then_some(())?;
        (0..len).map(|_| T::take(from)).collect()
    }
}

/// Structures, field by field.
macro_rules! fields {
    ($type:ty: $($field:ident),*) => {
        impl $crate::words::Words for $type {
            fn put(&self, out: &mut Vec<u64>) {
                $(self.$field.put(out);)*
            }

            fn take(from: &mut &[u64]) -> Option<Self> {
                Some(Self { $($field: $crate::words::Words::take(from)?),* })
            }
        }
    };
}

pub(crate) use fields;
