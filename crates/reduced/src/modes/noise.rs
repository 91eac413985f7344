//! Kicks of white noise: what they move in every class, and how a rest becomes the norm of itself and its noise.

use super::classes::BEYOND;
use super::coordinates::Coordinates;
use super::lanes::{Row, Vectors};
use super::pack::Pack;
use equipoise_stream::{Abreast, LANES};
use pulp::Simd;

/// What a kick moves, and room to draw it.
#[derive(Clone, Debug)]
pub(super) struct Noise {
    normal: Vec<Row>,
    square: Vec<Row>,
    /// Degrees of freedom of a rest but for one, class by class; 0 where there are less.
    freedom: Vec<Row>,
    /// 1 where the direction of ỹ, of f, the rest of a class exist; 0 where not.
    moved: Vec<[Row; BEYOND]>,
}

impl Noise {
    /// `exists(class, lane)` says of ỹ and f whether they are directions of their own.
    pub(super) fn new(space: &Coordinates, exists: impl Fn(usize, usize) -> [bool; 2]) -> Self {
        let blank = |length: usize| vec![[0.0; LANES]; length];
        let (mut freedom, mut moved) = (blank(space.classes.len()), Vec::new());
        for (k, (class, freedom)) in space.classes.iter().zip(&mut freedom).enumerate() {
            let mut own = [[0.0; LANES]; BEYOND];
            for l in 0..LANES {
                let [data, origin] = exists(k, l).map(|own| f64::from(u8::from(own)));
                let free = (class.dim - class.width()) as f64 - data - origin;
                freedom[l] = (free - 1.0).max(0.0);
                (own[0][l], own[1][l]) = (data, origin);
                own[2][l] = f64::from(u8::from(free > 0.0));
            }
            moved.push(own);
        }
        Self { normal: blank(space.rows()), square: blank(space.classes.len()), freedom, moved }
    }
}

impl Pack {
    /// x ← x + scale · z, z standard normal: draw number `draw`. A rest becomes the norm of what it was
    /// with all its directions kicked. ‖x − μm‖² after it.
    #[inline(always)]
    pub(super) fn kick<S: Simd>(
        &mut self,
        v: Vectors<S>,
        space: &Coordinates,
        scale: &Row,
        draw: u64,
        streams: &Abreast,
    ) -> Row {
        let noise = &mut self.noise;
        streams.fill_normal(draw, &mut noise.normal);
        streams.chi_squared(draw, &noise.freedom, &mut noise.square);
        let (scale, mut total) = (v.load(scale), v.splat(0.0));
        for ((class, moved), across) in space.classes.iter().zip(&noise.moved).zip(&noise.square) {
            let (rows, normal) = (&mut self.rows[class.all()], &noise.normal[class.all()]);
            let (rows, beyond) = rows.split_at_mut(class.width());
            for (x, z) in rows.iter_mut().zip(normal) {
                let kicked = v.mul_add(scale, v.load(z), v.load(x));
                total = v.mul_add(kicked, kicked, total);
                v.store(x, kicked);
            }
            let across = v.mul(v.mul(scale, scale), v.load(across));
            for (i, ((x, z), moved)) in beyond.iter_mut().zip(&normal[class.width()..]).zip(moved).enumerate()
            {
                let mut kicked = v.mul_add(v.mul(scale, v.load(moved)), v.load(z), v.load(x));
                if i + 1 == BEYOND {
                    // Where there is no rest, it and its χ² are 0.
                    kicked = v.root(v.mul_add(kicked, kicked, across));
                }
                total = v.mul_add(kicked, kicked, total);
                v.store(x, kicked);
            }
        }
        v.row(total)
    }
}
