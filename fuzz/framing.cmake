tw_fuzz(framing DEPS source)
