//! Files and folders of formats that are not read: known by their first bytes, and refused with what converts them.

use crate::location::Location;
use crate::source::Source;
use crate::{AxisOrder, DataError, Result};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes that tell a format.
const START: u64 = 128;

/// A format that is not read.
struct Foreign {
    /// What it is, for messages.
    name: &'static str,
    /// Whether bytes are its beginning.
    begins: fn(&[u8]) -> bool,
    /// The line that converts a file, IN, into one that is read.
    line: &'static str,
}

/// All of them.
static ALL: [Foreign; 10] = [
    Foreign {
        name: "a NetCDF-3 file",
        begins: |start| start.starts_with(b"CDF") && matches!(start.get(3), Some(1 | 2 | 5)),
        line: "nccopy -k nc4 IN OUT.nc (or Python: xarray.open_dataset('IN').to_netcdf('OUT.nc', engine='netcdf4'))",
    },
    Foreign {
        name: "a GRIB file",
        begins: |start| start.starts_with(b"GRIB"),
        line: "grib_to_netcdf -k 4 -o OUT.nc IN (or Python, with cfgrib: xarray.open_dataset('IN', \
               engine='cfgrib').to_netcdf('OUT.nc', engine='netcdf4'))",
    },
    Foreign {
        name: "a file of MATLAB before version 7.3",
        begins: |start| start.starts_with(b"MATLAB 5.0 MAT-file") || is_level_5(start),
        line: "in MATLAB: s = load('IN'); save('OUT.mat', '-struct', 's', '-v7.3') (or Python: numpy.savez('OUT.npz', \
               **{k: v for k, v in scipy.io.loadmat('IN').items() if k[0] != '_'}))",
    },
    Foreign { name: "an LMDB database", begins: is_lmdb, line: LMDB },
    Foreign {
        name: "an HDF4 file",
        begins: |start| start.starts_with(b"\x0e\x03\x13\x01"),
        line: "h4toh5 IN OUT.h5",
    },
    Foreign {
        name: "a pickle of Python",
        begins: |start| start.first() == Some(&0x80) && matches!(start.get(1), Some(2..=5)),
        line: "Python, if you trust the file: numpy.save('OUT.npy', numpy.asarray(pickle.load(open('IN', 'rb'))))",
    },
    Foreign {
        name: "a file compressed by gzip",
        begins: |start| start.starts_with(b"\x1f\x8b"),
        line: "gzip -dk IN",
    },
    Foreign {
        name: "a zip archive without arrays of NumPy",
        begins: |start| start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06"),
        line: "unzip IN (weights of PyTorch in it: numpy.save('OUT.npy', torch.load('IN').numpy()))",
    },
    Foreign {
        name: "a binary file of Tecplot",
        begins: |start| start.starts_with(b"#!TDV") || start.starts_with(b"#!SZPLT"),
        line: "in Tecplot 360: File > Write Data, as text of one zone in point format, IN.dat",
    },
    Foreign {
        name: "a file of VTK",
        begins: |start| {
            let text = String::from_utf8_lossy(start);
            text.starts_with("# vtk DataFile") || text.contains("<VTKFile")
        },
        line: "Python: m = pyvista.read('IN'); numpy.save('OUT.npy', \
               m['velocity'].reshape(*m.dimensions[::-1], -1)[0]) (axes HWC)",
    },
];

/// What reads the values of a database, raw numbers in the order of their keys.
const LMDB: &str = "Python: e = lmdb.open('IN', readonly=True, lock=False).begin(); numpy.save('OUT.npy', \
                    numpy.stack([numpy.frombuffer(e.get(str(i).encode()), 'f4').reshape(1, 128, 128) for i in \
                    range(e.stat()['entries'])])) (axes NCHW; the shape is that of InverseBench)";

/// The word after the text of a header of level 5, in either order of bytes, whatever program wrote the text.
fn is_level_5(start: &[u8]) -> bool {
    matches!(start.get(124..128), Some(&[0, 1, b'I', b'M'] | &[1, 0, b'M', b'I']))
}

/// The magic number of a page of LMDB, behind its header of 16 bytes.
fn is_lmdb(start: &[u8]) -> bool {
    matches!(start.get(16..20), Some(&[0xde, 0xc0, 0xef, 0xbe] | &[0xbe, 0xef, 0xc0, 0xde]))
}

fn of(path: &Path) -> Option<&'static Foreign> {
    let database = path.join("data.mdb");
    let path = if path.is_dir() { &database } else { path };
    let mut start = Vec::new();
    File::open(path).ok()?.take(START).read_to_end(&mut start).ok()?;
    ALL.iter().find(|format| (format.begins)(&start))
}

/// Whether a file or folder is of a format that is not read.
pub(crate) fn holds(path: &Path) -> bool {
    of(path).is_some()
}

/// The refusal of a file of a format that is not read.
pub(crate) fn refusal(path: &Path, file: &Path) -> Option<DataError> {
    let Foreign { name, line, .. } = of(file)?;
    let line = line.replace("IN", &file.display().to_string()).into();
    Some(DataError::Foreign { path: path.into(), found: name, line })
}

/// Refuses one.
///
/// # Errors
/// [`DataError::Foreign`].
pub(crate) fn open(path: &Path, at: &Location, _axes: Option<AxisOrder>) -> Result<Box<dyn Source>> {
    let gone = || DataError::NotHdf5 { path: path.into(), found: "a file that changes".into() };
    Err(refusal(path, &at.file).unwrap_or_else(gone))
}
