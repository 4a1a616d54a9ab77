tw_fuzz(source DEPS source decode)
