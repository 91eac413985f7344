// A stand-in for the CUDA driver library: memory is the host's, streams are in order because every
// call is finished when it returns, and a launch is `launch_on_host` of the kernel's source compiled
// for the host. STAND_IN_KERNELS names the folder of those libraries, by the fingerprint that embedded
// PTX opens with. Where a test has asked for the launches, it gets them instead.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace {

enum { SUCCESS = 0, INVALID_VALUE = 1, INVALID_PTX = 218, NOT_FOUND = 500, LAUNCH_FAILED = 719 };

struct Buffer {
    const char *name;
    char *base;
    std::uint64_t bytes, purpose, loaded, stored;
};

using Launch = int (*)(void *, const void *, unsigned, unsigned, unsigned, Buffer *, unsigned, char *, std::size_t);

// A launch by the symbol of its kernel, its grid and its record; whether it failed.
using Asked = int (*)(const char *, unsigned, unsigned, const void *);

struct Function {
    std::string symbol;
    Launch launch;
    void *kernel;
};

Asked asked = nullptr;

constexpr std::uint64_t READ_WRITE = 3;
constexpr unsigned THREADS = 256;

std::mutex mutex;
std::map<char *, std::uint64_t> memory;

// Whether an allocation holds `bytes` bytes from `at` on.
bool holds(std::uint64_t at, std::uint64_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex);
    auto after = memory.upper_bound(reinterpret_cast<char *>(at));
    if (after == memory.begin()) return false;
    --after;
    return at + bytes <= reinterpret_cast<std::uint64_t>(after->first) + after->second;
}

int copy(void *to, const void *from, std::size_t bytes, bool held) {
    if (!held) return INVALID_VALUE;
    std::memcpy(to, from, bytes);
    return SUCCESS;
}

void *handle() {
    static int something;
    return &something;
}

} // namespace

extern "C" {

void stand_in_launches(Asked by) { asked = by; }

int cuInit(unsigned) { return SUCCESS; }
int cuDriverGetVersion(int *version) { return *version = 12080, SUCCESS; }
int cuDeviceGetCount(int *count) { return *count = 1, SUCCESS; }
int cuDeviceGet(int *device, int ordinal) { return *device = ordinal, ordinal == 0 ? SUCCESS : INVALID_VALUE; }
int cuDeviceGetName(char *name, int bytes, int) { return std::strncpy(name, "the stand-in", bytes), SUCCESS; }

// Compute capability 8.0, and no memory pools.
int cuDeviceGetAttribute(int *value, int attribute, int) { return *value = attribute == 75 ? 8 : 0, SUCCESS; }

int cuDevicePrimaryCtxRetain(void **context, int) { return *context = handle(), SUCCESS; }
int cuDevicePrimaryCtxRelease_v2(int) { return SUCCESS; }
int cuCtxGetCurrent(void **context) { return *context = handle(), SUCCESS; }
int cuCtxSetCurrent(void *) { return SUCCESS; }
int cuCtxSynchronize() { return SUCCESS; }
int cuStreamCreate(void **stream, unsigned) { return *stream = handle(), SUCCESS; }
int cuStreamDestroy_v2(void *) { return SUCCESS; }
int cuStreamSynchronize(void *) { return SUCCESS; }
int cuStreamWaitEvent(void *, void *, unsigned) { return SUCCESS; }
int cuEventCreate(void **event, unsigned) { return *event = handle(), SUCCESS; }
int cuEventRecord(void *, void *) { return SUCCESS; }
int cuEventDestroy_v2(void *) { return SUCCESS; }

int cuGetErrorString(int, const char **text) { return *text = "an error of the stand-in", SUCCESS; }
int cuGetErrorName(int, const char **text) { return *text = "STAND_IN", SUCCESS; }

int cuMemAlloc_v2(std::uint64_t *address, std::size_t bytes) {
    if (bytes == 0) return INVALID_VALUE;
    char *base = static_cast<char *>(std::aligned_alloc(256, (bytes + 255) / 256 * 256));
    // What a device finds in fresh memory is no zero.
    std::memset(base, 0xa5, bytes);
    const std::lock_guard<std::mutex> lock(mutex);
    memory[base] = bytes;
    *address = reinterpret_cast<std::uint64_t>(base);
    return SUCCESS;
}

int cuMemFree_v2(std::uint64_t address) {
    const std::lock_guard<std::mutex> lock(mutex);
    char *base = reinterpret_cast<char *>(address);
    if (memory.erase(base) == 0) return INVALID_VALUE;
    std::free(base);
    return SUCCESS;
}

int cuMemsetD8Async(std::uint64_t to, unsigned char value, std::size_t bytes, void *) {
    if (!holds(to, bytes)) return INVALID_VALUE;
    std::memset(reinterpret_cast<void *>(to), value, bytes);
    return SUCCESS;
}

int cuMemcpyHtoDAsync_v2(std::uint64_t to, const void *from, std::size_t bytes, void *) {
    return copy(reinterpret_cast<void *>(to), from, bytes, holds(to, bytes));
}

int cuMemcpyDtoHAsync_v2(void *to, std::uint64_t from, std::size_t bytes, void *) {
    return copy(to, reinterpret_cast<void *>(from), bytes, holds(from, bytes));
}

int cuModuleLoadData(void **module, const void *image) {
    if (asked) return *module = handle(), SUCCESS;
    const std::string text(static_cast<const char *>(image)), first = text.substr(0, text.find('\n'));
    const char *folder = std::getenv("STAND_IN_KERNELS");
    if (folder == nullptr) return NOT_FOUND;
    const std::string file = std::string(folder) + "/" + first.substr(first.rfind(' ') + 1);
    *module = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    return *module == nullptr ? INVALID_PTX : SUCCESS;
}

int cuModuleUnload(void *) { return SUCCESS; }

int cuModuleGetFunction(void **function, void *module, const char *name) {
    if (asked) return *function = new Function{name, nullptr, nullptr}, SUCCESS;
    void *kernel = dlsym(module, name);
    if (kernel == nullptr) return NOT_FOUND;
    *function = new Function{name, reinterpret_cast<Launch>(dlsym(module, "launch_on_host")), kernel};
    return SUCCESS;
}

int cuLaunchKernel(Function *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                   unsigned bz, unsigned shared, void *, void **parameters, void **) {
    if (bx != THREADS || by != 1 || bz != 1 || gz != 1 || gx == 0 || gy == 0 || shared != 0) return INVALID_VALUE;
    if (asked) return asked(function->symbol.c_str(), gx, gy, parameters[0]) ? LAUNCH_FAILED : SUCCESS;
    const std::lock_guard<std::mutex> lock(mutex);
    std::vector<Buffer> buffers;
    for (const auto &[base, bytes] : memory) buffers.push_back({"device", base, bytes, READ_WRITE, 0, 0});
    char message[256];
    const int failed = function->launch(function->kernel, parameters[0], gx, gy, 0, buffers.data(),
                                        static_cast<unsigned>(buffers.size()), message, sizeof message);
    return failed ? LAUNCH_FAILED : SUCCESS;
}

} // extern "C"
