tw_fuzz(log DEPS decode)
