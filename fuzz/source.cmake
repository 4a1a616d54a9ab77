tw_fuzz(source DEPS source pipeline decode RULES)
