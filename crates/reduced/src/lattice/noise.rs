//! Fields of Langevin noise as the tiles hold them, kept for runs that draw the same.

use super::LatticeSpace;
use super::tile::Lane;
use equipoise_field::Real;
use equipoise_stream::Stream;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Every draw of one stream.
type Draws<R> = Arc<Made<R>>;

struct Made<R> {
    draws: Vec<OnceLock<Box<[Lane<R>]>>>,
    /// Draws that a run has begun to make.
    begun: AtomicUsize,
}

impl<R> Made<R> {
    fn new(count: usize) -> Self {
        Self { draws: (0..count).map(|_| OnceLock::new()).collect(), begun: AtomicUsize::new(0) }
    }
}

/// What is kept of the streams drawn from last.
pub(super) struct Kept<R> {
    bytes: usize,
    streams: Mutex<VecDeque<(Stream, Draws<R>)>>,
}

impl<R: Real> Kept<R> {
    /// At most `bytes`, beside what runs under way hold.
    pub(super) fn new(bytes: usize) -> Self {
        Self { bytes, streams: Mutex::default() }
    }

    /// Room for `count` draws of `len` lanes from a stream; `None` where they are too many to keep.
    fn draws(&self, stream: Stream, count: usize, len: usize) -> Option<Draws<R>> {
        let bytes = |draws: usize| draws.saturating_mul(len).saturating_mul(size_of::<Lane<R>>());
        if count == 0 || bytes(count) > self.bytes {
            return None;
        }
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, draws)) =
            streams.iter().find(|(own, draws)| *own == stream && draws.draws.len() >= count)
        {
            return Some(Arc::clone(draws));
        }
        streams.retain(|(own, _)| *own != stream);
        let held = |streams: &VecDeque<(Stream, Draws<R>)>| {
            streams.iter().map(|(_, d)| d.draws.len()).sum::<usize>()
        };
        while bytes(held(&streams) + count) > self.bytes {
            streams.pop_front();
        }
        let draws = Arc::new(Made::new(count));
        streams.push_back((stream, Arc::clone(&draws)));
        Some(draws)
    }
}

/// The noise of one member.
pub(super) struct Noise<R> {
    stream: Stream,
    kept: Option<Draws<R>>,
}

/// What a draw is made in.
#[derive(Default)]
pub(super) struct Room<R> {
    field: Vec<R>,
    packed: Vec<R>,
    lanes: Vec<Lane<R>>,
}

impl<R: Real> Noise<R> {
    /// For a run that draws `count` times. What is kept is made here, each draw by one of the runs that
    /// begin meanwhile.
    pub(super) fn new(space: &LatticeSpace<R>, stream: Stream, count: usize, room: &mut Room<R>) -> Self {
        let noise = Self { stream, kept: space.kept.draws(stream, count, space.lanes()) };
        if let Some(made) = &noise.kept {
            while let number = made.begun.fetch_add(1, Ordering::Relaxed)
                && number < made.draws.len()
            {
                noise.draw(space, number as u64, room);
            }
        }
        noise
    }

    /// Uᵀz tile by tile, z the field that full space draws.
    pub(super) fn draw<'a>(
        &'a self,
        space: &LatticeSpace<R>,
        number: u64,
        room: &'a mut Room<R>,
    ) -> &'a [Lane<R>] {
        let kept = self.kept.as_ref().zip(usize::try_from(number).ok());
        let kept = kept.and_then(|(made, number)| made.draws.get(number));
        if let Some(drawn) = kept.and_then(OnceLock::get) {
            return drawn;
        }
        // Two runs that come here at the same time both draw: to wait would hold up a thread that the
        // other may be waiting for.
        self.fill(space, number, room);
        match kept {
            Some(kept) => kept.get_or_init(|| room.lanes.as_slice().into()),
            None => &room.lanes,
        }
    }

    fn fill(&self, space: &LatticeSpace<R>, number: u64, room: &mut Room<R>) {
        let Room { field, packed, lanes } = room;
        field.resize(space.dim(), R::zero());
        packed.resize(space.dim(), R::zero());
        lanes.resize(space.lanes(), Lane::zero());
        self.stream.fill_normal(number, field);
        space.observed.covariance().analyse(field, packed);
        space.gather(|at| packed[at], lanes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Room for three draws: a stream that is asked for again is the same, and the oldest goes first.
    #[test]
    fn the_streams_drawn_from_last_are_kept() {
        let kept = Kept::<f64>::new(3 * 10 * size_of::<Lane<f64>>());
        let stream = |m: u64| Stream::new("langevin").number(m);
        let first = kept.draws(stream(0), 1, 10).unwrap();
        let second = kept.draws(stream(1), 2, 10).unwrap();
        assert!(Arc::ptr_eq(&first, &kept.draws(stream(0), 1, 10).unwrap()));
        kept.draws(stream(2), 1, 10).unwrap();
        assert!(!Arc::ptr_eq(&first, &kept.draws(stream(0), 1, 10).unwrap()));
        assert!(!Arc::ptr_eq(&second, &kept.draws(stream(1), 2, 10).unwrap()));
        assert!(kept.draws(stream(3), 4, 10).is_none() && kept.draws(stream(3), 0, 10).is_none());
    }
}
