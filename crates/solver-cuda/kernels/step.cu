// A guided predictor step under a Gaussian prior of r modes and one variance on the rest: all of it
// but the products with the modes and the reduction over the observations.
//
// Formula. x ~ N(m, U diag(lambda) U' + lambda_rest (I - U U')), j(lambda) = mu lambda/(mu^2 lambda +
// sigma^2) the gain of the denoiser, w = j(lambda) - j(lambda_rest), rest = j(lambda_rest):
//
//     centre    d  = w (c - mu U'm)                       c = U'x by a product before it
//     observe   p  = A m + rest (A x - mu A m)            then p += (A U) d by a product
//     (the reduction makes q = r/v of r = y - p)
//     weigh     e  = -(mu/sigma) d - pull w c2            c2 = (A U)'q by a product before it
//     advance   x' = keep x + shift (damping (x - mu m) - pull rest A'q + f)    f = U e by a product
//
// with damping = (1 - mu rest)/sigma, pull = sigma times the law's factor on the gradient, keep =
// mu'/mu and shift = sigma' - keep sigma. The bracket is eps_y, the guided noise estimate.
//
// Layout. Fields have D numbers, observations N, coefficients r. Observation i is the number
// points[i] of a field. For A', segment k of 32 numbers of a field has a word of bits, one for each
// number that is observed, and the rank of the first of them among the observations.
//
// Grid. One dimension of blocks of 256 threads: centre and weigh have a thread for each coefficient,
// observe one for each observation, advance one for each 16 bytes of the field.
//
// Divergence. Step k leaves in extents[k] how large x' is and how many of its numbers are not
// finite. A step after one that left such numbers leaves x' as it is and hands their count on, so a
// run that diverges ends in the state in which it diverged, and nobody has to look before its end.
// Both are folded by integer operations, whose order does not matter: the bits of doubles that are
// not negative are ordered as they are.
//
// Bytes moved, with R the size of `real`: observe reads N R of x, N R of A m and 4 N of points and
// writes N R (and reads 8 N, writes N R where v is per observation); advance reads 3 D R, N R and
// D/4, and writes D R. The two of coefficients move a few r R.

#if defined(STORAGE_F64)
typedef double real;
#elif defined(STORAGE_F32)
typedef float real;
#else
#error "define one of STORAGE_F32, STORAGE_F64"
#endif

#define DEVICE static __device__ __forceinline__

// The host proof redefines these to count, check and reorder what goes through them.
#ifndef TRACE_LOAD
#define TRACE_LOAD(from, bytes)
#define TRACE_STORE(to, bytes)
#define TRACE_SHARED_READ(from, bytes)
#define TRACE_SHARED_WRITE(to, bytes)
#endif

constexpr unsigned THREADS = 256;
constexpr unsigned WARP = 32;
constexpr unsigned WARPS = THREADS / WARP;
constexpr unsigned ALL = 0xffffffffu;
constexpr unsigned SEGMENT = 32;
// Numbers in 16 bytes; a segment holds whole groups.
constexpr unsigned GROUP = 16 / sizeof(real);

struct Extent {
    // The bits of max |x'| over the numbers that are finite, as a double.
    unsigned long long max_abs;
    unsigned long long non_finite;
};

struct Arguments {
    const real *mean, *observed_mean, *mean_coefficients, *gains;
    const unsigned *points, *bits, *ranks;
    const double *base_variances;
    real *state, *field, *prediction, *variances, *weighted, *coefficients, *pulled, *expansion;
    Extent *extents;
    double mu, rest, damping, ratio, pull, keep, shift, excess;
    unsigned size, count, rank, step;
};

#ifndef __CUDACC_RTC__ // which has no offsetof
static_assert(__builtin_offsetof(Arguments, state) == 64, "Arguments of arguments.rs");
static_assert(__builtin_offsetof(Arguments, mu) == 136, "Arguments of arguments.rs");
static_assert(__builtin_offsetof(Arguments, size) == 200, "Arguments of arguments.rs");
#endif
static_assert(sizeof(Arguments) == 216 && sizeof(Extent) == 16, "records of arguments.rs");

// What one access moves: N neighbours, aligned to their size.
template <unsigned N> struct alignas(N * sizeof(real)) Pack {
    real item[N];
};

template <class T> DEVICE T load(const T *from) {
    TRACE_LOAD(from, sizeof(T));
    return *from;
}

template <class T> DEVICE void store(T *to, const T &value) {
    TRACE_STORE(to, sizeof(T));
    *to = value;
}

template <class T> DEVICE T get(const T &shared) {
    TRACE_SHARED_READ(&shared, sizeof(T));
    return shared;
}

template <class T> DEVICE void put(T &shared, T value) {
    TRACE_SHARED_WRITE(&shared, sizeof(T));
    shared = value;
}

template <unsigned N> DEVICE Pack<N> load_pack(const real *from) {
    return load(reinterpret_cast<const Pack<N> *>(from));
}

// What a thread has seen of the new state.
struct Tally {
    real max_abs;
    unsigned non_finite;
};

// Numbers first .. first + N - 1 of the field, which lie in one segment.
template <unsigned N> DEVICE void advance_pack(const Arguments &a, unsigned first, Tally &tally) {
    const real mu = static_cast<real>(a.mu), keep = static_cast<real>(a.keep), shift = static_cast<real>(a.shift);
    const real damping = static_cast<real>(a.damping), pull = static_cast<real>(a.pull * a.rest);
    const unsigned bits = load(a.bits + first / SEGMENT), rank = load(a.ranks + first / SEGMENT);
    const Pack<N> mean = load_pack<N>(a.mean + first), field = load_pack<N>(a.field + first);
    Pack<N> state = load_pack<N>(a.state + first);
#pragma unroll
    for (unsigned k = 0; k < N; ++k) {
        const unsigned place = (first + k) % SEGMENT;
        real estimate = damping * (state.item[k] - mu * mean.item[k]) + field.item[k];
        if (bits >> place & 1) estimate -= pull * load(a.weighted + (rank + __popc(bits & ((1u << place) - 1))));
        const real next = keep * state.item[k] + shift * estimate;
        const real size = next < 0 ? -next : next;
        const bool finite = next - next == 0;
        tally.max_abs = finite && size > tally.max_abs ? size : tally.max_abs;
        tally.non_finite += finite ? 0 : 1;
        state.item[k] = next;
    }
    store(reinterpret_cast<Pack<N> *>(a.state + first), state);
}

DEVICE unsigned thread_index() { return blockIdx.x * THREADS + threadIdx.x; }

extern "C" __global__ void __launch_bounds__(THREADS) centre(const Arguments a) {
    const unsigned k = thread_index();
    if (k >= a.rank) return;
    const real c = load(a.coefficients + k) - static_cast<real>(a.mu) * load(a.mean_coefficients + k);
    store(a.coefficients + k, load(a.gains + k) * c);
}

extern "C" __global__ void __launch_bounds__(THREADS) observe(const Arguments a) {
    const unsigned i = thread_index();
    if (i >= a.count) return;
    const real mean = load(a.observed_mean + i), x = load(a.state + load(a.points + i));
    store(a.prediction + i, mean + static_cast<real>(a.rest) * (x - static_cast<real>(a.mu) * mean));
    if (a.base_variances) store(a.variances + i, static_cast<real>(load(a.base_variances + i) + a.excess));
}

extern "C" __global__ void __launch_bounds__(THREADS) weigh(const Arguments a) {
    const unsigned k = thread_index();
    if (k >= a.rank) return;
    const real d = load(a.coefficients + k), g = load(a.gains + k) * load(a.pulled + k);
    store(a.expansion + k, static_cast<real>(-a.ratio) * d - static_cast<real>(a.pull) * g);
}

extern "C" __global__ void __launch_bounds__(THREADS) advance(const Arguments a) {
    __shared__ real largest[WARPS];
    __shared__ unsigned counts[WARPS];
    const unsigned warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
    Extent *extent = a.extents + a.step;
    const unsigned long long diverged = a.step > 0 ? load(&a.extents[a.step - 1].non_finite) : 0;
    if (diverged > 0) {
        if (thread_index() == 0) store(&extent->non_finite, diverged);
        return;
    }
    Tally tally = {0, 0};
    const unsigned first = thread_index() * GROUP;
    if (first + GROUP <= a.size)
        advance_pack<GROUP>(a, first, tally);
    else
#pragma unroll 1
        for (unsigned at = first; at < a.size; ++at) advance_pack<1>(a, at, tally);
    for (unsigned distance = WARP / 2; distance > 0; distance /= 2) {
        const real other = __shfl_xor_sync(ALL, tally.max_abs, distance);
        tally.max_abs = other > tally.max_abs ? other : tally.max_abs;
        tally.non_finite += __shfl_xor_sync(ALL, tally.non_finite, distance);
    }
    if (lane == 0) {
        put(largest[warp], tally.max_abs);
        put(counts[warp], tally.non_finite);
    }
    __syncthreads();
    if (threadIdx.x > 0) return;
    real max_abs = 0;
    unsigned long long non_finite = 0;
    for (unsigned w = 0; w < WARPS; ++w) {
        const real other = get(largest[w]);
        max_abs = other > max_abs ? other : max_abs;
        non_finite += get(counts[w]);
    }
    atomicMax(&extent->max_abs, static_cast<unsigned long long>(__double_as_longlong(static_cast<double>(max_abs))));
    if (non_finite > 0) atomicAdd(&extent->non_finite, non_finite);
}
