tw_fuzz(rules DEPS normalise quote)
