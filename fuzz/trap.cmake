tw_fuzz(trap DEPS decode)
