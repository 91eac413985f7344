//! The ensemble's file, read by the loader of trajectory files.

use crate::flow::{SHAPE, at, prior, problem, rule, scattered};
use equipoise_data::exchange::Format;
use equipoise_data::store::{Existing, Reader};
use equipoise_data::{Coordinates, LoadOptions, load};
use equipoise_experiment::Setup;
use equipoise_operator::TimeRule;
use equipoise_reconstruction::{
    Check, Ensemble, Pictures, Provenance, Sampling, exchanged, write_file, write_page, write_pictures,
    write_sheet,
};
use equipoise_sampler::SamplerName;
use equipoise_schedule::Spacing;
use equipoise_solver::Watch;
use std::path::Path;

#[test]
fn an_ensemble_is_a_trajectory_file_with_more_in_it() {
    let folder = tempfile::tempdir().unwrap();
    for periodic in [false, true] {
        let readings: Vec<_> = scattered(12).iter().map(|&(h, w)| at(1.0, h, w, [1.0; 2], 0.2)).collect();
        let problem = problem(prior(periodic), &readings, TimeRule::Nearest);
        let sampling = Sampling {
            choice: "posterior".parse().unwrap(),
            members: 3,
            seed: 0,
            setup: Setup {
                schedule: "cos".parse().unwrap(),
                eta: 0.01,
                sampler: SamplerName::Euler,
                spacing: Spacing::Uniform,
                steps: 1,
                corrections: 0,
                tau: Setup::TAU,
            },
        };
        let drawn = sampling.draw(&problem, Watch::NONE).unwrap();
        let ensemble = Ensemble::of(&problem, &sampling.choice, drawn).unwrap();
        let provenance = Provenance {
            version: "0".into(),
            revision: None,
            prior: "prior.h5".into(),
            prior_sha256: String::new(),
            observations: "obs.csv".into(),
            observations_sha256: String::new(),
            method: "posterior".into(),
            settings: String::new(),
            seed: 0,
            members: ensemble.indices.clone(),
            mean_of: "closed form",
            composite: None,
        };
        let path = folder.path().join(format!("{periodic}.h5"));
        let rule = rule(TimeRule::Nearest);
        let write = |existing| write_file(&path, existing, &problem, &rule, &ensemble, &provenance);
        write(Existing::Refuse).unwrap();
        assert!(write(Existing::Refuse).unwrap_err().to_string().contains("nothing was overwritten"));

        let data = load(&path, &LoadOptions::default()).unwrap();
        assert_eq!(data.window(0, 0, SHAPE.frames).unwrap(), ensemble.mean());
        assert_eq!(data.grid(), problem.prior.grid());
        assert_eq!(data.kind(), problem.prior.kind());
        assert_eq!(Coordinates::of(&data).unwrap(), (problem.prior.coordinates(), Vec::new()));
        let geometry = data.geometry().map(|g| (g.center_row, g.center_column, g.radius));
        assert_eq!(geometry, (!periodic).then_some((4.0, 3.0, 1.5)));

        let reader = Reader::open(&path).unwrap();
        assert_eq!(reader.read::<f32>("std").unwrap().values, ensemble.std().unwrap());
        let members = reader.read::<f32>("members").unwrap();
        assert_eq!(members.shape, [3, SHAPE.frames, 2, SHAPE.height, SHAPE.width]);
        assert_eq!(members.values, ensemble.members.concat());
        let x = reader.read_shaped::<f64>("coordinates/x", &[SHAPE.width]).unwrap();
        let t = reader.read_shaped::<f64>("coordinates/t", &[SHAPE.frames]).unwrap();
        assert!((x[11] - 1.75).abs() < 1e-14 && (t[2] - 10.4).abs() < 1e-14, "{x:?} {t:?}");

        let field = ["time", "component", "y", "x"];
        for (array, leading) in [("velocity", Some("trajectory")), ("members", Some("member")), ("std", None)]
        {
            let axes: Vec<&str> = leading.into_iter().chain(field).collect();
            assert_eq!(reader.dimensions(array).unwrap(), axes, "{array}");
        }
        assert_eq!(reader.read_shaped::<f64>("x", &[x.len()]).unwrap(), x);
        let netcdf: Format = "netcdf".parse().unwrap();
        let fields = exchanged(&problem, &rule, &ensemble, &provenance).unwrap();
        let name = format!("{periodic}");
        let path = netcdf.write(&fields, folder.path(), &name, Existing::Refuse).unwrap();
        let members = load(Path::new(&format!("{}:/u,/v", path.display())), &LoadOptions::default()).unwrap();
        assert_eq!(members.values(), ensemble.members.concat());
        assert_eq!(members.grid(), problem.prior.grid());

        let check = Check::exact(&problem).unwrap();
        let pictures = Pictures::of(&problem, &ensemble, check.misfit(), None).unwrap();
        write_pictures(folder.path(), &pictures).unwrap();
        write_sheet(&folder.path().join("readings.csv"), &problem, &ensemble, check.misfit()).unwrap();
        let sheet = std::fs::read_to_string(folder.path().join("readings.csv")).unwrap();
        assert_eq!(sheet.lines().count(), 1 + 24);
        let page = folder.path().join("page.html");
        write_page(&page, &problem, &ensemble, &check, &pictures, &check.warnings(), Vec::new()).unwrap();
        let html = std::fs::read_to_string(page).unwrap();
        assert_eq!(html.matches("data:image/png").count(), 3 + 5);
        assert!(
            html.contains("member less mean") && html.contains("frame 1 of 3, 0 after the first"),
            "{html}"
        );
        assert!(!html.contains("http://") && !html.contains("https://"));
    }
}
