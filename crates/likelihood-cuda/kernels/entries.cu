
// The kernel: tiles of one block of observations, the tree over blocks, and the entry points.

// Adds the block sums of a sample pairwise, 512 neighbours at a time, and writes its statistics.
// `closed_log`: the sum of log v is `log_variance`. A call, not inlined: every entry point ends
// with it, and one thread block of a sample runs it once.
static __device__ __noinline__ void combine(double *partials, unsigned blocks, double (*roots)[WARPS],
                                            double *statistics, double log_variance, bool closed_log) {
    const unsigned warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
    double root = 0;
    unsigned len = blocks;
    do {
        const unsigned chunks = (len + 2 * THREADS - 1) / (2 * THREADS);
        for (unsigned chunk = 0; chunk < chunks; ++chunk) {
            const unsigned at = 2 * (chunk * THREADS + threadIdx.x);
#pragma unroll
            for (unsigned q = 0; q < PARTIALS; ++q) {
                double *terms = partials + static_cast<unsigned long long>(q) * blocks;
                const double left = at < len ? FETCH(terms + at) : 0.0;
                const double right = at + 1 < len ? FETCH(terms + at + 1) : 0.0;
                const double node = q == MAX_ABS
                    ? warp_fold(left > right ? left : right, [](double x, double y) { return x > y ? x : y; })
                    : warp_tree(left + right, WARP);
                if (lane == 0) put(roots[q][warp], node);
            }
            __syncthreads();
            if (threadIdx.x < PARTIALS) {
                double node[WARPS];
                for (unsigned w = 0; w < WARPS; ++w) node[w] = get(roots[threadIdx.x][w]);
                for (unsigned width = WARPS / 2; width > 0; width /= 2)
                    for (unsigned w = 0; w < width; ++w) {
                        const double x = node[2 * w], y = node[2 * w + 1];
                        node[w] = threadIdx.x == MAX_ABS ? (x > y ? x : y) : x + y;
                    }
                root = node[0];
                PUBLISH(partials + static_cast<unsigned long long>(threadIdx.x) * blocks + chunk, root);
            }
            __syncthreads();
        }
        len = chunks;
    } while (len > 1);
    if (threadIdx.x < PARTIALS) {
        const bool closed = threadIdx.x == 2 && closed_log;
        store(statistics + threadIdx.x, closed ? log_variance : root);
    }
}

// Brings the threads' tallies together, leaves the block's sums in memory and, in the last thread
// block of the sample to come here, combines them.
template <int WEIGHT, class Shared> DEVICE void settle(const Arguments &a, Shared &shared, Tally tally) {
    const unsigned warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
    if (warp == 1 && WEIGHT == EACH) tally.chain = log(tally.chain);
    if (warp < 2) {
        const double sum = warp_tree(tally.chain, LANES);
        if (warp == 0 && lane % LANES == 0 && lane < 2 * LANES) put(shared.sums[lane / LANES], sum);
        if (WEIGHT == EACH && warp == 1 && lane == 0) put(shared.sums[2], sum);
    }
    const real max_abs = warp_fold(tally.max_abs, [](real x, real y) { return x > y ? x : y; });
    const unsigned non_finite = warp_fold(tally.non_finite, [](unsigned x, unsigned y) { return x + y; });
    const int exponents = warp_fold(tally.exponents, [](int x, int y) { return x + y; });
    if (lane == 0) {
        put(shared.max_abs[warp], max_abs);
        put(shared.non_finite[warp], non_finite);
        put(shared.exponents[warp], exponents);
    }
    __syncthreads();
    double *partials = a.partials + static_cast<unsigned long long>(blockIdx.y) * PARTIALS * a.blocks;
    if (threadIdx.x == 0) {
        double sums[PARTIALS] = {get(shared.sums[0]), get(shared.sums[1]), 0, 0, 0};
        long long exponent = 0;
        for (unsigned w = 0; w < WARPS; ++w) {
            const double most = get(shared.max_abs[w]);
            sums[3] = most > sums[3] ? most : sums[3];
            sums[4] += get(shared.non_finite[w]);
            exponent += get(shared.exponents[w]);
        }
        if (WEIGHT == EACH)
            sums[2] = static_cast<double>(exponent) * 0.693147180559945309417 + get(shared.sums[2]);
        for (unsigned q = 0; q < PARTIALS; ++q)
            PUBLISH(partials + static_cast<unsigned long long>(q) * a.blocks + blockIdx.x, sums[q]);
        __threadfence();
        put(shared.last, atomicInc(a.tickets + blockIdx.y, a.blocks - 1) == a.blocks - 1);
    }
    __syncthreads();
    if (!get(shared.last)) return;
    __threadfence();
    double *statistics = reinterpret_cast<double *>(a.statistics + blockIdx.y);
    combine(partials, a.blocks, shared.roots, statistics, a.log_variance, WEIGHT != EACH);
}

// Adds the terms of a staged tile and writes the part of the field around its observations.
template <int LAYOUT, int TARGET, int WEIGHT, class Shared>
DEVICE void fold_tile(const Arguments &a, const Sample &sample, Shared &shared, Tally &tally, unsigned start,
                      unsigned n) {
    const unsigned warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
    if (warp == 0) {
        if (lane < 2 * LANES)
            tally.chain = chain_sum(tally.chain, shared.terms[lane / LANES], n, lane % LANES);
        return;
    }
    if (WEIGHT == EACH && warp == 1 && lane < LANES)
        tally.chain = chain_product(tally.chain, shared.mantissas, n, lane);
    if constexpr (TARGET == TO_FIELD && LAYOUT == STRIDED)
        scatter_rows(a, sample.gradient, shared.weighted, start, n);
    if constexpr (TARGET == TO_FIELD && LAYOUT == LISTED)
        scatter_list(a, sample.gradient, shared.weighted, shared.index, n);
}

template <int LAYOUT, int TARGET, int WEIGHT>
DEVICE bool vectors_fit(const Arguments &a, const Sample &sample) {
    constexpr unsigned narrow = GROUP * sizeof(storage);
    return aligned(sample.values, narrow) && aligned(sample.residual, 16) &&
        (LAYOUT != COMPACT || aligned(sample.prediction, narrow)) &&
        (LAYOUT != LISTED || aligned(a.indices, GROUP * sizeof(unsigned))) &&
        (TARGET != TO_COMPACT || aligned(sample.gradient, 16)) &&
        (WEIGHT != EACH || aligned(sample.variances, 16));
}

template <int LAYOUT, int TARGET, int WEIGHT> DEVICE void likelihood(const Arguments &a) {
    const Sample sample = sample_of(a);
    if (blockIdx.x >= a.blocks) {
        if constexpr (TARGET == TO_FIELD && LAYOUT == STRIDED) fill_rows(a, sample.gradient);
        if constexpr (TARGET == TO_FIELD && LAYOUT == LISTED) fill_segments(a, sample.gradient);
        return;
    }
    __shared__ Staging<LAYOUT, TARGET, WEIGHT> shared;
    const bool vectors = vectors_fit<LAYOUT, TARGET, WEIGHT>(a, sample);
    const unsigned end = smaller(a.count, (blockIdx.x + 1) * BLOCK);
    unsigned start = blockIdx.x * BLOCK, staged = 0;
    Items items = {};
    Tally tally = {threadIdx.x / WARP == 0 ? 0.0 : 1.0, 0, 0, 0};
    // Every round loads a tile, folds the one before it, and finishes the one it loaded.
#pragma unroll 1
    for (; start < end || staged > 0; start += TILE) {
        const unsigned n = start < end ? smaller(end - start, TILE) : 0;
        const bool vector = vectors && n == TILE;
        if (vector)
            load_tile<LAYOUT, WEIGHT, GROUP>(items, a, sample, start, n);
        else
            load_tile<LAYOUT, WEIGHT, 1>(items, a, sample, start, n);
        if (staged > 0) {
            fold_tile<LAYOUT, TARGET, WEIGHT>(a, sample, shared, tally, start - TILE, staged);
            __syncthreads();
        }
        if (vector)
            finish_tile<LAYOUT, TARGET, WEIGHT, GROUP>(shared, tally, items, a, sample, start, n);
        else if (n > 0)
            finish_tile<LAYOUT, TARGET, WEIGHT, 1>(shared, tally, items, a, sample, start, n);
        staged = n;
        __syncthreads();
    }
    settle<WEIGHT>(a, shared, tally);
}

// The last arguments are bounds: the threads, and once the thread blocks that an SM holds at least:
// without it the assembler spills for a fifth.
#define ENTRY(name, layout, target, weight, ...) \
    extern "C" __global__ void __launch_bounds__(__VA_ARGS__) name(const Arguments a) { \
        likelihood<layout, target, weight>(a); \
    }

ENTRY(compact_scalar, COMPACT, TO_COMPACT, SCALAR, THREADS)
ENTRY(compact_channel, COMPACT, TO_COMPACT, CHANNEL, THREADS)
ENTRY(compact_each, COMPACT, TO_COMPACT, EACH, THREADS)
ENTRY(strided_compact_scalar, STRIDED, TO_COMPACT, SCALAR, THREADS)
ENTRY(strided_compact_channel, STRIDED, TO_COMPACT, CHANNEL, THREADS)
ENTRY(strided_compact_each, STRIDED, TO_COMPACT, EACH, THREADS)
ENTRY(strided_field_scalar, STRIDED, TO_FIELD, SCALAR, THREADS)
ENTRY(strided_field_channel, STRIDED, TO_FIELD, CHANNEL, THREADS)
ENTRY(strided_field_each, STRIDED, TO_FIELD, EACH, THREADS)
ENTRY(listed_compact_scalar, LISTED, TO_COMPACT, SCALAR, THREADS, 4)
ENTRY(listed_compact_channel, LISTED, TO_COMPACT, CHANNEL, THREADS)
ENTRY(listed_compact_each, LISTED, TO_COMPACT, EACH, THREADS)
ENTRY(listed_field_scalar, LISTED, TO_FIELD, SCALAR, THREADS)
ENTRY(listed_field_channel, LISTED, TO_FIELD, CHANNEL, THREADS)
ENTRY(listed_field_each, LISTED, TO_FIELD, EACH, THREADS)
