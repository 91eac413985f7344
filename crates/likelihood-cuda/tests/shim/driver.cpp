// Owns the scheduler of fibers, the ledgers of memory, and the launch that the tests call. KERNEL is
// the file with the kernel's source.

#include "shim.h"
#include KERNEL

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace shim {

struct Buffer {
    const char *name;
    char *base;
    std::uint64_t bytes;
    std::uint64_t purpose;
    std::uint64_t loaded, stored;
};

namespace {

constexpr std::size_t STACK = 64 * 1024;
constexpr unsigned WORDS = 1 << 16;
constexpr int NOBODY = -1, SEVERAL = -2;

enum State { READY, AT_BARRIER, AT_WARP, ENDED };

struct Fiber {
    std::jmp_buf jump;
    State state;
    bool started;
    int line;
    unsigned mask, phase;
};

// A word of shared memory: who wrote it last and who has read it since the last barrier.
struct Word {
    unsigned block, written, read;
    int writer, reader;
};

// A block sum that its thread block has not made visible yet.
struct Pending {
    double *to;
    double value;
    unsigned thread, block, epoch;
};

struct Machine {
    Fiber fibers[THREADS];
    std::vector<char> stacks;
    std::uint64_t slots[THREADS / WARP][2][WARP];
    std::vector<Word> words;
    std::vector<Pending> pending;
    std::jmp_buf scheduler;
    unsigned block, epoch;
    Buffer *buffers;
    unsigned count;
    std::vector<std::vector<bool>> written;
    unsigned recent;
    char error[256];
    void (*kernel)(Arguments);
    const Arguments *arguments;
    std::uint64_t random;
};

thread_local Machine *machine = nullptr;

void leave(Fiber &fiber) {
    if (_setjmp(fiber.jump) == 0) _longjmp(machine->scheduler, 1);
}

void wait(State state, int line, unsigned mask) {
    Fiber &fiber = machine->fibers[threadIdx.x];
    fiber.state = state;
    fiber.line = line;
    fiber.mask = mask;
    leave(fiber);
}

void run() {
    machine->kernel(*machine->arguments);
    machine->fibers[threadIdx.x].state = ENDED;
    _longjmp(machine->scheduler, 1);
}

void resume(unsigned thread) {
    Machine &m = *machine;
    Fiber &fiber = m.fibers[thread];
    threadIdx.x = thread;
    if (_setjmp(m.scheduler) != 0) return;
    if (fiber.started) _longjmp(fiber.jump, 1);
    fiber.started = true;
    ucontext_t context;
    getcontext(&context);
    context.uc_stack.ss_sp = &m.stacks[thread * STACK];
    context.uc_stack.ss_size = STACK;
    context.uc_link = nullptr;
    makecontext(&context, run, 0);
    setcontext(&context);
}

std::uint64_t draw() {
    std::uint64_t &x = machine->random;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

// Schedule 0 is ascending, 1 descending, any other one a shuffle drawn anew each time.
void arrange(std::vector<unsigned> &order, unsigned schedule) {
    const unsigned n = static_cast<unsigned>(order.size());
    for (unsigned k = 0; k < n; ++k) order[k] = schedule == 1 ? n - 1 - k : k;
    if (schedule < 2) return;
    for (unsigned k = n; k > 1; --k) {
        const unsigned other = static_cast<unsigned>(draw() % k), kept = order[k - 1];
        order[k - 1] = order[other];
        order[other] = kept;
    }
}

bool release_warp(unsigned warp) {
    Fiber *fibers = machine->fibers + warp * WARP;
    bool released = false;
    for (unsigned first = 0; first < WARP; ++first) {
        if (fibers[first].state != AT_WARP) continue;
        const unsigned mask = fibers[first].mask;
        bool complete = (mask >> first & 1) != 0;
        for (unsigned k = 0; k < WARP; ++k)
            if (mask >> k & 1)
                complete = complete && fibers[k].state == AT_WARP && fibers[k].mask == mask &&
                    fibers[k].line == fibers[first].line;
        if (!complete) continue;
        for (unsigned k = 0; k < WARP; ++k)
            if (mask >> k & 1) fibers[k].state = READY;
        released = true;
    }
    return released;
}

bool release_block() {
    for (const Fiber &fiber : machine->fibers)
        if (fiber.state != AT_BARRIER || fiber.line != machine->fibers[0].line) return false;
    for (Fiber &fiber : machine->fibers) fiber.state = READY;
    ++machine->epoch;
    return true;
}

void describe_deadlock() {
    Machine &m = *machine;
    unsigned other = 0;
    while (other + 1 < THREADS && m.fibers[other].line == m.fibers[0].line &&
           m.fibers[other].state == m.fibers[0].state)
        ++other;
    const char *names[] = {"is ready", "waits at the barrier", "waits for its warp", "has ended after"};
    std::snprintf(m.error, sizeof m.error, "deadlock: thread 0 %s of line %d, thread %u %s of line %d",
                  names[m.fibers[0].state], m.fibers[0].line, other, names[m.fibers[other].state],
                  m.fibers[other].line);
}

bool all_ended() {
    for (const Fiber &fiber : machine->fibers)
        if (fiber.state != ENDED) return false;
    return true;
}

void run_block(unsigned schedule) {
    Machine &m = *machine;
    ++m.block;
    m.epoch = 1;
    for (Fiber &fiber : m.fibers) {
        fiber.state = READY;
        fiber.started = false;
        fiber.phase = 0;
        fiber.line = 0;
    }
    std::vector<unsigned> order(THREADS);
    for (;;) {
        arrange(order, schedule);
        for (unsigned thread : order) {
            if (m.fibers[thread].state != READY) continue;
            resume(thread);
            if (m.error[0] != 0) return;
        }
        bool released = release_block();
        for (unsigned warp = 0; warp < THREADS / WARP; ++warp) released |= release_warp(warp);
        if (released) continue;
        if (!all_ended()) describe_deadlock();
        return;
    }
}

Word &word(const void *at) {
    Word &found = machine->words[reinterpret_cast<std::uintptr_t>(at) / 4 % WORDS];
    if (found.block != machine->block) found = {machine->block, 0, 0, NOBODY, NOBODY};
    return found;
}

Buffer &owner(const void *at, std::size_t bytes, unsigned purpose) {
    Machine &m = *machine;
    const char *address = static_cast<const char *>(at);
    for (unsigned k = 0; k < m.count; ++k) {
        const unsigned which = (m.recent + k) % m.count;
        Buffer &buffer = m.buffers[which];
        if (address < buffer.base || address >= buffer.base + buffer.bytes) continue;
        m.recent = which;
        if (address + bytes > buffer.base + buffer.bytes) fail("an access runs over the end of an array");
        if (reinterpret_cast<std::uintptr_t>(address) % bytes != 0) fail("a misaligned access");
        if ((buffer.purpose & purpose) == 0) fail("an array is read or written against its purpose");
        return buffer;
    }
    fail("an access outside every array");
}

void check_complete() {
    Machine &m = *machine;
    for (unsigned k = 0; k < m.count; ++k)
        for (std::size_t at = 0; at < m.written[k].size(); ++at)
            if (!m.written[k][at]) {
                std::snprintf(m.error, sizeof m.error, "array `%s` is not written at byte %zu",
                              m.buffers[k].name, at);
                return;
            }
}

} // namespace

void fail(const char *message) {
    Machine &m = *machine;
    if (m.error[0] == 0) {
        std::size_t k = 0;
        for (; message[k] != 0 && k + 1 < sizeof m.error; ++k) m.error[k] = message[k];
        m.error[k] = 0;
    }
    _longjmp(m.scheduler, 1);
}

void global_access(const void *at, std::size_t bytes, Purpose purpose) {
    Buffer &buffer = owner(at, bytes, purpose);
    if (purpose == READ) {
        buffer.loaded += bytes;
        return;
    }
    buffer.stored += bytes;
    if ((buffer.purpose & ONCE) == 0) return;
    std::vector<bool> &written = machine->written[static_cast<std::size_t>(&buffer - machine->buffers)];
    const std::size_t from = static_cast<std::size_t>(static_cast<const char *>(at) - buffer.base);
    for (std::size_t k = 0; k < bytes; ++k) {
        if (written[from + k]) fail("an element is written twice");
        written[from + k] = true;
    }
}

void shared_read(const void *at, std::size_t bytes) {
    const int me = static_cast<int>(threadIdx.x);
    for (std::size_t k = 0; k < bytes; k += 4) {
        Word &w = word(static_cast<const char *>(at) + k);
        if (w.writer == NOBODY) fail("shared memory is read before it is written");
        if (w.written == machine->epoch && w.writer != me)
            fail("race: shared memory is read with no barrier after its write");
        w.reader = w.read == machine->epoch && w.reader != me ? SEVERAL : me;
        w.read = machine->epoch;
    }
}

void shared_write(const void *at, std::size_t bytes) {
    const int me = static_cast<int>(threadIdx.x);
    for (std::size_t k = 0; k < bytes; k += 4) {
        Word &w = word(static_cast<const char *>(at) + k);
        if (w.written == machine->epoch && w.writer != me)
            fail("race: shared memory is written twice with no barrier between");
        if (w.read == machine->epoch && w.reader != me)
            fail("race: shared memory is written with no barrier after its read");
        w.writer = me;
        w.written = machine->epoch;
    }
}

void publish(double *to, double value) {
    owner(to, sizeof value, WRITE).stored += sizeof value;
    machine->pending.push_back({to, value, threadIdx.x, machine->block, machine->epoch});
}

double fetch(const double *from) {
    owner(from, sizeof *from, READ).loaded += sizeof *from;
    const std::vector<Pending> &pending = machine->pending;
    for (std::size_t k = pending.size(); k-- > 0;) {
        const Pending &p = pending[k];
        if (p.to != from || p.block != machine->block) continue;
        if (p.thread != threadIdx.x && p.epoch == machine->epoch)
            fail("race: a block sum is read with no barrier after its write");
        return p.value;
    }
    return *from;
}

void fence() {
    std::vector<Pending> kept;
    for (const Pending &p : machine->pending) {
        const bool before = p.thread == threadIdx.x || p.epoch < machine->epoch;
        if (p.block == machine->block && before)
            *p.to = p.value;
        else
            kept.push_back(p);
    }
    machine->pending.swap(kept);
}

void barrier(int line) { wait(AT_BARRIER, line, 0); }

unsigned increment(unsigned *ticket, unsigned limit) {
    owner(ticket, sizeof *ticket, WRITE);
    const unsigned old = *ticket;
    *ticket = old >= limit ? 0 : old + 1;
    return old;
}

unsigned add(unsigned *ticket, unsigned value) {
    owner(ticket, sizeof *ticket, WRITE);
    const unsigned old = *ticket;
    *ticket += value;
    return old;
}

unsigned long long add(unsigned long long *to, unsigned long long value) {
    owner(to, sizeof *to, WRITE);
    const unsigned long long old = *to;
    *to += value;
    return old;
}

unsigned long long raise(unsigned long long *to, unsigned long long value) {
    owner(to, sizeof *to, WRITE);
    const unsigned long long old = *to;
    *to = old > value ? old : value;
    return old;
}

const std::uint64_t *exchange(unsigned mask, std::uint64_t bits, int line) {
    Fiber &fiber = machine->fibers[threadIdx.x];
    std::uint64_t *lanes = machine->slots[threadIdx.x / WARP][fiber.phase++ % 2];
    lanes[lane()] = bits;
    wait(AT_WARP, line, mask);
    return lanes;
}

// Runs a grid, one thread block after another in the order of the schedule. Returns 0, or 1 with a
// message.
extern "C" int launch_on_host(void (*kernel)(Arguments), const Arguments *arguments, unsigned grid_x,
                              unsigned grid_y, unsigned schedule, Buffer *buffers, unsigned count,
                              char *message, std::size_t message_bytes) {
    if (machine == nullptr) {
        machine = new Machine();
        machine->stacks.resize(THREADS * STACK);
        machine->words.resize(WORDS);
    }
    Machine &m = *machine;
    m.buffers = buffers;
    m.count = count;
    m.recent = 0;
    m.kernel = kernel;
    m.arguments = arguments;
    m.error[0] = 0;
    m.random = 0x9e3779b97f4a7c15u + schedule;
    m.pending.clear();
    m.written.assign(count, {});
    for (unsigned k = 0; k < count; ++k)
        if (buffers[k].purpose & ONCE) m.written[k].resize(buffers[k].bytes);
    std::vector<unsigned> order(static_cast<std::size_t>(grid_x) * grid_y);
    arrange(order, schedule);
    for (unsigned which : order) {
        blockIdx.x = which % grid_x;
        blockIdx.y = which / grid_x;
        run_block(schedule);
        if (m.error[0] != 0) break;
    }
    for (const Pending &p : m.pending) *p.to = p.value;
    if (m.error[0] == 0) check_complete();
    std::snprintf(message, message_bytes, "%s", m.error);
    return m.error[0] != 0;
}

} // namespace shim
