//! `Debug` of types that hold more than one wants to read.

/// `Debug` of a type: its name, and of all that it holds what is given, each value with its name.
///
/// ```
/// struct Plan(Vec<f64>);
/// equipoise_field::sketched!([] Plan, "Plan", |own| numbers = own.0.len());
/// assert_eq!(format!("{:?}", Plan(vec![0.0; 9])), "Plan { numbers: 9, .. }");
/// ```
#[macro_export]
macro_rules! sketched {
    ([$($generics:tt)*] $type:ty, $name:literal $(, |$own:ident| $($field:ident = $value:expr),+)?) => {
        impl<$($generics)*> ::std::fmt::Debug for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                $(let $own = self;)?
                f.debug_struct($name)$($(.field(stringify!($field), &$value))+)?.finish_non_exhaustive()
            }
        }
    };
}
