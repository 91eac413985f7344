// A stand-in for cuBLAS: y <- alpha op(M) x + beta y by loops, done when the call returns. No device adds D
// numbers in a row, so that a column's sum is added in runs.

#include <algorithm>

namespace {

constexpr int RUN = 256;

template <class R>
int product(int transposed, int m, int n, const R *alpha, const R *matrix, int lda, const R *x, const R *beta, R *y) {
    for (int to = 0; to < (transposed ? n : m); ++to) {
        // What y held is read for a beta other than 0 alone.
        R sum = *beta == 0 ? 0 : *beta * y[to];
        if (!transposed) {
            for (int k = 0; k < n; ++k) sum += matrix[k * static_cast<long>(lda) + to] * (*alpha * x[k]);
        } else {
            const R *column = matrix + to * static_cast<long>(lda);
            for (int start = 0; start < m; start += RUN) {
                R run = 0;
                for (int i = start; i < std::min(m, start + RUN); ++i) run += column[i] * x[i];
                sum += *alpha * run;
            }
        }
        y[to] = sum;
    }
    return 0;
}

} // namespace

extern "C" {

int cublasCreate_v2(void **handle) {
    static int something;
    return *handle = &something, 0;
}
int cublasDestroy_v2(void *) { return 0; }
int cublasSetStream_v2(void *, void *) { return 0; }

int cublasSgemv_v2(void *, int transposed, int m, int n, const float *alpha, const float *matrix, int lda,
                   const float *x, int, const float *beta, float *y, int) {
    return product(transposed, m, n, alpha, matrix, lda, x, beta, y);
}

int cublasDgemv_v2(void *, int transposed, int m, int n, const double *alpha, const double *matrix, int lda,
                   const double *x, int, const double *beta, double *y, int) {
    return product(transposed, m, n, alpha, matrix, lda, x, beta, y);
}

} // extern "C"
