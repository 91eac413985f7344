//! A picture whose pixels are indices into one fixed palette, and its PNG form.

use crate::ReportError;
use crate::colour::{LEVELS, NOT_FINITE, POINT, Rgb, SOLID, STEPS, of_level};

/// Shades from paper to ink, for text and lines.
const SHADES: usize = 16;
const FIRST_SHADE: usize = LEVELS;
/// White.
pub(crate) const PAPER: u8 = FIRST_SHADE as u8;
/// Black.
pub(crate) const INK: u8 = (FIRST_SHADE + SHADES - 1) as u8;
/// Between two bare frames.
pub(crate) const GAP_INDEX: u8 = (FIRST_SHADE + SHADES / 2) as u8;
/// Inside a solid body.
pub(crate) const SOLID_INDEX: u8 = INK + 1;
/// Not a finite number.
pub(crate) const NOT_FINITE_INDEX: u8 = INK + 2;
/// An observed point.
pub(crate) const POINT_INDEX: u8 = INK + 3;

/// A picture in the PNG format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The bytes of the PNG file.
    pub png: Vec<u8>,
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
}

/// Pixels of a picture, row by row from the top left.
pub(crate) struct Indexed {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pixels: Vec<u8>,
    /// Whether neighbours are near each other on the colour map.
    smooth: bool,
}

impl Indexed {
    /// An empty white picture.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![PAPER; width * height], smooth: false }
    }

    /// Fills the rectangle of `size` (width, height) whose top left pixel is `at` (x, y), as far as
    /// it lies inside the picture.
    pub(crate) fn fill(&mut self, at: (usize, usize), size: (usize, usize), index: u8) {
        let right = (at.0 + size.0).min(self.width);
        let left = at.0.min(right);
        for y in at.1..(at.1 + size.1).min(self.height) {
            self.pixels[y * self.width + left..y * self.width + right].fill(index);
        }
    }

    /// Lays text over the paper: `ink` holds one byte a pixel, 0 for none.
    pub(crate) fn print(&mut self, ink: &[u8]) {
        for (pixel, &ink) in self.pixels.iter_mut().zip(ink) {
            let shade = (usize::from(ink) * (SHADES - 1) + 127) / 255;
            if shade > 0 {
                *pixel = (FIRST_SHADE + shade) as u8;
            }
        }
    }

    /// The picture as an 8-bit palette PNG; the same pixels give the same bytes.
    pub(crate) fn encode(&self) -> Result<Image, ReportError> {
        let mut png = Vec::new();
        self.encode_into(&mut png).map_err(|source| ReportError::Encode {
            width: self.width,
            height: self.height,
            source,
        })?;
        Ok(Image { png, width: self.width, height: self.height })
    }

    /// As [`encode`](Self::encode) with every other level of the colour map, the white one among them, in two thirds of
    /// the bytes: for a page, which shows many small pictures.
    pub(crate) fn encode_coarse(mut self) -> Result<Image, ReportError> {
        for pixel in self.pixels.iter_mut().filter(|pixel| usize::from(**pixel) < LEVELS) {
            let apart = i32::from(*pixel) - STEPS as i32;
            // Halves go away from white, so that both signs are alike.
            *pixel = (STEPS as i32 + (apart + apart.signum()) / 2 * 2) as u8;
        }
        self.smooth = true;
        self.encode()
    }

    fn encode_into(&self, png: &mut Vec<u8>) -> Result<(), png::EncodingError> {
        let mut encoder = png::Encoder::new(png, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(palette().concat());
        encoder.set_compression(png::Compression::High);
        // Levels of the map predict each other as intensities do; letters and lines do not.
        encoder.set_filter(if self.smooth { png::Filter::Sub } else { png::Filter::NoFilter });
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()
    }
}

fn palette() -> Vec<Rgb> {
    let shade = |k: usize| [(255 - k * 255 / (SHADES - 1)) as u8; 3];
    (0..LEVELS).map(of_level).chain((0..SHADES).map(shade)).chain([SOLID, NOT_FINITE, POINT]).collect()
}
