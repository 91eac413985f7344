
// One tile of observations: loads, residuals and terms, and the chains that add the terms.

// The arrays of one sample.
struct Sample {
    const storage *prediction, *values;
    const real *variances;
    real *residual, *gradient;
};

DEVICE Sample sample_of(const Arguments &a) {
    const unsigned long long k = blockIdx.y;
    return {a.prediction + k * a.prediction_pitch, a.values + k * a.values_pitch,
            a.variances + k * a.variances_pitch, a.residual + k * a.residual_pitch,
            a.gradient + k * a.gradient_pitch};
}

// What a thread holds of a tile between its loads and its terms.
struct Items {
    storage prediction[ITEMS], value[ITEMS];
    real variance[ITEMS];
    unsigned index[ITEMS];
};

// What a thread holds from tile to tile. `chain` is one lane of one sum, or of the product of
// mantissas in warp 1.
struct Tally {
    double chain;
    real max_abs;
    unsigned non_finite;
    int exponents;
};

template <int LAYOUT, int TARGET, int WEIGHT> struct Staging {
    double terms[2][TILE];
    double mantissas[WEIGHT == EACH ? TILE : 1];
    real weighted[TARGET == TO_FIELD ? TILE : 1];
    // The tile's indices between those of its two neighbours.
    unsigned index[TARGET == TO_FIELD && LAYOUT == LISTED ? TILE + 2 : 1];
    double sums[3];
    real max_abs[WARPS];
    unsigned non_finite[WARPS];
    int exponents[WARPS];
    double roots[PARTIALS][WARPS];
    bool last;
};

// The place in a tile of the first of VECTOR neighbours.
template <unsigned VECTOR> DEVICE unsigned place(unsigned group) {
    return (group * THREADS + threadIdx.x) * VECTOR;
}

// VECTOR > 1 asks for a whole tile.
template <unsigned VECTOR, class T> DEVICE void load_items(T (&items)[ITEMS], const T *from, unsigned n) {
#pragma unroll
    for (unsigned group = 0; group < ITEMS / VECTOR; ++group) {
        const unsigned at = place<VECTOR>(group);
        if (at >= n) continue;
        const Pack<T, VECTOR> pack = load(reinterpret_cast<const Pack<T, VECTOR> *>(from + at));
#pragma unroll
        for (unsigned k = 0; k < VECTOR; ++k) items[group * VECTOR + k] = pack.item[k];
    }
}

// The row of the field, counted over all planes, that holds observed row `row`.
DEVICE unsigned field_row(const Arguments &a, unsigned row) {
    const unsigned plane = divide(row, a.rows);
    return plane * a.height + (row - plane * a.rows.divisor) * a.stride.divisor;
}

// The place on the field of lattice observation i.
DEVICE unsigned lattice_index(const Arguments &a, unsigned i) {
    const unsigned row = divide(i, a.columns);
    return field_row(a, row) * a.width + (i - row * a.columns.divisor) * a.stride.divisor;
}

template <int LAYOUT, int WEIGHT, unsigned VECTOR>
DEVICE void load_tile(Items &items, const Arguments &a, const Sample &sample, unsigned start, unsigned n) {
    if constexpr (LAYOUT == LISTED) load_items<VECTOR>(items.index, a.indices + start, n);
    load_items<VECTOR>(items.value, sample.values + start, n);
    if constexpr (WEIGHT == EACH) load_items<VECTOR>(items.variance, sample.variances + start, n);
    if constexpr (LAYOUT == COMPACT) {
        load_items<VECTOR>(items.prediction, sample.prediction + start, n);
    } else {
#pragma unroll
        for (unsigned item = 0; item < ITEMS; ++item) {
            const unsigned at = place<VECTOR>(item / VECTOR) + item % VECTOR;
            if (at >= n) continue;
            const unsigned index = LAYOUT == LISTED ? items.index[item] : lattice_index(a, start + at);
            items.prediction[item] = load(sample.prediction + index);
        }
    }
}

// 1/v of observation i.
template <int WEIGHT> DEVICE double precision_of(const Arguments &a, unsigned i, real variance) {
    if constexpr (WEIGHT == EACH) return 1.0 / static_cast<double>(variance);
    if constexpr (WEIGHT == SCALAR) return a.precision;
    const unsigned plane = divide(i, a.plane);
    return load(a.precisions + (plane - divide(plane, a.channels) * a.channels.divisor));
}

// Stages the mantissa of a positive normal double and counts its exponent.
template <class Shared> DEVICE void stage_logarithm(Shared &shared, Tally &tally, unsigned at, double v) {
    const long long bits = __double_as_longlong(v);
    put(shared.mantissas[at], __longlong_as_double((bits & 0x000fffffffffffffll) | 0x3ff0000000000000ll));
    tally.exponents += static_cast<int>(bits >> 52) - 1023;
}

// Residuals and terms of a tile of n observations, stored and staged.
template <int LAYOUT, int TARGET, int WEIGHT, unsigned VECTOR, class Shared>
DEVICE void finish_tile(Shared &shared, Tally &tally, const Items &items, const Arguments &a,
                        const Sample &sample, unsigned start, unsigned n) {
#pragma unroll
    for (unsigned group = 0; group < ITEMS / VECTOR; ++group) {
        const unsigned first = place<VECTOR>(group);
        if (first >= n) continue;
        Pack<real, VECTOR> residual, weighted;
#pragma unroll
        for (unsigned k = 0; k < VECTOR; ++k) {
            const unsigned item = group * VECTOR + k, at = first + k;
            const real r = widen(items.value[item]) - widen(items.prediction[item]);
            const double wide = r;
            const double p = precision_of<WEIGHT>(a, start + at, items.variance[item]) * wide;
            residual.item[k] = r;
            weighted.item[k] = static_cast<real>(p);
            put(shared.terms[0][at], wide * p);
            put(shared.terms[1][at], wide * wide);
            if constexpr (WEIGHT == EACH) stage_logarithm(shared, tally, at, items.variance[item]);
            if constexpr (TARGET == TO_FIELD) put(shared.weighted[at], weighted.item[k]);
            if constexpr (TARGET == TO_FIELD && LAYOUT == LISTED)
                put(shared.index[at + 1], items.index[item]);
            const real magnitude = r < 0 ? -r : r;
            tally.max_abs = magnitude > tally.max_abs ? magnitude : tally.max_abs;
            tally.non_finite += r - r == 0 ? 0 : 1;
        }
        store(reinterpret_cast<Pack<real, VECTOR> *>(sample.residual + start + first), residual);
        if constexpr (TARGET == TO_COMPACT)
            store(reinterpret_cast<Pack<real, VECTOR> *>(sample.gradient + start + first), weighted);
    }
    if (TARGET == TO_FIELD && LAYOUT == LISTED && threadIdx.x < 2) {
        const unsigned next = start + n;
        if (threadIdx.x == 0)
            put(shared.index[0], start > 0 ? load(a.indices + (start - 1)) : NO_INDEX);
        else
            put(shared.index[n + 1], next < a.count ? load(a.indices + next) : NO_INDEX);
    }
}

// Adds lane `lane` of n staged terms to `sum`, in index order.
DEVICE double chain_sum(double sum, const double *terms, unsigned n, unsigned lane) {
#pragma unroll 8
    for (unsigned at = lane; at < n; at += LANES) sum += get(terms[at]);
    return sum;
}

DEVICE double chain_product(double product, const double *factors, unsigned n, unsigned lane) {
#pragma unroll 8
    for (unsigned at = lane; at < n; at += LANES) product *= get(factors[at]);
    return product;
}
