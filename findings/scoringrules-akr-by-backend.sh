#!/usr/bin/env bash
# scoringrules 0.10.0: the CRPS by estimator "akr" depends on the backend.
#
# "akr" compares each member with the one before it, the first with the last. The kernel for numba compares the first
# with the last but one instead: of two members that is itself, and half of the spread is lost. With weights of members
# "akr_circperm" differs too. Every other estimator agrees to rounding.
#
# Expected: one number, whatever computes it.
# Seen: an observation 0 and members -1 and 1 (by hand 1 - 2/2 = 0),
#     numpy 0.0, numba 0.5
# means over 20000 cases, observation and members from one law,
#     2 members, "akr":                        numpy 0.555, numba 0.838 (fair 0.555)
#     2 members, "akr_circperm" with weights:  numpy 1.123, numba 0.556 (fair 0.556)
# and with more members every single case, though not the mean over many.
#
# Harm: "akr" is the estimator of large studies, being O(M). Scores of two groups differ by what is installed.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check scoringrules==0.10.0 numba==0.68.1 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'EOF'
import numpy as np
import scoringrules

BACKENDS = ("numpy", "numba")


def scores(truth, members, estimator, **more):
    return [scoringrules.crps_ensemble(truth, members, estimator=estimator, backend=b, **more) for b in BACKENDS]


two = scores(np.array([0.0]), np.array([[-1.0, 1.0]]), "akr")
print("two members:", *(float(s[0]) for s in two))
assert [float(s[0]) for s in two] == [0.0, 0.5], "two members agree now"

draw = np.random.default_rng(0)
for count in (2, 5):
    truth, members, weights = draw.normal(size=20000), draw.normal(size=(20000, count)), draw.random((20000, count))
    for estimator in ("nrg", "fair", "pwm", "qd", "int", "akr_circperm", "akr"):
        a, b = scores(truth, members, estimator)
        agree = np.allclose(a, b, rtol=0, atol=1e-12)
        print(count, estimator, "agree" if agree else f"differ, means {a.mean():.3f} {b.mean():.3f}, most {abs(a - b).max():.2f}")
        assert agree == (estimator != "akr"), estimator
    for estimator in ("nrg", "fair", "akr_circperm"):
        a, b = scores(truth, members, estimator, ens_w=weights)
        print(count, estimator, f"weighted: means {a.mean():.3f} {b.mean():.3f}, most {abs(a - b).max():.2f}")
    assert count > 2 or abs(a.mean() - b.mean()) > 0.5, "weights agree now"
EOF
