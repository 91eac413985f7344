//! Posterior methods judged against the exact posterior: plan, tuning, leaderboard.
