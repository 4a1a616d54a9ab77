tw_fuzz(community DEPS source decode)
