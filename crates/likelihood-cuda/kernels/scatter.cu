
// The gradient on the field: what lies around a tile's observations, and the zeros between blocks.

// The k-th group of GROUP elements, aligned in memory, that touches the field from `begin` on. `skew`
// is the place of the field's first element in its group.
DEVICE int group_start(unsigned begin, unsigned skew, unsigned k) {
    return static_cast<int>((begin + skew) / GROUP * GROUP + k * GROUP) - static_cast<int>(skew);
}

DEVICE unsigned skew_of(const real *field) {
    return static_cast<unsigned>(reinterpret_cast<unsigned long long>(field) / sizeof(real) % GROUP);
}

// Writes `value(position)` to the part of a group that lies in begin .. end.
template <class Value>
DEVICE void store_group(real *field, int at, unsigned begin, unsigned end, Value value) {
    const int from = static_cast<int>(begin), to = static_cast<int>(end);
    if (at >= from && at + static_cast<int>(GROUP) <= to) {
        Pack<real, GROUP> pack;
#pragma unroll
        for (unsigned k = 0; k < GROUP; ++k) pack.item[k] = value(static_cast<unsigned>(at) + k);
        store(reinterpret_cast<Pack<real, GROUP> *>(field + at), pack);
        return;
    }
    for (int position = at; position < at + static_cast<int>(GROUP); ++position)
        if (position >= from && position < to) store(field + position, value(position));
}

// The observed rows around n lattice observations: each owns the columns up to the next one, the last
// of a row all that are left. Called by the warps from 1 on.
DEVICE void scatter_rows(const Arguments &a, real *field, const real *weighted, unsigned start, unsigned n) {
    const unsigned writers = THREADS - WARP, columns = a.columns.divisor, stride = a.stride.divisor;
    const unsigned skew = skew_of(field), first_row = divide(start, a.columns);
    const unsigned rows = divide(start + n - 1, a.columns) - first_row + 1;
    for (unsigned e = threadIdx.x - WARP; e < rows * a.row_groups.divisor; e += writers) {
        const unsigned nth = divide(e, a.row_groups), row = first_row + nth, row_start = row * columns;
        const unsigned from = row_start < start ? start : row_start;
        const unsigned to = smaller(start + n, row_start + columns);
        const unsigned base = field_row(a, row) * a.width, begin = base + (from - row_start) * stride;
        const unsigned end = base + smaller((to - row_start) * stride, a.width);
        const int at = group_start(begin, skew, e - nth * a.row_groups.divisor);
        if (at >= static_cast<int>(end)) continue;
        store_group(field, at, begin, end, [&](unsigned position) {
            const unsigned column = position - begin, point = divide(column, a.stride);
            return column == point * stride ? get(weighted[from - start + point]) : real(0);
        });
    }
}

// Zeros of the rows between observed ones: the gap after each observed row is one stretch.
DEVICE void fill_rows(const Arguments &a, real *field) {
    const unsigned skew = skew_of(field);
    const unsigned first = (blockIdx.x - a.blocks) * GAPS_A_BLOCK + threadIdx.x;
    for (unsigned e = first; e < smaller(first + GAPS_A_BLOCK, a.gaps); e += THREADS) {
        const unsigned row = divide(e, a.gap_groups), above = field_row(a, row);
        const unsigned bottom = smaller(above + a.stride.divisor, (divide(row, a.rows) + 1) * a.height);
        const unsigned begin = (above + 1) * a.width, end = bottom * a.width;
        const int at = group_start(begin, skew, e - row * a.gap_groups.divisor);
        if (at < static_cast<int>(end)) store_group(field, at, begin, end, [](unsigned) { return real(0); });
    }
}

// The segments around n listed observations, one store of a warp for each: a segment that holds
// observations of two warps, tiles or blocks is cut at the first one of the later. index[k + 1]
// belongs to observation k. Called by the warps from 1 on.
DEVICE void scatter_list(const Arguments &a, real *field, const real *weighted, const unsigned *index,
                         unsigned n) {
    const unsigned warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
    for (unsigned base = (warp - 1) * WARP; base < n; base += THREADS - WARP) {
        const unsigned limit = smaller(base + WARP, n);
        for (unsigned first = base; first < limit;) {
            const unsigned segment = get(index[first + 1]) / SEGMENT, mine = first + lane;
            const unsigned at = mine < limit ? get(index[mine + 1]) : NO_INDEX;
            const bool member = at / SEGMENT == segment;
            const unsigned members = __popc(__ballot_sync(ALL, member));
            const unsigned bits = warp_fold(member ? 1u << at % SEGMENT : 0u,
                                            [](unsigned x, unsigned y) { return x | y; });
            const unsigned before = get(index[first]), after = get(index[first + members + 1]);
            const unsigned lower = before / SEGMENT == segment ? get(index[first + 1]) % SEGMENT : 0;
            const unsigned upper = after / SEGMENT == segment ? after % SEGMENT : SEGMENT;
            const unsigned position = segment * SEGMENT + lane;
            if (lane >= lower && lane < upper && position < a.size) {
                const unsigned rank = __popc(bits & ((1u << lane) - 1));
                const real value = bits >> lane & 1 ? get(weighted[first + rank]) : real(0);
                store(field + position, value);
            }
            first += members;
        }
    }
}

// Zeros of the segments that hold no listed observation.
DEVICE void fill_segments(const Arguments &a, real *field) {
    const unsigned warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
    const unsigned first = ((blockIdx.x - a.blocks) * WARPS + warp) * SEGMENTS_A_WARP;
    if (first >= a.empties) return;
    const unsigned n = smaller(SEGMENTS_A_WARP, a.empties - first);
    const unsigned mine = lane < n ? load(a.empty_segments + first + lane) : 0;
    for (unsigned k = 0; k < n; ++k) {
        const unsigned position = __shfl_sync(ALL, mine, k) * SEGMENT + lane;
        if (position < a.size) store(field + position, real(0));
    }
}
