//! The private module `postern._postern`: text in, a finished answer out, in one call and without the lock of the
//! interpreter. The package around it holds the classes of what an answer is made of.

mod asked;
mod calls;
mod faults;
mod fields;
mod parsed;
mod parts;
mod places;
mod translation;

use pyo3::prelude::pymodule;

#[pymodule(gil_used = false)]
mod _postern {
    #[pymodule_export]
    use super::calls::{check, complete, english, from_odata, matches, parse, translate};
    #[pymodule_export]
    use super::fields::Fields;
    #[pymodule_export]
    use super::parsed::Parsed;
    #[pymodule_export]
    use super::translation::Translation;
}
