// The fused likelihood reduction: types, memory access and the record of arguments.
//
// Formula. For observation i, rounded after every operation (no contraction):
//
//     r = y - A x      in `real`            (stored)
//     p = (1/v) * r    in double            (stored, rounded to `real`: the gradient r/v)
//     quadratic += r * p,  squared_norm += r * r,  max_abs = max(|r|),  non_finite += !finite(r)
//     log_variance += log v                 (only where v is per observation; else the host has it)
//
// Layout. Fields are (T, C, H, W), row-major; observations of a lattice are (T, C, h, w), row-major,
// at rows and columns 0, s, 2s, ...; listed observations lie at increasing flat indices. A gradient
// is compact (N) or a field (D) with zeros off the observed points.
//
// Grid. blockIdx.y is the sample. Along x, thread block b < `blocks` owns observations 4096 b to
// 4096 b + 4095 and, of a gradient on the field, what lies around its observations: in observed rows
// the columns from one observed column to the next, around listed points their segments of 32
// elements. The thread blocks beyond write the zeros that nobody owns: rows without observations,
// segments without listed points. So each element of every output is written exactly once.
//
// Reduction order: that of the CPU, to the bit. A block's observations pass in tiles of 1024 through
// shared memory: all 256 threads compute terms, then 16 threads add them, one for each of 8 lanes of
// either sum, lane i mod 8 in index order, while the other warps write the gradient's field and the
// next tile is on its way. The eight lanes are added pairwise, in a tree. The last thread block to
// finish a sample (an integer ticket says which) adds the block sums pairwise. No atomic operation
// touches a float, so neither the order of thread blocks nor of threads changes a bit.
//
// Where v is per observation, v = m 2^e with 1 <= m < 2: each lane multiplies its m, exponents add up
// as integers, and a block has eight logarithms.
//
// Bytes moved, with S the size of storage (x, y) and R that of `real` (v, r, r/v):
//
//     read      N S of x, N S of y, N R of v where it is per observation, 4 N of indices where listed
//     written   N R of r, and N R or D R of the gradient
//
// and for 4096 observations 40 bytes written and read of block sums. Beside these, tables that stay
// in the cache: 1/v of each channel; two neighbouring indices a tile and the numbers of the empty
// segments (4 bytes for 32 elements) for a listed gradient on the field.

#if defined(STORAGE_F64)
typedef double storage;
typedef double real;
#elif defined(STORAGE_F32)
typedef float storage;
typedef float real;
#elif defined(STORAGE_F16) || defined(STORAGE_BF16)
typedef unsigned short storage;
typedef float real;
#else
#error "define one of STORAGE_F32, STORAGE_F64, STORAGE_F16, STORAGE_BF16"
#endif

#define DEVICE static __device__ __forceinline__

// The host proof redefines these to count, check and reorder what goes through them.
#ifndef TRACE_LOAD
#define TRACE_LOAD(from, bytes)
#define TRACE_STORE(to, bytes)
#define TRACE_SHARED_READ(from, bytes)
#define TRACE_SHARED_WRITE(to, bytes)
#define PUBLISH(to, value) (*static_cast<volatile double *>(to) = (value))
#define FETCH(from) (*static_cast<const volatile double *>(from))
#endif

enum Layout { COMPACT, STRIDED, LISTED };
enum Target { TO_COMPACT, TO_FIELD };
enum Weight { SCALAR, CHANNEL, EACH };

constexpr unsigned THREADS = 256;
constexpr unsigned WARP = 32;
constexpr unsigned WARPS = THREADS / WARP;
constexpr unsigned ALL = 0xffffffffu;
constexpr unsigned BLOCK = 4096;
constexpr unsigned LANES = 8;
constexpr unsigned TILE = 1024;
// Observations of a tile that one thread computes, and how many of them it loads at once: 16 bytes
// of `real`.
constexpr unsigned ITEMS = TILE / THREADS;
constexpr unsigned GROUP = 16 / sizeof(real);
constexpr unsigned SEGMENT = 32;
constexpr unsigned GAPS_A_BLOCK = 16 * THREADS;
constexpr unsigned SEGMENTS_A_WARP = 16;
constexpr unsigned PARTIALS = 5;
constexpr unsigned MAX_ABS = 3;
constexpr unsigned NO_INDEX = 0xffffffffu;

// n / divisor = (n * multiplier) >> shift for n < 2^31.
struct Divisor {
    unsigned divisor, multiplier, shift;
};

struct Statistics {
    double quadratic, squared_norm, log_variance, max_abs, non_finite;
};

struct Arguments {
    const storage *prediction, *values;
    const real *variances;
    const double *precisions;
    const unsigned *indices, *empty_segments;
    real *residual, *gradient;
    double *partials;
    Statistics *statistics;
    unsigned *tickets;
    unsigned long long prediction_pitch, values_pitch, variances_pitch, residual_pitch, gradient_pitch;
    double precision, log_variance;
    Divisor columns, rows, stride, plane, channels, row_groups, gap_groups;
    unsigned count, size, blocks, width, height, gaps, empties;
};

static_assert(sizeof(Statistics) == 8 * PARTIALS, "Record of arguments.rs");
#ifndef __CUDACC_RTC__ // which has no offsetof
static_assert(__builtin_offsetof(Arguments, tickets) == 80, "Arguments of arguments.rs");
static_assert(__builtin_offsetof(Arguments, precision) == 128, "Arguments of arguments.rs");
static_assert(__builtin_offsetof(Arguments, columns) == 144, "Arguments of arguments.rs");
static_assert(__builtin_offsetof(Arguments, count) == 228, "Arguments of arguments.rs");
#endif
static_assert(sizeof(Arguments) == 256, "Arguments of arguments.rs");

DEVICE unsigned divide(unsigned n, const Divisor &by) {
    return static_cast<unsigned>((static_cast<unsigned long long>(n) * by.multiplier) >> by.shift);
}

DEVICE unsigned smaller(unsigned a, unsigned b) { return a < b ? a : b; }

#if defined(STORAGE_F16)
// Binary16: 1 sign, 5 exponent (bias 15), 10 fraction. A subnormal is fraction * 2^-24, exactly.
DEVICE real widen(storage bits) {
    const unsigned sign = (bits & 0x8000u) << 16, rest = bits & 0x7fffu;
    const unsigned tiny = __float_as_uint(static_cast<float>(rest) * 5.9604644775390625e-8f);
    const unsigned normal = (rest << 13) + ((127u - 15u) << 23);
    const unsigned special = (rest << 13) | 0x7f800000u;
    return __uint_as_float(sign | (rest < 0x0400u ? tiny : rest < 0x7c00u ? normal : special));
}
#elif defined(STORAGE_BF16)
DEVICE real widen(storage bits) { return __uint_as_float(static_cast<unsigned>(bits) << 16); }
#else
DEVICE real widen(storage value) { return value; }
#endif

// What one access moves: N neighbours, aligned to their size.
template <class T, unsigned N> struct alignas(N * sizeof(T)) Pack {
    T item[N];
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

DEVICE bool aligned(const void *address, unsigned bytes) {
    return reinterpret_cast<unsigned long long>(address) % bytes == 0;
}

// The value of all lanes of a warp under a commutative operation, on every lane.
template <class T, class Operation> DEVICE T warp_fold(T value, Operation operation) {
    for (unsigned distance = WARP / 2; distance > 0; distance /= 2)
        value = operation(value, __shfl_xor_sync(ALL, value, distance));
    return value;
}

// The sum of the `2^levels` lanes around this one, by the tree that adds neighbours first. A lane
// without a term holds +0, which changes no sum: sums that start at +0 are never -0.
DEVICE double warp_tree(double value, unsigned lanes) {
    for (unsigned distance = 1; distance < lanes; distance *= 2)
        value += __shfl_xor_sync(ALL, value, distance);
    return value;
}
