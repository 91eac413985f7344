//! Ensembles in the formats of other programs, read back by the loader, by HDF5, byte by byte, and by those programs.

use equipoise_data::exchange::{self, Fields, Format, Known, Stored};
use equipoise_data::store::{Existing, Reader, Writer};
use equipoise_data::{Attribute, Coordinates, DataError, LoadOptions, Mask, Units, load};
use equipoise_field::{Axis, Boundary, Grid, Shape};
use hdf5::types::{FixedAscii, VarLenArray};
use hdf5::{ObjectReference1, ReferencedObject};
use std::path::{Path, PathBuf};

const STORED: Stored = Stored { members: "members", mean: "velocity", std: "std" };

/// An ensemble with what it holds.
pub(crate) struct Made {
    shape: Shape,
    x_axis: Axis,
    components: &'static [&'static str],
    members: Vec<Vec<f32>>,
    mean: Vec<f32>,
    std: Vec<f32>,
    weights: Vec<f64>,
    mask: Option<Mask>,
    known: bool,
}

impl Made {
    /// Members that move a little from frame to frame.
    fn new(shape: Shape, x_axis: Axis, components: &'static [&'static str], masked: bool) -> Self {
        let value = |m: usize| {
            move |i: usize| {
                let (t, c, h, w) = shape.position(i);
                let place = 1.3 * h as f32 + 0.7 * w as f32 + 2.1 * c as f32;
                (0.2 * t as f32 + place).sin() + 0.3 * m as f32 + 0.1 / 3.0
            }
        };
        let field = |m: usize| (0..shape.len()).map(value(m)).collect::<Vec<f32>>();
        let cells = (0..shape.plane()).map(|i| i == 1 || i == shape.plane() - 1).collect();
        Self {
            shape,
            x_axis,
            components,
            members: (0..3).map(field).collect(),
            mean: field(1),
            std: vec![0.25; shape.len()],
            weights: vec![0.5, 0.125, 0.375],
            mask: Mask::new(shape.width, cells).filter(|_| masked),
            known: true,
        }
    }

    fn fields(&self) -> Fields<'_> {
        let at = |name: &str| self.components.iter().position(|c| *c == name);
        let (h, w) = if self.x_axis == Axis::H { ("x", "y") } else { ("y", "x") };
        let text = |name, text: &str| (name, Attribute::Text(text.into()));
        let number = |name, number| (name, Attribute::Numbers(vec![number]));
        let mut attributes = vec![text("kind", "generic"), text("H_axis", h), text("W_axis", w)];
        attributes.push(text("provenance", r#"{"by":"<a test> & \"more\""}"#));
        if self.known {
            attributes.extend([number("dx", 0.5), number("dy", 0.25), number("dt", 0.1)]);
            attributes.extend([number("x_first", -1.0), number("y_first", 2.0)]);
        }
        Fields {
            shape: self.shape,
            grid: Grid { x_axis: self.x_axis, dx: 0.5, dy: 0.25, boundary: Boundary::Open },
            coordinates: Coordinates { x_first: -1.0, y_first: 2.0, time_step: 0.1 },
            t_first: 4.0,
            known: Known::all(self.known),
            components: self.components.iter().map(ToString::to_string).collect(),
            velocities: at("u").zip(at("v")).map(|(u, v)| [u, v]),
            units: Units { velocity: Some("m/s".into()), length: Some("m".into()), time: Some("s".into()) },
            mask: self.mask.as_ref(),
            members: self.members.iter().map(Vec::as_slice).collect(),
            indices: vec![0, 2, 7],
            weights: Some(&self.weights),
            mean: Some(&self.mean),
            std: Some(&self.std),
            attributes,
            stored: STORED,
        }
    }

    /// The HDF5 file that XDMF refers to.
    fn store(&self, path: &Path) {
        let Shape { frames, channels, height, width } = self.shape;
        let field = [frames, channels, height, width];
        let writer = Writer::create_ordered(path, Existing::Replace).unwrap();
        writer.write("velocity", &[&[1], &field[..]].concat(), &self.mean).unwrap();
        writer.write("std", &field, &self.std).unwrap();
        writer.write("members", &[&[3], &field[..]].concat(), &self.members.concat()).unwrap();
        if let Some(mask) = &self.mask {
            writer.write_mask(mask).unwrap();
        }
        writer.finish().unwrap();
    }
}

pub(crate) fn all() -> [(&'static str, Made); 4] {
    let unknown = Made::new(Shape::new(2, 2, 3, 4), Axis::H, &["c0", "x y"], false);
    [
        ("wake", Made::new(Shape::new(5, 2, 4, 6), Axis::W, &["u", "v"], true)),
        ("turbulence", Made::new(Shape::new(4, 2, 6, 5), Axis::H, &["u", "v"], false)),
        ("three", Made::new(Shape::new(1, 3, 3, 4), Axis::H, &["rho", "u", "v"], true)),
        ("unknown", Made { known: false, ..unknown }),
    ]
}

/// The value of a field where there is flow, NaN elsewhere.
fn flow(made: &Made, field: &[f32], [t, c, h, w]: [usize; 4]) -> f32 {
    let hidden = made.mask.as_ref().is_some_and(|mask| mask.hides(h, w));
    if hidden { f32::NAN } else { field[made.shape.index(t, c, h, w)] }
}

fn bits(values: impl IntoIterator<Item = f32>) -> Vec<u32> {
    values.into_iter().map(f32::to_bits).collect()
}

fn written(name: &str, made: &Made, format: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    made.store(&folder.path().join(format!("{name}.h5")));
    let format: Format = format.parse().unwrap();
    let path = format.write(&made.fields(), folder.path(), name, Existing::Refuse).unwrap();
    (folder, path)
}

/// Members come back by our own reader, a dataset a component, and axes have the names of their dimensions.
#[test]
fn netcdf_is_read_back_and_its_axes_have_names() {
    for (name, made) in &all()[..2] {
        let (_folder, path) = written(name, made, "netcdf");
        let data = load(Path::new(&format!("{}:/u,/v", path.display())), &LoadOptions::default()).unwrap();
        assert_eq!((data.grid().x_axis, data.grid().dx, data.grid().dy), (made.x_axis, 0.5, 0.25));
        assert_eq!(data.mask(), made.mask.as_ref());
        for (m, member) in made.members.iter().enumerate() {
            let read = data.window(m, 0, made.shape.frames).unwrap();
            let seen =
                |i: &usize| !made.mask.as_ref().is_some_and(|mask| mask.cells()[i % made.shape.plane()]);
            let open: Vec<usize> = (0..member.len()).filter(seen).collect();
            assert_eq!(bits(open.iter().map(|i| read[*i])), bits(open.iter().map(|i| member[*i])), "{name}");
        }
        let file = hdf5::File::open(&path).unwrap();
        let plane = made.fields().axes();
        for (array, axes) in [
            ("u", vec!["member", "time", plane[0], plane[1]]),
            ("v_mean", vec!["time", plane[0], plane[1]]),
            ("weight", vec!["member"]),
        ] {
            assert_eq!(dimensions(&file, array), axes, "{name}: {array}");
            assert_eq!(Reader::open(&path).unwrap().dimensions(array).unwrap(), axes);
        }
        // A text that ends with a zero byte, as HDF5 asks of a dimension scale, behind the name of its attribute.
        let bytes = std::fs::read(&path).unwrap();
        let class = b"CLASS\0\x13\0\0\0\x10\0\0\0";
        assert_eq!(bytes.windows(class.len()).filter(|window| window == class).count(), 4);
    }
}

/// The names of the scales that an array refers to, each of which refers to it.
fn dimensions(file: &hdf5::File, array: &str) -> Vec<String> {
    let list = file.dataset(array).unwrap().attr("DIMENSION_LIST").unwrap();
    let list = list.read_raw::<VarLenArray<ObjectReference1>>().unwrap();
    let name = |scale: &VarLenArray<ObjectReference1>| match file.dereference(&scale[0]).unwrap() {
        ReferencedObject::Dataset(scale) => {
            assert!(scale.attr("REFERENCE_LIST").is_ok() && scale.attr("_Netcdf4Dimid").is_ok());
            let class = scale.attr("CLASS").unwrap().read_scalar::<FixedAscii<16>>().unwrap();
            assert_eq!(class.as_str(), "DIMENSION_SCALE");
            scale.name().trim_matches('/').to_owned()
        }
        other => panic!("{other:?} is no dataset"),
    };
    list.iter().map(name).collect()
}

/// A dimension of which nothing is known is none of netCDF's variables, whose coordinates would be zeros.
#[test]
fn what_is_not_known_is_not_written() {
    let (name, made) = &all()[3];
    let (_folder, path) = written(name, made, "netcdf");
    let file = hdf5::File::open(&path).unwrap();
    let told = file.dataset("y").unwrap().attr("NAME").unwrap().read_scalar::<FixedAscii<64>>().unwrap();
    assert_eq!(told.as_str(), "This is a netCDF dimension but not a netCDF variable.         4");
    assert!(file.attr("dx").is_err() && file.dataset("x").unwrap().attr("units").is_err());
    let (_folder, path) = written(name, made, "npy");
    let told: serde_json::Value =
        serde_json::from_slice(&std::fs::read(path.join("axes.json")).unwrap()).unwrap();
    assert!(told["coordinates"]["time"].is_null() && told["coordinates"]["x"].is_null());
}

/// An origin that nobody stated is no coordinate of 0; the spacing is told all the same.
#[test]
fn an_origin_that_is_not_stated_is_not_written() {
    let (name, made) = &all()[1];
    let folder = tempfile::tempdir().unwrap();
    let known = Known { first: [true, false], ..Known::all(true) };
    let fields = Fields { known, ..made.fields() };
    let write = |format: &str| {
        let format: Format = format.parse().unwrap();
        format.write(&fields, folder.path(), name, Existing::Refuse).unwrap()
    };
    let file = hdf5::File::open(write("netcdf")).unwrap();
    assert_eq!(file.dataset("x").unwrap().read_raw::<f64>().unwrap()[..2], [-1.0, -0.5]);
    let told = file.dataset("y").unwrap().attr("NAME").unwrap().read_scalar::<FixedAscii<64>>().unwrap();
    assert!(told.starts_with("This is a netCDF dimension but not"), "{told}");
    assert_eq!(file.attr("dy").unwrap().read_raw::<f64>().unwrap(), [0.25]);
    let image = std::fs::read(write("vti").join("frame_0000.vti")).unwrap();
    assert!(String::from_utf8_lossy(&image).contains("Origin=\"-1 0 0\" Spacing=\"0.5 0.25 1\""));
}

#[test]
fn npy_holds_every_number_in_its_place() {
    for (name, made) in all() {
        let (_folder, path) = written(name, &made, "npy");
        let bytes = std::fs::read(path.join("members.npy")).unwrap();
        let expected = made.members.iter().flat_map(|member| {
            let at = |i| <[usize; 4]>::from(made.shape.position(i));
            (0..member.len()).map(at).map(|at| flow(&made, member, at))
        });
        assert_eq!(bits(floats(&bytes[128..])), bits(expected), "{name}");
    }
}

/// A folder of NumPy states itself: axes, mask, units, weights; members are read where nothing is asked for.
#[test]
fn npy_is_read_back() {
    for (name, made) in &all()[..2] {
        let (_folder, path) = written(name, made, "npy");
        let data = load(&path, &LoadOptions::default()).unwrap();
        assert_eq!((data.grid().x_axis, data.grid().dx, data.grid().dy), (made.x_axis, 0.5, 0.25));
        assert_eq!(data.mask(), made.mask.as_ref());
        assert_eq!(data.attributes().get("weights"), Some(&Attribute::Numbers(made.weights.clone())));
        assert_eq!(data.attributes().get("units"), Some(&Attribute::Text("m/s".into())));
        let at = |i| <[usize; 4]>::from(made.shape.position(i));
        for (m, member) in made.members.iter().enumerate() {
            let read = data.window(m, 0, made.shape.frames).unwrap();
            let open = |i: &usize| !flow(made, member, at(*i)).is_nan();
            let open: Vec<usize> = (0..member.len()).filter(open).collect();
            assert_eq!(bits(open.iter().map(|i| read[*i])), bits(open.iter().map(|i| member[*i])), "{name}");
        }
        let mean = load(Path::new(&format!("{}:/mean", path.display())), &LoadOptions::default()).unwrap();
        assert_eq!((mean.trajectories(), mean.frames()), (1, made.shape.frames));
    }
}

fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> + '_ {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

/// The array of a file of VTK: where it says, behind its length, x fastest.
#[test]
fn images_hold_what_they_say_where_they_say() {
    for (name, made) in all() {
        let (_folder, path) = written(name, &made, "vti");
        let last = made.shape.frames - 1;
        let bytes = std::fs::read(path.join(format!("frame_{last:04}.vti"))).unwrap();
        let begin = b"<AppendedData encoding=\"raw\">\n_";
        let at = bytes.windows(begin.len()).position(|window| window == begin).unwrap();
        let (xml, data) = (std::str::from_utf8(&bytes[..at]).unwrap(), &bytes[at + begin.len()..]);
        let (nx, ny) = if made.x_axis == Axis::H {
            (made.shape.height, made.shape.width)
        } else {
            (made.shape.width, made.shape.height)
        };
        assert!(xml.contains(&format!("WholeExtent=\"0 {} 0 {} 0 0\"", nx - 1, ny - 1)), "{xml}");
        let velocities = made.components.contains(&"u");
        let (array, width, component) = match velocities {
            true => ("velocity_member_7", 3, made.components.iter().position(|c| *c == "v").unwrap()),
            false => ("x_y_member_7", 1, 1),
        };
        let place = xml.split(&format!("Name=\"{array}\"")).nth(1).unwrap();
        let offset: usize = place.split('"').nth(5).unwrap().parse().unwrap();
        let length = u64::from_le_bytes(data[offset..offset + 8].try_into().unwrap()) as usize;
        assert_eq!(length, 4 * width * made.shape.plane());
        let found = floats(&data[offset + 8..offset + 8 + length]);
        let found = found.skip(width / 2).step_by(width);
        let expected = (0..ny).flat_map(|y| (0..nx).map(move |x| (x, y))).map(|(x, y)| {
            let [h, w] = if made.x_axis == Axis::H { [x, y] } else { [y, x] };
            flow(&made, &made.members[2], [last, component, h, w])
        });
        assert_eq!(bits(found), bits(expected), "{name}");
    }
}

/// The hyperslab of an attribute begins where the plane does in the array that it names.
#[test]
fn xdmf_points_at_planes_of_the_file_beside_it() {
    let (name, made) = &all()[0];
    let (folder, path) = written(name, made, "xdmf");
    let xml = std::fs::read_to_string(&path).unwrap();
    let attribute = xml.split("<Attribute Name=\"v_member_2\"").nth(4).unwrap();
    let slab = attribute.split('>').nth(3).unwrap().split('<').next().unwrap();
    let numbers: Vec<usize> = slab.split(' ').map(|number| number.parse().unwrap()).collect();
    assert_eq!(numbers, [1, 3, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 4, 6]);
    assert!(attribute.contains("Dimensions=\"3 5 2 4 6\"") && attribute.contains(">wake.h5:/members<"));
    assert_eq!(xml.matches("<Time ").count(), made.shape.frames);
    std::fs::remove_file(folder.path().join("wake.h5")).unwrap();
    let format: Format = "xdmf".parse().unwrap();
    let missing = format.write(&made.fields(), folder.path(), name, Existing::Replace).unwrap_err();
    assert!(matches!(missing, DataError::Missing { .. }), "{missing}");
}

#[test]
fn nothing_is_replaced_unless_it_is_asked_for_and_of_the_format() {
    let (name, made) = &all()[2];
    for format in Format::all() {
        let (folder, path) = written(name, made, &format.to_string());
        let write = |existing| format.write(&made.fields(), folder.path(), name, existing);
        let refused = write(Existing::Refuse).unwrap_err();
        assert!(matches!(refused, DataError::Exists { .. }), "{refused}");
        write(Existing::Replace).unwrap();
        if path.is_dir() {
            std::fs::remove_dir_all(&path).unwrap();
            std::fs::create_dir(&path).unwrap();
            std::fs::write(path.join("thesis.tex"), "mine").unwrap();
            let refused = write(Existing::Replace).unwrap_err();
            assert!(matches!(refused, DataError::Unlike { .. }), "{refused}");
            assert_eq!(std::fs::read(path.join("thesis.tex")).unwrap(), b"mine");
        }
        let mut left: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["three.h5".into(), path.file_name().unwrap().to_os_string()], "{format}");
        if !path.join("thesis.tex").exists() {
            format.remove(folder.path(), name).unwrap();
            assert!(!path.exists());
        }
        let short = Fields { mean: Some(&made.mean[1..]), ..made.fields() };
        let refused = format.write(&short, folder.path(), "short", Existing::Refuse).unwrap_err();
        assert!(refused.to_string().starts_with("the mean: found length"), "{refused}");
    }
}

/// A file or folder of someone else under the name of a format that is not asked for stops everything beforehand.
#[test]
fn what_someone_else_left_is_not_removed() {
    for format in Format::all() {
        let folder = tempfile::tempdir().unwrap();
        let path = format.path(folder.path(), "ensemble");
        let inner = match path.extension().is_some_and(|end| end != "zarr") {
            true => path.clone(),
            false => path.join(if format.to_string() == "zarr" { "zarr.json" } else { "axes.json" }),
        };
        std::fs::create_dir_all(inner.parent().unwrap()).unwrap();
        std::fs::write(&inner, "{\"space\": \"mine\"}").unwrap();
        let check =
            |formats: &[Format]| exchange::check(folder.path(), "ensemble", formats, Existing::Replace);
        for refused in [check(&[]), exchange::clear(folder.path(), "ensemble", &[])] {
            let refused = refused.unwrap_err();
            assert!(matches!(refused, DataError::Unlike { .. }), "{refused}");
        }
        // A file that is asked for is replaced, whoever wrote it; a folder is not.
        assert_eq!(check(&[format]).is_ok(), path.is_file(), "{format}");
        assert_eq!(std::fs::read(&inner).unwrap(), b"{\"space\": \"mine\"}");
        let refused = exchange::check(folder.path(), "ensemble", &[format], Existing::Refuse).unwrap_err();
        assert!(matches!(refused, DataError::Exists { .. }), "{refused}");
    }
}

/// Written in every format, and read by xarray, netCDF4, h5netcdf, zarr, NumPy and pyvista.
#[test]
#[ignore = "needs the Python of cargo xtask peers"]
fn other_programs_read_them() {
    let python = std::env::var("EQUIPOISE_PEERS_PYTHON").expect("cargo xtask peers names it");
    let folder = tempfile::tempdir().unwrap();
    for (name, made) in all() {
        made.store(&folder.path().join(format!("{name}.h5")));
        for format in Format::all() {
            format.write(&made.fields(), folder.path(), name, Existing::Refuse).unwrap();
        }
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../xtask/peers/exchange.py");
    let run = std::process::Command::new(python).arg(script).arg(folder.path()).status().unwrap();
    assert!(run.success(), "a program did not read what was written");
}
