// Owns the emulation of one thread block on one thread of the host: what the kernel's source needs of
// CUDA, with one fiber for each thread of the block.
//
// A fiber runs until it reaches a barrier or a shuffle; the schedule says which one is next. What the
// hardware leaves undefined is an error here, whatever the order of fibers:
//
// * threads that wait at different places, or for threads that have ended;
// * shared memory read before it is written, or written and read (or written twice) by two threads
//   with no barrier between;
// * an access that is misaligned, outside the registered arrays, or against their purpose; a second
//   write to, or a missing element of, an array that is to be written once;
// * a block sum is seen by other thread blocks only after its writer has passed a fence.
#pragma once

#include <cmath>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ucontext.h>

#define __device__
#define __global__
#define __forceinline__ inline
#define __noinline__
#define __launch_bounds__(...)
#define __shared__ static thread_local

#define TRACE_LOAD(from, bytes) shim::global_access(from, bytes, shim::READ)
#define TRACE_STORE(to, bytes) shim::global_access(to, bytes, shim::WRITE)
#define TRACE_SHARED_READ(from, bytes) shim::shared_read(from, bytes)
#define TRACE_SHARED_WRITE(to, bytes) shim::shared_write(to, bytes)
#define PUBLISH(to, value) shim::publish(to, value)
#define FETCH(from) shim::fetch(from)

#define __syncthreads() shim::barrier(__LINE__)
#define __threadfence() shim::fence()
#define __ballot_sync(mask, predicate) shim::ballot(mask, predicate, __LINE__)
#define __shfl_sync(mask, value, lane) shim::shuffle(mask, value, lane, __LINE__)
#define __shfl_xor_sync(mask, value, distance) \
    shim::shuffle(mask, value, shim::lane() ^ (distance), __LINE__)
#define atomicInc(ticket, limit) shim::increment(ticket, limit)
#define atomicAdd(ticket, value) shim::add(ticket, value)
#define atomicMax(to, value) shim::raise(to, value)

// Volatile: a compiler does not see that a wait changes the thread.
struct Index {
    volatile unsigned x, y;
};
static thread_local Index threadIdx, blockIdx;

namespace shim {

constexpr unsigned THREADS = 256, WARP = 32;
enum Purpose : unsigned { READ = 1, WRITE = 2, ONCE = 4 };

void global_access(const void *at, std::size_t bytes, Purpose purpose);
void shared_read(const void *at, std::size_t bytes);
void shared_write(const void *at, std::size_t bytes);
void publish(double *to, double value);
double fetch(const double *from);
void barrier(int line);
void fence();
unsigned increment(unsigned *ticket, unsigned limit);
unsigned add(unsigned *ticket, unsigned value);
unsigned long long add(unsigned long long *to, unsigned long long value);
unsigned long long raise(unsigned long long *to, unsigned long long value);
// Leaves `bits` with the warp, waits for every lane of `mask`, and returns what all lanes have left.
const std::uint64_t *exchange(unsigned mask, std::uint64_t bits, int line);
// Ends the launch with this message.
[[noreturn]] void fail(const char *message);

inline unsigned lane() { return threadIdx.x % WARP; }

template <class T> T shuffle(unsigned mask, T value, unsigned from, int line) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof(T));
    const std::uint64_t *lanes = exchange(mask, bits, line);
    if (from >= WARP || !(mask >> from & 1)) fail("a shuffle reads a lane outside its mask");
    std::memcpy(&value, &lanes[from], sizeof(T));
    return value;
}

inline unsigned ballot(unsigned mask, bool predicate, int line) {
    const std::uint64_t *lanes = exchange(mask, predicate, line);
    unsigned votes = 0;
    for (unsigned k = 0; k < WARP; ++k)
        if (mask >> k & 1) votes |= static_cast<unsigned>(lanes[k]) << k;
    return votes;
}

template <class To, class From> To bits_as(From from) {
    static_assert(sizeof(To) == sizeof(From), "bits of another size");
    To to;
    std::memcpy(&to, &from, sizeof(To));
    return to;
}

} // namespace shim

inline unsigned __popc(unsigned bits) { return static_cast<unsigned>(__builtin_popcount(bits)); }
inline long long __double_as_longlong(double v) { return shim::bits_as<long long>(v); }
inline double __longlong_as_double(long long v) { return shim::bits_as<double>(v); }
inline unsigned __float_as_uint(float v) { return shim::bits_as<unsigned>(v); }
inline float __uint_as_float(unsigned v) { return shim::bits_as<float>(v); }
