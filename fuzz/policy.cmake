tw_fuzz(policy DEPS pipeline)
